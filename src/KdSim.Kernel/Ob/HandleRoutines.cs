using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ob;

/// <summary>Handles as drivers and programs use them: to objects, to other handles, and back. PASSIVE_LEVEL.</summary>
public sealed class HandleRoutines(NtKernel kernel) : KernelComponent(kernel)
{
    private const ulong CurrentProcess = ulong.MaxValue;
    private const ulong CurrentThread = ulong.MaxValue - 1;
    private const uint KernelHandle = 0x200;

    /// <summary>The object behind a handle, referenced, if it has the type (0: any) and the handle gives the access.</summary>
    public NtStatus Resolve(ulong handle, uint access, ulong type, sbyte mode, out ulong body, out uint granted, out uint attributes)
    {
        body = 0;
        granted = 0;
        attributes = 0;
        if (handle is CurrentProcess or CurrentThread)
        {
            body = handle == CurrentProcess ? Kernel.KernelObjects.Process.Address : Kernel.KernelObjects.Thread.Address;
            granted = 0x1F_FFFF;
            ulong own = Memory.ReadU64(Kernel.Data(handle == CurrentProcess ? Datum.PsProcessType : Datum.PsThreadType));
            if (type != 0 && type != own)
                return NtStatus.ObjectTypeMismatch;
            Kernel.Objects.Reference(body);
            return NtStatus.Success;
        }
        bool isKernel = (handle & HandleTables.KernelHandleBits) == HandleTables.KernelHandleBits;
        if (isKernel && mode != 0)
            return NtStatus.InvalidHandle;
        View<HANDLE_TABLE> table = isKernel ? new(Memory.ReadU64(Kernel.Data(Datum.ObpKernelHandleTable))) : new(Kernel.KernelObjects.Process.ObjectTable);
        View<HANDLE_TABLE_ENTRY> entry = table.IsNull ? default : Kernel.HandleTables.Find(table, handle & ~HandleTables.KernelHandleBits);
        if (entry.IsNull)
            return NtStatus.InvalidHandle;
        ulong found = HandleTables.ObjectOf(entry);
        if (type != 0 && Kernel.ObjectTypes.Of(Kernel.ObjectTypes.KindOf(found)).Address != type)
            return NtStatus.ObjectTypeMismatch;
        granted = (uint)entry.HighValue & 0x1FF_FFFF;
        attributes = HandleTables.AttributesOf(entry);
        if (mode != 0 && (access & ~granted) != 0)
            return NtStatus.AccessDenied;
        body = found;
        Kernel.Objects.Reference(body);
        return NtStatus.Success;
    }

    [NtExport("ObReferenceObjectByHandle", MaxIrql = Irql.Passive)]
    public NtStatus ObReferenceObjectByHandle(ulong Handle, uint DesiredAccess, Ptr<OBJECT_TYPE> ObjectType, sbyte AccessMode, Ptr<ulong> Object,
        Ptr<OBJECT_HANDLE_INFORMATION> HandleInformation)
    {
        Object.Write(0);
        NtStatus status = Resolve(Handle, DesiredAccess, ObjectType, AccessMode, out ulong body, out uint granted, out uint attributes);
        if (!status.IsSuccess)
            return status;
        Object.Write(body);
        if (!HandleInformation.IsNull)
            HandleInformation.Write(new OBJECT_HANDLE_INFORMATION { HandleAttributes = attributes, GrantedAccess = granted });
        return NtStatus.Success;
    }

    [NtExport("ObReferenceObjectByHandleWithTag", MaxIrql = Irql.Passive)]
    public NtStatus ObReferenceObjectByHandleWithTag(ulong Handle, uint DesiredAccess, Ptr<OBJECT_TYPE> ObjectType, sbyte AccessMode, uint Tag,
        Ptr<ulong> Object, Ptr<OBJECT_HANDLE_INFORMATION> HandleInformation) =>
        ObReferenceObjectByHandle(Handle, DesiredAccess, ObjectType, AccessMode, Object, HandleInformation);

    /// <summary>A new handle to a referenced object: on success the handle holds one more reference.</summary>
    [NtExport("ObOpenObjectByPointer", MaxIrql = Irql.Passive)]
    public NtStatus ObOpenObjectByPointer(ulong Object, uint HandleAttributes, ulong PassedAccessState, uint DesiredAccess, Ptr<OBJECT_TYPE> ObjectType,
        sbyte AccessMode, Ptr<ulong> Handle)
    {
        ObjectKind kind = Kernel.ObjectTypes.KindOf(Object);
        if (!ObjectType.IsNull && Kernel.ObjectTypes.Of(kind).Address != ObjectType)
            return NtStatus.ObjectTypeMismatch;
        Kernel.Objects.Reference(Object);
        bool isKernel = (HandleAttributes & KernelHandle) != 0;
        ulong handle = Kernel.HandleTables.Insert(Object, Kernel.ObjectTypes.MapAccess(kind, DesiredAccess), HandleAttributes, isKernel);
        if (handle == 0)
        {
            View<OBJECT_HEADER> header = Objects.HeaderOf(Object);
            header.PointerCount--;
            return NtStatus.InsufficientResources;
        }
        Handle.Write(handle);
        return NtStatus.Success;
    }

