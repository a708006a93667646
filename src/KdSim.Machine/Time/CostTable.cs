namespace KdSim.Machine.Time;

/// <summary>
/// What things cost in ticks beyond one tick an instruction. Costs decide interleavings, so a change of any number here changes runs: it
/// needs a new <see cref="Version"/>, which every trace carries. The machine charges the first group itself; the kernel charges the second to
/// <c>cpu.State.Clock</c> at its traps.
/// </summary>
public sealed record CostTable
{
    public static readonly CostTable Default = new();

    public int Version { get; init; } = 1;

    // Charged by the machine.

    /// <summary>From the acceptance of an interrupt to the first instruction of its handler.</summary>
    public ulong InterruptEntry { get; init; } = 400 * Ticks.PerNanosecond;

    /// <summary>A read or write of a device register in physical memory.</summary>
    public ulong MmioAccess { get; init; } = Ticks.PerMicrosecond;

    /// <summary>IN or OUT.</summary>
    public ulong PortAccess { get; init; } = Ticks.PerMicrosecond;

    /// <summary>A register of the processor's own APIC: on the die, so cheap.</summary>
    public ulong LocalApicAccess { get; init; } = 50 * Ticks.PerNanosecond;

    /// <summary>From the write of the command register on one processor to the pending interrupt on another.</summary>
    public ulong InterprocessorLatency { get; init; } = Ticks.PerMicrosecond;

    // Charged by the kernel.

    public ulong InterruptExit { get; init; } = 300 * Ticks.PerNanosecond;

    public ulong Routine { get; init; } = 100 * Ticks.PerNanosecond;

    public ulong ParkOrSwitch { get; init; } = Ticks.PerMicrosecond;

    public ulong Dpc { get; init; } = 150 * Ticks.PerNanosecond;

    public ulong CopyPer16Bytes { get; init; } = Ticks.PerNanosecond;

    /// <summary>Cost of a copy of this many bytes.</summary>
    public ulong Copy(ulong bytes) => (bytes + 15) / 16 * CopyPer16Bytes;
}
