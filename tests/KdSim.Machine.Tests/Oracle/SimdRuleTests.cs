using System.Runtime.Intrinsics;
using Xunit;

namespace KdSim.Machine.Tests.Oracle;

/// <summary>SSE where the host processor is no judge (estimates), and the rules of exceptions spelled out for hosts that have no native oracle.</summary>
public class SimdRuleTests
{
    const uint AllMasked = 0x1F80;

    static OracleCase Run(byte[] code, Vector128<byte> xmm0, Vector128<byte> xmm1, uint mxcsr = AllMasked, ulong rax = 0)
    {
        using SimulatedProcessor simulated = new();
        OracleCase one = new() { Flags = 0x202, Mxcsr = mxcsr };
        one.SetInstruction(code);
        one.Xmm[0] = xmm0;
        one.Xmm[1] = xmm1;
        one.Gpr[0] = rax;
        simulated.Run(ref one, stepwise: false);
        return one;
    }

    static Vector128<byte> Singles(params ReadOnlySpan<float> values) => Vector128.Create(values).AsByte();

    static float Estimate(byte opcode, float x) => Run([0xF3, 0x0F, opcode, 0xC1], default, Singles(x, 0, 0, 0)).Xmm[0].AsSingle()[0];

    [Theory]
    [InlineData(1f)]
    [InlineData(3f)]
    [InlineData(-7.25f)]
    [InlineData(1e30f)]
    [InlineData(1.9999999f)]
    public void Rcpss_keeps_the_documented_error_bound(float x)
    {
        double exact = 1.0 / x;
        Assert.InRange(Math.Abs((Estimate(0x53, x) - exact) / exact), 0, 1.5 / 4096);
    }

    [Theory]
    [InlineData(1f)]
    [InlineData(2f)]
    [InlineData(0.3f)]
    [InlineData(1e30f)]
    public void Rsqrtss_keeps_the_documented_error_bound(float x)
    {
        double exact = 1.0 / Math.Sqrt(x);
        Assert.InRange(Math.Abs((Estimate(0x52, x) - exact) / exact), 0, 1.5 / 4096);
    }

    [Fact]
    public void Estimates_of_special_values_follow_the_manual()
    {
        Assert.Equal(float.NegativeInfinity, Estimate(0x53, -0f));
        Assert.Equal(float.PositiveInfinity, Estimate(0x53, 1e-40f)); // a denormal counts as zero
        Assert.Equal(0f, Estimate(0x53, float.PositiveInfinity));
        Assert.Equal(float.NegativeInfinity, Estimate(0x52, -0f));
        Assert.Equal(0xFFC0_0000u, BitConverter.SingleToUInt32Bits(Estimate(0x52, -1f)));
        Assert.Equal(0xFFC0_0000u, BitConverter.SingleToUInt32Bits(Estimate(0x52, float.NegativeInfinity)));
        OracleCase quiet = Run([0xF3, 0x0F, 0x53, 0xC1], default, Vector128.CreateScalar(0x7F80_0001u).AsByte());
        Assert.Equal(0x7FC0_0001u, quiet.Xmm[0].AsUInt32()[0]);
        Assert.Equal(AllMasked, quiet.Mxcsr); // they raise nothing
    }

    [Fact]
    public void The_first_operands_NaN_wins_and_is_made_quiet()
    {
        Vector128<byte> first = Vector128.CreateScalar(0x7F80_0001u).AsByte(), second = Vector128.CreateScalar(0xFFC0_1234u).AsByte();
        OracleCase sum = Run([0xF3, 0x0F, 0x58, 0xC1], first, second); // addss xmm0, xmm1
        Assert.Equal(0x7FC0_0001u, sum.Xmm[0].AsUInt32()[0]);
        Assert.Equal(AllMasked | 1, sum.Mxcsr);
        Assert.Equal(0xFFC0_1234u, Run([0xF3, 0x0F, 0x58, 0xC1], second, first).Xmm[0].AsUInt32()[0]);
    }

