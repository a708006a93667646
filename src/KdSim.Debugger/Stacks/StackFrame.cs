using KdSim.Debugging.Targets;

namespace KdSim.Debugger.Stacks;

/// <summary>One frame: the registers as they were in it.</summary>
/// <param name="Context">Integer registers in this frame; what its caller saved is exact, the rest is as it was found.</param>
/// <param name="ReturnAddress">Where it returns to; 0 at the last frame.</param>
/// <param name="TrapFrame">Address of the machine frame that interrupted the caller, when this frame is a trap handler; else 0.</param>
public sealed record StackFrame(int Number, IntegerState Context, ulong ReturnAddress, ulong TrapFrame)
{
    /// <summary>True when the frame waits for a call to return: its address is a return address, and what callees may change is lost.</summary>
    public bool IsCaller { get; init; }

    /// <summary>The inlined call that this frame stands for; it shares registers and memory with the function around it.</summary>
    public Modules.InlineCall? Inline { get; init; }

    public ulong Ip => Context.Rip;

    /// <summary>An address inside of the statement that the frame stands in: a return address belongs to the call before it.</summary>
    public ulong CodeAddress => IsCaller ? Ip - 1 : Ip;

    public ulong Sp => Context.Rsp;
}
