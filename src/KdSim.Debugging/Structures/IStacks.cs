using KdSim.Debugging.Targets;

namespace KdSim.Debugging.Structures;

/// <summary>One frame of a stack.</summary>
/// <param name="Number">0 is the innermost.</param>
/// <param name="Registers">As they were in this frame: what its callees saved is exact, the rest is as it was found.</param>
/// <param name="ReturnAddress">Where the frame returns to; 0 at the last one.</param>
/// <param name="TrapFrame">The trap frame that the processor's interruption of the next frame left; 0 where there was none.</param>
/// <param name="CodeAddress">An address inside of the statement that the frame stands in: a return address belongs to the call before it.</param>
public sealed record CallFrame(int Number, IntegerState Registers, ulong ReturnAddress, ulong TrapFrame, ulong CodeAddress);

/// <summary>Stacks, walked by the images' unwind data.</summary>
public interface IStacks
{
    /// <summary>Frames from these registers on, innermost first. Ends where unwind data or memory ends; never throws.</summary>
    IEnumerable<CallFrame> Walk(IntegerState from, int most);

    /// <summary>The registers of a thread that does not run, from what the context switch left at its kernel stack pointer; null if unreadable.</summary>
    IntegerState? AtSwitch(ulong kernelStack);
}
