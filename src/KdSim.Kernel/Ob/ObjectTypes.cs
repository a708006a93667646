using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ob;

/// <summary>
/// The OBJECT_TYPEs: objects themselves, named in \ObjectTypes, found by index in ObTypeIndexTable. Made at boot, never deleted. Any IRQL.
/// </summary>
[NtData("ObTypeIndexTable", 8 * 64)]
[NtData("ObHeaderCookie", 1)]
[NtData("ObpDefaultObject", KEVENT.SizeOf, Type = "_KEVENT")]
[NtData("ObpTypeObjectType", 8)]
[NtData("ObpDirectoryObjectType", 8)]
[NtData("ObpSymbolicLinkObjectType", 8)]
[NtData("SeTokenObjectType", 8, IsExported = true)]
[NtData("PsProcessType", 8, IsExported = true)]
[NtData("PsThreadType", 8, IsExported = true)]
[NtData("ExEventObjectType", 8, IsExported = true)]
[NtData("ExMutantObjectType", 8)]
[NtData("ExCallbackObjectType", 8)]
[NtData("ExSemaphoreObjectType", 8, IsExported = true)]
[NtData("ExTimerObjectType", 8)]
[NtData("CmKeyObjectType", 8, IsExported = true)]
[NtData("MmSectionObjectType", 8, IsExported = true)]
[NtData("IoAdapterObjectType", 8, IsExported = true)]
[NtData("IoControllerObjectType", 8)]
[NtData("IoDeviceObjectType", 8, IsExported = true)]
[NtData("IoDriverObjectType", 8, IsExported = true)]
[NtData("IoFileObjectType", 8, IsExported = true)]
public sealed class ObjectTypes(NtKernel kernel) : KernelComponent(kernel)
{
    private const byte Cookie = 0x5A;

    private readonly record struct Row(ObjectKind Kind, string Name, Datum Variable, uint Read, uint Write, uint Execute, uint All);

    private static readonly Row[] Rows =
    [
        new(ObjectKind.Type, "Type", Datum.ObpTypeObjectType, 0x20000, 0x20000, 0x20000, 0xF0001),
        new(ObjectKind.Directory, "Directory", Datum.ObpDirectoryObjectType, 0x20003, 0x2000C, 0x20003, 0xF000F),
        new(ObjectKind.SymbolicLink, "SymbolicLink", Datum.ObpSymbolicLinkObjectType, 0x20001, 0x20000, 0x20001, 0xF0001),
        new(ObjectKind.Token, "Token", Datum.SeTokenObjectType, 0x20008, 0x201E0, 0x20000, 0xF01FF),
        new(ObjectKind.Process, "Process", Datum.PsProcessType, 0x20410, 0x20BEA, 0x121001, 0x1FFFFF),
        new(ObjectKind.Thread, "Thread", Datum.PsThreadType, 0x20048, 0x20437, 0x120801, 0x1FFFFF),
        new(ObjectKind.Event, "Event", Datum.ExEventObjectType, 0x20001, 0x20002, 0x120000, 0x1F0003),
        new(ObjectKind.Mutant, "Mutant", Datum.ExMutantObjectType, 0x20001, 0x20000, 0x120000, 0x1F0001),
        new(ObjectKind.Callback, "Callback", Datum.ExCallbackObjectType, 0x20000, 0x20001, 0x120000, 0x1F0001),
        new(ObjectKind.Semaphore, "Semaphore", Datum.ExSemaphoreObjectType, 0x20001, 0x20002, 0x120000, 0x1F0003),
        new(ObjectKind.Timer, "Timer", Datum.ExTimerObjectType, 0x20001, 0x20002, 0x120000, 0x1F0003),
        new(ObjectKind.Key, "Key", Datum.CmKeyObjectType, 0x20019, 0x20006, 0x20039, 0xF003F),
        new(ObjectKind.Section, "Section", Datum.MmSectionObjectType, 0x20005, 0x20002, 0x20008, 0xF001F),
        new(ObjectKind.Adapter, "Adapter", Datum.IoAdapterObjectType, 0x120089, 0x120116, 0x1200A0, 0x1F01FF),
        new(ObjectKind.Controller, "Controller", Datum.IoControllerObjectType, 0x120089, 0x120116, 0x1200A0, 0x1F01FF),
        new(ObjectKind.Device, "Device", Datum.IoDeviceObjectType, 0x120089, 0x120116, 0x1200A0, 0x1F01FF),
        new(ObjectKind.Driver, "Driver", Datum.IoDriverObjectType, 0x120089, 0x120116, 0x1200A0, 0x1F01FF),
        new(ObjectKind.File, "File", Datum.IoFileObjectType, 0x120089, 0x120116, 0x1200A0, 0x1F01FF),
    ];

