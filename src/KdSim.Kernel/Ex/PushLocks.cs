using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ex;

/// <summary>
/// EX_PUSH_LOCK. Free: 0. Held without waiters: Locked, and the number of sharers from bit 4 on. With waiters: the address of the first wait block (on its
/// waiter's stack) with Locked, Waiting and, if several share, MultipleShared. First come, first served; who releases hands the lock over.
/// In a critical region, IRQL up to APC.
/// </summary>
public sealed class PushLocks(NtKernel kernel) : KernelComponent(kernel)
{
    private const ulong Locked = 1, Waiting = 2, MultipleShared = 8, FlagBits = 0xF, OneShare = 0x10;

    // The wait block: a KEVENT, then these.
    private const ulong Next = 0x18, Last = 0x20, Sharers = 0x28, WantsExclusive = 0x30;
    private const int WaitBlockSize = 0x40;

    [NtExport("ExInitializePushLock", MaxIrql = Irql.Dispatch)]
    public void ExInitializePushLock(Ptr<ulong> PushLock) => PushLock.Write(0);

    [NtExport("ExAcquirePushLockExclusiveEx", MaxIrql = Irql.Apc)]
    public async KTask ExAcquirePushLockExclusiveEx(Ptr<ulong> PushLock, uint Flags) => await Exclusive(PushLock);

    [NtExport("ExAcquirePushLockSharedEx", MaxIrql = Irql.Apc)]
    public async KTask ExAcquirePushLockSharedEx(Ptr<ulong> PushLock, uint Flags) => await Shared(PushLock);

    [NtExport("ExfAcquirePushLockExclusive", MaxIrql = Irql.Apc)]
    public async KTask ExfAcquirePushLockExclusive(Ptr<ulong> PushLock) => await Exclusive(PushLock);

    [NtExport("ExfAcquirePushLockShared", MaxIrql = Irql.Apc)]
    public async KTask ExfAcquirePushLockShared(Ptr<ulong> PushLock) => await Shared(PushLock);

    [NtExport("ExTryAcquirePushLockExclusiveEx", MaxIrql = Irql.Apc)]
    public bool ExTryAcquirePushLockExclusiveEx(Ptr<ulong> PushLock, uint Flags) => TryExclusive(PushLock);

    [NtExport("ExTryAcquirePushLockSharedEx", MaxIrql = Irql.Apc)]
    public bool ExTryAcquirePushLockSharedEx(Ptr<ulong> PushLock, uint Flags) => TryShared(PushLock);

    [NtExport("ExfTryAcquirePushLockShared", MaxIrql = Irql.Apc)]
    public bool ExfTryAcquirePushLockShared(Ptr<ulong> PushLock) => TryShared(PushLock);

    [NtExport("ExReleasePushLockEx", MaxIrql = Irql.Apc)]
    public void ExReleasePushLockEx(Ptr<ulong> PushLock, uint Flags) => Release(PushLock);

    [NtExport("ExReleasePushLockExclusiveEx", MaxIrql = Irql.Apc)]
    public void ExReleasePushLockExclusiveEx(Ptr<ulong> PushLock, uint Flags) => Release(PushLock);

    [NtExport("ExReleasePushLockSharedEx", MaxIrql = Irql.Apc)]
    public void ExReleasePushLockSharedEx(Ptr<ulong> PushLock, uint Flags) => Release(PushLock);

    [NtExport("ExfReleasePushLock", MaxIrql = Irql.Apc)]
    [NtExport("ExfReleasePushLockExclusive", MaxIrql = Irql.Apc)]
    [NtExport("ExfReleasePushLockShared", MaxIrql = Irql.Apc)]
    public void ExfReleasePushLock(Ptr<ulong> PushLock) => Release(PushLock);

    private static bool TryExclusive(Ptr<ulong> PushLock)
    {
        if (PushLock.Read() != 0)
            return false;
        PushLock.Write(Locked);
        return true;
    }

    private static bool TryShared(Ptr<ulong> PushLock)
    {
        ulong value = PushLock.Read();
        bool isShared = (value & Waiting) == 0 && value >= OneShare;
        if (value != 0 && !isShared)
            return false;
        PushLock.Write((value | Locked) + OneShare);
        return true;
    }

    private async KTask Exclusive(Ptr<ulong> PushLock)
    {
        if (TryExclusive(PushLock))
            return;
        ulong block = Guest.Scratch(WaitBlockSize);
        Enqueue(PushLock, block, exclusive: true);
        await Kernel.Waits.For(block, KWAIT_REASON.WrPushLock);
    }

    private async KTask Shared(Ptr<ulong> PushLock)
    {
        if (TryShared(PushLock))
            return;
        ulong block = Guest.Scratch(WaitBlockSize);
        Enqueue(PushLock, block, exclusive: false);
        await Kernel.Waits.For(block, KWAIT_REASON.WrPushLock);
    }

    private void Enqueue(Ptr<ulong> PushLock, ulong block, bool exclusive)
    {
        Kernel.Events.Initialize(new View<KEVENT>(block), EVENT_TYPE.SynchronizationEvent, false);
        Memory.WriteU64(block + WantsExclusive, exclusive ? 1u : 0);
        ulong value = PushLock.Read();
        if ((value & Waiting) == 0)
        {
            Hold(PushLock, block, block, (value & ~FlagBits) / OneShare);
            return;
        }
        ulong first = value & ~FlagBits, last = Memory.ReadU64(first + Last);
        Memory.WriteU64(last + Next, block);
        Memory.WriteU64(first + Last, block);
    }

    /// <summary>A held lock with waiters: its value, and what the first block knows of the owners and of the queue.</summary>
    private void Hold(Ptr<ulong> PushLock, ulong first, ulong last, ulong sharers)
    {
        Memory.WriteU64(first + Sharers, sharers);
        Memory.WriteU64(first + Last, last);
        PushLock.Write(first | Locked | Waiting | (sharers > 1 ? MultipleShared : 0));
    }

    private void Release(Ptr<ulong> PushLock)
    {
        ulong value = PushLock.Read();
        if ((value & Waiting) == 0)
        {
            PushLock.Write(value >= 2 * OneShare ? value - OneShare : 0);
            return;
        }
        ulong first = value & ~FlagBits, sharers = Memory.ReadU64(first + Sharers);
        if (sharers > 1)
            Hold(PushLock, first, Memory.ReadU64(first + Last), sharers - 1);
        else
            HandOver(PushLock, first);
    }

    /// <summary>To the first waiter, or if that wants to share, to all up to the first that does not.</summary>
    private void HandOver(Ptr<ulong> PushLock, ulong first)
    {
        ulong last = Memory.ReadU64(first + Last), next = first, granted = 0;
        bool exclusive = Memory.ReadU64(first + WantsExclusive) != 0;
        do
        {
            next = Memory.ReadU64(next + Next);
            granted++;
        }
        while (!exclusive && next != 0 && Memory.ReadU64(next + WantsExclusive) == 0);
        ulong sharers = exclusive ? 0 : granted;
        if (next != 0)
            Hold(PushLock, next, last, sharers);
        else
            PushLock.Write(Locked | sharers * OneShare);
        for (ulong block = first, i = 0; i < granted; i++)
        {
            ulong following = Memory.ReadU64(block + Next);     // read before its owner can run
            Kernel.Events.Set(new View<KEVENT>(block), 1);
            block = following;
        }
    }
}
