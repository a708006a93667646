using System.Text;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ob;

/// <summary>
/// Objects in pool: [name info] header body. Counting references, and deleting at the last one: the type's DeleteProcedure is called at PASSIVE_LEVEL,
/// by a worker if the last reference goes at a higher level. References any IRQL up to DISPATCH.
/// </summary>
[NtData("ObpInfoMaskToOffset", 256)]
[NtData("ObpRemoveObjectList", 8)]
[NtData("ObpRemoveObjectWorkItem", WORK_QUEUE_ITEM.SizeOf, Type = "_WORK_QUEUE_ITEM")]
public sealed class Objects(NtKernel kernel) : KernelComponent(kernel)
{
    private const byte NameInfo = 2;
    private const uint NameTag = 0x6D4E624F; // "ObNm"

    public static View<OBJECT_HEADER> HeaderOf(ulong body) => new(body - OBJECT_HEADER.Offsets.Body);

    /// <summary>The object's name, or a null view.</summary>
    public static View<OBJECT_HEADER_NAME_INFO> NameInfoOf(ulong body)
    {
        View<OBJECT_HEADER> header = HeaderOf(body);
        return (header.InfoMask & NameInfo) == 0 ? default : new(header.Address - OBJECT_HEADER_NAME_INFO.SizeOf);
    }

    internal void Initialize()
    {
        // Bits of the mask: creator 20h, name 20h, handle 10h, quota 20h, process 10h, nearest first.
        ReadOnlySpan<byte> sizes = [0x20, 0x20, 0x10, 0x20, 0x10];
        for (int mask = 0; mask < 32; mask++)
        {
            int offset = 0;
            for (int bit = 0; bit < sizes.Length; bit++)
                offset += (mask >> bit & 1) * sizes[bit];
            Memory.WriteU8(Kernel.Data(Datum.ObpInfoMaskToOffset) + (ulong)mask, (byte)offset);
        }
        View<WORK_QUEUE_ITEM> item = new(Kernel.Data(Datum.ObpRemoveObjectWorkItem));
        item.WorkerRoutine = Kernel.Stubs.AddressOf(Stub.ObpProcessRemoveObjectQueue);
    }

    /// <summary>A zeroed object with one reference; with a name it can be put into a directory.</summary>
    public ulong Allocate(ObjectKind kind, ulong bodySize, string? name = null)
    {
        ulong before = name is null ? 0 : (ulong)OBJECT_HEADER_NAME_INFO.SizeOf;
        uint tag = kind == ObjectKind.None ? 0x546A624Fu : Kernel.ObjectTypes.Of(kind).Key | 0x8000_0000;
        ulong block = Kernel.Pool.Allocate(POOL_TYPE.NonPagedPool, before + (ulong)OBJECT_HEADER.Offsets.Body + bodySize, tag);
        View<OBJECT_HEADER> header = new(block + before);
        header.PointerCount = 1;
        header.InfoMask = name is null ? (byte)0 : NameInfo;
        header.KernelObject = true;
        header.TypeIndex = Kernel.ObjectTypes.Encode(kind, header.Address);
        if (name is not null)
        {
            View<OBJECT_HEADER_NAME_INFO> info = new(block);
            info.Name = NewString(name);
        }
        if (kind != ObjectKind.None)
        {
            View<OBJECT_TYPE> type = Kernel.ObjectTypes.Of(kind);
            uint count = type.TotalNumberOfObjects + 1;
            type.TotalNumberOfObjects = count;
            type.HighWaterNumberOfObjects = Math.Max(count, type.HighWaterNumberOfObjects);
        }
        return header.Address + (ulong)OBJECT_HEADER.Offsets.Body;
    }

    /// <summary>A counted string in pool of its own, with a NUL behind it.</summary>
    public UNICODE_STRING NewString(string text)
    {
        int bytes = Math.Min(text.Length * 2, 0xFFFC);
        ulong buffer = Kernel.Pool.Allocate(POOL_TYPE.NonPagedPool, (ulong)bytes + 2, NameTag);
        Memory.Write(buffer, Encoding.Unicode.GetBytes(text)[..bytes]);
        return new UNICODE_STRING { Length = (ushort)bytes, MaximumLength = (ushort)(bytes + 2), Buffer = new Ptr<char>(buffer) };
    }

    public void FreeString(UNICODE_STRING text)
    {
        if (!text.Buffer.IsNull)
            Kernel.Pool.Free(text.Buffer);
    }

