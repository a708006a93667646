using KdSim.Machine.Cpu;
using KdSim.Machine.Memory;

namespace KdSim.Machine.Tests.Oracle;

/// <summary>Runs a case on KdSim's processor: the same addresses, behind real page tables, the window on two pages that are not neighbours.</summary>
sealed class SimulatedProcessor : IProcessorHost, IDisposable
{
    const ulong PageTables = 0x1000, CodePage = 0x10000, FirstPage = 0x12000, SecondPage = 0x15000;
    /// <summary>More than any case needs: repeated string instructions and loops.</summary>
    const int MaximumSteps = 1000;

    readonly PhysicalMemory memory = new(0x10_0000);
    readonly Processor processor;
    uint fault;
    CpuState stateAtFault;
    bool trapped;
    string? unsupported;

    public SimulatedProcessor()
    {
        processor = new Processor(0, memory, this, new BreakpointTable(), new Watchpoints());
        const ulong Present = 7; // writable, user
        ulong index = OracleLayout.Base >> 12;
        memory.Write(PageTables + (index >> 27 & 511) * 8, PageTables + 0x1000 | Present);
        memory.Write(PageTables + 0x1000 + (index >> 18 & 511) * 8, PageTables + 0x2000 | Present);
        memory.Write(PageTables + 0x2000 + (index >> 9 & 511) * 8, PageTables + 0x3000 | Present);
        Map(OracleLayout.Slot, CodePage | Present);
        Map(OracleLayout.Scratch, FirstPage | Present);
        Map(OracleLayout.Scratch + 0x1000, SecondPage | Present);
        processor.State.Cr3 = PageTables;
    }

    void Map(ulong address, ulong entry) => memory.Write(PageTables + 0x3000 + (address >> 12 & 511) * 8, entry);

    /// <summary>
    /// Runs the case's code in place. <paramref name="stepwise"/> cuts the block behind every instruction; else it runs as guest code does,
    /// with what follows it (a trap) in the same block.
    /// </summary>
    public void Run(ref OracleCase one, bool stepwise)
    {
        Load(one);
        fault = OracleFault.None;
        unsupported = null;
        ulong end = OracleLayout.Slot + (ulong)one.Instruction.Length;
        if (stepwise)
            for (int i = 0; i < MaximumSteps && processor.State.Rip != end && fault == OracleFault.None && unsupported is null; i++)
                processor.Run(ulong.MaxValue, processor.State.Steps + 1);
        else
        {
            trapped = false;
            processor.Run(ulong.MaxValue, processor.State.Steps + MaximumSteps);
        }
        if (unsupported is not null)
            throw new InvalidOperationException($"unsupported: {unsupported}");
        if (fault == OracleFault.None && (stepwise ? processor.State.Rip != end : !trapped))
            throw new InvalidOperationException($"stopped at {processor.State.Rip:x} instead of {end:x}");
        Store(ref one, fault == OracleFault.None ? processor.State : stateAtFault);
        one.Fault = fault;
    }

    void Load(in OracleCase one)
    {
        ReadOnlySpan<byte> trap = [0x0F, 0x01, 0xC1];
        memory.Write(CodePage, one.Instruction);
        memory.Write(CodePage + (ulong)one.Instruction.Length, trap);
        ReadOnlySpan<byte> window = one.Memory;
        const int Half = OracleLayout.WindowSize / 2;
        memory.Write(FirstPage + 0x1000 - Half, window[..Half]);
        memory.Write(SecondPage, window[Half..]);
        ref CpuState state = ref processor.State;
        for (int i = 0; i < 16; i++)
        {
            state.Gpr(i) = one.Gpr[i];
            state.Xmm[i] = one.Xmm[i];
        }
        state.Rip = OracleLayout.Slot;
        state.RFlags = one.Flags;
        state.Mxcsr = one.Mxcsr;
    }

    void Store(ref OracleCase one, CpuState state)
    {
        for (int i = 0; i < 16; i++)
        {
            one.Gpr[i] = state.Gpr(i);
            one.Xmm[i] = state.Xmm[i];
        }
        one.Flags = state.RFlags;
        one.Mxcsr = state.Mxcsr;
        Span<byte> window = one.Memory;
        const int Half = OracleLayout.WindowSize / 2;
        memory.Read(FirstPage + 0x1000 - Half, window[..Half]);
        memory.Read(SecondPage, window[Half..]);
    }

    void IProcessorHost.Trap(Processor cpu)
    {
        trapped = true;
        cpu.RequestStop();
    }

    void IProcessorHost.ExceptionRaised(Processor cpu, int vector, uint errorCode)
    {
        if (fault != OracleFault.None)
            return; // the attempt to deliver the first one, without an IDT
        fault = vector == ExceptionVector.DivideError ? OracleFault.DivideError : (uint)vector;
        stateAtFault = cpu.State;
    }

    void IProcessorHost.TripleFault(Processor cpu)
    {
    }

    void IProcessorHost.Unsupported(Processor cpu, string text) => unsupported = text;

    ulong IProcessorHost.ReadMmio(Processor cpu, ulong address, int size) => throw new InvalidOperationException($"device read at {address:x}");

    void IProcessorHost.WriteMmio(Processor cpu, ulong address, int size, ulong value) =>
        throw new InvalidOperationException($"device write at {address:x}");

    uint IProcessorHost.ReadPort(Processor cpu, ushort port, int size) => throw new InvalidOperationException($"port {port:x}");

    void IProcessorHost.WritePort(Processor cpu, ushort port, int size, uint value) => throw new InvalidOperationException($"port {port:x}");

    bool IProcessorHost.NextInterrupt(Processor cpu, out byte vector)
    {
        vector = 0;
        return false;
    }

    void IProcessorHost.Cr8Changed(Processor cpu, byte oldValue, byte newValue)
    {
    }

    bool IProcessorHost.TryReadMsr(Processor cpu, uint index, out ulong value)
    {
        value = 0;
        return false;
    }

    bool IProcessorHost.TryWriteMsr(Processor cpu, uint index, ulong value) => false;

    public void Dispose()
    {
        processor.Dispose();
        memory.Dispose();
    }
}
