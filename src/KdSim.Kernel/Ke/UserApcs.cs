using KdSim.Kernel.Images;
using KdSim.Kernel.Routines;
using KdSim.Nt;
using KdSim.Symbols.Unwind;
using static Iced.Intel.AssemblerRegisters;

namespace KdSim.Kernel.Ke;

/// <summary>
/// The user half of APCs: what the thread was about to do goes as a CONTEXT to its user stack, and it returns to ntdll!KiUserApcDispatcher instead, which calls
/// the routine and goes on with that CONTEXT through NtContinue.
/// </summary>
public sealed class UserApcs(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint SetContext = 0x10;               // THREAD_SET_CONTEXT
    private const uint Tag = 0x70617350;                // "Psap"
    private const sbyte UserMode = 1;

    private ulong Dispatcher => Kernel.Stubs.AddressOf(Stub.KiUserApcDispatcher);

    /// <summary>In user mode: RSP is at the CONTEXT, whose home fields hold the arguments and the routine; above it a machine frame, for unwinding.</summary>
    [GuestCode("KiUserApcDispatcher", Image = ImageNames.SystemDll)]
    public void KiUserApcDispatcher(GuestAssembler code)
    {
        code.mov(rcx, __qword_ptr[rsp + CONTEXT.Offsets.P1Home]);
        code.mov(rdx, __qword_ptr[rsp + CONTEXT.Offsets.P2Home]);
        code.mov(r8, __qword_ptr[rsp + CONTEXT.Offsets.P3Home]);
        code.mov(r9, rsp);
        code.call(__qword_ptr[rsp + CONTEXT.Offsets.P4Home]);
        code.mov(rcx, rsp);
        code.mov(dl, 1);
        code.call(SystemServiceNumbers.StubOf(Stub.NtContinue));
        code.int3();
        var operations = new List<UnwindOperation> { UnwindOperation.MachineFrame(hasErrorCode: false), UnwindOperation.Alloc(0, CONTEXT.SizeOf) };
        foreach (Gpr register in new[] { Gpr.Rbx, Gpr.Rbp, Gpr.Rsi, Gpr.Rdi, Gpr.R12, Gpr.R13, Gpr.R14, Gpr.R15 })
            operations.Add(UnwindOperation.Save(0, register, (uint)(CONTEXT.Offsets.Rax + (int)register * 8)));
        code.Unwind(UnwindInfoEncoder.Encode(0, [.. operations]));
    }

    /// <summary>
    /// Makes the thread enter the dispatcher when it returns to user mode. From KiDeliverApc: the non-volatile registers are still those of user mode.
    /// False if its stack cannot hold the CONTEXT.
    /// </summary>
    internal bool TryEnter(View<KTRAP_FRAME> trap, ulong routine, ulong context, ulong argument1, ulong argument2)
    {
        View<KEXCEPTION_FRAME> saved = Guest.Scratch<KEXCEPTION_FRAME>();
        View<CONTEXT> record = Guest.Scratch<CONTEXT>();
        View<MACHINE_FRAME> above = Guest.Scratch<MACHINE_FRAME>();
        Kernel.RegisterRecords.Save(saved);
        Kernel.RegisterRecords.ToContext(trap, saved, record);
        record.P1Home = context;
        record.P2Home = argument1;
        record.P3Home = argument2;
        record.P4Home = routine;
        above.Rip = trap.Rip;
        above.SegCs = trap.SegCs;
        above.EFlags = trap.EFlags;
        above.Rsp = trap.Rsp;
        above.SegSs = trap.SegSs;
        ulong stack = trap.Rsp - CONTEXT.SizeOf - MACHINE_FRAME.SizeOf & ~15UL;
        if (!TryCopy(record.Address, stack, CONTEXT.SizeOf) || !TryCopy(above.Address, stack + CONTEXT.SizeOf, MACHINE_FRAME.SizeOf))
            return false;
        trap.Rip = Dispatcher;
        trap.Rsp = stack;
        return true;
    }

    /// <summary>
    /// Goes on in user mode with these registers (so what it answers is their RAX); delivers the next user APC first if one waits and the caller tests for it.
    /// </summary>
    [NtExport("NtContinue", MaxIrql = Irql.Passive)]
    public KTask<ulong> NtContinue(Ptr<CONTEXT> ContextRecord, bool TestAlert)
    {
        Span<byte> bytes = stackalloc byte[CONTEXT.SizeOf];
        if (!Kernel.CallerMemory.TryRead(ContextRecord.Address, bytes, Kernel.KernelObjects.PreviousMode))
            return new(isDone: true, (uint)NtStatus.AccessViolation);
        View<CONTEXT> record = Guest.Scratch<CONTEXT>();
        View<KEXCEPTION_FRAME> saved = Guest.Scratch<KEXCEPTION_FRAME>();
        View<KTRAP_FRAME> trap = Kernel.Processors.CurrentThread.TrapFrame;
        if (trap.IsNull || !TrapFrames.IsUser(trap))
            throw new NotSupportedException("nt!NtContinue goes to user mode only");
        Memory.Write(record.Address, bytes);
        Kernel.RegisterRecords.FromContext(record, trap, saved);
        Kernel.RegisterRecords.Load(saved);
        trap.Rbx = saved.Rbx;
        trap.Rdi = saved.Rdi;
        trap.Rsi = saved.Rsi;
        trap.EFlags |= (uint)Machine.Cpu.RFlag.Interrupt;
        trap.ExceptionActive = SystemCalls.FullFrame;
        if (TestAlert)
            Kernel.Apcs.KeTestAlertThread(UserMode);
        return new(isDone: true, record.Rax);
    }

    /// <summary>Tells of an alert, and lets user APCs be delivered.</summary>
    [NtExport("NtTestAlert", MaxIrql = Irql.Passive)]
    public NtStatus NtTestAlert() =>
        Kernel.Apcs.KeTestAlertThread(Kernel.KernelObjects.PreviousMode) ? NtStatus.Alerted : NtStatus.Success;

    /// <summary>Queues a routine of user mode; it runs when the thread waits alertably.</summary>
    [NtExport("NtQueueApcThread", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> NtQueueApcThread(ulong ThreadHandle, ulong ApcRoutine, ulong ApcArgument1, ulong ApcArgument2, ulong ApcArgument3)
    {
        ulong type = Memory.ReadU64(Kernel.Data(Datum.PsThreadType));
        NtStatus status = Kernel.HandleRoutines.Resolve(ThreadHandle, SetContext, type, Kernel.KernelObjects.PreviousMode, out ulong thread, out _, out _);
        if (!status.IsSuccess)
            return status;
        status = Queue(new Ptr<KTHREAD>(thread), ApcRoutine, ApcArgument1, ApcArgument2, ApcArgument3);
        await Kernel.Objects.Dereference(thread);
        return status;
    }

    /// <summary>The kernel and rundown routine of APCs that stand in pool of their own.</summary>
    [NtRoutine("PspQueueApcSpecialApc", MaxIrql = Irql.Apc)]
    public void PspQueueApcSpecialApc(Ptr<KAPC> Apc) => Kernel.Pool.Free(Apc);

    private NtStatus Queue(Ptr<KTHREAD> thread, ulong routine, ulong argument1, ulong argument2, ulong argument3)
    {
        if (thread.View.SystemThread)
            return NtStatus.InvalidHandle;
        ulong block = Kernel.Pool.TryAllocate(POOL_TYPE.NonPagedPool, KAPC.SizeOf, Tag);
        if (block == 0)
            return NtStatus.InsufficientResources;
        ulong free = Kernel.Stubs.AddressOf(Stub.PspQueueApcSpecialApc);
        Kernel.Apcs.KeInitializeApc(new Ptr<KAPC>(block), thread, KAPC_ENVIRONMENT.OriginalApcEnvironment, free, free, routine, UserMode, argument1);
        if (Kernel.Apcs.KeInsertQueueApc(new Ptr<KAPC>(block), argument2, argument3, 0))
            return NtStatus.Success;
        Kernel.Pool.Free(block);
        return NtStatus.Unsuccessful;
    }

    private bool TryCopy(ulong from, ulong to, int size)
    {
        Span<byte> bytes = stackalloc byte[size];
        Memory.Read(from, bytes);
        return Memory.TryCopyToUser(to, bytes, out _);
    }
}
