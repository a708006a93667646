using KdSim.Kernel.Routines;

namespace KdSim.Kernel.Rtl;

/// <summary>Which addresses may hold frames: those of the current stack, whichever it is (thread, DPC, interrupt, expanded).</summary>
public sealed class StackLimits(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>True if a frame that lies there can be one of the code that runs now.</summary>
    public bool Contains(ulong frame) =>
        (frame & 7) == 0 && Kernel.Stacks.Find(Cpu.State.Rsp) is { } stack && frame - stack.Limit <= stack.Top - stack.Limit;

    [NtExport("IoGetStackLimits")]
    public void IoGetStackLimits(Nt.Ptr<ulong> LowLimit, Nt.Ptr<ulong> HighLimit)
    {
        GuestStack stack = Kernel.Stacks.Find(Cpu.State.Rsp) ?? throw new InvalidOperationException($"rsp {Cpu.State.Rsp:x} is on no stack that nt knows");
        LowLimit.Write(stack.Limit);
        HighLimit.Write(stack.Top);
    }

    [NtExport("IoGetRemainingStackSize")]
    public ulong IoGetRemainingStackSize() => Kernel.Stacks.Find(Cpu.State.Rsp) is { } stack ? Cpu.State.Rsp - stack.Limit : 0;
}