    internal void Initialize()
    {
        Memory.WriteU8(Kernel.Data(Datum.ObHeaderCookie), Cookie);
        View<KEVENT> always = new(Kernel.Data(Datum.ObpDefaultObject));
        Kernel.KernelObjects.InitializeEvent(always.Address, notification: true, signaled: true);
        foreach (Row row in Rows)
            Create(row);
    }

    /// <summary>The type object of a kind.</summary>
    public View<OBJECT_TYPE> Of(ObjectKind kind) => new(Memory.ReadU64(Kernel.Data(Datum.ObTypeIndexTable) + (ulong)kind * 8));

    /// <summary>The kind of an object, from the encoded index in its header.</summary>
    public ObjectKind KindOf(ulong body)
    {
        View<OBJECT_HEADER> header = Objects.HeaderOf(body);
        return (ObjectKind)(header.TypeIndex ^ (byte)(header.Address >> 8) ^ Memory.ReadU8(Kernel.Data(Datum.ObHeaderCookie)));
    }

    /// <summary>What <see cref="KindOf"/> takes apart.</summary>
    internal byte Encode(ObjectKind kind, ulong header) => (byte)((byte)kind ^ (byte)(header >> 8) ^ Memory.ReadU8(Kernel.Data(Datum.ObHeaderCookie)));

    /// <summary>Replaces generic rights by those that the type gives them; MAXIMUM_ALLOWED becomes all.</summary>
    public uint MapAccess(ObjectKind kind, uint access)
    {
        const uint GenericRead = 0x8000_0000, GenericWrite = 0x4000_0000, GenericExecute = 0x2000_0000, GenericAll = 0x1000_0000, Maximum = 0x0200_0000;
        GENERIC_MAPPING mapping = Of(kind).TypeInfo.GenericMapping;
        uint mapped = access & 0x01FF_FFFF;
        if ((access & GenericRead) != 0) mapped |= mapping.GenericRead;
        if ((access & GenericWrite) != 0) mapped |= mapping.GenericWrite;
        if ((access & GenericExecute) != 0) mapped |= mapping.GenericExecute;
        if ((access & (GenericAll | Maximum)) != 0) mapped |= mapping.GenericAll;
        return mapped;
    }

    /// <summary>What a wait for the object waits for: the object, the event inside it, or an event that is always set.</summary>
    public ulong WaitObjectOf(ulong body)
    {
        ulong offset = Of(KindOf(body)).DefaultObject;
        return (long)offset >= 0 ? body + offset : offset;
    }

    private void Create(in Row row)
    {
        ulong body = Kernel.Objects.Allocate(row.Kind == ObjectKind.Type ? ObjectKind.None : ObjectKind.Type, OBJECT_TYPE.SizeOf, row.Name);
        Memory.WriteU64(Kernel.Data(Datum.ObTypeIndexTable) + (ulong)row.Kind * 8, body);
        Memory.WriteU64(Kernel.Data(row.Variable), body);
        View<OBJECT_HEADER> header = Objects.HeaderOf(body);
        header.TypeIndex = Encode(ObjectKind.Type, header.Address);
        header.PermanentObject = true;
        View<OBJECT_TYPE> type = new(body);
        Ke.ListEntries.InitializeList(Memory, body + OBJECT_TYPE.Offsets.TypeList);
        Ke.ListEntries.InitializeList(Memory, body + OBJECT_TYPE.Offsets.CallbackList);
        type.Name = Objects.NameInfoOf(body).Name;
        type.Index = (byte)row.Kind;
        type.Key = System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(System.Text.Encoding.ASCII.GetBytes(row.Name.PadRight(4)));
        type.DefaultObject = row.Kind switch
        {
            ObjectKind.File => FILE_OBJECT.Offsets.Event,
            ObjectKind.Process or ObjectKind.Thread or ObjectKind.Event or ObjectKind.Mutant or ObjectKind.Semaphore or ObjectKind.Timer => 0,
            _ => Kernel.Data(Datum.ObpDefaultObject),
        };
        View<OBJECT_TYPE_INITIALIZER> info = type.TypeInfo;
        info.Length = OBJECT_TYPE_INITIALIZER.SizeOf;
        info.CaseInsensitive = row.Kind != ObjectKind.Directory;
        info.SupportsObjectCallbacks = row.Kind is ObjectKind.Process or ObjectKind.Thread;
        info.GenericMapping = new GENERIC_MAPPING { GenericRead = row.Read, GenericWrite = row.Write, GenericExecute = row.Execute, GenericAll = row.All };
        info.ValidAccessMask = row.All | 0x100000;
        info.PoolType = row.Kind is ObjectKind.Directory or ObjectKind.SymbolicLink or ObjectKind.Key ? POOL_TYPE.PagedPool : POOL_TYPE.NonPagedPool;
    }
}
