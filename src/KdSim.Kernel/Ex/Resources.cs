using KdSim.Kernel.Ke;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ex;

/// <summary>
/// ERESOURCE: one exclusive owner or many shared ones, recursive. Waiters are served when the last owner leaves: exclusive ones first, then all shared ones.
/// Acquire with normal kernel APCs disabled, IRQL up to APC.
/// </summary>
[NtData("ExpSystemResourcesList", 16, Type = "_LIST_ENTRY")]
public sealed class Resources(NtKernel kernel) : KernelComponent(kernel)
{
    private const ushort OwnedExclusive = 0x80;
    private const uint CountShift = 2, CountOne = 1 << (int)CountShift, FlagBits = CountOne - 1;
    private const uint TableTag = 0x61546552;           // "ReTa"
    private const uint WaiterTag = 0x76536552;          // "ReSv"
    private const int FirstTable = 4, LargestTable = 1024;

    private ulong CurrentOwner => Kernel.Processors.CurrentThread.Address;

    [NtExport("ExInitializeResourceLite", MaxIrql = Irql.Dispatch)]
    public NtStatus ExInitializeResourceLite(Ptr<ERESOURCE> Resource)
    {
        View<ERESOURCE> resource = Resource;
        resource.Clear();
        ulong list = Kernel.Data(Datum.ExpSystemResourcesList);
        if (Memory.ReadU64(list) == 0)
            Memory.InitializeList(list);
        Memory.InsertTail(list, resource.SystemResourcesListView.Address);
        return NtStatus.Success;
    }

    [NtExport("ExReinitializeResourceLite", MaxIrql = Irql.Dispatch)]
    public NtStatus ExReinitializeResourceLite(Ptr<ERESOURCE> Resource)
    {
        Release(Resource.View.OwnerTable, Resource.View.SharedWaiters, Resource.View.ExclusiveWaiters);
        LIST_ENTRY links = Resource.View.SystemResourcesList;
        Resource.View.Clear();
        View<ERESOURCE> resource = Resource;
        resource.SystemResourcesList = links;
        return NtStatus.Success;
    }

    [NtExport("ExDeleteResourceLite", MaxIrql = Irql.Apc)]
    public NtStatus ExDeleteResourceLite(Ptr<ERESOURCE> Resource)
    {
        Memory.RemoveEntry(Resource.View.SystemResourcesListView.Address);
        Release(Resource.View.OwnerTable, Resource.View.SharedWaiters, Resource.View.ExclusiveWaiters);
        View<ERESOURCE> resource = Resource;
        resource.OwnerTable = default(Ptr<OWNER_ENTRY>);
        resource.SharedWaiters = default(Ptr<KSEMAPHORE>);
        resource.ExclusiveWaiters = default(Ptr<KEVENT>);
        return NtStatus.Success;
    }

    [NtExport("ExAcquireResourceExclusiveLite", MaxIrql = Irql.Apc)]
    public async KTask<bool> ExAcquireResourceExclusiveLite(Ptr<ERESOURCE> Resource, bool Wait)
    {
        if (TryExclusive(Resource))
            return true;
        if (!Wait)
            return false;
        View<ERESOURCE> resource = Resource;
        resource.NumberOfExclusiveWaiters++;
        resource.ContentionCount++;
        await Kernel.Waits.For(ExclusiveEvent(Resource), KWAIT_REASON.WrExecutive);
        SetOwner(Resource.View.OwnerEntry, CurrentOwner, 1);  // who released has made it ours
        return true;
    }

    [NtExport("ExTryToAcquireResourceExclusiveLite", MaxIrql = Irql.Apc)]
    public bool ExTryToAcquireResourceExclusiveLite(Ptr<ERESOURCE> Resource) => TryExclusive(Resource);

    [NtExport("ExAcquireResourceSharedLite", MaxIrql = Irql.Apc)]
    public KTask<bool> ExAcquireResourceSharedLite(Ptr<ERESOURCE> Resource, bool Wait) => Share(Resource, Wait, Starve.Nobody);

    [NtExport("ExAcquireSharedStarveExclusive", MaxIrql = Irql.Apc)]
    public KTask<bool> ExAcquireSharedStarveExclusive(Ptr<ERESOURCE> Resource, bool Wait) => Share(Resource, Wait, Starve.Exclusive);

