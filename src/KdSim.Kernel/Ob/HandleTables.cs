using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ob;

/// <summary>
/// Handle tables in guest memory: a page of pointers to pages of 256 entries (TableCode bit 0 set), entry 0 never used, free entries in a chain.
/// A handle is 4 times its index; kernel handles, which are those of the System process, have the upper bits set. PASSIVE_LEVEL.
/// </summary>
[NtData("ObpKernelHandleTable", 8)]
public sealed class HandleTables(NtKernel kernel) : KernelComponent(kernel)
{
    public const ulong KernelHandleBits = 0xFFFF_FFFF_8000_0000;
    private const uint EntriesPerPage = 256;
    private const uint MaxPages = 512;
    private const uint Tag = 0x6C74624F; // "Obtl"

    internal void Initialize()
    {
        View<EPROCESS> system = new(Memory.ReadU64(Kernel.Data(Datum.PsInitialSystemProcess)));
        system.ObjectTable = Create(system).Ptr;
        Memory.WriteU64(Kernel.Data(Datum.ObpKernelHandleTable), system.ObjectTable);
    }

    public View<HANDLE_TABLE> Create(View<EPROCESS> process)
    {
        View<HANDLE_TABLE> table = new(Kernel.Pool.Allocate(POOL_TYPE.NonPagedPool, HANDLE_TABLE.SizeOf, Tag));
        table.QuotaProcess = process.Ptr;
        table.UniqueProcessId = (uint)process.UniqueProcessId;
        table.TableCode = Kernel.Pool.Allocate(POOL_TYPE.NonPagedPool, MaxPages * 8, Tag) | 1;
        table.NextHandle = 4;
        return table;
    }

    /// <summary>The entry of a handle in use, as the current process (or for kernel handles the System process) sees it;
    /// a null view if there is none.</summary>
    public View<HANDLE_TABLE_ENTRY> Find(ulong handle)
    {
        View<HANDLE_TABLE> table = TableOf(handle);
        return table.IsNull ? default : Find(table, handle & ~KernelHandleBits);
    }

    public View<HANDLE_TABLE_ENTRY> Find(View<HANDLE_TABLE> table, ulong handle)
    {
        View<HANDLE_TABLE_ENTRY> entry = EntryAt(table, (uint)Math.Min(handle >> 2, uint.MaxValue));
        return !entry.IsNull && entry.LowValue != 0 ? entry : default;
    }

    public static ulong ObjectOf(View<HANDLE_TABLE_ENTRY> entry) =>
        ((ulong)entry.LowValue >> 20 << 4 | 0xFFFF_0000_0000_0000) + (ulong)OBJECT_HEADER.Offsets.Body;

    public static uint AttributesOf(View<HANDLE_TABLE_ENTRY> entry) => (uint)(entry.LowValue >> 17 & 7);

    /// <summary>A new handle to an object; the handle holds one of the object's references, which the caller has taken. 0 if the table is full.</summary>
    public ulong Insert(ulong body, uint access, uint attributes, bool isKernelHandle)
    {
        View<HANDLE_TABLE> table = isKernelHandle
            ? new(Memory.ReadU64(Kernel.Data(Datum.ObpKernelHandleTable)))
            : new(Kernel.KernelObjects.Process.ObjectTable);
        ulong handle = Insert(table, body, access, attributes);
        return handle == 0 ? 0 : isKernelHandle ? handle | KernelHandleBits : handle;
    }

    public ulong Insert(View<HANDLE_TABLE> table, ulong body, uint access, uint attributes)
    {
        uint index = TakeFree(table);
        if (index == 0)
            return 0;
        View<HANDLE_TABLE_ENTRY> entry = EntryAt(table, index);
        ulong header = Objects.HeaderOf(body).Address;
        entry.HighValue = (long)(access & 0x1FF_FFFF);
        entry.LowValue = (long)((header >> 4 & 0xFFF_FFFF_FFFF) << 20 | (ulong)(attributes & 7) << 17 | 1);
        table.HandleCount++;
        table.HandleCountHighWatermark = Math.Max((uint)table.HandleCount, table.HandleCountHighWatermark);
        View<OBJECT_HEADER> objectHeader = new(header);
        objectHeader.HandleCount++;
        View<OBJECT_TYPE> type = Kernel.ObjectTypes.Of(Kernel.ObjectTypes.KindOf(body));
        type.TotalNumberOfHandles++;
        return (ulong)index * 4;
    }

