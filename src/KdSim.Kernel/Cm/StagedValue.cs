using KdSim.Kernel.Rtl;
using KdSim.Nt;

namespace KdSim.Kernel.Cm;

/// <summary>A value in guest memory, for a callback: one pool block holds its data and behind it its name.</summary>
internal readonly record struct StagedValue(ulong Block, ulong Name, uint Type, ulong Data, uint Length)
{
    public bool IsNull => Block == 0;
}

/// <summary>Copies values of the registry to paged pool, since drivers' routines get pointers. PASSIVE_LEVEL.</summary>
public sealed class ValueStaging(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Tag = 0x20204D43; // "CM  "

    /// <summary>A value by name; null if there is none.</summary>
    internal StagedValue Find(int key, string name) =>
        Kernel.Roots.Registry.Exists(key) && Kernel.Roots.Registry[key].Value(name) is { } value ? Stage(value) : default;

    /// <summary>A value by its index; null behind the last.</summary>
    internal StagedValue At(int key, int index) =>
        Kernel.Roots.Registry.Exists(key) && index < Kernel.Roots.Registry[key].Values.Length ? Stage(Kernel.Roots.Registry[key].Values[index]) : default;

    internal void Free(StagedValue value) => Kernel.Pool.Free(value.Block, Tag);

    /// <summary>A block for a text made on the way, such as an expanded one.</summary>
    internal StagedValue Replace(StagedValue old, uint type, string text)
    {
        byte[] bytes = Utf16.Bytes(text + "\0"), name = Utf16.Bytes(Memory.ReadUnicode(old.Name) + "\0");
        Free(old);
        return Stage(bytes, name, type);
    }

    private StagedValue Stage(RegistryValue value) => Stage(value.Data.AsSpan(), Utf16.Bytes(value.Name + "\0"), (uint)value.Type);

    private StagedValue Stage(ReadOnlySpan<byte> data, ReadOnlySpan<byte> name, uint type)
    {
        // Two NULs behind the data: what calls itself a string need not end with one.
        ulong nameOffset = (ulong)(data.Length + 4 + 7 & ~7);
        ulong block = Kernel.Pool.Allocate(POOL_TYPE.PagedPool, nameOffset + (ulong)name.Length, Tag);
        Memory.Write(block, data);
        Memory.Write(block + nameOffset, name);
        return new StagedValue(block, block + nameOffset, type, block, (uint)data.Length);
    }
}
