namespace KdSim.Machine.Buses;

/// <summary>Something with registers behind a window of a bus. Offsets are relative to the window.</summary>
public interface IRegisterTarget
{
    /// <summary>For reports.</summary>
    string Name { get; }

    /// <summary>A read by the guest, with its side effects. Throws <see cref="BadRegisterException"/> for what is not there.</summary>
    ulong Read(ulong offset, int size);

    /// <summary>A write by the guest.</summary>
    void Write(ulong offset, int size, ulong value);

    /// <summary>What a read would return, without side effects: for debuggers.</summary>
    ulong Peek(ulong offset, int size);
}

/// <summary>The guest touched a register that does not exist, or in a way that the device does not know: the driver's error, never a silent zero.</summary>
public sealed class BadRegisterException(string device, ulong offset, string problem)
    : Exception($"{device}: {problem} at offset {offset:x}h")
{
    public string Device => device;

    public ulong Offset => offset;
}
