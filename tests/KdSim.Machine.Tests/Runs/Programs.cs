using Iced.Intel;
using KdSim.Machine.Apic;
using static Iced.Intel.AssemblerRegisters;

namespace KdSim.Machine.Tests.Runs;

/// <summary>Guest programs for several processors. Word(n) is the 8-byte cell at Data + 64 * n.</summary>
internal static class Programs
{
    public const int Lock = 0;
    public const int Counter = 1;
    public const int Order = 2;
    public const int PerProcessor = 8;
    public const int Rounds = 200;

    private const int Doorbell = 0x41;
    private const int CommandLow = 0x300;
    private const int CommandHigh = 0x310;
    private const int Eoi = 0xB0;

    /// <summary>
    /// Each processor takes a spin lock and adds to a counter by plain load and store, and mixes its number into a value that depends on the order of
    /// the owners: the interleaving shows in memory.
    /// </summary>
    public static void Contend(Assembler a)
    {
        Label round = a.CreateLabel(), spin = a.CreateLabel(), take = a.CreateLabel();
        a.mov(rcx, Rounds);
        a.mov(rbx, (long)GuestMachine.Data);
        a.Label(ref round);
        a.jmp(take);
        a.Label(ref spin);
        a.pause();
        a.Label(ref take);
        a.@lock.bts(__qword_ptr[rbx + Lock * 64], 0);
        a.jc(spin);
        a.mov(rax, __qword_ptr[rbx + Counter * 64]);
        a.inc(rax);
        a.mov(__qword_ptr[rbx + Counter * 64], rax);
        a.mov(rdx, __qword_ptr[rbx + Order * 64]);
        a.imul(rdx, rdx, 31);
        a.add(rdx, rdi);
        a.mov(__qword_ptr[rbx + Order * 64], rdx);
        a.mov(__qword_ptr[rbx + Lock * 64], 0);
        a.vmcall();
        a.dec(rcx);
        a.jnz(round);
        a.cli();
        a.hlt();
    }

    /// <summary>A token goes round: each processor sleeps until its doorbell rings, then rings the next one's. Processor 0 begins.</summary>
    public static GuestMachine Ring(int processors, ulong seed = 1) =>
        new GuestMachine(processors, a => RingBody(a, processors), seed).On(Doorbell, a =>
        {
            a.push(rax);
            a.mov(rax, (long)GuestMachine.Data);
            a.add(rax, r13);
            a.@lock.inc(__qword_ptr[rax + PerProcessor * 64]);
            a.mov(rax, (long)LocalApic.DefaultAddress);
            a.mov(__dword_ptr[rax + Eoi], 0);
            a.xor(eax, eax);
            a.mov(cr8, rax);
            a.pop(rax);
            a.iretq();
        });

    private static void RingBody(Assembler a, int processors)
    {
        Label turn = a.CreateLabel(), rang = a.CreateLabel(), ring = a.CreateLabel(), wrap = a.CreateLabel();
        a.mov(r13, rdi);
        a.shl(r13, 6);
        a.mov(r14, (long)GuestMachine.Data);
        a.add(r14, r13);
        a.mov(r15, (long)LocalApic.DefaultAddress);
        a.mov(rcx, 50);
        a.xor(rsi, rsi);
        a.test(rdi, rdi);
        a.jz(ring);
        a.Label(ref turn);
        a.cli();
        a.cmp(__qword_ptr[r14 + PerProcessor * 64], rsi);
        a.jne(rang);
        a.sti();
        a.hlt();
        a.jmp(turn);
        a.Label(ref rang);
        a.inc(rsi);
        a.sti();
        a.Label(ref ring);
        a.lea(rax, __qword_ptr[rdi + 1]);
        a.cmp(rax, processors);
        a.jb(wrap);
        a.xor(eax, eax);
        a.Label(ref wrap);
        a.shl(eax, 24);
        a.mov(__dword_ptr[r15 + CommandHigh], eax);
        a.mov(__dword_ptr[r15 + CommandLow], Doorbell);
        a.dec(rcx);
        a.jnz(turn);
        a.cli();
        a.hlt();
    }
}
