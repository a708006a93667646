using Iced.Intel;
using KdSim.Machine.Cpu;
using KdSim.Machine.Memory;

namespace KdSim.Machine.Tests.Cpu;

/// <summary>
/// One processor over RAM, with page tables built by hand: linear 0 to 1 GB is mapped to physical 0 as given by the test, code lies at
/// <see cref="CodeBase"/>, the stack ends at <see cref="StackTop"/>. IDT, GDT and TSS as a kernel has them: each vector's handler is a HLT.
/// </summary>
public sealed class TestComputer : IProcessorHost, IDisposable
{
    public const ulong CodeBase = 0x10000;
    public const ulong DataBase = 0x40000;
    public const ulong StackTop = 0x80000;
    public const ulong Pml4 = 0x100000;
    public const ulong Gdt = 0x90000;
    public const ulong Idt = 0x91000;
    public const ulong Tss = 0x92000;
    public const ulong HandlerBase = 0x93000;
    public const ulong Rsp0 = 0xA0000;
    public const ulong Ist1 = 0xA8000;
    public const ulong MmioPhysical = 0xFEE00000;
    private ulong _nextTable = Pml4 + 0x1000;

    public TestComputer()
    {
        Memory = new PhysicalMemory(16 << 20);
        Breakpoints = new BreakpointTable();
        Watchpoints = new Watchpoints();
        Cpu = new Processor(0, Memory, this, Breakpoints, Watchpoints);
        for (ulong page = 0; page < 0xC0000; page += 0x1000)
            Map(page, page, 7);
        WriteTables();
        Cpu.State.Cr3 = Pml4;
        Cpu.State.Rip = CodeBase;
        Cpu.State.Rsp = StackTop;
    }

    public PhysicalMemory Memory { get; }

    public BreakpointTable Breakpoints { get; }

    public Watchpoints Watchpoints { get; }

    public Processor Cpu { get; }

    public List<string> Log { get; } = [];

    public Action<Processor>? OnTrap { get; set; }

    public Func<ulong, int, ulong> OnMmioRead { get; set; } = (_, _) => 0x1122334455667788;

    public Queue<byte> Interrupts { get; } = [];

    /// <summary>Assembles at an address and points RIP there.</summary>
    public void Load(Action<Assembler> write, ulong address = CodeBase)
    {
        var assembler = new Assembler(64);
        write(assembler);
        using var stream = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(stream), address);
        Memory.Write(address, stream.ToArray());
        Cpu.State.Rip = address;
    }

    /// <summary>Maps one 4 KiB page; flags are the entry's low bits (and bit 63).</summary>
    public ulong Map(ulong linear, ulong physical, ulong flags)
    {
        ulong table = Pml4;
        for (int level = 3; level > 0; level--)
        {
            ulong slot = table + (((linear >> (12 + (9 * level))) & 511) * 8);
            ulong entry = Memory.Read<ulong>(slot);
            if ((entry & 1) == 0)
            {
                entry = _nextTable | 7;
                _nextTable += 0x1000;
                Memory.Write(slot, entry);
            }

            table = entry & 0xFFFFFFFFFF000;
        }

        ulong last = table + (((linear >> 12) & 511) * 8);
        Memory.Write(last, physical | flags);
        return last;
    }

    public ProcessorStop Run(ulong steps = 100_000) => Cpu.Run(ulong.MaxValue, Cpu.State.Steps + steps);

    /// <summary>The vector whose handler the processor halted in, or -1.</summary>
    public int HaltedVector()
    {
        ulong rip = Cpu.State.Rip;
        return Cpu.State.Halted != 0 && rip > HandlerBase && rip <= HandlerBase + (256 * 16) ? (int)((rip - 1 - HandlerBase) / 16) : -1;
    }

    public ulong Pop(int word) => Memory.Read<ulong>(Cpu.State.Rsp + (ulong)(8 * word));

    public void EnterUserMode()
    {
        Cpu.State.Cs = new SegmentRegister { Selector = 0x33, Attributes = 0x20FB };
        Cpu.State.Ss = new SegmentRegister { Selector = 0x2B, Attributes = 0x40F3, Limit = uint.MaxValue };
    }

    public void Dispose()
    {
        Cpu.Dispose();
        Memory.Dispose();
    }

    ulong IProcessorHost.ReadMmio(Processor cpu, ulong address, int size)
    {
        Log.Add($"read {address:x} {size} at step {cpu.State.Steps} rip {cpu.State.Rip:x}");
        return OnMmioRead(address, size);
    }

    void IProcessorHost.WriteMmio(Processor cpu, ulong address, int size, ulong value) => Log.Add($"write {address:x} {size} {value:x}");

    uint IProcessorHost.ReadPort(Processor cpu, ushort port, int size) => (uint)(port + size);

    void IProcessorHost.WritePort(Processor cpu, ushort port, int size, uint value) => Log.Add($"out {port:x} {size} {value:x}");

    bool IProcessorHost.NextInterrupt(Processor cpu, out byte vector) => Interrupts.TryDequeue(out vector);

    void IProcessorHost.Trap(Processor cpu) => OnTrap?.Invoke(cpu);

    void IProcessorHost.Cr8Changed(Processor cpu, byte oldValue, byte newValue) => Log.Add($"cr8 {oldValue} {newValue}");

    bool IProcessorHost.TryReadMsr(Processor cpu, uint index, out ulong value)
    {
        value = 0xFEE00900;
        return index == 0x1B;
    }

    bool IProcessorHost.TryWriteMsr(Processor cpu, uint index, ulong value) => index == 0x1B;

    void IProcessorHost.ExceptionRaised(Processor cpu, int vector, uint errorCode) => Log.Add($"exception {vector} {errorCode:x}");

    void IProcessorHost.TripleFault(Processor cpu) => Log.Add("triple fault");

    void IProcessorHost.Unsupported(Processor cpu, string text) => Log.Add(text);

    private void WriteTables()
    {
        // null, null, kernel code 10h, kernel data 18h, user code 32 20h, user data 28h, user code 30h, TSS 40h.
        ulong[] gdt = [0, 0, 0x00209B0000000000, 0x00CF93000000FFFF, 0x00CFFB000000FFFF, 0x00CFF3000000FFFF, 0x0020FB0000000000, 0,
            0x00008B0000000067 | (Tss << 16), 0];
        for (int i = 0; i < gdt.Length; i++)
            Memory.Write(Gdt + (ulong)(8 * i), gdt[i]);
        for (int vector = 0; vector < 256; vector++)
        {
            ulong handler = HandlerBase + (ulong)(16 * vector);
            Memory.Write<byte>(handler, 0xF4);
            ulong dpl = vector is 3 or 0x2D ? 3UL : 0;
            ulong ist = vector == 8 ? 1UL : 0;
            Memory.Write(Idt + (ulong)(16 * vector), (handler & 0xFFFF) | (0x10UL << 16) | (ist << 32) | ((0x8E | (dpl << 5)) << 40) |
                ((handler >> 16) << 48));
            Memory.Write(Idt + (ulong)(16 * vector) + 8, handler >> 32);
        }

        Memory.Write(Tss + 4, Rsp0);
        Memory.Write(Tss + 0x24, Ist1);
        ref CpuState state = ref Cpu.State;
        state.Gdtr = new DescriptorTableRegister { Base = Gdt, Limit = 79 };
        state.Idtr = new DescriptorTableRegister { Base = Idt, Limit = 4095 };
        state.Tr = new SegmentRegister { Selector = 0x40, Attributes = 0x8B, Limit = 0x67, Base = Tss };
    }
}
