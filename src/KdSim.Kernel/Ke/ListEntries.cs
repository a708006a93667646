using KdSim.Kernel.Mm;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ke;

/// <summary>
/// LIST_ENTRY lists in guest memory, as the kernel's own code changes them: unlinking checks both neighbours as RemoveEntryList does (bug check 0x139/3).
/// Any IRQL; the memory must be nonpaged for callers at DISPATCH_LEVEL.
/// </summary>
internal static class ListEntries
{
    private const ulong CorruptListEntry = 3;

    public static void InitializeList(this KernelMemory memory, ulong head)
    {
        memory.WriteU64(head, head);
        memory.WriteU64(head + 8, head);
    }

    /// <summary>True for a list that is empty or was never initialized (all zero).</summary>
    public static bool IsListEmpty(this KernelMemory memory, ulong head) => memory.ReadU64(head) is var first && (first == head || first == 0);

    public static void InsertTail(this KernelMemory memory, ulong head, ulong entry) => memory.InsertBetween(memory.ReadU64(head + 8), head, entry);

    public static void InsertHead(this KernelMemory memory, ulong head, ulong entry) => memory.InsertBetween(head, memory.ReadU64(head), entry);

    public static void RemoveEntry(this KernelMemory memory, ulong entry)
    {
        ulong next = memory.ReadU64(entry), previous = memory.ReadU64(entry + 8);
        if (memory.ReadU64(next + 8) != entry || memory.ReadU64(previous) != entry)
            throw new GuestBugCheck(BugCheckCode.KERNEL_SECURITY_CHECK_FAILURE, CorruptListEntry, 0, 0, entry);
        memory.WriteU64(previous, next);
        memory.WriteU64(next + 8, previous);
    }

    /// <summary>Takes the first entry off; 0 if the list is empty.</summary>
    public static ulong RemoveHead(this KernelMemory memory, ulong head)
    {
        ulong first = memory.ReadU64(head);
        if (first == head)
            return 0;
        memory.RemoveEntry(first);
        return first;
    }

    private static void InsertBetween(this KernelMemory memory, ulong previous, ulong next, ulong entry)
    {
        if (memory.ReadU64(previous) != next || memory.ReadU64(next + 8) != previous)
            throw new GuestBugCheck(BugCheckCode.KERNEL_SECURITY_CHECK_FAILURE, CorruptListEntry, 0, 0, entry);
        memory.WriteU64(entry, next);
        memory.WriteU64(entry + 8, previous);
        memory.WriteU64(next + 8, entry);
        memory.WriteU64(previous, entry);
    }
}