    [NtExport("ExAcquireSharedWaitForExclusive", MaxIrql = Irql.Apc)]
    public KTask<bool> ExAcquireSharedWaitForExclusive(Ptr<ERESOURCE> Resource, bool Wait) => Share(Resource, Wait, Starve.Shared);

    [NtExport("ExEnterCriticalRegionAndAcquireResourceExclusive", MaxIrql = Irql.Apc)]
    public async KTask<ulong> ExEnterCriticalRegionAndAcquireResourceExclusive(Ptr<ERESOURCE> Resource)
    {
        Kernel.Regions.EnterCritical();
        await ExAcquireResourceExclusiveLite(Resource, true);
        return Kernel.Processors.CurrentThread.Win32Thread;
    }

    [NtExport("ExEnterCriticalRegionAndAcquireResourceShared", MaxIrql = Irql.Apc)]
    public async KTask<ulong> ExEnterCriticalRegionAndAcquireResourceShared(Ptr<ERESOURCE> Resource)
    {
        Kernel.Regions.EnterCritical();
        await ExAcquireResourceSharedLite(Resource, true);
        return Kernel.Processors.CurrentThread.Win32Thread;
    }

    [NtExport("ExEnterCriticalRegionAndAcquireSharedWaitForExclusive", MaxIrql = Irql.Apc)]
    public async KTask<ulong> ExEnterCriticalRegionAndAcquireSharedWaitForExclusive(Ptr<ERESOURCE> Resource)
    {
        Kernel.Regions.EnterCritical();
        await ExAcquireSharedWaitForExclusive(Resource, true);
        return Kernel.Processors.CurrentThread.Win32Thread;
    }

    [NtExport("ExReleaseResourceAndLeaveCriticalRegion", MaxIrql = Irql.Apc)]
    public void ExReleaseResourceAndLeaveCriticalRegion(Ptr<ERESOURCE> Resource)
    {
        Release(Resource, CurrentOwner);
        Kernel.Regions.LeaveCritical();
    }

    [NtExport("ExReleaseResourceLite", MaxIrql = Irql.Dispatch)]
    public void ExReleaseResourceLite(Ptr<ERESOURCE> Resource) => Release(Resource, CurrentOwner);

    [NtExport("ExReleaseResourceForThreadLite", MaxIrql = Irql.Dispatch)]
    public void ExReleaseResourceForThreadLite(Ptr<ERESOURCE> Resource, ulong ResourceThreadId) => Release(Resource, ResourceThreadId);

    [NtExport("ExConvertExclusiveToSharedLite", MaxIrql = Irql.Apc)]
    public void ExConvertExclusiveToSharedLite(Ptr<ERESOURCE> Resource)
    {
        View<ERESOURCE> resource = Resource;
        resource.Flag &= unchecked((ushort)~OwnedExclusive);
        if (resource.NumberOfSharedWaiters != 0)
            AdmitShared(resource, resource.ActiveEntries);
    }

    [NtExport("ExIsResourceAcquiredExclusiveLite", MaxIrql = Irql.Dispatch)]
    public bool ExIsResourceAcquiredExclusiveLite(Ptr<ERESOURCE> Resource) =>
        IsExclusive(Resource) && Resource.View.OwnerEntry.OwnerThread == CurrentOwner;

    [NtExport("ExIsResourceAcquiredSharedLite", MaxIrql = Irql.Dispatch)]
    public uint ExIsResourceAcquiredSharedLite(Ptr<ERESOURCE> Resource) => FindOwner(Resource, CurrentOwner) is { IsNull: false } entry ? CountOf(entry) : 0;

    [NtExport("ExGetExclusiveWaiterCount", MaxIrql = Irql.Dispatch)]
    public uint ExGetExclusiveWaiterCount(Ptr<ERESOURCE> Resource) => Resource.View.NumberOfExclusiveWaiters;

    [NtExport("ExGetSharedWaiterCount", MaxIrql = Irql.Dispatch)]
    public uint ExGetSharedWaiterCount(Ptr<ERESOURCE> Resource) => Resource.View.NumberOfSharedWaiters;

    private enum Starve
    {
        Nobody,
        Exclusive,
        Shared,
    }

