using KdSim.Nt;
using Xunit;

namespace KdSim.Debugger.Tests.Extensions;

/// <summary>Processors, threads, processes and bug checks, as a person sees them.</summary>
public class KeExtensionTests
{
    static (FakeKernel, ToyStack) Machine()
    {
        FakeKernel kernel = new();
        ToyStack toy = new(kernel);
        ulong idle = kernel.Object("Thread", "", 0, "_ETHREAD", ("Tcb.Header.Type", 6), ("Tcb.State", 2), ("Tcb.Process", toy.Process));
        for (int cpu = 0; cpu < 2; cpu++)
            kernel.Set(kernel.Prcb(cpu), "_KPRCB", ("CurrentThread", cpu == 0 ? toy.Thread : idle), ("IdleThread", idle), ("Number", (ulong)cpu));
        kernel.Set(toy.Thread, "_ETHREAD", ("Tcb.State", 2));
        return (kernel, toy);
    }

    [Fact]
    public void Kd_processors()
    {
        (FakeKernel kernel, _) = Machine();
        ulong dpc = kernel.New("_KDPC", ("Type", 19), ("DeferredRoutine", kernel.Global("KiExecuteAllDpcs")));
        kernel.Set(kernel.Prcb(0), "_KPRCB", ("DpcData[0].DpcList.ListHead.Next", dpc + kernel.Offset("_KDPC", "DpcListEntry")), ("LockQueue[2].Lock", 2));
        Golden.Check(kernel.Transcript("!irql", "!irql 1", "!irql 77", "!dpcs", "!dpcs 1", "!dpcs 9", "!running", "!running -i", "!prcb", "!pcr 1",
            "!verifier", "!log", "!hash", "!dpcisr", "!findings", "!kframes", "!pfn 1", "!timer"));
        kernel.Set(dpc, "_KDPC", ("DpcListEntry.Flink", dpc + kernel.Offset("_KDPC", "DpcListEntry")));
        Assert.Single(kernel.Run("!dpcs 0").Split('\n'), l => l.Contains("Normal"));
    }

    [Fact]
    public void Kd_threads_and_processes()
    {
        (FakeKernel kernel, ToyStack toy) = Machine();
        ulong other = kernel.Object("Thread", "", 0, "_ETHREAD", ("Tcb.Header.Type", 6), ("Tcb.State", 5), ("Tcb.Process", toy.Process),
            ("Cid.UniqueProcess", 0x4d8), ("Cid.UniqueThread", 0xa18));
        ulong wanted = kernel.New("_KEVENT", ("Header.Type", 1));
        kernel.Set(other, "_ETHREAD", ("Tcb.WaitBlock[0].Object", wanted), ("Tcb.WaitBlockList", other + kernel.Offset("_ETHREAD", "Tcb.WaitBlock")));
        kernel.InsertTail(toy.Process + kernel.Offset("_EPROCESS", "ThreadListHead"), other + kernel.Offset("_ETHREAD", "ThreadListEntry"));
        Golden.Check(kernel.Transcript($"!thread {toy.Thread:x}", $"!thread {other:x} 2", "!thread 1000", "!process 0 0", $"!process {toy.Process:x} 7",
            "!process 4d8 1", $"!process {toy.Thread:x}", "!stacks", "!processirps", $"!fileobj {toy.File:x}", "!fileobj 10"));
    }

    [Fact]
    public void Kd_errors_and_bug_checks()
    {
        (FakeKernel kernel, _) = Machine();
        string[] lines = ["!error c0000022", "!error 5", "!error 1 1", "!error 0", "!analyze", "!analyze -show d1 1 2 3 4", "!analyze -hang"];
        string before = kernel.Transcript(lines);
        ulong data = kernel.Global("KiBugCheckData");
        kernel.Qword(data, 0xd1);
        kernel.Qword(data + 8, FakeKernel.Pool + 0x10);
        kernel.Qword(data + 16, 2);
        kernel.Qword(data + 24, 1);
        kernel.Qword(data + 32, kernel.Global("KiExecuteAllDpcs") + 6);
        kernel.Target.MoveTo(kernel.Global("KeBugCheckEx")).Set(0, s => s.WithGeneral(4, FakeKernel.Stack + 0x5000));
        Golden.Check(before + kernel.Transcript("!analyze", "!analyze -v"));
    }

    /// <summary>A missing explanation would show only when the kernel stops so.</summary>
    [Fact]
    public void Each_explanation_has_four_parameters_and_a_cause()
    {
        foreach (BugCheckCode code in Enum.GetValues<BugCheckCode>())
        {
            FakeKernel kernel = s_shared ??= new FakeKernel();
            string text = kernel.Run($"!analyze -show {(uint)code:x}");
            Assert.StartsWith($"{BugCheckCodes.Find((uint)code)} ({(uint)code:x})\n", text);
            Assert.Contains("Arg4: ", text);
            Assert.DoesNotContain("{", text);
        }
    }

    static FakeKernel? s_shared;
}
