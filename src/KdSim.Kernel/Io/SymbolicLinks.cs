using KdSim.Kernel.Ob;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Io;

/// <summary>IoCreateSymbolicLink and its kin. PASSIVE_LEVEL.</summary>
public sealed class SymbolicLinks(NtKernel kernel) : KernelComponent(kernel)
{
    [NtExport("IoCreateSymbolicLink", MaxIrql = Irql.Passive)]
    public NtStatus IoCreateSymbolicLink(Ptr<UNICODE_STRING> SymbolicLinkName, Ptr<UNICODE_STRING> DeviceName) =>
        Create(Kernel.UnicodeStrings.Read(SymbolicLinkName), Kernel.UnicodeStrings.Read(DeviceName));

    [NtExport("IoCreateUnprotectedSymbolicLink", MaxIrql = Irql.Passive)]
    public NtStatus IoCreateUnprotectedSymbolicLink(Ptr<UNICODE_STRING> SymbolicLinkName, Ptr<UNICODE_STRING> DeviceName) =>
        IoCreateSymbolicLink(SymbolicLinkName, DeviceName);

    [NtExport("IoDeleteSymbolicLink", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> IoDeleteSymbolicLink(Ptr<UNICODE_STRING> SymbolicLinkName)
    {
        NameLookup found = Kernel.ObjectNamespace.LookupLink(Kernel.UnicodeStrings.Read(SymbolicLinkName));
        if (!found.Status.IsSuccess)
            return found.Status;
        if (Kernel.ObjectTypes.KindOf(found.Object) != ObjectKind.SymbolicLink)
            return NtStatus.ObjectTypeMismatch;
        await Kernel.HandleRoutines.MakeTemporary(found.Object);
        return NtStatus.Success;
    }

    /// <summary>Makes a permanent link; also for device interfaces.</summary>
    public NtStatus Create(string name, string target)
    {
        (NtStatus status, ulong directory, string last) = Kernel.ObjectNamespace.PlaceFor(name);
        if (status.IsSuccess)
            Kernel.ObjectNamespace.CreateLink(directory, last, target);
        return status;
    }

    /// <summary>The type's DeleteProcedure.</summary>
    [NtRoutine("ObpDeleteSymbolicLink", MaxIrql = Irql.Passive)]
    public void ObpDeleteSymbolicLink(Ptr<OBJECT_SYMBOLIC_LINK> Link) => Kernel.Objects.FreeString(Link.View.LinkTarget);
}
