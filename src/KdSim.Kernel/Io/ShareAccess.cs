using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Io;

/// <summary>SHARE_ACCESS: how often something is open for reading, writing and deleting, and who shares. The driver serializes. PASSIVE_LEVEL.</summary>
public sealed class ShareAccess(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Read = 1 | 0x20, Write = 2 | 4, Delete = 0x1_0000; // FILE_EXECUTE counts as reading.
    private const uint ShareRead = 1, ShareWrite = 2, ShareDelete = 4;
    private const ulong OpenCount = 0, Readers = 4, Writers = 8, Deleters = 0xC, SharedRead = 0x10, SharedWrite = 0x14, SharedDelete = 0x18, Size = 0x1C;

    /// <summary>The first one opens.</summary>
    [NtExport("IoSetShareAccess", MaxIrql = Irql.Passive)]
    public void IoSetShareAccess(uint DesiredAccess, uint DesiredShareAccess, Ptr<FILE_OBJECT> FileObject, ulong ShareAccess)
    {
        Memory.Fill(ShareAccess, Size, 0);
        Note(FileObject, DesiredAccess, DesiredShareAccess);
        if (IsCounted(FileObject))
            Count(FileObject, ShareAccess, 1);
    }

    /// <summary>Another one opens: STATUS_SHARING_VIOLATION if those before do not share what it wants, or it does not share what they have.</summary>
    [NtExport("IoCheckShareAccess", MaxIrql = Irql.Passive)]
    public NtStatus IoCheckShareAccess(uint DesiredAccess, uint DesiredShareAccess, Ptr<FILE_OBJECT> FileObject, ulong ShareAccess, bool Update)
    {
        Note(FileObject, DesiredAccess, DesiredShareAccess);
        View<FILE_OBJECT> file = FileObject;
        if (!IsCounted(file))
            return NtStatus.Success;
        uint open = Memory.ReadU32(ShareAccess + OpenCount);
        bool isRefused = (file.ReadAccess && Memory.ReadU32(ShareAccess + SharedRead) < open)
            || (file.WriteAccess && Memory.ReadU32(ShareAccess + SharedWrite) < open)
            || (file.DeleteAccess && Memory.ReadU32(ShareAccess + SharedDelete) < open)
            || (!file.SharedRead && Memory.ReadU32(ShareAccess + Readers) != 0)
            || (!file.SharedWrite && Memory.ReadU32(ShareAccess + Writers) != 0)
            || (!file.SharedDelete && Memory.ReadU32(ShareAccess + Deleters) != 0);
        if (isRefused)
            return NtStatus.SharingViolation;
        if (Update)
            Count(file, ShareAccess, 1);
        return NtStatus.Success;
    }

    [NtExport("IoUpdateShareAccess", MaxIrql = Irql.Passive)]
    public void IoUpdateShareAccess(Ptr<FILE_OBJECT> FileObject, ulong ShareAccess)
    {
        if (IsCounted(FileObject))
            Count(FileObject, ShareAccess, 1);
    }

    [NtExport("IoRemoveShareAccess", MaxIrql = Irql.Passive)]
    public void IoRemoveShareAccess(Ptr<FILE_OBJECT> FileObject, ulong ShareAccess)
    {
        if (IsCounted(FileObject))
            Count(FileObject, ShareAccess, uint.MaxValue);
    }

    private static void Note(View<FILE_OBJECT> file, uint access, uint share)
    {
        file.ReadAccess = (access & Read) != 0;
        file.WriteAccess = (access & Write) != 0;
        file.DeleteAccess = (access & Delete) != 0;
        bool counts = IsCounted(file);
        file.SharedRead = counts && (share & ShareRead) != 0;
        file.SharedWrite = counts && (share & ShareWrite) != 0;
        file.SharedDelete = counts && (share & ShareDelete) != 0;
    }

    /// <summary>Who wants attributes only is not counted.</summary>
    private static bool IsCounted(View<FILE_OBJECT> file) => file.ReadAccess || file.WriteAccess || file.DeleteAccess;

    private void Count(View<FILE_OBJECT> file, ulong share, uint change)
    {
        Memory.WriteU32(share + OpenCount, Memory.ReadU32(share + OpenCount) + change);
        foreach ((bool applies, ulong field) in (ReadOnlySpan<(bool, ulong)>)
            [(file.ReadAccess, Readers), (file.WriteAccess, Writers), (file.DeleteAccess, Deleters), (file.SharedRead, SharedRead),
                (file.SharedWrite, SharedWrite), (file.SharedDelete, SharedDelete)])
            if (applies)
                Memory.WriteU32(share + field, Memory.ReadU32(share + field) + change);
    }
}
