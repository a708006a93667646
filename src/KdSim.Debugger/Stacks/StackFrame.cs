using KdSim.Debugging.Targets;

namespace KdSim.Debugger.Stacks;

/// <summary>One frame: the registers as they were in it.</summary>
/// <param name="Context">Integer registers in this frame; what its caller saved is exact, the rest is as it was found.</param>
/// <param name="ReturnAddress">Where it returns to; 0 at the last frame.</param>
/// <param name="TrapFrame">Address of the machine frame that interrupted the caller, when this frame is a trap handler; else 0.</param>
public sealed record StackFrame(int Number, IntegerState Context, ulong ReturnAddress, ulong TrapFrame)
{
    public ulong Ip => Context.Rip;
    public ulong Sp => Context.Rsp;
}
