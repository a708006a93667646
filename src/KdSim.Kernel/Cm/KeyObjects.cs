using KdSim.Kernel.Ob;
using KdSim.Nt;

namespace KdSim.Kernel.Cm;

/// <summary>Key objects: what handles to keys point to. Their body in guest memory holds the number of a key of the registry. PASSIVE_LEVEL.</summary>
public sealed class KeyObjects(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Signature = 0x6B793032; // NT's mark of a key body

    /// <summary>A new key object with one reference.</summary>
    public ulong Create(int key)
    {
        ulong body = Kernel.Objects.Allocate(ObjectKind.Key, CM_KEY_BODY.SizeOf);
        View<CM_KEY_BODY> view = new(body);
        view.Type = Signature;
        view.KeyNumber = (uint)key;
        return body;
    }

    /// <summary>The number of the key that a key object stands for; false if the key has been deleted.</summary>
    public bool TryGet(ulong body, out int key)
    {
        key = (int)new View<CM_KEY_BODY>(body).KeyNumber;
        return Kernel.Roots.Registry.Exists(key);
    }

    /// <summary>The referenced object behind a key handle, and its key.</summary>
    internal NtStatus Resolve(ulong handle, uint access, out ulong body, out int key)
    {
        key = 0;
        ulong type = Kernel.ObjectTypes.Of(ObjectKind.Key).Address;
        return Kernel.HandleRoutines.Resolve(handle, access, type, 0, out body, out _, out _) is var status and not NtStatus.Success
            ? status
            : TryGet(body, out key) ? NtStatus.Success : NtStatus.KeyDeleted;
    }

    /// <summary>The key behind a handle, for routines that only need its number.</summary>
    internal NtStatus TryFind(ulong handle, out int key)
    {
        NtStatus status = Resolve(handle, 0, out ulong body, out key);
        if (body != 0)
            Release(body);
        return status;
    }

    /// <summary>Gives back a reference that the object's handle outlives.</summary>
    internal static void Release(ulong body)
    {
        View<OBJECT_HEADER> header = Objects.HeaderOf(body);
        header.PointerCount--;
    }
}
