namespace KdSim.Debugging.Targets;

/// <summary>Which page tables a virtual address is read through: a page directory base, or (0) those of the current processor.</summary>
/// <param name="DirectoryBase">The physical address of the top-level page table, or 0.</param>
public readonly record struct AddressSpace(ulong DirectoryBase)
{
    /// <summary>The page tables that the target's current processor has loaded.</summary>
    public static AddressSpace Current => default;
}
