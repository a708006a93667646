using KdSim.Debugger.Sessions;
using KdSim.Debugging.Structures;

namespace KdSim.Debugger.Inspection;

/// <summary>The bug check that stopped the target: code and four parameters; zeros while it has not stopped.</summary>
static class BugCheckData
{
    /// <summary>The same data as <c>dq nt!KiBugCheckData L5</c>.</summary>
    public static ulong[] Read(DebuggerSession session)
    {
        if (!session.Symbols.TryGetAddress("nt!KiBugCheckData", out ulong address))
            return session.Pseudo.BugCheck;
        ulong[] values = new ulong[5];
        for (int i = 0; i < 5; i++)
            if (!session.TryReadPointer(address + (ulong)i * 8, out values[i]))
                return session.Pseudo.BugCheck;
        return values;
    }
}
