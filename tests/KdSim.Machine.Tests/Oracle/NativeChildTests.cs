using System.Runtime.Intrinsics;
using Iced.Intel;
using Xunit;

namespace KdSim.Machine.Tests.Oracle;

/// <summary>The oracle itself: that the child runs an instruction, keeps all state, and that its death is told.</summary>
public class NativeChildTests
{
    static OracleCase Case(params ReadOnlySpan<byte> code)
    {
        OracleCase one = new() { Flags = 0x202, Mxcsr = 0x1F80 };
        for (int i = 0; i < 16; i++)
        {
            one.Gpr[i] = (ulong)i * 0x1111_1111_1111_1111;
            one.Xmm[i] = Vector128.Create((byte)(i + 1));
        }
        one.SetInstruction(code);
        return one;
    }

    static OracleCase RunNatively(OracleCase one)
    {
        Assert.SkipWhen(NativeProcessor.Unsupported is not null, NativeProcessor.Unsupported ?? "");
        using NativeProcessor native = new();
        native.Run(new Span<OracleCase>(ref one));
        return one;
    }

    [Fact]
    public void An_instruction_changes_what_it_names_and_nothing_else()
    {
        OracleCase before = Case(0x48, 0x01, 0xD8); // add rax, rbx
        before.Gpr[0] = ulong.MaxValue;
        before.Gpr[3] = 1;
        OracleCase after = RunNatively(before);
        Assert.Equal("rax=0 flags=257", CaseText.Changes(before, after)); // CF, PF, AF, ZF
    }

    [Fact]
    public void The_stack_pointer_and_the_window_are_the_cases_own()
    {
        OracleCase before = Case(0x50); // push rax
        before.Gpr[0] = 0x0102_0304_0506_0708;
        before.Gpr[4] = OracleLayout.Window + 0x80;
        OracleCase after = RunNatively(before);
        Assert.Equal($"rsp={OracleLayout.Window + 0x78:x} m78=0807060504030201", CaseText.Changes(before, after));
    }

    [Fact]
    public void A_fault_comes_back_with_its_vector_where_the_host_can_catch_it()
    {
        Assert.SkipUnless(NativeProcessor.CatchesFaults, "faults kill the child on this host");
        Assert.Equal(OracleFault.DivideError, RunNatively(Case(0x48, 0xF7, 0xF0)).Fault); // div rax with rax 0
        Assert.Equal(OracleFault.PageFault, RunNatively(Case(0x8B, 0x00)).Fault); // mov eax, [rax]
        Assert.Equal(OracleFault.InvalidOpcode, RunNatively(Case(0x0F, 0x0B)).Fault); // ud2
        Assert.Equal(OracleFault.GeneralProtection, RunNatively(Case(0xF4)).Fault); // hlt
        OracleCase unmasked = Case(0x0F, 0x5E, 0xC1); // divps xmm0, xmm1
        unmasked.Mxcsr = 0;
        Assert.Equal(OracleFault.SimdException, RunNatively(unmasked).Fault);
    }

    [Fact]
    public void The_case_that_kills_the_child_is_named()
    {
        OracleCase killer = Case(0xBF, 0x63, 0, 0, 0);
        killer.SetInstruction([0x0F, 0x05]); // syscall: exit_group(99)
        killer.Gpr[0] = 231;
        killer.Gpr[7] = 99;
        Assert.SkipUnless(NativeProcessor.CatchesFaults, "the call number is Linux's");
        NativeDeathException death = Assert.Throws<NativeDeathException>(() => RunNatively(killer));
        Assert.Contains("Syscall", death.Message);
        Assert.Contains("exit code 99", death.Message);
    }

    [Fact]
    public void Generated_cases_are_the_same_every_time_and_stay_in_the_window()
    {
        foreach (Code code in (Code[])[Code.Add_rm64_r64, Code.Bts_rm32_r32, Code.Paddd_xmm_xmmm128, Code.Movsb_m8_m8])
            for (int i = 0; i < 50; i++)
            {
                OracleCase one = new CaseGenerator(code).Make(i, unmasked: false);
                OracleCase again = new CaseGenerator(code).Make(i, unmasked: false);
                Assert.Equal(CaseText.Describe(one), CaseText.Describe(again));
                if (NativeProcessor.Unsupported is null && i < 5)
                    Assert.Equal(OracleFault.None, RunNatively(one).Fault);
            }
    }
}
