using KdSim.Kernel.Routines;

namespace KdSim.Kernel.Images;

/// <summary>
/// The images that KdSim makes itself: nt, hal, wmilib and the in-box bus drivers, at fixed addresses.
/// Built once a kernel, before the machine runs; then constant.
/// </summary>
public sealed class SyntheticImages
{
    public const ulong HalBase = 0xFFFF_F800_0180_0000;
    public const ulong KernelBase = 0xFFFF_F800_0200_0000;
    public const ulong WmiLibBase = 0xFFFF_F800_0400_0000;
    public const ulong AcpiBase = 0xFFFF_F800_0480_0000;
    public const ulong PciBase = 0xFFFF_F800_0500_0000;
    public const ulong ProgramBase = 0x0000_7FF7_1000_0000;
    public const ulong SystemDllBase = 0x0000_7FFB_A000_0000;
    public const uint MaxImageSize = 0x0080_0000;

    private readonly ulong[] _data = new ulong[DataTable.All.Length];

    /// <summary>In load order; empty until <see cref="Build"/>.</summary>
    public IReadOnlyList<SyntheticImage> All { get; private set; } = [];

    /// <summary>The images of user mode: the system DLL and the program.</summary>
    public IReadOnlyList<SyntheticImage> User { get; private set; } = [];

    /// <summary>Makes the images. Guest code may name the kernel's variables and C# routines while it is assembled.</summary>
    internal void Build(NtKernel kernel)
    {
        User =
        [
            new ImageBuilder(kernel, ImageNames.SystemDll, "ntdll.pdb", SystemDllBase, _data).Build(),
            new ImageBuilder(kernel, ImageNames.Program, "scenario.pdb", ProgramBase, _data).Build(),
        ];
        All =
        [
            new ImageBuilder(kernel, ImageNames.Kernel, "ntkrnlmp.pdb", KernelBase, _data).Build(),
            new ImageBuilder(kernel, ImageNames.Hal, "hal.pdb", HalBase, _data).Build(),
            new ImageBuilder(kernel, ImageNames.WmiLib, "wmilib.pdb", WmiLibBase, _data).Build(),
            new ImageBuilder(kernel, ImageNames.Acpi, "acpi.pdb", AcpiBase, _data).Build(),
            new ImageBuilder(kernel, ImageNames.Pci, "pci.pdb", PciBase, _data).Build(),
        ];
    }

    public ulong AddressOf(Datum datum) =>
        _data[(int)datum] is var address and not 0 ? address : throw new InvalidOperationException($"{datum} has no place in an image yet");

    /// <summary>True inside any of the images.</summary>
    public static bool IsSynthetic(ulong address) => address - HalBase < PciBase - HalBase + MaxImageSize;

    /// <summary>True for nt and hal.</summary>
    public static bool Contains(ulong address) => address - HalBase < KernelBase - HalBase + MaxImageSize;
}

/// <summary>One built image: the file as it would lie on disk, and its symbols.</summary>
public sealed record SyntheticImage(string Name, ulong Base, byte[] File, string PdbName, byte[] Pdb);
