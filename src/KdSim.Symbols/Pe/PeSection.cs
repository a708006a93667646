namespace KdSim.Symbols.Pe;

/// <summary>One row of the section table (IMAGE_SECTION_HEADER).</summary>
public sealed record PeSection(
    string Name, uint Rva, uint VirtualSize, uint RawOffset, uint RawSize, SectionCharacteristics Characteristics)
{
    /// <summary>Bytes the section takes in memory: linkers may leave VirtualSize 0 and mean the raw size.</summary>
    public uint MappedSize => VirtualSize != 0 ? VirtualSize : RawSize;

    public bool IsDiscardable => (Characteristics & SectionCharacteristics.Discardable) != 0;

    public bool Contains(uint rva) => rva >= Rva && rva - Rva < MappedSize;
}

/// <summary>IMAGE_SCN_* flags, as far as an image (not an object file) uses them.</summary>
[Flags]
public enum SectionCharacteristics : uint
{
    None = 0,
    Code = 0x20,
    InitializedData = 0x40,
    UninitializedData = 0x80,
    Discardable = 0x02000000,
    NotCached = 0x04000000,
    NotPaged = 0x08000000,
    Shared = 0x10000000,
    Execute = 0x20000000,
    Read = 0x40000000,
    Write = 0x80000000,
}
