using System.Runtime.CompilerServices;

namespace KdSim.Nt;

/// <summary>
/// A structure in guest memory, seen field by field: an address and nothing else. The generator gives every <c>[NtType]</c> structure properties
/// on its view; each touches only its own bytes in the ambient memory. A view may live across an await and in a snapshot.
/// </summary>
/// <remarks>Setting a property needs a variable: <c>View&lt;IRP_Tail_Overlay&gt; overlay = irp.Tail.Overlay; overlay.ListEntry = x;</c></remarks>
public readonly record struct View<T>(ulong Address) where T : unmanaged
{
    public static View<T> At(ulong address) => new(address);

    /// <summary>The structure whose field at <paramref name="offset"/> has this address (CONTAINING_RECORD).</summary>
    public static View<T> Containing(ulong fieldAddress, int offset) => new(fieldAddress - (ulong)offset);

    public bool IsNull => Address == 0;

    public Ptr<T> Ptr => new(Address);

    /// <summary>Reads the field of type <typeparamref name="F"/> at an offset.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public F Get<F>(int offset) where F : unmanaged => GuestMemory.Ambient.Load<F>(Address + (ulong)offset);

    /// <summary>Writes the field of type <typeparamref name="F"/> at an offset.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Set<F>(int offset, F value) where F : unmanaged => GuestMemory.Ambient.Store(Address + (ulong)offset, value);

    /// <summary>Reads the whole structure.</summary>
    public T Read() => GuestMemory.Ambient.Load<T>(Address);

    /// <summary>Writes the whole structure.</summary>
    public void Write(T value) => GuestMemory.Ambient.Store(Address, value);

    /// <summary>Fills the whole structure with zeros.</summary>
    public void Clear() => GuestMemory.Ambient.Fill(Address, (ulong)Unsafe.SizeOf<T>(), 0);

    public View<U> As<U>() where U : unmanaged => new(Address);

    public static implicit operator View<T>(Ptr<T> pointer) => new(pointer.Address);

    public static implicit operator Ptr<T>(View<T> view) => new(view.Address);

    public override string ToString() => $"{Address:x16}";
}