    [NtExport("ZwClose", MaxIrql = Irql.Passive)]
    [NtExport("NtClose", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> ZwClose(ulong Handle)
    {
        bool isKernel = (Handle & HandleTables.KernelHandleBits) == HandleTables.KernelHandleBits;
        if (isKernel && Kernel.KernelObjects.PreviousMode != 0 && Kernel.CurrentRoutine == Stub.NtClose)
            return NtStatus.InvalidHandle;
        View<HANDLE_TABLE> table = isKernel ? new(Memory.ReadU64(Kernel.Data(Datum.ObpKernelHandleTable))) : new(Kernel.KernelObjects.Process.ObjectTable);
        return await Close(table, Handle & ~HandleTables.KernelHandleBits);
    }

    [NtExport("ObCloseHandle", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> ObCloseHandle(ulong Handle, sbyte PreviousMode)
    {
        bool isKernel = (Handle & HandleTables.KernelHandleBits) == HandleTables.KernelHandleBits;
        if (isKernel && PreviousMode != 0)
            return NtStatus.InvalidHandle;
        View<HANDLE_TABLE> table = isKernel ? new(Memory.ReadU64(Kernel.Data(Datum.ObpKernelHandleTable))) : new(Kernel.KernelObjects.Process.ObjectTable);
        return await Close(table, Handle & ~HandleTables.KernelHandleBits);
    }

    /// <summary>Closes a handle of a table: the type's CloseProcedure hears of each, and the name goes with the last one.</summary>
    public async KTask<NtStatus> Close(View<HANDLE_TABLE> table, ulong handle)
    {
        const uint ProtectFromClose = 1;
        View<HANDLE_TABLE_ENTRY> entry = table.IsNull ? default : Kernel.HandleTables.Find(table, handle);
        if (entry.IsNull)
            return NtStatus.InvalidHandle;
        if ((HandleTables.AttributesOf(entry) & ProtectFromClose) != 0)
            return NtStatus.HandleNotClosable;
        ulong body = HandleTables.ObjectOf(entry);
        Kernel.HandleTables.Remove(table, handle);
        View<OBJECT_HEADER> header = Objects.HeaderOf(body);
        long before = header.HandleCount;
        header.HandleCount = before - 1;
        View<OBJECT_TYPE> type = Kernel.ObjectTypes.Of(Kernel.ObjectTypes.KindOf(body));
        type.TotalNumberOfHandles--;
        if (type.TypeInfo.CloseProcedure is var routine and not 0)
            await Guest.Call(routine, table.QuotaProcess, body, (ulong)before, (ulong)before);
        CheckName(body);
        await Kernel.Objects.Dereference(body);
        return NtStatus.Success;
    }

    /// <summary>Without handles and not permanent, an object loses its name.</summary>
    public void CheckName(ulong body)
    {
        View<OBJECT_HEADER> header = Objects.HeaderOf(body);
        if (header.HandleCount == 0 && !header.PermanentObject)
            Kernel.ObjectDirectories.Remove(body);
    }

    /// <summary>Clears the permanent mark; the reference that it held goes too.</summary>
    public async KTask MakeTemporary(ulong body)
    {
        View<OBJECT_HEADER> header = Objects.HeaderOf(body);
        if (!header.PermanentObject)
            return;
        header.PermanentObject = false;
        CheckName(body);
        await Kernel.Objects.Dereference(body);
    }

    [NtExport("ZwMakeTemporaryObject", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> ZwMakeTemporaryObject(ulong Handle)
    {
        NtStatus status = Resolve(Handle, 0x10000, 0, 0, out ulong body, out _, out _);
        if (!status.IsSuccess)
            return status;
        await MakeTemporary(body);
        await Kernel.Objects.Dereference(body);
        return NtStatus.Success;
    }

    [NtExport("ObMakeTemporaryObject", MaxIrql = Irql.Passive)]
    public void ObMakeTemporaryObject(ulong Object)
    {
        View<OBJECT_HEADER> header = Objects.HeaderOf(Object);
        header.PermanentObject = false;
        CheckName(Object);
    }
}
