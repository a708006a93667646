namespace KdSim.Machine.Memory;

/// <summary>What is known of one page of guest RAM. All but <see cref="Written"/> are host-side marks that a write must look at.</summary>
[Flags]
public enum PageFlags : byte
{
    None = 0,

    /// <summary>The page was written once; a page without it reads as zeros.</summary>
    Written = 1,

    /// <summary>Some TLB holds a translation that was read from this page; a write flushes all TLBs.</summary>
    PageTable = 2,

    /// <summary>Some block was decoded from this page; a write drops its blocks.</summary>
    Code = 4,

    /// <summary>A snapshot holds the content; the keeper is told before the first write.</summary>
    Held = 8,

    /// <summary>Some TLB hands out a direct write pointer to this page.</summary>
    WriteCached = 16,
}
