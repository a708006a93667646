using KdSim.Kernel.Ps;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ob;

/// <summary>References by pointer and by name, names of objects, and what opens an object by its name.</summary>
public sealed class ObjectRoutines(NtKernel kernel) : KernelComponent(kernel)
{
    [NtExport("ObfReferenceObject", MaxIrql = Irql.Dispatch)]
    public long ObfReferenceObject(ulong Object) => Kernel.Objects.Reference(Object);

    [NtExport("ObfReferenceObjectWithTag", MaxIrql = Irql.Dispatch)]
    public long ObfReferenceObjectWithTag(ulong Object, uint Tag) => Kernel.Objects.Reference(Object);

    [NtExport("ObReferenceObjectByPointer", MaxIrql = Irql.Dispatch)]
    public NtStatus ObReferenceObjectByPointer(ulong Object, uint DesiredAccess, Ptr<OBJECT_TYPE> ObjectType, sbyte AccessMode)
    {
        ObjectKind kind = Kernel.ObjectTypes.KindOf(Object);
        if (Kernel.ObjectTypes.Of(kind).Address != ObjectType && (AccessMode != 0 || kind == ObjectKind.SymbolicLink))
            return NtStatus.ObjectTypeMismatch;
        Kernel.Objects.Reference(Object);
        return NtStatus.Success;
    }

    [NtExport("ObReferenceObjectByPointerWithTag", MaxIrql = Irql.Dispatch)]
    public NtStatus ObReferenceObjectByPointerWithTag(ulong Object, uint DesiredAccess, Ptr<OBJECT_TYPE> ObjectType, sbyte AccessMode, uint Tag) =>
        ObReferenceObjectByPointer(Object, DesiredAccess, ObjectType, AccessMode);

    [NtExport("ObIsKernelHandle", MaxIrql = Irql.Apc)]
    public bool ObIsKernelHandle(ulong Handle) => (Handle & HandleTables.KernelHandleBits) == HandleTables.KernelHandleBits;

    [NtExport("ObGetObjectType", MaxIrql = Irql.Dispatch)]
    public Ptr<OBJECT_TYPE> ObGetObjectType(ulong Object) => Kernel.ObjectTypes.Of(Kernel.ObjectTypes.KindOf(Object)).Ptr;

    [NtExport("ObfDereferenceObject", MaxIrql = Irql.Dispatch)]
    public async KTask<long> ObfDereferenceObject(ulong Object) => await Kernel.Objects.Dereference(Object);

    [NtExport("ObfDereferenceObjectWithTag", MaxIrql = Irql.Dispatch)]
    public async KTask<long> ObfDereferenceObjectWithTag(ulong Object, uint Tag) => await Kernel.Objects.Dereference(Object);

    [NtExport("ObDereferenceObjectDeferDelete", MaxIrql = Irql.Dispatch)]
    public async KTask<long> ObDereferenceObjectDeferDelete(ulong Object) => await Kernel.Objects.Dereference(Object);

    /// <summary>The object of a name, referenced: for drivers' names, mostly. Objects whose type parses names are opened otherwise.</summary>
    [NtExport("ObReferenceObjectByName", MaxIrql = Irql.Passive)]
    public NtStatus ObReferenceObjectByName(Ptr<UNICODE_STRING> ObjectName, uint Attributes, ulong AccessState, uint DesiredAccess,
        Ptr<OBJECT_TYPE> ObjectType, sbyte AccessMode, ulong ParseContext, Ptr<ulong> Object)
    {
        if (!Kernel.CallerMemory.TryReadString(ObjectName, AccessMode, out string name))
            return NtStatus.AccessViolation;
        NameLookup found = Kernel.ObjectNamespace.Lookup(name, 0, (Attributes & 0x40) != 0);
        Kernel.Objects.FreeString(found.Remaining);
        if (!found.Status.IsSuccess)
            return found.Status;
        if (!ObjectType.IsNull && Kernel.ObjectTypes.Of(Kernel.ObjectTypes.KindOf(found.Object)).Address != ObjectType)
            return NtStatus.ObjectTypeMismatch;
        Kernel.Objects.Reference(found.Object);
        Object.Write(found.Object);
        return NtStatus.Success;
    }

