using Iced.Intel;
using KdSim.Machine.Cpu;
using KdSim.Machine.Memory;

namespace KdSim.Machine.Tests.Runs;

/// <summary>
/// A machine with the first 2 MB and the local APIC mapped one to one, an IDT, a stack for each processor, and one program that all of them
/// run. RDI is the processor's number. VMCALL costs time and counts.
/// </summary>
internal sealed class GuestMachine : ITrapHandler, IDisposable
{
    public const ulong Code = 0x10000;
    public const ulong Data = 0x20000;
    public const ulong Stacks = 0x80000;
    private const ulong Tables = 0x1000;
    private const ulong Gdt = 0x7000;
    private const ulong Idt = 0x8000;
    private const ulong Handlers = 0x9000;
    private const ulong PresentWrite = 3;
    private const ulong Large = 0x80;

    public GuestMachine(int processors, Action<Assembler> program, ulong seed = 1)
    {
        Computer = new Computer(new MachineOptions { Processors = processors, MemorySize = 2 << 20, Seed = seed }) { TrapHandler = this };
        MapOneToOne(Computer.Memory);
        Computer.Memory.Write(Gdt + 0x10, 0x00209B0000000000UL);
        Computer.Memory.Write(Gdt + 0x18, 0x0000930000000000UL);
        Assemble(program, Code);
        foreach (Processor cpu in Computer.Processors)
        {
            ref CpuState state = ref cpu.State;
            state.Cr3 = Tables;
            state.Gdtr = new DescriptorTableRegister { Base = Gdt, Limit = 0x1F };
            state.Idtr = new DescriptorTableRegister { Base = Idt, Limit = 0xFFF };
            state.Rsp = Stacks + 0x1000 * (ulong)(cpu.Number + 1);
            state.Rip = Code;
            state.Rdi = (ulong)cpu.Number;
        }
    }

    public Computer Computer { get; }

    public int Traps { get; private set; }

    public List<(ulong Clock, int Processor, byte Old, byte New)> IrqlChanges { get; } = [];

    /// <summary>Puts an interrupt handler behind a vector.</summary>
    public GuestMachine On(int vector, Action<Assembler> handler)
    {
        ulong address = Handlers + (ulong)(vector >> 4) * 0x100;
        Assemble(handler, address);
        Computer.Memory.Write(Idt + (ulong)vector * 16, address & 0xFFFF | 0x10 << 16 | 0x8E00UL << 32 | (address >> 16 & 0xFFFF) << 48);
        Computer.Memory.Write(Idt + (ulong)vector * 16 + 8, address >> 32);
        return this;
    }

    public ulong Word(int index) => Computer.Memory.Read<ulong>(Data + (ulong)index * 64);

    /// <summary>Runs until nothing can happen any more, within a bound.</summary>
    public RunResult RunToEnd() => Computer.Run(RunRequest.Until(1_000_000_000));

    public void Trap(Processor cpu)
    {
        Traps++;
        cpu.State.Clock += Computer.Costs.Routine;
        cpu.State.Rax++;
    }

    public void IrqlChanged(Processor cpu, byte oldIrql, byte newIrql) =>
        IrqlChanges.Add((cpu.State.Clock, cpu.Number, oldIrql, newIrql));

    public void InterruptAccepted(Processor cpu, byte vector) => cpu.SetCr8((byte)(vector >> 4));

    public void ExceptionRaised(Processor cpu, int vector, uint errorCode)
    {
    }

    public void Dispose() => Computer.Dispose();

    private static void MapOneToOne(PhysicalMemory memory)
    {
        memory.Write(Tables, Tables + 0x1000 | PresentWrite);
        memory.Write(Tables + 0x1000, Tables + 0x2000 | PresentWrite);
        memory.Write(Tables + 0x2000, 0UL | PresentWrite | Large);
        memory.Write(Tables + 0x1000 + 3 * 8, Tables + 0x3000 | PresentWrite);
        memory.Write(Tables + 0x3000 + 0x1F7 * 8, 0xFEE00000UL | PresentWrite | Large);       // the local APIC
        memory.Write(Tables + 0x3000 + 0x1F6 * 8, 0xFEC00000UL | PresentWrite | Large);       // the IO-APIC
        memory.Write(Tables + 0x3000 + 0x100 * 8, 0xE0000000UL | PresentWrite | Large);       // PCI windows
    }

    private void Assemble(Action<Assembler> program, ulong address)
    {
        var assembler = new Assembler(64);
        program(assembler);
        using var stream = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(stream), address);
        Computer.Memory.Write(address, stream.ToArray());
    }
}
