using Iced.Intel;
using KdSim.Machine.Cpu;
using KdSim.Machine.Memory;
using static Iced.Intel.AssemblerRegisters;

namespace KdSim.Benchmarks;

public enum CrcVariant
{
    Bitwise,
    Table,
}

/// <summary>A processor with 4 KiB pages, and a guest routine that computes CRC-32 over 4 MB; checks its result against the host's own.</summary>
public sealed class CrcComputer : IProcessorHost, IDisposable
{
    private const ulong Code = 0x10000;
    private const ulong Table = 0x20000;
    private const ulong Data = 0x400000;
    private const int Length = 4 << 20;
    private const ulong Pml4 = 0x1000;
    private const uint Polynomial = 0xEDB88320;
    private readonly PhysicalMemory _memory = new(32 << 20);
    private readonly Processor _cpu;
    private readonly uint _expected;

    public CrcComputer(CrcVariant variant)
    {
        _cpu = new Processor(0, _memory, this, new BreakpointTable(), new Watchpoints());
        MapAll();
        var table = new uint[256];
        for (uint i = 0; i < 256; i++)
        {
            uint value = i;
            for (int bit = 0; bit < 8; bit++)
                value = (value >> 1) ^ ((value & 1) != 0 ? Polynomial : 0);
            table[i] = value;
            _memory.Write(Table + (4 * i), value);
        }

        var data = new byte[Length];
        uint crc = uint.MaxValue;
        for (int i = 0; i < Length; i++)
        {
            data[i] = (byte)((i * 167) ^ (i >> 9));
            crc = (crc >> 8) ^ table[(byte)(crc ^ data[i])];
        }

        _expected = crc;
        _memory.Write(Data, data);
        Assemble(variant);
    }

    /// <summary>One whole CRC; gives the number of guest instructions.</summary>
    public ulong Run()
    {
        _cpu.State.Rip = Code;
        _cpu.State.Halted = 0;
        ulong before = _cpu.State.Steps;
        ProcessorStop stop = _cpu.Run(ulong.MaxValue);
        if (stop != ProcessorStop.Halted || (uint)_cpu.State.Rax != _expected)
            throw new InvalidOperationException($"{stop}, CRC {_cpu.State.Rax:x}, expected {_expected:x}");
        return _cpu.State.Steps - before;
    }

    public void Dispose()
    {
        _cpu.Dispose();
        _memory.Dispose();
    }

    ulong IProcessorHost.ReadMmio(Processor cpu, ulong address, int size) => throw new NotSupportedException();

    void IProcessorHost.WriteMmio(Processor cpu, ulong address, int size, ulong value) => throw new NotSupportedException();

    uint IProcessorHost.ReadPort(Processor cpu, ushort port, int size) => throw new NotSupportedException();

    void IProcessorHost.WritePort(Processor cpu, ushort port, int size, uint value) => throw new NotSupportedException();

    bool IProcessorHost.NextInterrupt(Processor cpu, out byte vector) => throw new NotSupportedException();

    void IProcessorHost.Trap(Processor cpu) => throw new NotSupportedException();

    void IProcessorHost.Cr8Changed(Processor cpu, byte oldValue, byte newValue) => throw new NotSupportedException();

    bool IProcessorHost.TryReadMsr(Processor cpu, uint index, out ulong value) => throw new NotSupportedException();

    bool IProcessorHost.TryWriteMsr(Processor cpu, uint index, ulong value) => throw new NotSupportedException();

    void IProcessorHost.ExceptionRaised(Processor cpu, int vector, uint errorCode) =>
        throw new InvalidOperationException($"exception {vector} at {cpu.State.Rip:x}");

    void IProcessorHost.TripleFault(Processor cpu) => throw new NotSupportedException();

    void IProcessorHost.Unsupported(Processor cpu, string text) => throw new NotSupportedException(text);

    private void MapAll()
    {
        const ulong pdpt = 0x2000;
        const ulong directory = 0x3000;
        _memory.Write(Pml4, pdpt | 7);
        _memory.Write(pdpt, directory | 7);
        for (ulong i = 0; i < 8; i++)
        {
            ulong pages = 0x4000 + (i * 0x1000);
            _memory.Write(directory + (8 * i), pages | 7);
            for (ulong j = 0; j < 512; j++)
                _memory.Write(pages + (8 * j), (((i * 512) + j) << 12) | 3);
        }

        _cpu.State.Cr3 = Pml4;
    }

    private void Assemble(CrcVariant variant)
    {
        var a = new Assembler(64);
        Label top = a.CreateLabel();
        a.mov(eax, uint.MaxValue);
        a.mov(rsi, Data);
        a.mov(rdi, Table);
        a.mov(r8, Data + Length);
        a.Label(ref top);
        a.movzx(edx, __byte_ptr[rsi]);
        if (variant == CrcVariant.Table)
        {
            a.movzx(ecx, al);
            a.xor(ecx, edx);
            a.shr(eax, 8);
            a.xor(eax, __dword_ptr[rdi + (rcx * 4)]);
        }
        else
        {
            a.xor(eax, edx);
            for (int bit = 0; bit < 8; bit++)
            {
                a.mov(edx, eax);
                a.shr(eax, 1);
                a.and(edx, 1);
                a.neg(edx);
                a.and(edx, Polynomial);
                a.xor(eax, edx);
            }
        }

        a.inc(rsi);
        a.cmp(rsi, r8);
        a.jne(top);
        a.hlt();
        using var stream = new MemoryStream();
        a.Assemble(new StreamCodeWriter(stream), Code);
        _memory.Write(Code, stream.ToArray());
    }
}
