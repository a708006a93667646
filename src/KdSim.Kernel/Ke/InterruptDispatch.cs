using Iced.Intel;
using KdSim.Kernel.Routines;
using KdSim.Nt;
using KdSim.Symbols.Unwind;
using static Iced.Intel.AssemblerRegisters;

namespace KdSim.Kernel.Ke;

/// <summary>
/// Device interrupts, vectors 50h to BFh: KiIsrThunk has 16 bytes a vector and leads to KiInterruptDispatch, which is guest code for each KINTERRUPT of the
/// vector: raise to SynchronizeIrql, take the lock, call the service routine, release. RSI is the KINTERRUPT, RDI its lock.
/// </summary>
public sealed class InterruptDispatch(NtKernel kernel) : KernelComponent(kernel)
{
    public const int FirstVector = 0x50, LastVector = 0xBF;

    /// <summary>The thunk pushes the vector where exceptions have their error code.</summary>
    private const int FrameBelowVector = KTRAP_FRAME.Offsets.ErrorCode;

    [GuestCode("KiInterruptDispatch", IsExported = false)]
    public void KiInterruptDispatch(GuestAssembler code)
    {
        Label next = code.CreateLabel(), acquire = code.CreateLabel(), spin = code.CreateLabel(), taken = code.CreateLabel(), done = code.CreateLabel();
        Enter(code);
        code.mov(rsi, rax);
        code.test(rsi, rsi);
        code.je(done);
        code.Label(ref next);
        code.movzx(eax, __byte_ptr[rsi + KINTERRUPT.Offsets.SynchronizeIrql]);
        code.mov(cr8, rax);
        code.mov(rdi, __qword_ptr[rsi + KINTERRUPT.Offsets.ActualLock]);
        code.Label(ref acquire);
        code.@lock.bts(__qword_ptr[rdi], 0);
        code.jae(taken);
        code.Label(ref spin);
        code.pause();
        code.test(__byte_ptr[rdi], 1);
        code.jne(spin);
        code.jmp(acquire);
        code.Label(ref taken);
        code.mov(rcx, rsi);
        code.Trap(Stub.KiIsrEnter);
        code.mov(rdx, __qword_ptr[rsi + KINTERRUPT.Offsets.ServiceContext]);
        code.mov(r8d, __dword_ptr[rsi + KINTERRUPT.Offsets.MessageIndex]);
        code.call(__qword_ptr[rsi + KINTERRUPT.Offsets.ServiceRoutine]);
        code.movzx(ebx, al);
        code.Trap(Stub.KiIsrExit);
        code.@lock.and(__qword_ptr[rdi], 0);
        code.mov(rsi, rax);
        code.test(rsi, rsi);
        code.jne(next);
        code.Label(ref done);
        code.mov(rbx, __qword_ptr[rbp + KTRAP_FRAME.Offsets.Rbx]);
        code.mov(rdi, __qword_ptr[rbp + KTRAP_FRAME.Offsets.Rdi]);
        code.mov(rsi, __qword_ptr[rbp + KTRAP_FRAME.Offsets.Rsi]);
        code.Trap(Stub.KiEndDeviceInterrupt);
    }

    /// <summary>16 bytes a vector, so that the vector gives the address.</summary>
    [GuestCode("KiIsrThunk", IsExported = false)]
    public void KiIsrThunk(GuestAssembler code)
    {
        const int PushAndJump = 10;
        for (int vector = FirstVector; vector <= LastVector; vector++)
        {
            code.db(0x68, (byte)vector, 0, 0, 0, 0xE9);         // push vector; jmp rel32
            ulong dispatch = Kernel.Stubs.AddressOf(Stub.KiInterruptDispatch);
            int offset = (vector - FirstVector) * 16 + PushAndJump;
            uint distance = (uint)(dispatch - (code.Address + (ulong)offset));
            code.db((byte)distance, (byte)(distance >> 8), (byte)(distance >> 16), (byte)(distance >> 24), 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC);
        }
    }

    /// <summary>Answers the first KINTERRUPT of the vector, or 0: a spurious interrupt.</summary>
    [NtRoutine("KiBeginDeviceInterrupt", Cost = 0)]
    public ulong KiBeginDeviceInterrupt()
    {
        int vector = (byte)Memory.ReadU64(Cpu.State.Rsp + (ulong)FrameBelowVector);
        Kernel.InterruptEntries.Begin((byte)(vector >> 4));
        View<KPRCB> prcb = Kernel.Processors.Current;
        prcb.InterruptCount++;
        return prcb.InterruptObject[vector];
    }

    [NtRoutine("KiIsrEnter", Cost = 0)]
    public void KiIsrEnter()
    {
        View<KINTERRUPT> interrupt = new(Cpu.State.Rsi);
        Observer?.IsrEntered(Cpu.Number, (byte)interrupt.Vector, interrupt.Address, interrupt.ServiceRoutine);
    }

    /// <summary>Answers the next KINTERRUPT to ask, or 0: a level-triggered interrupt is over when one claimed it.</summary>
    [NtRoutine("KiIsrExit", Cost = 0)]
    public ulong KiIsrExit()
    {
        View<KINTERRUPT> interrupt = new(Cpu.State.Rsi);
        bool claimed = Cpu.State.Rbx != 0;
        interrupt.DispatchCount++;
        Observer?.IsrExited(Cpu.Number, (byte)interrupt.Vector, interrupt.Address, interrupt.ServiceRoutine, claimed);
        if (claimed && interrupt.Mode == KINTERRUPT_MODE.LevelSensitive)
            return 0;
        View<KINTERRUPT> next = View<KINTERRUPT>.Containing(interrupt.InterruptListEntry.Flink, KINTERRUPT.Offsets.InterruptListEntry);
        return next.Address == Kernel.Processors.Current.InterruptObject[(int)interrupt.Vector] ? 0 : next.Address;
    }

    [NtRoutine("KiEndDeviceInterrupt", Cost = 0)]
    public void KiEndDeviceInterrupt()
    {
        Kernel.Computer.Apics[Cpu.Number].Eoi();
        Kernel.InterruptEntries.End((byte)Memory.ReadU64(Cpu.State.Rsp + (ulong)FrameBelowVector));
    }

    internal ulong ThunkOf(int vector) => Kernel.Stubs.AddressOf(Stub.KiIsrThunk) + (ulong)(vector - FirstVector) * 16;

    private static void Enter(GuestAssembler code)
    {
        const int AfterSub = 7, AfterTrap = 10, AfterFrame = 13;
        code.sub(rsp, FrameBelowVector);
        code.Trap(Stub.KiBeginDeviceInterrupt);
        code.mov(rbp, rsp);
        code.Unwind(UnwindInfoEncoder.Encode(AfterFrame, Gpr.Rbp, 0, [UnwindOperation.MachineFrame(hasErrorCode: true),
            UnwindOperation.Alloc(AfterSub, FrameBelowVector), Saved(Gpr.Rbp, KTRAP_FRAME.Offsets.Rbp), Saved(Gpr.Rbx, KTRAP_FRAME.Offsets.Rbx),
            Saved(Gpr.Rdi, KTRAP_FRAME.Offsets.Rdi), Saved(Gpr.Rsi, KTRAP_FRAME.Offsets.Rsi), UnwindOperation.SetFrame(AfterFrame)]));
        static UnwindOperation Saved(Gpr register, int offset) => UnwindOperation.Save(AfterTrap, register, (uint)offset);
    }
}
