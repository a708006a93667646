using KdSim.Kernel.Routines;
using KdSim.Machine.Cpu;
using KdSim.Nt;

namespace KdSim.Kernel.Dbg;

/// <summary>A bug check that happened.</summary>
public sealed record BugCheckRecord(int Processor, BugCheckCode Code, ulong Parameter1, ulong Parameter2, ulong Parameter3, ulong Parameter4);

/// <summary>The end of a machine: nt!KeBugCheckEx. Afterwards the machine stands there; all processors are stopped. Any IRQL.</summary>
public sealed class BugChecks(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>Makes the trap point call nt!KeBugCheckEx: the return address is pushed, so that the stack is true.</summary>
    internal void Start(GuestBugCheck stop)
    {
        ref CpuState cpu = ref Cpu.State;
        if (Cpu.TryWrite(cpu.Rsp - 8, Cpu.TrapRip)) // A stack that cannot take it is no reason to lose the report.
            cpu.Rsp -= 8;
        cpu.Rcx = (uint)stop.Code;
        cpu.Rdx = stop.Parameter1;
        cpu.R8 = stop.Parameter2;
        cpu.R9 = stop.Parameter3;
        cpu.Rip = Kernel.Stubs.AddressOf(Stub.KeBugCheckEx);
        Record(stop.Code, stop.Parameter1, stop.Parameter2, stop.Parameter3, stop.Parameter4);
    }

    [NtExport("KeBugCheckEx", Cost = 0)]
    public Outcome KeBugCheckEx(uint BugCheckCode, ulong BugCheckParameter1, ulong BugCheckParameter2, ulong BugCheckParameter3, ulong BugCheckParameter4)
    {
        Record((BugCheckCode)BugCheckCode, BugCheckParameter1, BugCheckParameter2, BugCheckParameter3, BugCheckParameter4);
        Cpu.State.Rip = Cpu.TrapRip; // Going on leads here again.
        return Outcome.Parked;
    }

    [NtExport("KeBugCheck", Cost = 0)]
    public Outcome KeBugCheck(uint BugCheckCode) => KeBugCheckEx(BugCheckCode, 0, 0, 0, 0);

    /// <summary>Writes KiBugCheckData and stops the machine; the first bug check counts.</summary>
    private void Record(BugCheckCode code, ulong parameter1, ulong parameter2, ulong parameter3, ulong parameter4)
    {
        if (Kernel.Roots.BugCheck is null)
        {
            Kernel.Roots = Kernel.Roots with { BugCheck = new BugCheckRecord(Cpu.Number, code, parameter1, parameter2, parameter3, parameter4) };
            ulong data = Kernel.Data(Datum.KiBugCheckData);
            Memory.WriteU64(data, (uint)code);
            Memory.WriteU64(data + 8, parameter1);
            Memory.WriteU64(data + 16, parameter2);
            Memory.WriteU64(data + 24, parameter3);
            Memory.WriteU64(data + 32, parameter4);
            Observer?.BugChecked(Cpu.Number, (uint)code, parameter1, parameter2, parameter3, parameter4);
        }
        BugCheckRecord first = Kernel.Roots.BugCheck;
        Kernel.Computer.RequestStop($"bug check {(uint)first.Code:X} ({first.Code}) " +
            $"{{{first.Parameter1:x}, {first.Parameter2:x}, {first.Parameter3:x}, {first.Parameter4:x}}}");
    }
}
