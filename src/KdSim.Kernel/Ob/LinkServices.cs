using KdSim.Kernel.Ps;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ob;

/// <summary>System services for symbolic links and directories, from kernel mode. PASSIVE_LEVEL.</summary>
public sealed class LinkServices(NtKernel kernel) : KernelComponent(kernel)
{
    [NtExport("ZwOpenSymbolicLinkObject", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> ZwOpenSymbolicLinkObject(Ptr<ulong> LinkHandle, uint DesiredAccess, Ptr<OBJECT_ATTRIBUTES> ObjectAttributes)
    {
        NtStatus status = FindLink(ObjectAttributes, out ulong link, out uint attributes);
        return status.IsSuccess ? await Kernel.ObjectRoutines.MakeHandle(link, ObjectKind.SymbolicLink, DesiredAccess, attributes, 0, LinkHandle) : status;
    }

    [NtExport("ZwQuerySymbolicLinkObject", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> ZwQuerySymbolicLinkObject(ulong LinkHandle, Ptr<UNICODE_STRING> LinkTarget, Ptr<uint> ReturnedLength)
    {
        ulong type = Memory.ReadU64(Kernel.Data(Datum.ObpSymbolicLinkObjectType));
        NtStatus status = Kernel.HandleRoutines.Resolve(LinkHandle, 1, type, 0, out ulong link, out _, out _);
        if (!status.IsSuccess)
            return status;
        string target = Kernel.ObjectNamespace.TargetOf(link);
        if (!ReturnedLength.IsNull)
            ReturnedLength.Write((uint)target.Length * 2 + 2);
        bool fits = target.Length * 2 <= LinkTarget.View.MaximumLength;
        if (fits)
            Kernel.UnicodeStrings.TryWrite(LinkTarget, target);
        await Kernel.Objects.Dereference(link);
        return fits ? NtStatus.Success : NtStatus.BufferTooSmall;
    }

    [NtExport("ZwCreateSymbolicLinkObject", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> ZwCreateSymbolicLinkObject(Ptr<ulong> LinkHandle, uint DesiredAccess, Ptr<OBJECT_ATTRIBUTES> ObjectAttributes,
        Ptr<UNICODE_STRING> LinkTarget)
    {
        NtStatus status = Place(ObjectAttributes, out ulong directory, out string name, out uint attributes);
        if (!status.IsSuccess)
            return status;
        ulong link = Kernel.ObjectNamespace.CreateLink(directory, name, Kernel.Objects.ReadName(LinkTarget.Read()));
        SetLifetime(link, attributes);
        return await Kernel.ObjectRoutines.MakeHandle(link, ObjectKind.SymbolicLink, DesiredAccess, attributes, 0, LinkHandle);
    }

    [NtExport("ZwCreateDirectoryObject", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> ZwCreateDirectoryObject(Ptr<ulong> DirectoryHandle, uint DesiredAccess, Ptr<OBJECT_ATTRIBUTES> ObjectAttributes)
    {
        NtStatus status = Place(ObjectAttributes, out ulong parent, out string name, out uint attributes);
        if (!status.IsSuccess)
            return status;
        ulong directory = Kernel.ObjectNamespace.CreateDirectory(parent, name);
        SetLifetime(directory, attributes);
        return await Kernel.ObjectRoutines.MakeHandle(directory, ObjectKind.Directory, DesiredAccess, attributes, 0, DirectoryHandle);
    }

    [NtExport("ZwOpenDirectoryObject", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> ZwOpenDirectoryObject(Ptr<ulong> DirectoryHandle, uint DesiredAccess, Ptr<OBJECT_ATTRIBUTES> ObjectAttributes) =>
        await Kernel.ObjectRoutines.OpenByName(ObjectAttributes, ObjectKind.Directory, DesiredAccess, 0, 0, DirectoryHandle);

    /// <summary>A permanent object keeps the first reference for itself and the handle gets another; otherwise the first is the handle's.</summary>
    private void SetLifetime(ulong body, uint attributes)
    {
        const uint Permanent = 0x10;
        View<OBJECT_HEADER> header = Objects.HeaderOf(body);
        header.PermanentObject = (attributes & Permanent) != 0;
        if (header.PermanentObject)
            Kernel.Objects.Reference(body);
    }

    private NtStatus FindLink(Ptr<OBJECT_ATTRIBUTES> attributes, out ulong link, out uint flags)
    {
        link = 0;
        NtStatus status = Kernel.CallerMemory.Capture(attributes, 0, out CapturedName captured);
        flags = captured.Attributes;
        if (!status.IsSuccess)
            return status;
        NameLookup found = Kernel.ObjectNamespace.LookupLink(captured.Name, RootOf(captured));
        if (!found.Status.IsSuccess)
            return found.Status;
        if (Kernel.ObjectTypes.KindOf(found.Object) != ObjectKind.SymbolicLink)
            return NtStatus.ObjectTypeMismatch;
        link = found.Object;
        Kernel.Objects.Reference(link);
        return NtStatus.Success;
    }

    private NtStatus Place(Ptr<OBJECT_ATTRIBUTES> attributes, out ulong directory, out string name, out uint flags)
    {
        directory = 0;
        name = "";
        NtStatus status = Kernel.CallerMemory.Capture(attributes, 0, out CapturedName captured);
        flags = captured.Attributes;
        if (status.IsSuccess)
            (status, directory, name) = Kernel.ObjectNamespace.PlaceFor(captured.Name, RootOf(captured));
        return status;
    }

    private ulong RootOf(CapturedName captured)
    {
        View<HANDLE_TABLE_ENTRY> entry = captured.RootDirectory == 0 ? default : Kernel.HandleTables.Find(captured.RootDirectory);
        return entry.IsNull ? 0 : HandleTables.ObjectOf(entry);
    }
}
