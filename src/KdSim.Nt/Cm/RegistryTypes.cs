namespace KdSim.Nt;

/// <summary>Types of registry values.</summary>
public enum REG : uint
{
    NONE = 0x0,
    SZ = 0x1,
    EXPAND_SZ = 0x2,
    BINARY = 0x3,
    DWORD = 0x4,
    DWORD_BIG_ENDIAN = 0x5,
    LINK = 0x6,
    MULTI_SZ = 0x7,
    RESOURCE_LIST = 0x8,
    FULL_RESOURCE_DESCRIPTOR = 0x9,
    RESOURCE_REQUIREMENTS_LIST = 0xA,
    QWORD = 0xB,
}
