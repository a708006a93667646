namespace KdSim.Machine.Cpu;

/// <summary>How memory is touched.</summary>
public enum MemoryAccess
{
    Read,
    Write,
    Execute,
}

/// <summary>Why an access by linear address failed.</summary>
public readonly record struct MemoryFault(ulong Address, MemoryAccess Access, bool User, bool Present, bool Canonical, bool ReservedBit = false)
{
    public bool IsWrite => Access == MemoryAccess.Write;

    /// <summary>The error code that #PF pushes.</summary>
    public uint ErrorCode => (Present ? 1u : 0) | (IsWrite ? 2u : 0) | (User ? 4u : 0) | (ReservedBit ? 8u : 0) |
        (Access == MemoryAccess.Execute ? 16u : 0);
}
