using System.Runtime.CompilerServices;

namespace KdSim.Nt;

/// <summary>
/// An array inside a structure in guest memory. A count of zero or one means that its length stands elsewhere (C's <c>[ANYSIZE_ARRAY]</c>).
/// </summary>
public readonly record struct ViewArray<T>(ulong Address, int Count) where T : unmanaged
{
    public T this[int index]
    {
        get => GuestMemory.Ambient.Load<T>(AddressOf(index));
        set => GuestMemory.Ambient.Store(AddressOf(index), value);
    }

    /// <summary>The indexer's setter as a method: C# allows it on the result of a property.</summary>
    public void Set(int index, T value) => GuestMemory.Ambient.Store(AddressOf(index), value);

    /// <summary>The element as a view, for elements that are structures.</summary>
    public View<T> At(int index) => new(AddressOf(index));

    public ulong AddressOf(int index)
    {
        if (index < 0 || (Count > 1 && index >= Count))
            throw new ArgumentOutOfRangeException(nameof(index), index, $"the array has {Count} elements");
        return Address + (ulong)index * (ulong)Unsafe.SizeOf<T>();
    }

    public Ptr<T> Ptr => new(Address);
}
