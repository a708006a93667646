using KdSim.Kernel.Images;
using KdSim.Kernel.Routines;
using KdSim.Nt;
using KdSim.Symbols.Unwind;
using static Iced.Intel.AssemblerRegisters;

namespace KdSim.Kernel.Rtl;

/// <summary>
/// The two routines through which language handlers are called, and their own handlers: an exception that passes such a frame tells its dispatcher that
/// it is nested in another dispatch, or that it collides with an unwind. (Microsoft: "x64 exception handling"; the frames hold the DISPATCHER_CONTEXT.)
/// </summary>
public sealed class HandlerCalls(NtKernel kernel) : KernelComponent(kernel)
{
    private const int ContextSlot = 0x20;

    [GuestCode("RtlpExecuteHandlerForException", IsExported = false)]
    public void RtlpExecuteHandlerForException(GuestAssembler code) => Emit(code, Stub.RtlpExceptionHandler);

    [GuestCode("RtlpExecuteHandlerForUnwind", IsExported = false)]
    public void RtlpExecuteHandlerForUnwind(GuestAssembler code) => Emit(code, Stub.RtlpUnwindHandler);

    /// <summary>A second exception passes the call of a filter: it is nested in the dispatch whose frame that is.</summary>
    [NtRoutine("RtlpExceptionHandler")]
    public uint RtlpExceptionHandler(
        Ptr<EXCEPTION_RECORD> ExceptionRecord, ulong EstablisherFrame, Ptr<CONTEXT> ContextRecord, Ptr<DISPATCHER_CONTEXT> DispatcherContext)
    {
        if ((ExceptionRecord.View.ExceptionFlags & ExceptionFlags.AnyUnwind) != 0)
            return Disposition.ContinueSearch;
        View<DISPATCHER_CONTEXT> context = DispatcherContext;
        context.EstablisherFrame = new View<DISPATCHER_CONTEXT>(Memory.ReadU64(EstablisherFrame + ContextSlot)).EstablisherFrame;
        return Disposition.NestedException;
    }

    /// <summary>A second exception or unwind passes the call of a termination handler: it goes on where the first unwind stood.</summary>
    [NtRoutine("RtlpUnwindHandler")]
    public uint RtlpUnwindHandler(
        Ptr<EXCEPTION_RECORD> ExceptionRecord, ulong EstablisherFrame, Ptr<CONTEXT> ContextRecord, Ptr<DISPATCHER_CONTEXT> DispatcherContext)
    {
        View<DISPATCHER_CONTEXT> first = new(Memory.ReadU64(EstablisherFrame + ContextSlot)), second = DispatcherContext;
        ulong targetIp = second.TargetIp;
        second.Write(first.Read());
        second.TargetIp = targetIp;
        return Disposition.CollidedUnwind;
    }

    /// <summary>Calls DISPATCHER_CONTEXT.LanguageHandler with the four arguments as they are.</summary>
    private void Emit(GuestAssembler code, Stub handler)
    {
        code.sub(rsp, 0x28);
        code.mov(__qword_ptr[rsp + ContextSlot], r9);
        code.call(__qword_ptr[r9 + DISPATCHER_CONTEXT.Offsets.LanguageHandler]);
        code.nop();
        code.add(rsp, 0x28);
        code.ret();
        uint rva = (uint)(Kernel.Stubs.AddressOf(handler) - SyntheticImages.KernelBase);
        code.Unwind(UnwindInfoEncoder.Encode(4, null, 0, [UnwindOperation.Alloc(4, 0x28)],
            UnwindFlags.ExceptionHandler | UnwindFlags.TerminationHandler, rva));
    }
}
