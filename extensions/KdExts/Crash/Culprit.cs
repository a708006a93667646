using KdExts.Shared;
using KdSim.Debugging.Structures;
using KdSim.Debugging.Targets;
using KdSim.Nt;

namespace KdExts.Crash;

/// <summary>Where a stop came from: the whole stack, the trap frame or context of the fault, and the first frame of a driver at or above it.</summary>
/// <param name="Start">The registers that the shown stack begins with; null when the target has none.</param>
/// <param name="TrapFrame">0 if there is none.</param>
/// <param name="ContextRecord">0 if there is none.</param>
/// <param name="Frame">The frame at fault; null when not one is known.</param>
sealed record Culprit(IntegerState? Start, ulong TrapFrame, ulong ContextRecord, ulong ExceptionRecord, CallFrame? Frame, TargetModule? Module)
{
    const int MostFrames = 128;
    const ulong SystemSpace = 0xFFFF_8000_0000_0000;

    static readonly string[] SystemModules = ["nt", "hal"];

    public static Culprit Find(IDebugSession session, uint code, IReadOnlyList<ulong> parameters)
    {
        IntegerState? now = session.Context.Integer;
        if (now is not null && (BugCheckCode)code is BugCheckCode.IRQL_GT_ZERO_AT_SYSTEM_SERVICE or BugCheckCode.APC_INDEX_MISMATCH &&
            RequestedDriver.DispatchRoutine(session, parameters[0]) is var routine and not 0)
            return new Culprit(now, 0, 0, 0, new CallFrame(0, now with { Rip = routine }, 0, 0, routine), ModuleAt(session, routine));
        (ulong trap, ulong context, ulong exception) = (BugCheckCode)code switch
        {
            BugCheckCode.SYSTEM_THREAD_EXCEPTION_NOT_HANDLED => (0UL, parameters[3], parameters[2]),
            BugCheckCode.SYSTEM_SERVICE_EXCEPTION => (0UL, parameters[2], 0UL),
            BugCheckCode.KERNEL_SECURITY_CHECK_FAILURE => (parameters[1], 0UL, parameters[2]),
            _ => (0UL, 0UL, 0UL),
        };
        if (context != 0 && session.Types["nt!_CONTEXT"].TryRead(context) is { IsComplete: true } record)
            return At(session, StackLines.FromRecord(record), 0, context, exception, null);
        if (now is null)
            return new Culprit(null, trap, 0, exception, null, null);
        List<CallFrame> frames = [.. session.Stacks.Walk(now, MostFrames)];
        ulong ip = FaultingAddress((BugCheckCode)code, parameters);
        // A trap frame behind other code is that of an interrupt far above the fault; but the watchdog looks from within its own interrupt.
        int interrupted = frames.FindIndex(f => f.TrapFrame != 0);
        if ((BugCheckCode)code != BugCheckCode.DPC_WATCHDOG_VIOLATION && frames.Take(Math.Max(interrupted, 0)).Any(f => !IsStopCode(session, f)))
            interrupted = -1;
        if (interrupted >= 0 && interrupted + 1 < frames.Count)
        {
            ulong found = trap != 0 ? trap : TrapFrameAt(session, frames[interrupted]);
            return Choose(session, now, found, 0, exception, frames.Skip(interrupted + 1));
        }
        // Without a trap frame the parameters may still say which instruction it was.
        if (ModuleAt(session, ip) is { } named && !SystemModules.Contains(named.Name))
            return new Culprit(now, trap, 0, exception, new CallFrame(0, now with { Rip = ip }, 0, 0, ip), named);
        return Choose(session, now, trap, 0, exception, frames);
    }

    /// <summary>The driver that runs now, at or above the current frame.</summary>
    public static Culprit OfStack(IDebugSession session) => session.Context.Integer is { } now
        ? Choose(session, now, 0, 0, 0, session.Stacks.Walk(now, MostFrames))
        : new Culprit(null, 0, 0, 0, null, null);

    static ulong FaultingAddress(BugCheckCode code, IReadOnlyList<ulong> parameters) => code switch
    {
        BugCheckCode.DRIVER_IRQL_NOT_LESS_OR_EQUAL or BugCheckCode.IRQL_NOT_LESS_OR_EQUAL => parameters[3],
        BugCheckCode.PAGE_FAULT_IN_NONPAGED_AREA => parameters[2],
        BugCheckCode.KMODE_EXCEPTION_NOT_HANDLED => parameters[1],
        _ => 0,
    };

    static Culprit At(IDebugSession session, IntegerState from, ulong trap, ulong context, ulong exception, IntegerState? shown) =>
        Choose(session, shown ?? from, trap, context, exception, session.Stacks.Walk(from, MostFrames));

    /// <summary>The first frame outside of nt and hal; where all are the system's own, the first one.</summary>
    static Culprit Choose(IDebugSession session, IntegerState start, ulong trap, ulong context, ulong exception, IEnumerable<CallFrame> candidates)
    {
        List<CallFrame> frames = [.. candidates];
        CallFrame? driver = frames.FirstOrDefault(f =>
            f.CodeAddress >= SystemSpace && ModuleAt(session, f.CodeAddress) is { } module && !SystemModules.Contains(module.Name));
        CallFrame? chosen = driver ?? frames.FirstOrDefault(f => !IsStopCode(session, f)) ?? frames.FirstOrDefault();
        return new Culprit(start, trap, context, exception, chosen, chosen is null ? null : ModuleAt(session, chosen.CodeAddress));
    }

    static readonly string[] StopCode = ["nt!KeBugCheck", "nt!KiBugCheck", "nt!KiException", "nt!KiDispatchException", "nt!KiRaise"];

    /// <summary>The way to the stop itself says nothing of its cause.</summary>
    static bool IsStopCode(IDebugSession session, CallFrame frame) => session.Symbols.TryGetName(frame.CodeAddress, out string name, out _) &&
        StopCode.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));

    public static TargetModule? ModuleAt(IDebugSession session, ulong address) =>
        session.Target.Modules.FirstOrDefault(m => m.Contains(address) && !m.Unloaded);

    /// <summary>
    /// A trap handler's frame ends with what the processor pushed: the KTRAP_FRAME is where its Rip is the interrupted one's. The walker may give
    /// either end.
    /// </summary>
    static ulong TrapFrameAt(IDebugSession session, CallFrame handler)
    {
        StructureLayout type = session.Types["nt!_KTRAP_FRAME"];
        ulong rip = type.OffsetOf("Rip");
        foreach (ulong candidate in (ReadOnlySpan<ulong>)[handler.TrapFrame, handler.TrapFrame - rip, handler.Registers.Rsp])
            if (type.TryRead(candidate) is { IsComplete: true } frame && frame["Rip"] == handler.ReturnAddress && handler.ReturnAddress != 0)
                return candidate;
        return handler.TrapFrame;
    }
}
