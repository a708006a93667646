using KdSim.Kernel.Ke;
using KdSim.Kernel.Routines;
using KdSim.Machine.Cpu;
using KdSim.Nt;

namespace KdSim.Kernel.Dbg;

/// <summary>
/// The way from an exception to the handlers, and what becomes of one that no handler takes. A fault of C# code enters as if the stub's trap instruction had
/// faulted; what C# raises (ExRaiseStatus) as a call from there.
/// </summary>
public sealed class Exceptions(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint NonContinuable = 1;
    private const int DoubleFaultStack = 1;

    /// <summary>Starts guest exception dispatch at the current RIP, which is that of the stub's trap.</summary>
    internal void Raise(GuestException exception)
    {
        if (exception.Fault is { } fault)
        {
            Cpu.State.Cr2 = fault.Address;
            Enter(fault.Canonical ? ExceptionVector.PageFault : ExceptionVector.GeneralProtection, fault.Canonical ? fault.ErrorCode : 0);
            return;
        }
        if (exception.Parameters.Length > 2)
            throw new NotSupportedException($"{exception.Message} with {exception.Parameters.Length} parameters; at most 2 can be raised by C#");
        ref CpuState cpu = ref Cpu.State;
        cpu.Rcx = (uint)exception.Status;
        cpu.Rdx = (uint)exception.Parameters.Length;
        cpu.R8 = exception.Parameters.Length > 0 ? exception.Parameters[0] : 0;
        cpu.R9 = exception.Parameters.Length > 1 ? exception.Parameters[1] : 0;
        CallFromTrap(Stub.KiRaiseDispatch);
    }

    /// <summary>Makes the trap point call a routine: its return address is the trap's. A stack that has no room left is a double fault.</summary>
    internal void CallFromTrap(Stub routine)
    {
        ref CpuState cpu = ref Cpu.State;
        if (!Cpu.TryWrite(cpu.Rsp - 8, cpu.Rip))
        {
            Enter(ExceptionVector.DoubleFault, 0);
            return;
        }
        cpu.Rsp -= 8;
        cpu.Rip = Kernel.Stubs.AddressOf(routine);
    }

    /// <summary>Enters an exception vector from the current registers, as the processor does; a stack without room makes it a double fault.</summary>
    internal void Enter(int vector, uint errorCode)
    {
        ref CpuState cpu = ref Cpu.State;
        bool fromUser = cpu.Cpl != 0;
        ulong top = vector == ExceptionVector.DoubleFault ? DoubleFaultTop() : (fromUser ? KernelStackTop() : cpu.Rsp) & ~15UL;
        bool hasErrorCode = ExceptionVectors.HasErrorCode(vector);
        int bytes = hasErrorCode ? 48 : 40;
        ulong frame = top - (ulong)bytes;
        if (!Cpu.CanWrite(frame, bytes))
        {
            if (vector == ExceptionVector.DoubleFault)
                throw new InvalidOperationException($"the double fault stack at {top:x} cannot be written");
            Enter(ExceptionVector.DoubleFault, 0);
            return;
        }
        ReadOnlySpan<ulong> words = [errorCode, cpu.Rip, cpu.Cs.Selector, cpu.RFlags, cpu.Rsp, cpu.Ss.Selector];
        words = hasErrorCode ? words : words[1..];
        for (int i = 0; i < words.Length; i++)
            Memory.WriteU64(frame + (ulong)i * 8, words[i]);
        cpu.RFlags &= ~(RFlag.Trap | RFlag.Resume | RFlag.NestedTask | RFlag.Interrupt);
        if (fromUser)
            Kernel.TrapFrames.EnterKernelMode();
        cpu.Rsp = frame;
        cpu.Rip = Kernel.Stubs.AddressOf(ExceptionVectors.EntryOf(vector) ?? throw new InvalidOperationException($"vector {vector} has no entry"));
    }

    /// <summary>Loads the registers of a CONTEXT in guest memory.</summary>
    internal void LoadContext(ulong context) => Kernel.RegisterRecords.Load(new View<CONTEXT>(context));

    /// <summary>An exception of the processor, on the way to the handlers.</summary>
    [NtRoutine("KiDispatchException")]
    public async KTask KiDispatchException(
        Ptr<EXCEPTION_RECORD> ExceptionRecord, Ptr<KEXCEPTION_FRAME> ExceptionFrame, Ptr<KTRAP_FRAME> TrapFrame, sbyte PreviousMode, bool FirstChance)
    {
        View<CONTEXT> context = Guest.Scratch<CONTEXT>();
        Kernel.RegisterRecords.ToContext(TrapFrame, ExceptionFrame, context);
        if (FirstChance)
        {
            Report(ExceptionRecord, context, isFirstChance: true);
            if (PreviousMode == 0 && (await Guest.Call(Stub.RtlDispatchException, ExceptionRecord, context.Address)).Boolean)
            {
                Kernel.RegisterRecords.FromContext(context, TrapFrame, ExceptionFrame);
                return;
            }
        }
        if (PreviousMode != 0 && !(await Guest.Call(Stub.DbgkForwardException, ExceptionRecord, 0, 1)).Boolean)
            await Kernel.Termination.EndProcess(ExceptionRecord.View.ExceptionCode);
        Report(ExceptionRecord, context, isFirstChance: false);
        throw Kernel.UnhandledExceptions.BugCheckFor(ExceptionRecord, context, TrapFrame);
    }

    /// <summary>An exception that C# raised, called from the stub's trap by way of nt!KiRaiseDispatch.</summary>
    [NtRoutine("KiRaiseException")]
    public async KTask KiRaiseException(NtStatus Status, uint NumberParameters, ulong Parameter0, ulong Parameter1)
    {
        View<CONTEXT> context = Guest.Scratch<CONTEXT>();
        View<EXCEPTION_RECORD> record = Guest.Scratch<EXCEPTION_RECORD>();
        CaptureCaller(context);
        Kernel.Unwinding.Unwind(context, 0); // From KiRaiseDispatch to the routine that raises.
        record.ExceptionCode = Status;
        record.ExceptionFlags = NonContinuable;
        record.ExceptionAddress = context.Rip;
        record.NumberParameters = NumberParameters;
        record.ExceptionInformation.Set(0, Parameter0);
        record.ExceptionInformation.Set(1, Parameter1);
        await RaiseHere(record, context);
    }

    /// <summary>Raises the caller's own record; if a handler lets execution continue, the caller goes on behind the call.</summary>
    [NtExport("RtlRaiseException")]
    public async KTask RtlRaiseException(Ptr<EXCEPTION_RECORD> ExceptionRecord)
    {
        View<CONTEXT> context = Guest.Scratch<CONTEXT>();
        CaptureCaller(context);
        View<EXCEPTION_RECORD> record = ExceptionRecord;
        record.ExceptionAddress = context.Rip;
        await RaiseHere(record, context);
    }

    [NtExport("ExRaiseStatus", MaxIrql = Irql.Dispatch)]
    [NtExport("RtlRaiseStatus", MaxIrql = Irql.Dispatch)]
    public void ExRaiseStatus(NtStatus Status) => throw new GuestException(Status);

    [NtExport("ExRaiseAccessViolation", MaxIrql = Irql.Apc)]
    public void ExRaiseAccessViolation() => throw new GuestException(NtStatus.AccessViolation);

    [NtExport("ExRaiseDatatypeMisalignment", MaxIrql = Irql.Apc)]
    public void ExRaiseDatatypeMisalignment() => throw new GuestException(NtStatus.DatatypeMisalignment);

    /// <summary>Gives C#-raised exceptions a frame of their own to be called from, at any alignment of RSP.</summary>
    [GuestCode("KiRaiseDispatch", IsExported = false)]
    public void KiRaiseDispatch(GuestAssembler code) => CallThunk.Emit(code, Kernel.Stubs.AddressOf(Stub.KiRaiseException));

    /// <summary>The registers of the running sequence's caller, behind the call.</summary>
    internal void CaptureCaller(View<CONTEXT> context)
    {
        ulong frame = Kernel.Dispatcher.FrameAddress;
        Kernel.RegisterRecords.Capture(Cpu, context, Memory.ReadU64(frame), frame + 8, Memory.ReadU64(frame - 8));
    }

    private async KTask RaiseHere(View<EXCEPTION_RECORD> record, View<CONTEXT> context)
    {
        Report(record, context, isFirstChance: true);
        if ((await Guest.Call(Stub.RtlDispatchException, record.Address, context.Address)).Boolean)
            await Guest.Call(Stub.RtlRestoreContext, context.Address, 0);
        Report(record, context, isFirstChance: false);
        throw Kernel.UnhandledExceptions.BugCheckFor(record, context, default);
    }

    private void Report(View<EXCEPTION_RECORD> record, View<CONTEXT> context, bool isFirstChance) =>
        Observer?.ExceptionRaised(Cpu.Number, (uint)record.ExceptionCode, record.ExceptionAddress, isFirstChance, record.Address, context.Address);

    private ulong KernelStackTop() => Memory.ReadU64(Cpu.State.Tr.Base + (ulong)KTSS64.Offsets.Rsp0);

    private ulong DoubleFaultTop() => Memory.ReadU64(Cpu.State.Tr.Base + (ulong)KTSS64.Offsets.Ist + DoubleFaultStack * 8);
}
