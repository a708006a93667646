using System.Buffers.Binary;
using KdSim.Debugging.Commands;

namespace KdSim.Debugging.Structures;

/// <summary>A structure's bytes as they were when it was read, with its address. Fields are asked for by path.</summary>
public sealed class StructureValue(StructureLayout layout, IDebugSession session, ulong address, ReadOnlyMemory<byte> data)
{
    /// <summary>What the bytes are read as.</summary>
    public StructureLayout Layout => layout;
    /// <summary>Where the structure stood.</summary>
    public ulong Address => address;

    /// <summary>How many bytes could be read.</summary>
    public int Readable => data.Length;

    /// <summary>Whether all of it could be read.</summary>
    public bool IsComplete => (ulong)data.Length == layout.Size;
    /// <summary>The bytes that could be read.</summary>
    public ReadOnlyMemory<byte> Data => data;

    /// <summary>Whether this kernel has a field.</summary>
    public bool Has(string path) => layout.Has(path);

    /// <summary>The address of a field in the target.</summary>
    public ulong AddressOf(string path) => address + layout.OffsetOf(path);

    /// <summary>An integer, pointer, enumeration or bit field, zero-extended.</summary>
    public ulong this[string path] => Unsigned(layout.Field(path));

    /// <summary>The same, sign-extended from the field's width.</summary>
    public long Signed(string path)
    {
        FieldPath field = layout.Field(path);
        int bits = field.BitLength > 0 ? field.BitLength : (int)field.Type.Size * 8;
        return bits is 0 or >= 64 ? (long)Unsigned(field) : (long)(Unsigned(field) << (64 - bits)) >> (64 - bits);
    }

    /// <summary>A field that this kernel may not have, or whose memory could not be read.</summary>
    public bool TryGet(string path, out ulong value)
    {
        value = 0;
        if (layout.Type.Find(path) is not { } field || field.Offset + Width(field) > (uint)data.Length)
            return false;
        value = Unsigned(field);
        return true;
    }

    /// <summary>An embedded structure, without another read.</summary>
    public StructureValue Struct(string path)
    {
        FieldPath field = layout.Field(path);
        int start = (int)Math.Min(field.Offset, (uint)data.Length);
        int length = (int)Math.Min(field.Type.Size, (ulong)(data.Length - start));
        return new StructureValue(new StructureLayout(field.Type, session), session, address + field.Offset, data.Slice(start, length));
    }

    /// <summary>The elements of an array of integers or pointers.</summary>
    public IReadOnlyList<ulong> Array(string path)
    {
        FieldPath field = layout.Field(path);
        if (field.Type.Kind != TypeKind.Array || field.Type.Element is not { } element)
            throw new CommandException($"{layout.Name}.{path} is not an array");
        int size = (int)element.Size;
        int count = (int)Math.Min(field.Type.Count, (uint)Math.Max(0, (data.Length - (int)field.Offset) / Math.Max(size, 1)));
        ulong[] values = new ulong[count];
        for (int i = 0; i < count; i++)
            values[i] = ReadInteger(data.Span.Slice((int)field.Offset + i * size, size));
        return values;
    }

    /// <summary>The text of a UNICODE_STRING field; empty when its buffer cannot be read.</summary>
    public string UnicodeString(string path) =>
        session.ReadUnicode(this[path + ".Buffer"], (int)this[path + ".Length"]);

    /// <summary>The name of an enumeration's value, or the number.</summary>
    public string EnumName(string path)
    {
        FieldPath field = layout.Field(path);
        long value = Signed(path);
        foreach ((string name, long known) in field.Type.Values)
            if (known == value)
                return name;
        return value.ToString();
    }

    static uint Width(FieldPath field) => (uint)Math.Min(field.Type.Size, 8);

    ulong Unsigned(FieldPath field)
    {
        uint width = Width(field);
        if (field.Offset + width > (uint)data.Length)
            throw new CommandException($"Memory read error {address + (ulong)data.Length:x16}");
        ulong value = ReadInteger(data.Span.Slice((int)field.Offset, (int)width));
        if (field.BitLength > 0)
            value = value >> field.BitPosition & (field.BitLength >= 64 ? ulong.MaxValue : (1UL << field.BitLength) - 1);
        return value;
    }

    static ulong ReadInteger(ReadOnlySpan<byte> bytes)
    {
        Span<byte> whole = stackalloc byte[8];
        whole.Clear();
        bytes.CopyTo(whole);
        return BinaryPrimitives.ReadUInt64LittleEndian(whole);
    }
}
