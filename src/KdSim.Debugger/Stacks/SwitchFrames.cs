using KdSim.Debugger.Sessions;
using KdSim.Debugging.Structures;
using KdSim.Debugging.Targets;

namespace KdSim.Debugger.Stacks;

/// <summary>The registers of a thread that does not run, from its saved kernel stack.</summary>
static class SwitchFrames
{
    /// <summary>
    /// nt's context switch leaves a KSWITCH_FRAME with rbp and the return address at <c>KernelStack</c>; where the symbols have that
    /// type its fields say where, else the top of the stack is taken as the return address.
    /// </summary>
    public static ProcessorContext Read(DebuggerSession session, ulong kernelStack)
    {
        ulong[] general = new ulong[16];
        ulong rip, rsp;
        if (session.Types.Find("nt!_KSWITCH_FRAME") is { } type && type.Find("Return") is { } returns)
        {
            rip = session.ReadPointer(kernelStack + returns.Offset);
            rsp = kernelStack + returns.Offset + 8;
            if (type.Find("Rbp") is { } rbp)
                general[5] = session.ReadPointer(kernelStack + rbp.Offset);
        }
        else
        {
            rip = session.ReadPointer(kernelStack);
            rsp = kernelStack + 8;
        }
        general[4] = rsp;
        return new ProcessorContext { Integer = new IntegerState(general, rip, 0x202), Segments = session.Context.Segments };
    }
}
