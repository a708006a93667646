namespace KdSim.Machine.Cpu;

/// <summary>
/// What a processor asks of the machine around it. All calls come from inside <see cref="Processor.Run"/> (or from an accessor that the
/// host itself called), with <see cref="Processor.State"/> exact. A callback may add to Clock; the processor looks again at its limits.
/// </summary>
public interface IProcessorHost
{
    /// <summary>Reads 1, 2, 4 or 8 bytes of a device at a physical address outside RAM.</summary>
    ulong ReadMmio(Processor cpu, ulong address, int size);

    /// <summary>Writes 1, 2, 4 or 8 bytes of a device at a physical address outside RAM.</summary>
    void WriteMmio(Processor cpu, ulong address, int size, ulong value);

    /// <summary>IN of 1, 2 or 4 bytes.</summary>
    uint ReadPort(Processor cpu, ushort port, int size);

    /// <summary>OUT of 1, 2 or 4 bytes.</summary>
    void WritePort(Processor cpu, ushort port, int size, uint value);

    /// <summary>
    /// Asked at an instruction boundary when <see cref="Processor.InterruptPending"/> is set, IF is 1 and there is no shadow.
    /// True acknowledges the interrupt. The host sets InterruptPending again if more is waiting.
    /// </summary>
    bool NextInterrupt(Processor cpu, out byte vector);

    /// <summary>
    /// VMCALL (0F 01 C1), the call into C#. The instruction has retired: RIP stands behind it, <see cref="Processor.TrapRip"/> at it.
    /// The handler may change any state; execution goes on at RIP.
    /// </summary>
    void Trap(Processor cpu);

    /// <summary>CR8 has changed, whoever did it; State.Cr8 already has the new value.</summary>
    void Cr8Changed(Processor cpu, byte oldValue, byte newValue);

    /// <summary>RDMSR of a register that the processor does not keep itself (the APIC base). False gives #GP.</summary>
    bool TryReadMsr(Processor cpu, uint index, out ulong value);

    /// <summary>WRMSR of a register that the processor does not keep itself. False gives #GP.</summary>
    bool TryWriteMsr(Processor cpu, uint index, ulong value);

    /// <summary>An exception (not an interrupt) is about to be delivered through the IDT; State is still that of the fault.</summary>
    void ExceptionRaised(Processor cpu, int vector, uint errorCode);

    /// <summary>A fault during the delivery of a double fault. <see cref="Processor.Run"/> returns <see cref="ProcessorStop.TripleFault"/>.</summary>
    void TripleFault(Processor cpu);

    /// <summary>A valid instruction that this processor does not implement. Run returns <see cref="ProcessorStop.Unsupported"/>.</summary>
    void Unsupported(Processor cpu, string text);
}
