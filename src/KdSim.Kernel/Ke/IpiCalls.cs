using Iced.Intel;
using KdSim.Kernel.Routines;
using KdSim.Nt;
using KdSim.Symbols.Unwind;
using static Iced.Intel.AssemblerRegisters;

namespace KdSim.Kernel.Ke;

/// <summary>
/// KeIpiGenericCall: a routine on all processors at once at IPI_LEVEL. Guest code, for it spins: the others come to nt!KiIpiInterrupt and wait there until
/// all have come, then all call the routine, and the sender goes on when all are done. One call at a time. IRQL below IPI.
/// </summary>
[NtData("KiIpiPacket", PacketSize)]
public sealed class IpiCalls(NtKernel kernel) : KernelComponent(kernel)
{
    public const int Vector = 0xE1;
    private const int PacketSize = 0x40;
    private const int Lock = 0, Function = 8, Context = 0x10, Targets = 0x18, Arrived = 0x20, Go = 0x28, Done = 0x30, Result = 0x38;

    [GuestCode("KeIpiGenericCall")]
    public void KeIpiGenericCall(GuestAssembler code)
    {
        Label raised = code.CreateLabel();
        code.push(rbx);
        code.push(rsi);
        code.sub(rsp, 0x28);
        code.mov(rsi, cr8);
        code.Trap(Stub.KiIpiPacketAddress);
        code.mov(rbx, rax);
        code.cmp(rsi, Irql.Synch);
        code.jae(raised);
        code.mov(eax, Irql.Synch);
        code.mov(cr8, rax);
        code.Label(ref raised);
        code.nop();                                     // two labels never name the same instruction
        Acquire(code);
        code.mov(__qword_ptr[rbx + Function], rcx);
        code.mov(__qword_ptr[rbx + Context], rdx);
        code.Trap(Stub.KiIpiSendRequest);
        code.mov(__qword_ptr[rbx + Targets], rax);
        WaitForTargets(code, Arrived);
        code.mov(eax, Irql.Ipi);
        code.mov(cr8, rax);
        code.mov(__qword_ptr[rbx + Go], 1);
        code.mov(rcx, __qword_ptr[rbx + Context]);
        code.call(__qword_ptr[rbx + Function]);
        code.mov(__qword_ptr[rbx + Result], rax);
        WaitForTargets(code, Done);
        code.and(__qword_ptr[rbx + Go], 0);
        code.and(__qword_ptr[rbx + Arrived], 0);
        code.and(__qword_ptr[rbx + Done], 0);
        code.mov(rax, __qword_ptr[rbx + Result]);
        code.@lock.and(__qword_ptr[rbx + Lock], 0);
        code.mov(cr8, rsi);
        code.add(rsp, 0x28);
        code.pop(rsi);
        code.pop(rbx);
        code.ret();
        code.Unwind(UnwindInfoEncoder.Encode(6, UnwindOperation.Push(1, Gpr.Rbx), UnwindOperation.Push(2, Gpr.Rsi), UnwindOperation.Alloc(6, 0x28)));
    }

    [GuestCode("KiIpiInterrupt", IsExported = false)]
    public void KiIpiInterrupt(GuestAssembler code)
    {
        Label wait = code.CreateLabel();
        InterruptEntries.Enter(code, Stub.KiBeginIpiInterrupt);
        code.Trap(Stub.KiIpiPacketAddress);
        code.mov(rbx, rax);
        code.@lock.inc(__qword_ptr[rbx + Arrived]);
        code.Label(ref wait);
        code.pause();
        code.cmp(__qword_ptr[rbx + Go], 0);
        code.je(wait);
        code.mov(rcx, __qword_ptr[rbx + Context]);
        code.sub(rsp, 0x20);
        code.call(__qword_ptr[rbx + Function]);
        code.mov(rsp, rbp);
        code.@lock.inc(__qword_ptr[rbx + Done]);
        code.mov(rbx, __qword_ptr[rbp + KTRAP_FRAME.Offsets.Rbx]);
        code.Trap(Stub.KiEndInterrupt);
    }

    [NtRoutine("KiIpiPacketAddress", Cost = 0)]
    public ulong KiIpiPacketAddress() => Kernel.Data(Datum.KiIpiPacket);

    /// <summary>Interrupts all other processors; returns how many.</summary>
    [NtRoutine("KiIpiSendRequest", Cost = 0)]
    public ulong KiIpiSendRequest()
    {
        for (int number = 0; number < Kernel.Processors.Count; number++)
            if (number != Cpu.Number)
                Kernel.Computer.Apics[Cpu.Number].SendIpi(number, Vector);
        return (ulong)Kernel.Processors.Count - 1;
    }

    [NtRoutine("KiBeginIpiInterrupt", Cost = 0)]
    public void KiBeginIpiInterrupt()
    {
        Kernel.InterruptEntries.Begin(Irql.Ipi);
        Kernel.Computer.Apics[Cpu.Number].Eoi();
    }

    private static void WaitForTargets(GuestAssembler code, int counter)
    {
        Label wait = code.CreateLabel(), all = code.CreateLabel();
        code.Label(ref wait);
        code.mov(rax, __qword_ptr[rbx + counter]);
        code.cmp(rax, __qword_ptr[rbx + Targets]);
        code.je(all);
        code.pause();
        code.jmp(wait);
        code.Label(ref all);
    }

    private static void Acquire(GuestAssembler code)
    {
        Label again = code.CreateLabel(), spin = code.CreateLabel(), taken = code.CreateLabel();
        code.Label(ref again);
        code.@lock.bts(__qword_ptr[rbx + Lock], 0);
        code.jae(taken);
        code.Label(ref spin);
        code.pause();
        code.test(__byte_ptr[rbx + Lock], 1);
        code.jne(spin);
        code.jmp(again);
        code.Label(ref taken);
    }
}
