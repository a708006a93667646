namespace KdSim.Machine.Snapshots;

/// <summary>
/// A whole machine at one moment: a value that nobody changes, good for any number of restores into the machine that took it. Pages are shared
/// with the live RAM until they are written.
/// </summary>
public sealed class Snapshot
{
    internal Snapshot(Computer computer, ulong time, MachineState state) => (Computer, Time, State) = (computer, time, state);

    /// <summary>Virtual time at which it was taken.</summary>
    public ulong Time { get; }

    internal Computer Computer { get; }

    internal MachineState State { get; }
}

/// <summary>What a snapshot holds, in the order of <see cref="Computer.Restore"/>.</summary>
internal sealed class MachineState
{
    public required PageStore.Version Pages { get; init; }

    public required Cpu.CpuState[] Processors { get; init; }

    public required (Time.MachineEvent[] Events, ulong NextSequence) Events { get; init; }

    public required byte[][] Devices { get; init; }

    public required Apic.LocalApicState[] Apics { get; init; }

    public required ulong[] Choices { get; init; }

    public required Computer.LoopState Loop { get; init; }

    public required int JournalPosition { get; init; }

    public required object[] Parts { get; init; }
}
