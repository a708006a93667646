using KdSim.Debugging.Structures;
using KdSim.Debugging.Targets;

namespace KdSim.Debugger.Sessions;

/// <summary>What a processor's control region says: the thread that runs, its process. Fields are found by name in nt's symbols.</summary>
static class Processors
{
    const ulong KernelHalf = 0x8000_0000_0000_0000;

    /// <summary>The KPCR: gs in the kernel, the swapped base in user mode.</summary>
    public static ulong Pcr(SegmentState segments) => segments.GsBase >= KernelHalf ? segments.GsBase : segments.KernelGsBase;

    public static ulong PrcbOffset(IDebugSession session) => session.Types.Find("nt!_KPCR")?.Find("Prcb")?.Offset ?? 0x180;

    /// <summary>The ETHREAD that runs on a processor; 0 when it cannot be told.</summary>
    public static ulong ThreadOn(IDebugSession session, int processor)
    {
        if (!session.Target.TryGetContext(processor, out ProcessorContext context) || context.Segments is not { } segments)
            return 0;
        ulong offset = PrcbOffset(session) + (session.Types.Find("nt!_KPRCB")?.Find("CurrentThread")?.Offset ?? 8);
        return session.TryReadPointer(Pcr(segments) + offset, out ulong thread) ? thread : 0;
    }

    /// <summary>The process whose address space a thread uses; 0 when it cannot be told.</summary>
    public static ulong ProcessOf(IDebugSession session, ulong thread)
    {
        if (thread == 0 || session.Types.Find("nt!_KTHREAD") is not { } type)
            return 0;
        uint? offset = type.Find("ApcState.Process")?.Offset ?? type.Find("Process")?.Offset;
        return offset is { } at && session.TryReadPointer(thread + at, out ulong process) ? process : 0;
    }
}
