using KdSim.Kernel.Routines;
using KdSim.Nt;
using KdSim.Symbols.Unwind;

namespace KdSim.Kernel.Rtl;

/// <summary>The search for a handler: from the frame of the exception outwards, each language handler is asked. APC_LEVEL in NT's words, any in fact.</summary>
public sealed class ExceptionDispatch(NtKernel kernel) : KernelComponent(kernel)
{
    private const int MaxFrames = 10_000;

    /// <summary>True if a handler wants execution to continue with the CONTEXT; false if none wanted the exception. A handler that takes it unwinds.</summary>
    [NtRoutine("RtlDispatchException")]
    public async KTask<bool> RtlDispatchException(Ptr<EXCEPTION_RECORD> ExceptionRecord, Ptr<CONTEXT> ContextRecord)
    {
        View<CONTEXT> walk = Guest.Scratch<CONTEXT>();
        View<DISPATCHER_CONTEXT> dispatcher = Guest.Scratch<DISPATCHER_CONTEXT>();
        View<EXCEPTION_RECORD> record = ExceptionRecord;
        uint flags = record.ExceptionFlags & ExceptionFlags.NonContinuable;
        ulong nested = 0;
        walk.Write(ContextRecord.Read());
        for (int frames = 0; frames < MaxFrames; frames++)
        {
            UnwindStep step = Kernel.Unwinding.Unwind(walk, UnwindFlags.ExceptionHandler);
            if (!step.IsGood || !Kernel.StackLimits.Contains(step.EstablisherFrame))
                return false; // The end of the stack.
            if (step.Handler == 0)
                continue;
            uint scope = 0;
            for (bool again = true; again;)
            {
                again = false;
                record.ExceptionFlags = flags;
                Fill(dispatcher, step, walk, scope);
                uint answer = (uint)(await Guest.Call(
                    Stub.RtlpExecuteHandlerForException, record.Address, step.EstablisherFrame, ContextRecord, dispatcher.Address)).Value;
                flags |= record.ExceptionFlags & ExceptionFlags.NonContinuable;
                if (nested == step.EstablisherFrame)
                {
                    flags &= ~ExceptionFlags.NestedCall;
                    nested = 0;
                }
                switch (answer)
                {
                    case Disposition.ContinueExecution when (flags & ExceptionFlags.NonContinuable) != 0:
                        throw new GuestException(NtStatus.NoncontinuableException);
                    case Disposition.ContinueExecution:
                        return true;
                    case Disposition.ContinueSearch:
                        break;
                    case Disposition.NestedException:
                        flags |= ExceptionFlags.NestedCall;
                        nested = Math.Max(nested, dispatcher.EstablisherFrame);
                        break;
                    case Disposition.CollidedUnwind:
                        // The handlers of the frame that the first unwind stands at, from the scope behind the one that it was running.
                        step = TakeOver(dispatcher, walk, out scope);
                        again = true;
                        break;
                    default:
                        throw new GuestException(NtStatus.InvalidDisposition);
                }
            }
        }
        return false;
    }

    /// <summary>Goes on at the frame of the unwind that is under way: its context becomes the walk's, unwound by that frame.</summary>
    private UnwindStep TakeOver(View<DISPATCHER_CONTEXT> dispatcher, View<CONTEXT> walk, out uint scope)
    {
        scope = dispatcher.ScopeIndex;
        walk.Write(new View<CONTEXT>(dispatcher.ContextRecord).Read());
        UnwindStep step = Kernel.Unwinding.Unwind(walk, UnwindFlags.None, dispatcher.ControlPc, dispatcher.ImageBase, dispatcher.FunctionEntry);
        return step with
        {
            EstablisherFrame = dispatcher.EstablisherFrame, Handler = dispatcher.LanguageHandler, HandlerData = dispatcher.HandlerData,
        };
    }

    /// <summary>What the handler learns of its frame.</summary>
    internal static void Fill(View<DISPATCHER_CONTEXT> dispatcher, UnwindStep step, View<CONTEXT> context, uint scope)
    {
        dispatcher.ControlPc = step.ControlPc;
        dispatcher.ImageBase = step.ImageBase;
        dispatcher.FunctionEntry = (Ptr<RUNTIME_FUNCTION>)step.FunctionEntry;
        dispatcher.EstablisherFrame = step.EstablisherFrame;
        dispatcher.ContextRecord = context;
        dispatcher.LanguageHandler = step.Handler;
        dispatcher.HandlerData = step.HandlerData;
        dispatcher.ScopeIndex = scope;
    }
}
