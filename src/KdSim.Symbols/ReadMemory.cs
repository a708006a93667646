namespace KdSim.Symbols;

/// <summary>
/// Reads target memory: fills the whole buffer from virtual address <paramref name="va"/> and answers true, or answers false
/// (the buffer is then undefined). Never throws. Callers are readers of images and unwind data that do not care what the target is.
/// </summary>
public delegate bool ReadMemory(ulong va, Span<byte> buffer);