    public string ReadName(UNICODE_STRING text)
    {
        byte[] bytes = new byte[text.Length & ~1];
        if (bytes.Length != 0)
            Memory.Read(text.Buffer, bytes);
        return Encoding.Unicode.GetString(bytes);
    }

    /// <summary>Counts one more; returns the new count.</summary>
    public long Reference(ulong body, long count = 1)
    {
        View<OBJECT_HEADER> header = HeaderOf(body);
        long now = header.PointerCount + count;
        header.PointerCount = now;
        if (now <= count)
            throw new GuestBugCheck(BugCheckCode.REFERENCE_BY_POINTER, Kernel.ObjectTypes.Of(Kernel.ObjectTypes.KindOf(body)).Address, body, 0x10, (ulong)now);
        return now;
    }

    /// <summary>Counts one less and deletes the object at zero. Returns the new count.</summary>
    public async KTask<long> Dereference(ulong body)
    {
        View<OBJECT_HEADER> header = HeaderOf(body);
        long now = header.PointerCount - 1;
        if (now < 0)
            throw new GuestBugCheck(BugCheckCode.REFERENCE_BY_POINTER, Kernel.ObjectTypes.Of(Kernel.ObjectTypes.KindOf(body)).Address, body, 2, (ulong)now);
        header.PointerCount = now;
        if (now != 0)
            return now;
        if (header.HandleCount != 0)
            throw new GuestBugCheck(BugCheckCode.REFERENCE_BY_POINTER, Kernel.ObjectTypes.Of(Kernel.ObjectTypes.KindOf(body)).Address, body, 3, 0);
        if (CurrentIrql == Irql.Passive || Kernel.ObjectTypes.Of(Kernel.ObjectTypes.KindOf(body)).TypeInfo.DeleteProcedure == 0)
            await Delete(body);
        else
            await DeferDeletion(header);
        return 0;
    }

    /// <summary>The work item that deletes objects whose last reference went at raised IRQL.</summary>
    [NtRoutine("ObpProcessRemoveObjectQueue", MaxIrql = Irql.Passive)]
    public async KTask ObpProcessRemoveObjectQueue(ulong Parameter)
    {
        while (Memory.ReadU64(Kernel.Data(Datum.ObpRemoveObjectList)) is var first and not 0)
        {
            View<OBJECT_HEADER> header = new(first);
            Memory.WriteU64(Kernel.Data(Datum.ObpRemoveObjectList), header.NextToFree);
            header.NextToFree = 0;
            await Delete(first + (ulong)OBJECT_HEADER.Offsets.Body);
        }
    }

    private async KTask DeferDeletion(View<OBJECT_HEADER> header)
    {
        ulong list = Kernel.Data(Datum.ObpRemoveObjectList), first = Memory.ReadU64(list);
        header.NextToFree = first;
        Memory.WriteU64(list, header.Address);
        if (first == 0)
            await Kernel.KernelObjects.QueueWorkItem(Kernel.Data(Datum.ObpRemoveObjectWorkItem), WORK_QUEUE_TYPE.CriticalWorkQueue);
    }

    private async KTask Delete(ulong body)
    {
        View<OBJECT_TYPE> type = Kernel.ObjectTypes.Of(Kernel.ObjectTypes.KindOf(body));
        if (type.TypeInfo.DeleteProcedure is var routine and not 0)
        {
            await Guest.Call(routine, body);
            if (HeaderOf(body).PointerCount != 0)
                return; // The routine took a reference: the object lives on.
        }
        Free(body);
    }

    /// <summary>Frees an object without references; its DeleteProcedure has run, or it has none.</summary>
    internal void Free(ulong body)
    {
        View<OBJECT_TYPE> type = Kernel.ObjectTypes.Of(Kernel.ObjectTypes.KindOf(body));
        View<OBJECT_HEADER> header = HeaderOf(body);
        ulong block = header.Address;
        if (NameInfoOf(body) is { IsNull: false } info)
        {
            Kernel.ObjectDirectories.Remove(body);
            FreeString(info.Name);
            block = info.Address;
        }
        if (header.SecurityDescriptor is var descriptor and not 0)
            Kernel.Pool.Free(descriptor & ~0xFUL);
        type.TotalNumberOfObjects--;
        Kernel.Pool.Free(block);
    }
}
