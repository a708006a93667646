namespace KdSim.Kernel.Mm;

/// <summary>A range of system addresses with one purpose.</summary>
public sealed record SystemRegion(string Name, ulong Start, ulong End);

/// <summary>The map of the system half of the address space: the same in each run and on each machine.</summary>
public static class SystemLayout
{
    public const ulong SharedUserData = 0xFFFF_F780_0000_0000;

    /// <summary>hal, nt and the other synthetic images, then drivers in load order.</summary>
    public static readonly SystemRegion Images = new("images", 0xFFFF_F800_0180_0000, 0xFFFF_F800_4000_0000);

    /// <summary>Where the first driver is loaded.</summary>
    public const ulong FirstDriver = 0xFFFF_F800_1000_0000;

    /// <summary>Processor blocks, kernel stacks, device registers, MDL mappings.</summary>
    public static readonly SystemRegion SystemPtes = new("system PTEs", 0xFFFF_F880_0000_0000, 0xFFFF_F880_4000_0000);

    public static readonly SystemRegion PagedPool = new("paged pool", 0xFFFF_F8A0_0000_0000, 0xFFFF_F8A0_1000_0000);
    public static readonly SystemRegion NonPagedPool = new("nonpaged pool", 0xFFFF_FA80_0000_0000, 0xFFFF_FA80_1000_0000);
    public static readonly SystemRegion SpecialPool = new("special pool", 0xFFFF_FB00_0000_0000, 0xFFFF_FB00_1000_0000);

    /// <summary>Never mapped: one address a missing import.</summary>
    public static readonly SystemRegion MissingImports = new("missing imports", 0xFFFF_FC00_0000_0000, 0xFFFF_FC00_0100_0000);

    internal static readonly SystemRegion[] Regions =
    [
        new("shared user data", SharedUserData, SharedUserData + 0x1000), Images, SystemPtes, PagedPool, NonPagedPool, SpecialPool,
    ];
}