    [Fact]
    public void An_unmasked_exception_changes_nothing_but_its_flags()
    {
        // divps: lane 0 divides by zero, lane 1 is inexact. A zero divide is found first and hides the precision exception.
        Vector128<byte> dividend = Singles(1, 1, 1, 1), divisor = Singles(0, 3, 1, 1);
        OracleCase fault = Run([0x0F, 0x5E, 0xC1], dividend, divisor, AllMasked & ~0x200u);
        Assert.Equal(OracleFault.SimdException, fault.Fault);
        Assert.Equal(AllMasked & ~0x200u | 4, fault.Mxcsr);
        Assert.Equal(dividend, fault.Xmm[0]);
        OracleCase masked = Run([0x0F, 0x5E, 0xC1], dividend, divisor);
        Assert.Equal(OracleFault.None, masked.Fault);
        Assert.Equal(AllMasked | 4 | 32, masked.Mxcsr);
        Assert.Equal(float.PositiveInfinity, masked.Xmm[0].AsSingle()[0]);
    }

    [Fact]
    public void Only_the_unaligned_moves_take_unaligned_operands()
    {
        ulong odd = OracleLayout.Window + 1;
        Assert.Equal(OracleFault.GeneralProtection, Run([0x0F, 0x28, 0x00], default, default, rax: odd).Fault); // movaps xmm0, [rax]
        Assert.Equal(OracleFault.GeneralProtection, Run([0x0F, 0x29, 0x00], default, default, rax: odd).Fault); // movaps [rax], xmm0
        Assert.Equal(OracleFault.GeneralProtection, Run([0x0F, 0x58, 0x00], default, default, rax: odd).Fault); // addps xmm0, [rax]
        Assert.Equal(OracleFault.None, Run([0x0F, 0x10, 0x00], default, default, rax: odd).Fault); // movups xmm0, [rax]
        Assert.Equal(OracleFault.None, Run([0xF3, 0x0F, 0x58, 0x00], default, default, rax: odd).Fault); // addss xmm0, [rax]
    }

    [Fact]
    public void A_store_across_pages_writes_both_or_faults_whole()
    {
        ulong boundary = OracleLayout.Window + OracleLayout.WindowSize / 2;
        Vector128<byte> value = Vector128.Create((byte)1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
        OracleCase stored = Run([0x0F, 0x11, 0x00], value, default, rax: boundary - 5); // movups [rax], xmm0
        Assert.Equal(value, Vector128.Create(((ReadOnlySpan<byte>)stored.Memory).Slice(OracleLayout.WindowSize / 2 - 5, 16)));
        ulong lastPage = OracleLayout.Scratch + OracleLayout.ScratchSize;
        Assert.Equal(OracleFault.PageFault, Run([0x0F, 0x11, 0x00], value, default, rax: lastPage - 5).Fault);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Fxsave_and_fxrstor_carry_xmm_and_mxcsr(bool wide)
    {
        byte[] prefix = wide ? [0x48] : [];
        byte[] save = [.. prefix, 0x0F, 0xAE, 0x00], restore = [.. prefix, 0x0F, 0xAE, 0x08]; // fxsave [rax], fxrstor [rax]
        const ulong Area = OracleLayout.Window - 160; // its XMM part is the window
        Vector128<byte> first = Singles(1, 2, 3, 4), second = Singles(5, 6, 7, 8);
        OracleCase saved = Run(save, first, second, 0x1F85, Area);
        Assert.Equal(OracleFault.None, saved.Fault);
        Assert.Equal(first, Vector128.Create(((ReadOnlySpan<byte>)saved.Memory)[..16]));
        Assert.Equal(second, Vector128.Create(((ReadOnlySpan<byte>)saved.Memory).Slice(16, 16)));
        // Saved, then xmm0 and the flags of MXCSR changed, then restored.
        OracleCase restored = Run([.. save, 0x0F, 0x5E, 0xC1, .. restore], first, second, 0x1F84, Area);
        Assert.Equal(first, restored.Xmm[0]);
        Assert.Equal(0x1F84u, restored.Mxcsr);
        Assert.Equal(OracleFault.GeneralProtection, Run(save, first, second, rax: Area + 8).Fault);
    }

    [Fact]
    public void Maskmovdqu_with_a_32_bit_address_uses_edi()
    {
        using SimulatedProcessor simulated = new();
        OracleCase one = new() { Flags = 0x202, Mxcsr = AllMasked };
        one.SetInstruction([0x67, 0x66, 0x0F, 0xF7, 0xC1]); // maskmovdqu xmm0, xmm1 at [edi]
        one.Xmm[0] = Vector128.Create((byte)7);
        one.Xmm[1] = Vector128.CreateScalar((byte)0x80);
        one.Gpr[7] = 0xFFFF_FFFF_0000_0000 | OracleLayout.Window;
        OracleCase before = one;
        simulated.Run(ref one, stepwise: false);
        Assert.Equal("m00=07", CaseText.Changes(before, one));
    }
}
