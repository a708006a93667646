using KdSim.Kernel.Routines;
using KdSim.Nt;
using KdSim.Symbols.Unwind;

namespace KdSim.Kernel.Rtl;

/// <summary>Unwinding for good: termination handlers run from the innermost frame out to the target, then execution goes on there.</summary>
public sealed class FrameUnwind(NtKernel kernel) : KernelComponent(kernel)
{
    private const int MaxFrames = 10_000;

    /// <summary>Never returns: goes on at the target, or raises STATUS_BAD_STACK.</summary>
    /// <param name="TargetFrame">The establisher frame to stop at; 0: an exit unwind of the whole stack.</param>
    /// <param name="OriginalContext">Room for a CONTEXT; the routine's own is used besides.</param>
    [NtExport("RtlUnwindEx")]
    public async KTask RtlUnwindEx(
        ulong TargetFrame, ulong TargetIp, Ptr<EXCEPTION_RECORD> ExceptionRecord, ulong ReturnValue, Ptr<CONTEXT> OriginalContext,
        Ptr<UNWIND_HISTORY_TABLE> HistoryTable)
    {
        View<CONTEXT> current = OriginalContext.IsNull ? Guest.Scratch<CONTEXT>() : OriginalContext;
        View<CONTEXT> previous = Guest.Scratch<CONTEXT>();
        View<DISPATCHER_CONTEXT> dispatcher = Guest.Scratch<DISPATCHER_CONTEXT>();
        Kernel.Exceptions.CaptureCaller(current);
        View<EXCEPTION_RECORD> record = ExceptionRecord;
        if (record.IsNull)
        {
            record = Guest.Scratch<EXCEPTION_RECORD>();
            record.ExceptionCode = NtStatus.Unwind;
            record.ExceptionAddress = current.Rip;
        }
        uint flags = ExceptionFlags.Unwinding | (TargetFrame == 0 ? ExceptionFlags.ExitUnwind : 0);
        for (int frames = 0; frames < MaxFrames; frames++)
        {
            previous.Write(current.Read());
            UnwindStep step = Kernel.Unwinding.Unwind(previous, UnwindFlags.TerminationHandler);
            if (!step.IsGood || !Kernel.StackLimits.Contains(step.EstablisherFrame) || (TargetFrame != 0 && step.EstablisherFrame > TargetFrame))
                throw new GuestException(NtStatus.BadStack);
            uint scope = 0;
            for (bool again = step.Handler != 0; again;)
            {
                again = false;
                record.ExceptionFlags = flags | (step.EstablisherFrame == TargetFrame ? ExceptionFlags.TargetUnwind : 0);
                current.Rax = ReturnValue;
                dispatcher.TargetIp = TargetIp;
                ExceptionDispatch.Fill(dispatcher, step, current, scope);
                uint answer = (uint)(await Guest.Call(
                    Stub.RtlpExecuteHandlerForUnwind, record.Address, step.EstablisherFrame, current.Address, dispatcher.Address)).Value;
                flags &= ~ExceptionFlags.CollidedUnwind;
                switch (answer)
                {
                    case Disposition.ContinueSearch:
                        break;
                    case Disposition.CollidedUnwind:
                        // Where the first unwind stood: its frame's remaining handlers, then outwards from there.
                        current.Write(new View<CONTEXT>(dispatcher.ContextRecord).Read());
                        step = TakeOver(dispatcher, current, previous, out scope);
                        flags |= ExceptionFlags.CollidedUnwind;
                        again = true;
                        break;
                    default:
                        throw new GuestException(NtStatus.InvalidDisposition);
                }
            }
            if (TargetFrame != 0 && step.EstablisherFrame == TargetFrame)
            {
                current.Rax = ReturnValue;
                current.Rip = TargetIp;
                await Guest.Call(Stub.RtlRestoreContext, current.Address, 0);
            }
            current.Write(previous.Read());
        }
        throw new GuestException(NtStatus.BadStack);
    }

    /// <summary>RtlUnwindEx without a CONTEXT of the caller's.</summary>
    [NtExport("RtlUnwind")]
    public async KTask RtlUnwind(ulong TargetFrame, ulong TargetIp, Ptr<EXCEPTION_RECORD> ExceptionRecord, ulong ReturnValue) =>
        await Guest.Call(Stub.RtlUnwindEx, TargetFrame, TargetIp, ExceptionRecord, ReturnValue, 0, 0);

    /// <summary>Leaves a __try block of the calling function by a jump: its termination handlers run.</summary>
    [NtExport("_local_unwind")]
    public async KTask LocalUnwind(ulong TargetFrame, ulong TargetIp) => await Guest.Call(Stub.RtlUnwindEx, TargetFrame, TargetIp, 0, 0, 0, 0);

    private UnwindStep TakeOver(View<DISPATCHER_CONTEXT> dispatcher, View<CONTEXT> current, View<CONTEXT> previous, out uint scope)
    {
        scope = dispatcher.ScopeIndex;
        previous.Write(current.Read());
        UnwindStep step = Kernel.Unwinding.Unwind(previous, UnwindFlags.None, dispatcher.ControlPc, dispatcher.ImageBase, dispatcher.FunctionEntry);
        return step with
        {
            EstablisherFrame = dispatcher.EstablisherFrame, Handler = dispatcher.LanguageHandler, HandlerData = dispatcher.HandlerData,
        };
    }
}
