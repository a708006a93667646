using KdSim.Nt;

namespace KdSim.Kernel.Ob;

/// <summary>The bare memory of an object: an OBJECT_HEADER and a zeroed body in nonpaged pool, with one reference.</summary>
public sealed class ObjectHeaders(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>Bytes of the header before the body.</summary>
    public const ulong Size = OBJECT_HEADER.Offsets.Body;

    /// <summary>Returns the body's address, or 0 if there is no memory.</summary>
    internal ulong TryCreate(int bodySize, uint tag)
    {
        ulong block = Kernel.Pool.TryAllocate(POOL_TYPE.NonPagedPoolNx, Size + (ulong)bodySize, tag);
        if (block == 0)
            return 0;
        Memory.Fill(block, Size + (ulong)bodySize, 0);
        View<OBJECT_HEADER> header = new(block);
        header.PointerCount = 1;
        header.KernelObject = true;
        return block + Size;
    }

    internal void Reference(ulong body)
    {
        View<OBJECT_HEADER> header = new(body - Size);
        header.PointerCount++;
    }
}
