using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ex;

/// <summary>
/// Ownership of an ERESOURCE that leaves its thread: a pointer with the two low bits set stands in the owner's place, and ExReleaseResourceForThreadLite
/// names it. IRQL up to DISPATCH.
/// </summary>
public sealed class ResourceOwners(NtKernel kernel) : KernelComponent(kernel)
{
    private const ulong OwnerPointerBits = 3;
    private const uint OwnerPointerIsThread = 1;        // FLAG_OWNER_POINTER_IS_THREAD

    [NtExport("ExSetResourceOwnerPointer", MaxIrql = Irql.Dispatch)]
    public void ExSetResourceOwnerPointer(Ptr<ERESOURCE> Resource, ulong OwnerPointer) => Set(Resource, OwnerPointer, isThread: false);

    [NtExport("ExSetResourceOwnerPointerEx", MaxIrql = Irql.Dispatch)]
    public void ExSetResourceOwnerPointerEx(Ptr<ERESOURCE> Resource, ulong OwnerPointer, uint Flags) =>
        Set(Resource, OwnerPointer, isThread: (Flags & OwnerPointerIsThread) != 0);

    private void Set(Ptr<ERESOURCE> resource, ulong pointer, bool isThread)
    {
        ulong thread = Kernel.Processors.CurrentThread.Address;
        View<OWNER_ENTRY> entry = Kernel.Resources.FindOwner(resource, thread);
        if (!isThread && (pointer & OwnerPointerBits) != OwnerPointerBits)
            throw new GuestBugCheck(BugCheckCode.RESOURCE_OWNER_POINTER_INVALID, resource, pointer);
        if (entry.IsNull)
            throw new GuestBugCheck(BugCheckCode.RESOURCE_NOT_OWNED, resource, thread, resource.View.OwnerTable, 4);
        entry.OwnerThread = pointer;
    }
}
