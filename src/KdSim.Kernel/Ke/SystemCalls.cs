using Iced.Intel;
using KdSim.Kernel.Images;
using KdSim.Kernel.Routines;
using KdSim.Machine.Cpu;
using KdSim.Nt;
using KdSim.Symbols.Unwind;
using static Iced.Intel.AssemblerRegisters;

namespace KdSim.Kernel.Ke;

/// <summary>
/// The way from user mode into a system service and back: <c>syscall</c> enters nt!KiSystemCall64, which switches to the kernel stack of the thread, builds a
/// KTRAP_FRAME, finds the service in KiServiceTable and calls it; KiSystemServiceExit delivers user APCs and leaves by <c>sysretq</c>.
/// </summary>
[NtData("KiServiceTable", SystemServiceNumbers.Limit * 4)]
[NtData("KiServiceLimit", 4)]
[NtData("KeServiceDescriptorTable", 32)]
public sealed class SystemCalls(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>RBP stands in the middle of the frame, so that one byte reaches most of it.</summary>
    private const int FromRbp = 0x80;

    /// <summary>KTRAP_FRAME.ExceptionActive: a system call, or one that goes on with all the registers of the frame (NtContinue).</summary>
    public const byte ServiceFrame = 2, FullFrame = 1;

    /// <summary>Room below the frame for the arguments of a service that are on the stack, home space included.</summary>
    private const int ArgumentArea = 0x80;

    private const int Prcb = KPCR.Offsets.Prcb;

    [GuestCode("KiSystemCall64", IsExported = false)]
    public void KiSystemCall64(GuestAssembler code)
    {
        Label again = code.CreateLabel(), leave = code.CreateLabel();
        code.swapgs();
        code.mov(__qword_ptr.gs[KPCR.Offsets.UserRsp], rsp);
        code.mov(rsp, __qword_ptr.gs[Prcb + KPRCB.Offsets.RspBase]);
        code.push(Boot.ProcessorSetup.UserData);
        code.push(__qword_ptr.gs[KPCR.Offsets.UserRsp]);
        code.push(r11);
        code.push(Boot.ProcessorSetup.UserCode);
        code.push(rcx);
        code.mov(rcx, r10);
        code.sub(rsp, 8);
        code.push(rbp);
        code.sub(rsp, KTRAP_FRAME.Offsets.Rbp);
        code.lea(rbp, __[rsp + FromRbp]);
        code.mov(Frame(KTRAP_FRAME.Offsets.Rbx), rbx);
        code.mov(Frame(KTRAP_FRAME.Offsets.Rdi), rdi);
        code.mov(Frame(KTRAP_FRAME.Offsets.Rsi), rsi);
        code.Symbol("KiSystemServiceStart");
        code.mov(Frame(KTRAP_FRAME.Offsets.Rax), rax);
        code.Trap(Stub.KiBeginSystemService);
        code.Symbol("KiSystemServiceCopyEnd");
        code.call(r10);
        code.inc(__dword_ptr.gs[Prcb + KPRCB.Offsets.KeSystemCalls]);
        code.Symbol("KiSystemServiceExit");
        code.lea(rsp, __[rbp - FromRbp]);
        code.mov(Frame(KTRAP_FRAME.Offsets.Rax), rax);
        code.Label(ref again);
        code.nop();
        code.Trap(Stub.KiEndSystemService);
        code.test(eax, eax);
        code.je(leave);
        code.mov(rcx, rsp);
        code.call(Kernel.Stubs.AddressOf(Stub.KiInitiateUserApc));
        code.jmp(again);
        code.Label(ref leave);
        Leave(code);
        code.Unwind(Unwind());
    }

    internal void Initialize()
    {
        ulong table = Kernel.Data(Datum.KiServiceTable), descriptor = Kernel.Data(Datum.KeServiceDescriptorTable);
        foreach ((Routine service, int number) in SystemServiceNumbers.Known)
        {
            int arguments = Math.Max(0, service.Parameters.Length - 4);
            long distance = (long)(Kernel.Stubs.AddressOf(service.Stub) - table);
            Memory.WriteU32(table + (ulong)number * 4, (uint)(distance << 4 | (uint)arguments));
        }
        Memory.WriteU32(Kernel.Data(Datum.KiServiceLimit), SystemServiceNumbers.Limit);
        Memory.WriteU64(descriptor, table);
        Memory.WriteU64(descriptor + 16, SystemServiceNumbers.Limit);
    }

    /// <summary>
    /// RSP is at the new frame; the rest of it is filled, interrupts are let in. Leaves the service in R10 and its stack arguments below RSP.
    /// </summary>
    [NtRoutine("KiBeginSystemService")]
    public void KiBeginSystemService()
    {
        ref CpuState cpu = ref Cpu.State;
        View<KTRAP_FRAME> frame = new(cpu.Rsp);
        View<KTHREAD> thread = Kernel.Processors.CurrentThread;
        uint number = (uint)cpu.Rax;
        frame.MxCsr = cpu.Mxcsr;
        frame.PreviousIrql = Irql.Passive;
        frame.ExceptionActive = ServiceFrame;
        frame.PreviousMode = thread.PreviousMode;
        frame.TrapFrame = thread.TrapFrame;
        thread.PreviousMode = 1;
        thread.TrapFrame = frame.Ptr;
        thread.FirstArgument = cpu.Rcx;
        thread.SystemCallNumber = number;
        cpu.RFlags |= RFlag.Interrupt;
        ulong service = Find(number, out int arguments);
        if (arguments != 0)
        {
            const int homeSpace = 0x20, returnAddress = 8;
            Span<byte> copy = stackalloc byte[arguments * 8];
            cpu.Rsp -= ArgumentArea;
            if (Memory.TryCopyFromUser(frame.Rsp + returnAddress + homeSpace, copy, out _))
                Memory.Write(cpu.Rsp + homeSpace, copy);
            else
                service = Kernel.Stubs.AddressOf(Stub.KiSystemServiceBadArguments);
        }
        cpu.R10 = service;
    }

    /// <summary>
    /// Behind the service, RSP at the frame: checks that it left IRQL and APCs as they were. Answers in EAX whether a user APC is to be delivered before
    /// the return to user mode; else interrupts are off, for the instructions that leave.
    /// </summary>
    [NtRoutine("KiEndSystemService", Cost = 0)]
    public void KiEndSystemService()
    {
        ref CpuState cpu = ref Cpu.State;
        View<KTRAP_FRAME> frame = new(cpu.Rsp);
        View<KTHREAD> thread = Kernel.Processors.CurrentThread;
        if (CurrentIrql != Irql.Passive)
            throw new GuestBugCheck(BugCheckCode.IRQL_GT_ZERO_AT_SYSTEM_SERVICE, Find(thread.SystemCallNumber, out _), CurrentIrql);
        if (thread.ApcStateIndex != 0 || thread.CombinedApcDisable != 0)
            throw new GuestBugCheck(BugCheckCode.APC_INDEX_MISMATCH, Find(thread.SystemCallNumber, out _), thread.ApcStateIndex, thread.CombinedApcDisable);
        if (thread.ApcState.UserApcPending)
        {
            cpu.Rax = 1;
            return;
        }
        thread.PreviousMode = frame.PreviousMode;
        thread.TrapFrame = (Ptr<KTRAP_FRAME>)frame.TrapFrame;
        cpu.RFlags &= ~RFlag.Interrupt;
        cpu.Rax = 0;
        if (frame.ExceptionActive == FullFrame)
            Kernel.TrapFrames.Resume(frame);
    }

    /// <summary>On the way to user mode with a user APC waiting: delivers at APC_LEVEL.</summary>
    [NtRoutine("KiInitiateUserApc")]
    public async KTask KiInitiateUserApc(Ptr<KTRAP_FRAME> TrapFrame)
    {
        Cpu.SetCr8(Irql.Apc);
        await Guest.Call(Stub.KiDeliverApc, 1, 0, TrapFrame);
        Cpu.SetCr8(Irql.Passive);
    }

    [NtRoutine("KiSystemServiceInvalid")]
    public NtStatus KiSystemServiceInvalid() => NtStatus.InvalidSystemService;

    /// <summary>The arguments on the user's stack cannot be read.</summary>
    [NtRoutine("KiSystemServiceBadArguments")]
    public NtStatus KiSystemServiceBadArguments() => NtStatus.AccessViolation;

    /// <summary>The routine of a service as the table in memory has it.</summary>
    private ulong Find(uint number, out int stackArguments)
    {
        ulong descriptor = Kernel.Data(Datum.KeServiceDescriptorTable), table = Memory.ReadU64(descriptor);
        int entry = number < Memory.ReadU32(descriptor + 16) ? (int)Memory.ReadU32(table + number * 4) : 0;
        stackArguments = entry & 0xF;
        return entry != 0 ? table + (ulong)(long)(entry >> 4) : Kernel.Stubs.AddressOf(Stub.KiSystemServiceInvalid);
    }

    /// <summary>From the frame at RSP to user mode: volatile registers are cleared, not restored.</summary>
    private static void Leave(GuestAssembler code)
    {
        code.mov(rbx, Frame(KTRAP_FRAME.Offsets.Rbx));
        code.mov(rdi, Frame(KTRAP_FRAME.Offsets.Rdi));
        code.mov(rsi, Frame(KTRAP_FRAME.Offsets.Rsi));
        code.ldmxcsr(__dword_ptr[rbp + KTRAP_FRAME.Offsets.MxCsr - FromRbp]);
        code.mov(rax, Frame(KTRAP_FRAME.Offsets.Rax));
        code.mov(r8, Frame(KTRAP_FRAME.Offsets.Rsp));
        code.mov(r9, Frame(KTRAP_FRAME.Offsets.Rbp));
        code.xor(edx, edx);
        for (int i = 0; i < 6; i++)
            code.pxor(new AssemblerRegisterXMM(Register.XMM0 + i), new AssemblerRegisterXMM(Register.XMM0 + i));
        code.mov(rcx, Frame(KTRAP_FRAME.Offsets.Rip));
        code.mov(r11d, __dword_ptr[rbp + KTRAP_FRAME.Offsets.EFlags - FromRbp]);
        code.mov(rbp, r9);
        code.mov(rsp, r8);
        code.swapgs();
        code.sysretq();
    }

    private static AssemblerMemoryOperand Frame(int offset) => __qword_ptr[rbp + offset - FromRbp];

    /// <summary>The offsets are those of the instructions that end the prolog's steps; before the pushes it unwinds as a leaf of the user's stack.</summary>
    private static byte[] Unwind()
    {
        const byte afterMachineFrame = 43, afterRbp = 44, afterAllocation = 51, afterFrame = 59, prolog = 80;
        return UnwindInfoEncoder.Encode(prolog, Gpr.Rbp, FromRbp,
        [
            UnwindOperation.MachineFrame(hasErrorCode: true) with { PrologOffset = afterMachineFrame },
            UnwindOperation.Push(afterRbp, Gpr.Rbp),
            UnwindOperation.Alloc(afterAllocation, KTRAP_FRAME.Offsets.Rbp),
            UnwindOperation.SetFrame(afterFrame),
            UnwindOperation.Save(prolog, Gpr.Rbx, KTRAP_FRAME.Offsets.Rbx),
            UnwindOperation.Save(prolog, Gpr.Rdi, KTRAP_FRAME.Offsets.Rdi),
            UnwindOperation.Save(prolog, Gpr.Rsi, KTRAP_FRAME.Offsets.Rsi),
        ]);
    }
}