    /// <summary>Takes the entry back. The object's counts are the caller's business.</summary>
    public void Remove(View<HANDLE_TABLE> table, ulong handle)
    {
        View<HANDLE_TABLE_ENTRY> entry = EntryAt(table, (uint)((handle & ~KernelHandleBits) >> 2));
        entry.LowValue = 0;
        entry.NextFreeHandleEntry = table.FirstFreeHandleEntry;
        table.FirstFreeHandleEntry = entry.Ptr;
        table.HandleCount--;
    }

    /// <summary>The table that a handle belongs to.</summary>
    public View<HANDLE_TABLE> TableOf(ulong handle)
    {
        if ((handle & KernelHandleBits) != KernelHandleBits)
            return new(Kernel.KernelObjects.Process.ObjectTable);
        return Kernel.KernelObjects.PreviousMode == 0 ? new(Memory.ReadU64(Kernel.Data(Datum.ObpKernelHandleTable))) : default;
    }

    /// <summary>The first handle in use from one on, for closing all at process exit; 0 if there is none.</summary>
    public ulong NextInUse(View<HANDLE_TABLE> table, ulong from)
    {
        for (uint index = (uint)Math.Max(1, from >> 2); index < table.NextHandle >> 2; index++)
            if (EntryAt(table, index) is { IsNull: false } entry && entry.LowValue != 0)
                return (ulong)index * 4;
        return 0;
    }

    /// <summary>Frees an empty table.</summary>
    public void Delete(View<HANDLE_TABLE> table)
    {
        ulong pages = table.TableCode & ~3UL;
        for (uint i = 0; i < MaxPages; i++)
            if (Memory.ReadU64(pages + i * 8) is var page and not 0)
                Kernel.Pool.Free(page, Tag);
        Kernel.Pool.Free(pages, Tag);
        Kernel.Pool.Free(table.Address, Tag);
    }

    private View<HANDLE_TABLE_ENTRY> EntryAt(View<HANDLE_TABLE> table, uint index)
    {
        if (index == 0 || index >= MaxPages * EntriesPerPage)
            return default;
        ulong page = Memory.ReadU64((table.TableCode & ~3UL) + index / EntriesPerPage * 8);
        return page == 0 ? default : new(page + index % EntriesPerPage * HANDLE_TABLE_ENTRY.SizeOf);
    }

    /// <summary>The index of a free entry: the last one given back, or one never used before.</summary>
    private uint TakeFree(View<HANDLE_TABLE> table)
    {
        if (table.FirstFreeHandleEntry is { IsNull: false } free)
        {
            table.FirstFreeHandleEntry = free.View.NextFreeHandleEntry;
            return IndexOf(table, free);
        }
        uint index = table.NextHandle >> 2;
        if (index % EntriesPerPage == 0)
            index++; // The first entry of a page is never a handle.
        if (index >= MaxPages * EntriesPerPage)
            return 0;
        ulong slot = (table.TableCode & ~3UL) + index / EntriesPerPage * 8;
        if (Memory.ReadU64(slot) == 0)
        {
            Memory.WriteU64(slot, Kernel.Pool.Allocate(POOL_TYPE.NonPagedPool, EntriesPerPage * HANDLE_TABLE_ENTRY.SizeOf, Tag));
            table.NextHandleNeedingPool = (index / EntriesPerPage + 1) * EntriesPerPage * 4;
        }
        table.NextHandle = (index + 1) * 4;
        return index;
    }

    private uint IndexOf(View<HANDLE_TABLE> table, ulong entry)
    {
        for (uint i = 0; i < MaxPages; i++)
            if (Memory.ReadU64((table.TableCode & ~3UL) + i * 8) is var page and not 0 && entry - page < EntriesPerPage * HANDLE_TABLE_ENTRY.SizeOf)
                return i * EntriesPerPage + (uint)(entry - page) / HANDLE_TABLE_ENTRY.SizeOf;
        throw new GuestBugCheck(BugCheckCode.INVALID_KERNEL_HANDLE, entry, table.Address);
    }
}
