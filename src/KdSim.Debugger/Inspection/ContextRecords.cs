using KdSim.Debugger.Sessions;
using KdSim.Debugging.Structures;
using KdSim.Debugging.Targets;

namespace KdSim.Debugger.Inspection;

/// <summary>Registers that the guest saved in a CONTEXT or KTRAP_FRAME.</summary>
static class ContextRecords
{
    static readonly string[] Names =
        ["Rax", "Rcx", "Rdx", "Rbx", "Rsp", "Rbp", "Rsi", "Rdi", "R8", "R9", "R10", "R11", "R12", "R13", "R14", "R15"];

    public static ProcessorContext Read(DebuggerSession session, ulong address, bool isTrapFrame)
    {
        StructureValue record = session.Types[isTrapFrame ? "nt!_KTRAP_FRAME" : "nt!_CONTEXT"].Read(address);
        ulong[] general = new ulong[Names.Length];
        for (int i = 0; i < general.Length; i++)
            record.TryGet(Names[i], out general[i]);
        SegmentState segments = (session.Context.Segments ?? new SegmentState(0x10, 0x18, 0x2b, 0x2b, 0x53, 0x2b, 0, 0, 0)) with
        {
            Cs = (ushort)record["SegCs"],
            Ss = (ushort)record["SegSs"],
        };
        return new ProcessorContext { Integer = new IntegerState(general, record["Rip"], record["EFlags"]), Segments = segments };
    }
}
