namespace KdSim.Machine.Cpu;

/// <summary>What CPUID answers: a plain x86-64 with SSE4.2, POPCNT and CMPXCHG16B, without AVX, XSAVE, RDRAND and x2APIC. Never the host's.</summary>
internal static class CpuidTable
{
    private const uint HighestBasic = 7;
    private const uint HighestExtended = 0x80000008;

    public static (uint Eax, uint Ebx, uint Ecx, uint Edx) Look(uint leaf, uint subleaf, int number) => leaf switch
    {
        // "GenuineIntel"
        0 => (HighestBasic, 0x756E6547, 0x6C65746E, 0x49656E69),

        // Family 6; CLFLUSH of 64 bytes; SSE3, SSSE3, CX16, SSE4.1, SSE4.2, POPCNT; hypervisor bit off.
        // Neither FPU nor MMX: their instructions are invalid here.
        1 => (0x000006F1, ((uint)number << 24) | 0x00000800, 0x00982201, 0x078BFBFF & ~0x0080_0001u),
        2 => (0x00000001, 0, 0, 0),
        4 => (0, 0, 0, 0),

        // SMEP.
        7 when subleaf == 0 => (0, 0x00000080, 0, 0),
        0x80000000 => (HighestExtended, 0, 0, 0),

        // LAHF in long mode; SYSCALL, NX, 1 GB pages, RDTSCP, long mode.
        0x80000001 => (0, 0, 0x00000001, 0x2C100800),
        0x80000002 => (0x69536B64, 0x6D695320, 0x74616C75, 0x7820646F),
        0x80000003 => (0x50433436, 0x00000055, 0, 0),
        0x80000004 => (0, 0, 0, 0),

        // Invariant TSC.
        0x80000007 => (0, 0, 0, 0x00000100),

        // 40 physical, 48 linear address bits.
        0x80000008 => (0x00003028, 0, 0, 0),
        _ => (0, 0, 0, subleaf & 0),
    };
}