    /// <summary>OBJECT_NAME_INFORMATION and behind it the path; a file's is its device's path and its own name.</summary>
    [NtExport("ObQueryNameString", MaxIrql = Irql.Passive)]
    public NtStatus ObQueryNameString(ulong Object, Ptr<OBJECT_NAME_INFORMATION> ObjectNameInfo, uint Length, Ptr<uint> ReturnLength)
    {
        string path = NameOf(Object);
        uint needed = (uint)OBJECT_NAME_INFORMATION.SizeOf + (path.Length == 0 ? 0 : (uint)path.Length * 2 + 2);
        ReturnLength.Write(needed);
        if (Length < needed)
            return Length < (uint)OBJECT_NAME_INFORMATION.SizeOf ? NtStatus.InfoLengthMismatch : NtStatus.BufferOverflow;
        ulong buffer = ObjectNameInfo.Address + (ulong)OBJECT_NAME_INFORMATION.SizeOf;
        if (path.Length != 0)
        {
            Memory.Write(buffer, System.Text.Encoding.Unicode.GetBytes(path));
            Memory.WriteU16(buffer + (ulong)path.Length * 2, 0);
        }
        new Ptr<UNICODE_STRING>(ObjectNameInfo).Write(path.Length == 0 ? default : new UNICODE_STRING
        {
            Length = (ushort)(path.Length * 2),
            MaximumLength = (ushort)(path.Length * 2 + 2),
            Buffer = new Ptr<char>(buffer),
        });
        return NtStatus.Success;
    }

    /// <summary>
    /// Opens by OBJECT_ATTRIBUTES: walks the name, lets the type of the object that it ends in parse the rest, and makes a handle. The ParseProcedure is
    /// called as NT calls it: (ParseObject, ObjectType, AccessState: the granted access, AccessMode, Attributes, CompleteName,
    /// RemainingName, Context, 0, Object).
    /// </summary>
    public async KTask<NtStatus> OpenByName(Ptr<OBJECT_ATTRIBUTES> attributes, ObjectKind kind, uint access, sbyte mode, ulong context, Ptr<ulong> handle)
    {
        NtStatus status = Find(attributes, mode, out NameLookup found, out uint flags);
        if (!status.IsSuccess)
            return status;
        ulong body = found.Object;
        View<OBJECT_TYPE> type = Kernel.ObjectTypes.Of(Kernel.ObjectTypes.KindOf(body));
        if (type.TypeInfo.ParseProcedure is var parse and not 0)
        {
            View<UNICODE_STRING> name = Guest.Scratch<UNICODE_STRING>();
            name.Write(found.Remaining);
            ulong result = Guest.Scratch(8);
            status = await Guest.Call(parse, body, type.Address, access, (ulong)mode, flags, name.Address, name.Address, context, 0, result);
            Kernel.Objects.FreeString(found.Remaining);
            if (!status.IsSuccess)
                return status;
            body = Memory.ReadU64(result);
        }
        else
        {
            Kernel.Objects.Reference(body);
        }
        return await MakeHandle(body, kind, access, flags, mode, handle);
    }

    /// <summary>Gives a referenced object a handle; the reference becomes the handle's, or goes if that fails.</summary>
    public async KTask<NtStatus> MakeHandle(ulong body, ObjectKind kind, uint access, uint attributes, sbyte mode, Ptr<ulong> handle)
    {
        NtStatus status = NtStatus.Success;
        if (kind != ObjectKind.None && Kernel.ObjectTypes.KindOf(body) != kind)
            status = NtStatus.ObjectTypeMismatch;
        else if (Kernel.HandleTables.Insert(body, Kernel.ObjectTypes.MapAccess(kind, access), attributes, (attributes & 0x200) != 0) is var made and not 0)
            return Kernel.CallerMemory.TryWrite(handle, made, mode) ? NtStatus.Success : NtStatus.AccessViolation;
        else
            status = NtStatus.InsufficientResources;
        await Kernel.Objects.Dereference(body);
        return status;
    }

    private NtStatus Find(Ptr<OBJECT_ATTRIBUTES> attributes, sbyte mode, out NameLookup found, out uint flags)
    {
        found = default;
        NtStatus status = Kernel.CallerMemory.Capture(attributes, mode, out CapturedName captured);
        flags = captured.Attributes;
        if (!status.IsSuccess)
            return status;
        ulong from = 0;
        if (captured.RootDirectory != 0)
        {
            status = Kernel.HandleRoutines.Resolve(captured.RootDirectory, 0, 0, mode, out from, out _, out _);
            if (!status.IsSuccess)
                return status;
            View<OBJECT_HEADER> header = Objects.HeaderOf(from);
            header.PointerCount--; // The handle keeps it; the look-up takes no time.
        }
        found = Kernel.ObjectNamespace.Lookup(captured.Name, from, captured.IgnoresCase);
        return found.Status;
    }

    private string NameOf(ulong body)
    {
        if (Kernel.ObjectTypes.KindOf(body) != ObjectKind.File)
            return Kernel.ObjectNamespace.PathOf(body);
        View<FILE_OBJECT> file = new(body);
        return Kernel.ObjectNamespace.PathOf(file.DeviceObject) + Kernel.Objects.ReadName(file.FileName);
    }
}
