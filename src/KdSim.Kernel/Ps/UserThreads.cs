using KdSim.Kernel.Images;
using KdSim.Kernel.Ke;
using KdSim.Kernel.Mm;
using KdSim.Kernel.Ob;
using KdSim.Kernel.Routines;
using KdSim.Nt;
using KdSim.Symbols.Unwind;
using static Iced.Intel.AssemblerRegisters;

namespace KdSim.Kernel.Ps;

/// <summary>
/// Threads of user mode: created with a TEB and a stack in their process, they begin in nt!PspUserThreadStartup and go to ntdll!RtlUserThreadStart, which calls
/// the start routine and ends the thread with its result.
/// </summary>
public sealed class UserThreads(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint CreateThread = 2;                // PROCESS_CREATE_THREAD
    private const int HomeSpace = 0x20;
    private const ulong CurrentThread = ulong.MaxValue - 1;

    /// <summary>Where a thread is in user mode before its first system call.</summary>
    [GuestCode("RtlUserThreadStart", Image = ImageNames.SystemDll)]
    public void RtlUserThreadStart(GuestAssembler code)
    {
        code.sub(rsp, 0x28);
        code.mov(rax, rcx);
        code.mov(rcx, rdx);
        code.call(rax);
        code.mov(ecx, eax);
        code.call(Kernel.Stubs.AddressOf(Stub.RtlExitUserThread));
        code.int3();
        code.Unwind(UnwindInfoEncoder.Encode(4, UnwindOperation.Alloc(4, 0x28)));
    }

    [GuestCode("RtlExitUserThread", Image = ImageNames.SystemDll)]
    public void RtlExitUserThread(GuestAssembler code)
    {
        code.sub(rsp, 0x28);
        code.mov(edx, ecx);
        code.mov(rcx, CurrentThread);
        code.call(SystemServiceNumbers.StubOf(Stub.NtTerminateThread));
        code.int3();
        code.Unwind(UnwindInfoEncoder.Encode(4, UnwindOperation.Alloc(4, 0x28)));
    }

    /// <summary>Where a new thread begins: R14 in kernel mode, then the trap frame above the home space, which is of user mode.</summary>
    [GuestCode("KiStartUserThread", IsExported = false)]
    public void KiStartUserThread(GuestAssembler code)
    {
        Iced.Intel.Label again = code.CreateLabel(), leave = code.CreateLabel();
        code.mov(rcx, r12);
        code.mov(rdx, r13);
        code.call(r14);
        code.add(rsp, HomeSpace);
        code.xor(r12d, r12d); // Nothing of the kernel's shows in user mode.
        code.xor(r13d, r13d);
        code.xor(r14d, r14d);
        code.Label(ref again);
        code.nop();
        code.Trap(Stub.KiEndUserThreadStart);
        code.test(eax, eax);
        code.je(leave);
        code.mov(rcx, rsp);
        code.call(Kernel.Stubs.AddressOf(Stub.KiInitiateUserApc));
        code.jmp(again);
        code.Label(ref leave);
        code.nop();
        code.Trap(Stub.KiExceptionExit);
        code.int3();
        code.Unwind(UnwindInfoEncoder.Encode(
            0, UnwindOperation.MachineFrame(hasErrorCode: true), UnwindOperation.Alloc(0, KTRAP_FRAME.Offsets.ErrorCode + HomeSpace)));
    }

    /// <summary>Answers in EAX whether a user APC is to be delivered before the thread's first instruction.</summary>
    [NtRoutine("KiEndUserThreadStart", Cost = 0)]
    public uint KiEndUserThreadStart() => Kernel.Processors.CurrentThread.ApcState.UserApcPending ? 1u : 0;

    /// <summary>A thread that is not ready yet; a null view if memory runs out or the process has too many.</summary>
    public View<ETHREAD> TryCreate(View<EPROCESS> process, ulong startRoutine, ulong argument)
    {
        View<ETHREAD> thread = Kernel.Threads.CreateObject(process, startRoutine);
        View<KTHREAD> control = thread.Tcb;
        ulong teb = Kernel.UserEnvironment.CreateTeb(process, thread.Cid);
        if (teb == 0)
        {
            Kernel.Threads.Discard(thread.Ptr);
            return default;
        }
        control.SystemThread = false;
        control.PreviousMode = 1;
        control.Teb = teb;
        thread.StartAddress = Kernel.Stubs.AddressOf(Stub.RtlUserThreadStart);
        View<KTRAP_FRAME> frame = new(control.InitialStack - KTRAP_FRAME.SizeOf);
        frame.Clear();
        frame.PreviousMode = 1;
        frame.ExceptionActive = SystemCalls.FullFrame;
        frame.MxCsr = 0x1F80;
        frame.Rip = thread.StartAddress;
        frame.Rcx = startRoutine;
        frame.Rdx = argument;
        frame.SegCs = Boot.ProcessorSetup.UserCode;
        frame.SegSs = Boot.ProcessorSetup.UserData;
        frame.EFlags = (uint)(Machine.Cpu.RFlag.Interrupt | Machine.Cpu.RFlag.Reserved1);
        frame.Rsp = StackOf(teb) - 8; // As if called: the return address is 0, the end of the stack.
        ulong entry = Kernel.Stubs.AddressOf(Stub.KiStartUserThread), startup = Kernel.Stubs.AddressOf(Stub.PspUserThreadStartup);
        Kernel.ContextSwitch.PrepareStart(control, entry, frame.Address - HomeSpace, startup, startRoutine, argument);
        return thread;
    }

    /// <summary>The kernel part of a new thread's start, in its process: the first one tells of the images.</summary>
    [NtRoutine("PspUserThreadStartup", MaxIrql = Irql.Apc)]
    public async KTask PspUserThreadStartup(ulong StartRoutine, ulong StartContext)
    {
        View<EPROCESS> process = Kernel.KernelObjects.Process;
        if (process.AddressSpaceInitialized != 1)
            return;
        process.AddressSpaceInitialized = 2;
        await Kernel.Processes.AnnounceImages(process.Ptr);
    }

    /// <summary>A thread in a process; of the attributes only the start routine, its argument and the handle's are looked at, and it runs at once.</summary>
    [NtExport("NtCreateThreadEx", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> NtCreateThreadEx(Ptr<ulong> ThreadHandle, uint DesiredAccess, Ptr<OBJECT_ATTRIBUTES> ObjectAttributes, ulong ProcessHandle,
        ulong StartRoutine, ulong Argument, uint CreateFlags, ulong ZeroBits, ulong StackSize, ulong MaximumStackSize, ulong AttributeList)
    {
        sbyte mode = Kernel.KernelObjects.PreviousMode;
        if (CreateFlags != 0 || AttributeList != 0)
            return NtStatus.NotSupported;
        if (!Kernel.CallerMemory.IsWritable<ulong>(ThreadHandle, mode))
            return NtStatus.AccessViolation;
        ulong type = Memory.ReadU64(Kernel.Data(Datum.PsProcessType));
        NtStatus status = Kernel.HandleRoutines.Resolve(ProcessHandle, CreateThread, type, mode, out ulong owner, out _, out _);
        if (!status.IsSuccess)
            return status;
        Ptr<ETHREAD> thread = TryCreate(new View<EPROCESS>(owner), StartRoutine, Argument).Ptr;
        await Kernel.Objects.Dereference(owner); // Its thread keeps it.
        if (thread.IsNull)
            return NtStatus.InsufficientResources;
        Kernel.Objects.Reference(thread);
        ulong handle = Kernel.HandleTables.Insert(thread, Kernel.ObjectTypes.MapAccess(ObjectKind.Thread, DesiredAccess), 0, isKernelHandle: false);
        Kernel.CallerMemory.TryWrite(ThreadHandle, handle, mode);
        await Start(thread);
        return NtStatus.Success;
    }

    /// <summary>Lets a new thread run; with the first one of a process the process begins, which a driver may refuse.</summary>
    public async KTask<NtStatus> Start(Ptr<ETHREAD> thread)
    {
        Ptr<EPROCESS> process = new(thread.View.Tcb.Process.Address);
        if (!process.View.CreateReported)
        {
            View<EPROCESS> first = process;
            first.CreateReported = true;
            NtStatus status = await Kernel.Processes.AnnounceStart(process);
            if (!status.IsSuccess)
            {
                Kernel.Threads.Discard(thread);
                return status;
            }
        }
        Kernel.ScenarioThreads.Created(thread);
        await Kernel.Threads.Start(thread);
        return NtStatus.Success;
    }

    private static ulong StackOf(ulong teb) =>
        UserMemory.FirstStack + ((teb - UserMemory.FirstTeb) / UserMemory.TebSize + 1) * UserMemory.StackReserve - 0x20;
}
