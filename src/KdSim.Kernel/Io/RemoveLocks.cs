using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Io;

/// <summary>Remove locks: count users of a device, wait for them. The checked part (RemlockSize above
/// the common block) is not kept. Up to DISPATCH_LEVEL.</summary>
public sealed class RemoveLocks(NtKernel kernel) : KernelComponent(kernel)
{
    [NtExport("IoInitializeRemoveLockEx", MaxIrql = Irql.Passive, IsResident = true)]
    public void IoInitializeRemoveLockEx(Ptr<IO_REMOVE_LOCK> Lock, uint AllocateTag, uint MaxLockedMinutes, uint HighWatermark, uint RemlockSize)
    {
        View<IO_REMOVE_LOCK_COMMON_BLOCK> block = Lock.View.Common;
        block.Removed = false;
        block.IoCount = 1;
        Kernel.KernelObjects.InitializeEvent(block.RemoveEvent.Address, notification: false, signaled: false);
    }

    [NtExport("IoAcquireRemoveLockEx", MaxIrql = Irql.Dispatch)]
    public async KTask<NtStatus> IoAcquireRemoveLockEx(Ptr<IO_REMOVE_LOCK> RemoveLock, ulong Tag, ulong File, uint Line, uint RemlockSize)
    {
        View<IO_REMOVE_LOCK_COMMON_BLOCK> block = RemoveLock.View.Common;
        block.IoCount++;
        if (!block.Removed)
            return NtStatus.Success;
        await Release(block);
        return NtStatus.DeletePending;
    }

    [NtExport("IoReleaseRemoveLockEx", MaxIrql = Irql.Dispatch)]
    public async KTask IoReleaseRemoveLockEx(Ptr<IO_REMOVE_LOCK> RemoveLock, ulong Tag, uint RemlockSize) => await Release(RemoveLock.View.Common);

    /// <summary>The caller holds the lock once itself: gives back that and the first one, then waits for all others.</summary>
    [NtExport("IoReleaseRemoveLockAndWaitEx", MaxIrql = Irql.Passive, IsResident = true)]
    public async KTask IoReleaseRemoveLockAndWaitEx(Ptr<IO_REMOVE_LOCK> RemoveLock, ulong Tag, uint RemlockSize)
    {
        View<IO_REMOVE_LOCK_COMMON_BLOCK> block = RemoveLock.View.Common;
        block.Removed = true;
        block.IoCount--;
        block.IoCount--;
        if (block.IoCount > 0)
            await Kernel.KernelObjects.Wait(block.RemoveEvent.Address, KWAIT_REASON.Executive, 0, alertable: false);
    }

    private async KTask Release(View<IO_REMOVE_LOCK_COMMON_BLOCK> block)
    {
        int left = block.IoCount - 1;
        block.IoCount = left;
        if (left < 0)
            Kernel.Report(FindingKind.Other, block.Address, 0, (uint)left, "a remove lock was released more often than acquired");
        if (left == 0)
            await Kernel.KernelObjects.SetEvent(block.RemoveEvent.Address, 0);
    }
}
