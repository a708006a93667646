using System.Runtime.CompilerServices;

namespace KdSim.Nt;

/// <summary>A typed guest address, 8 bytes, as it stands in a structure. It holds no reference to a memory: access goes through <see cref="View"/>.</summary>
public readonly record struct Ptr<T>(ulong Address) where T : unmanaged
{
    public bool IsNull => Address == 0;

    public View<T> View => new(Address);

    /// <summary>Reads the whole value from the ambient memory.</summary>
    public T Read() => GuestMemory.Ambient.Load<T>(Address);

    /// <summary>Writes the whole value to the ambient memory.</summary>
    public void Write(T value) => GuestMemory.Ambient.Store(Address, value);

    public Ptr<U> As<U>() where U : unmanaged => new(Address);

    public Ptr<T> AddBytes(long bytes) => new(Address + (ulong)bytes);

    public static Ptr<T> operator +(Ptr<T> pointer, long elements) => pointer.AddBytes(elements * Unsafe.SizeOf<T>());

    public static Ptr<T> operator -(Ptr<T> pointer, long elements) => pointer.AddBytes(-elements * Unsafe.SizeOf<T>());

    public static implicit operator ulong(Ptr<T> pointer) => pointer.Address;

    public static explicit operator Ptr<T>(ulong address) => new(address);

    public override string ToString() => $"{Address:x16}";
}