    private async KTask<bool> Share(Ptr<ERESOURCE> Resource, bool wait, Starve starve)
    {
        if (TryShared(Resource, starve))
            return true;
        if (!wait)
            return false;
        View<ERESOURCE> resource = Resource;
        resource.NumberOfSharedWaiters++;
        resource.ContentionCount++;
        await Kernel.Waits.For(SharedSemaphore(Resource), KWAIT_REASON.WrExecutive);
        AddOwner(Resource, CurrentOwner, countEntry: false);
        return true;
    }

    private bool TryExclusive(View<ERESOURCE> resource)
    {
        View<OWNER_ENTRY> owner = resource.OwnerEntry;
        if (resource.ActiveEntries == 0)
        {
            resource.ActiveEntries = 1;
            resource.ActiveCount = 1;
            resource.Flag |= OwnedExclusive;
            SetOwner(owner, CurrentOwner, 1);
            return true;
        }
        if (!IsExclusive(resource) || owner.OwnerThread != CurrentOwner)
            return false;
        SetOwner(owner, CurrentOwner, CountOf(owner) + 1);
        return true;
    }

    private bool TryShared(View<ERESOURCE> resource, Starve starve)
    {
        if (IsExclusive(resource))
            return resource.OwnerEntry.OwnerThread == CurrentOwner && TryExclusive(resource);
        bool exclusiveWaits = resource.NumberOfExclusiveWaiters != 0;
        bool mine = !FindOwner(resource, CurrentOwner).IsNull;
        if (resource.ActiveEntries != 0 && exclusiveWaits && (starve == Starve.Shared || (starve == Starve.Nobody && !mine)))
            return false;
        AddOwner(resource, CurrentOwner, countEntry: true);
        resource.ActiveCount = 1;
        return true;
    }

    private void Release(View<ERESOURCE> resource, ulong thread)
    {
        View<OWNER_ENTRY> entry = FindOwner(resource, thread);
        if (entry.IsNull)
            throw new GuestBugCheck(BugCheckCode.RESOURCE_NOT_OWNED, resource.Address, thread, resource.OwnerTable, IsExclusive(resource) ? 1u : 2);
        uint count = CountOf(entry) - 1;
        SetOwner(entry, count == 0 ? 0 : thread, count);
        if (count != 0 || --resource.ActiveEntries != 0)
            return;
        resource.ActiveCount = 0;
        resource.Flag &= unchecked((ushort)~OwnedExclusive);
        if (resource.NumberOfExclusiveWaiters != 0)
            AdmitExclusive(resource);
        else if (resource.NumberOfSharedWaiters != 0)
            AdmitShared(resource, 0);
    }

    /// <summary>The resource is the waiter's from now on, though it enters its name when it runs.</summary>
    private void AdmitExclusive(View<ERESOURCE> resource)
    {
        resource.NumberOfExclusiveWaiters--;
        resource.ActiveEntries = 1;
        resource.ActiveCount = 1;
        resource.Flag |= OwnedExclusive;
        Kernel.Events.Set(resource.ExclusiveWaiters, 1);
    }

    private void AdmitShared(View<ERESOURCE> resource, uint entries)
    {
        uint waiters = resource.NumberOfSharedWaiters;
        resource.NumberOfSharedWaiters = 0;
        resource.ActiveEntries = entries + waiters;
        resource.ActiveCount = 1;
        Kernel.Semaphores.KeReleaseSemaphore(resource.SharedWaiters, 0, (int)waiters, false);
    }

    private void AddOwner(View<ERESOURCE> resource, ulong thread, bool countEntry)
    {
        View<OWNER_ENTRY> entry = FindOwner(resource, thread);
        if (!entry.IsNull)
        {
            SetOwner(entry, thread, CountOf(entry) + 1);
            if (!countEntry)
                resource.ActiveEntries--;               // it came in twice, and owns one entry
            return;
        }
        SetOwner(FreeEntry(resource), thread, 1);
        if (countEntry)
            resource.ActiveEntries++;
    }

