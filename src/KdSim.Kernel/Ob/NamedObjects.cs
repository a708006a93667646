using KdSim.Kernel.Ps;
using KdSim.Nt;

namespace KdSim.Kernel.Ob;

/// <summary>Objects that system services create by OBJECT_ATTRIBUTES, with a name or without. PASSIVE_LEVEL.</summary>
public sealed class NamedObjects(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Permanent = 0x10, OpenIf = 0x80;

    /// <summary>
    /// A new zeroed object in its directory: STATUS_SUCCESS; with OBJ_OPENIF one of the kind that was there, referenced: STATUS_OBJECT_NAME_EXISTS. The
    /// caller fills a new one and makes the handle, to which the reference goes.
    /// </summary>
    public NtStatus Create(Ptr<OBJECT_ATTRIBUTES> attributes, sbyte mode, ObjectKind kind, ulong bodySize, out ulong body, out uint flags)
    {
        body = 0;
        flags = 0;
        if (attributes.IsNull)
        {
            body = Kernel.Objects.Allocate(kind, bodySize);
            return NtStatus.Success;
        }
        NtStatus status = Kernel.CallerMemory.Capture(attributes, mode, out CapturedName captured);
        flags = captured.Attributes;
        if (!status.IsSuccess)
            return status;
        if (captured.Name.Length == 0)
        {
            body = Kernel.Objects.Allocate(kind, bodySize);
            return NtStatus.Success;
        }
        status = RootOf(captured.RootDirectory, mode, out ulong root);
        return status.IsSuccess ? CreateNamed(captured, root, kind, bodySize, out body) : status;
    }

    private NtStatus CreateNamed(CapturedName captured, ulong root, ObjectKind kind, ulong bodySize, out ulong body)
    {
        body = 0;
        NameLookup found = Kernel.ObjectNamespace.Lookup(captured.Name, root, captured.IgnoresCase);
        Kernel.Objects.FreeString(found.Remaining);
        if (found.Status.IsSuccess)
        {
            if ((captured.Attributes & OpenIf) == 0)
                return NtStatus.ObjectNameCollision;
            if (Kernel.ObjectTypes.KindOf(found.Object) != kind)
                return NtStatus.ObjectTypeMismatch;
            body = found.Object;
            Kernel.Objects.Reference(body);
            return NtStatus.ObjectNameExists;
        }
        if (found.Directory == 0)
            return found.Status;
        body = Kernel.Objects.Allocate(kind, bodySize, captured.Name[(captured.Name.LastIndexOf('\\') + 1)..]);
        Kernel.ObjectDirectories.Insert(found.Directory, body);
        if ((captured.Attributes & Permanent) != 0)
        {
            ObjectNamespace.MakePermanent(body);
            Kernel.Objects.Reference(body);
        }
        return NtStatus.Success;
    }

    /// <summary>The directory behind a handle; its handle keeps it for as long as the service runs.</summary>
    private NtStatus RootOf(ulong handle, sbyte mode, out ulong root)
    {
        root = 0;
        if (handle == 0)
            return NtStatus.Success;
        NtStatus status = Kernel.HandleRoutines.Resolve(handle, 0, 0, mode, out root, out _, out _);
        if (status.IsSuccess)
        {
            View<OBJECT_HEADER> header = Objects.HeaderOf(root);
            header.PointerCount--;
        }
        return status;
    }
}
