using KdSim.Debugging.Commands;
using KdSim.Debugging.Structures;
using KdSim.Debugging.Targets;

namespace KdExts.Shared;

/// <summary>Processor control blocks, found through nt!KiProcessorBlock.</summary>
static class Processors
{
    /// <summary>The address of a processor's KPRCB; 0 when there is no such processor.</summary>
    public static ulong PrcbAddress(IDebugSession session, int processor) =>
        processor >= 0 && processor < session.Target.ProcessorCount &&
        session.TryReadPointer(session.AddressOf("nt!KiProcessorBlock") + (ulong)processor * 8, out ulong prcb) ? prcb : 0;

    public static StructureValue? TryPrcb(IDebugSession session, int processor) =>
        PrcbAddress(session, processor) is var address and not 0 && session.Types["nt!_KPRCB"].TryRead(address) is { IsComplete: true } read
            ? read : null;

    public static StructureValue Prcb(IDebugSession session, int processor) =>
        TryPrcb(session, processor) ?? throw new CommandException("Cannot get PRCB address");

    /// <summary>The processor that a command names, or the current one.</summary>
    public static int Chosen(IDebugSession session, Words arguments, int index = 0)
    {
        ulong value = arguments.Value(session, index, (ulong)session.CurrentProcessor);
        return value < (ulong)session.Target.ProcessorCount ? (int)value : throw new CommandException("Cannot get PRCB address");
    }

    /// <summary>The processor that runs a thread, or null.</summary>
    public static int? RunningOn(IDebugSession session, ulong thread)
    {
        for (int i = 0; i < session.Target.ProcessorCount; i++)
            if (TryPrcb(session, i) is { } prcb && prcb["CurrentThread"] == thread)
                return i;
        return null;
    }

    /// <summary>The IRQL: CR8 where the target has it, else what the debugger saved in the control block.</summary>
    public static byte Irql(IDebugSession session, int processor) =>
        session.Target.TryGetContext(processor, out ProcessorContext context) && context.Control is { } control
            ? (byte)control.Cr8
            : (byte)Prcb(session, processor)["DebuggerSavedIRQL"];
}