    internal View<OWNER_ENTRY> FindOwner(View<ERESOURCE> resource, ulong thread)
    {
        View<OWNER_ENTRY> own = resource.OwnerEntry;
        if (own.OwnerThread == thread && CountOf(own) != 0)
            return own;
        ulong table = resource.OwnerTable;
        for (int i = 1; i < TableLength(table); i++)
        {
            View<OWNER_ENTRY> entry = new(table + (ulong)(i * OWNER_ENTRY.SizeOf));
            if (entry.OwnerThread == thread)
                return entry;
        }
        return default;
    }

    private View<OWNER_ENTRY> FreeEntry(View<ERESOURCE> resource)
    {
        View<OWNER_ENTRY> own = resource.OwnerEntry;
        if (own.OwnerThread == 0 && !IsExclusive(resource))
            return own;
        ulong table = resource.OwnerTable;
        int length = TableLength(table);
        for (int i = 1; i < length; i++)
        {
            View<OWNER_ENTRY> entry = new(table + (ulong)(i * OWNER_ENTRY.SizeOf));
            if (entry.OwnerThread == 0)
                return entry;
        }
        return Grow(resource, table, length);
    }

    /// <summary>Entry 0 of the table holds its length.</summary>
    private View<OWNER_ENTRY> Grow(View<ERESOURCE> resource, ulong table, int length)
    {
        int larger = Math.Max(FirstTable, length * 2);
        if (larger > LargestTable)
            throw new InvalidOperationException($"the resource {resource.Address:x} has more than {LargestTable} shared owners");
        ulong fresh = Kernel.Pool.Allocate(POOL_TYPE.NonPagedPoolNx, (ulong)(larger * OWNER_ENTRY.SizeOf), TableTag);
        for (ulong i = OWNER_ENTRY.SizeOf; i < (ulong)(length * OWNER_ENTRY.SizeOf); i += 8)
            Memory.WriteU64(fresh + i, Memory.ReadU64(table + i));
        View<OWNER_ENTRY> head = new(fresh);
        head.TableSize = (uint)larger;
        if (table != 0)
            Kernel.Pool.Free(table, TableTag);
        resource.OwnerTable = (Ptr<OWNER_ENTRY>)fresh;
        return new View<OWNER_ENTRY>(fresh + (ulong)(Math.Max(length, 1) * OWNER_ENTRY.SizeOf));
    }

    private ulong ExclusiveEvent(View<ERESOURCE> resource)
    {
        if (resource.ExclusiveWaiters.IsNull)
        {
            resource.ExclusiveWaiters = (Ptr<KEVENT>)Kernel.Pool.Allocate(POOL_TYPE.NonPagedPoolNx, KEVENT.SizeOf, WaiterTag);
            Kernel.Events.Initialize(resource.ExclusiveWaiters, EVENT_TYPE.SynchronizationEvent, false);
        }
        return resource.ExclusiveWaiters;
    }

    private ulong SharedSemaphore(View<ERESOURCE> resource)
    {
        if (resource.SharedWaiters.IsNull)
        {
            resource.SharedWaiters = (Ptr<KSEMAPHORE>)Kernel.Pool.Allocate(POOL_TYPE.NonPagedPoolNx, KSEMAPHORE.SizeOf, WaiterTag);
            Kernel.Semaphores.KeInitializeSemaphore(resource.SharedWaiters, 0, int.MaxValue);
        }
        return resource.SharedWaiters;
    }

    private void Release(ulong table, ulong semaphore, ulong exclusive)
    {
        if (table != 0)
            Kernel.Pool.Free(table, TableTag);
        if (semaphore != 0)
            Kernel.Pool.Free(semaphore, WaiterTag);
        if (exclusive != 0)
            Kernel.Pool.Free(exclusive, WaiterTag);
    }

    private static bool IsExclusive(View<ERESOURCE> resource) => (resource.Flag & OwnedExclusive) != 0;

    private static int TableLength(ulong table) => table == 0 ? 0 : (int)Math.Min(new View<OWNER_ENTRY>(table).TableSize, LargestTable);

    private static uint CountOf(View<OWNER_ENTRY> entry) => entry.TableSize >> (int)CountShift;

    private static void SetOwner(View<OWNER_ENTRY> entry, ulong thread, uint count)
    {
        entry.OwnerThread = thread;
        entry.TableSize = entry.TableSize & FlagBits | count << (int)CountShift;
    }
}
