using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace KdSim.Machine.Snapshots;

/// <summary>
/// Gathers the state of a machine into one number (XxHash128). Everything is added in one fixed order; collections are preceded by their
/// count or tag, so that no two different states run together.
/// </summary>
public sealed class StateHasher
{
    private readonly XxHash128 _hash = new();

    /// <summary>Adds the bytes of a value. Its type must have no padding.</summary>
    public void Add<T>(T value)
        where T : unmanaged => _hash.Append(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));

    public void Add(ReadOnlySpan<byte> bytes)
    {
        Add(bytes.Length);
        _hash.Append(bytes);
    }

    public void Add(string text) => Add(MemoryMarshal.AsBytes(text.AsSpan()));

    public UInt128 Current => _hash.GetCurrentHashAsUInt128();
}
