using System.Buffers.Binary;

namespace KdSim.Symbols.Pdb;

/// <summary>
/// The records of a TPI or IPI stream by index. One pass over the lengths finds them; each is decoded when asked for. Names are found
/// through an index made on first use.
/// </summary>
internal sealed class TypeTable
{
    const uint MaxTypes = 0x0100_0000;

    readonly ReadOnlyMemory<byte> _records;
    readonly string _file;
    readonly string _stream;
    readonly uint _first;
    readonly int[] _offsets;
    readonly Dictionary<uint, PdbType> _types = [];
    Dictionary<string, uint>? _byName;
    Dictionary<string, uint>? _byUniqueName;

    public TypeTable(ReadOnlyMemory<byte> stream, string file, string name)
    {
        (_file, _stream) = (file, name);
        if (stream.IsEmpty)
        {
            (_first, _offsets) = (CodeView.FirstTypeIndex, []);
            return;
        }
        var cursor = new PdbCursor(stream.Span, file, name);
        uint version = cursor.UInt32();
        // 5.0 (1996), 7.0 (1999), 8.0 (2004); older ones have 16-bit indices.
        if (version is not (19961031 or 19990903 or 20040203 or 20091201))
            throw cursor.Bad($"version {version} is not known; 19990903 or 20040203 was expected");
        uint headerSize = cursor.UInt32();
        _first = cursor.UInt32();
        uint end = cursor.UInt32(), bytes = cursor.UInt32();
        if (_first < CodeView.FirstTypeIndex || end < _first || end - _first > MaxTypes || end - _first > bytes / 4)
            throw cursor.Bad($"type indices 0x{_first:x} to 0x{end:x} do not fit {bytes} bytes of records");
        cursor.Seek(headerSize);
        if (bytes > cursor.Left)
            throw cursor.Bad($"{bytes} bytes of records expected, {cursor.Left} left");
        _records = stream.Slice(cursor.Position, (int)bytes);
        _offsets = new int[end - _first];
        var span = _records.Span;
        int at = 0;
        for (int i = 0; i < _offsets.Length; i++)
        {
            _offsets[i] = at;
            int length = at + 4 <= span.Length ? BinaryPrimitives.ReadUInt16LittleEndian(span[at..]) : 0;
            if (length < 2 || at + 2 + length > span.Length)
                throw new BadPdbException(file, $"{name} stream, record 0x{_first + i:x} at 0x{headerSize + at:x}: length {length} does not fit");
            at += 2 + length;
        }
    }

    public int Count => _offsets.Length;

    public static bool IsUnnamed(string name) =>
        name.EndsWith("<unnamed-tag>", StringComparison.Ordinal) || name.EndsWith("<anonymous-tag>", StringComparison.Ordinal)
        || name.EndsWith("__unnamed", StringComparison.Ordinal) || name.Contains("<unnamed-type-", StringComparison.Ordinal);

    /// <summary>A record's kind and contents, or false for an index outside the stream.</summary>
    bool TryRecord(uint index, out ushort kind, out PdbCursor body)
    {
        if (index < _first || index - _first >= _offsets.Length)
        {
            kind = 0;
            body = default;
            return false;
        }
        int at = _offsets[index - _first];
        var span = _records.Span[at..];
        int length = BinaryPrimitives.ReadUInt16LittleEndian(span);
        kind = BinaryPrimitives.ReadUInt16LittleEndian(span[2..]);
        body = new(span.Slice(4, length - 2), _file, _stream, at + 4);
        return true;
    }

    public PdbType Get(uint index)
    {
        if (_types.TryGetValue(index, out var known))
            return known;
        var type = index < _first ? Simple(index) : Decode(index);
        _types[index] = type;
        return type;
    }

    PdbType Simple(uint index)
    {
        var kind = (PrimitiveKind)(index & 0xff);
        return ((index >> 8) & 0xf) switch
        {
            0 => new PdbPrimitiveType(index, kind),
            6 => new PdbPointerType(index, this, index & 0xff, 8, false),
            4 or 5 => new PdbPointerType(index, this, index & 0xff, 4, false),
            _ => new PdbUnknownType(index, (ushort)index),
        };
    }

    PdbType Decode(uint index)
    {
        if (!TryRecord(index, out ushort kind, out var body))
            throw new BadPdbException(_file, $"{_stream} stream: type index 0x{index:x} is outside 0x{_first:x} to 0x{_first + _offsets.Length:x}");
        switch (kind)
        {
            case CodeView.LF_POINTER:
                uint target = body.UInt32(), attributes = body.UInt32();
                uint size = (attributes >> 13) & 0x3f;
                uint mode = (attributes >> 5) & 7;
                return new PdbPointerType(index, this, target, size is 4 or 8 ? size : (attributes & 0x1f) == 0xc ? 8u : 4u, mode is 1 or 4);
            case CodeView.LF_MODIFIER:
                return new PdbModifierType(index, this, body.UInt32(), body.UInt16());
            case CodeView.LF_BITFIELD:
                return new PdbBitFieldType(index, this, body.UInt32(), length: body.Byte(), position: body.Byte());
            case CodeView.LF_ARRAY:
                uint element = body.UInt32();
                body.Skip(4);
                return new PdbArrayType(index, this, element, (ulong)body.Number());
            case CodeView.LF_PROCEDURE:
                uint result = body.UInt32();
                body.Skip(4);
                return new PdbFunctionType(index, this, result, ReadArguments(body.UInt32()));
            case CodeView.LF_MFUNCTION:
                uint methodResult = body.UInt32();
                body.Skip(12);
                return new PdbFunctionType(index, this, methodResult, ReadArguments(body.UInt32()));
            case CodeView.LF_CLASS or CodeView.LF_STRUCTURE or CodeView.LF_UNION or CodeView.LF_INTERFACE or CodeView.LF_ENUM:
                return DecodeTagged(index, kind, ref body);
            default:
                return new PdbUnknownType(index, kind);
        }
    }

    PdbType DecodeTagged(uint index, ushort kind, ref PdbCursor body)
    {
        var tag = ReadTag(kind, ref body);
        if ((tag.Options & CodeView.ForwardReference) != 0 && FindDefinition(tag) is { } definition && definition != index)
            return Get(definition);
        if (kind == CodeView.LF_ENUM)
            return new PdbEnumType(index, this, tag.Name, tag.Underlying, tag.FieldList);
        var udtKind = kind switch
        {
            CodeView.LF_UNION => PdbUdtKind.Union,
            CodeView.LF_CLASS => PdbUdtKind.Class,
            CodeView.LF_INTERFACE => PdbUdtKind.Interface,
            _ => PdbUdtKind.Struct,
        };
        return new PdbUdtType(index, this, udtKind, tag.Name, tag.Size, tag.FieldList, tag.Options);
    }

    readonly record struct Tag(string Name, string? UniqueName, ulong Size, uint FieldList, uint Underlying, ushort Options);

    static Tag ReadTag(ushort kind, ref PdbCursor body)
    {
        body.Skip(2);
        ushort options = body.UInt16();
        uint underlying = kind == CodeView.LF_ENUM ? body.UInt32() : 0;
        uint fields = body.UInt32();
        if (kind is not (CodeView.LF_ENUM or CodeView.LF_UNION))
            body.Skip(8);
        ulong size = kind == CodeView.LF_ENUM ? 0 : (ulong)body.Number();
        string name = body.Text();
        string? unique = (options & CodeView.HasUniqueName) != 0 && body.Left > 0 ? body.Text() : null;
        return new(name, unique, size, fields, underlying, options);
    }

    uint? FindDefinition(Tag tag)
    {
        BuildNames();
        if (tag.UniqueName is not null && _byUniqueName!.TryGetValue(tag.UniqueName, out uint unique))
            return unique;
        return !IsUnnamed(tag.Name) && _byName!.TryGetValue(tag.Name, out uint index) ? index : null;
    }

    void BuildNames()
    {
        if (_byName is not null)
            return;
        _byUniqueName = new(StringComparer.Ordinal);
        var names = new Dictionary<string, uint>(StringComparer.Ordinal);
        for (uint i = 0; i < _offsets.Length; i++)
        {
            if (!TryRecord(_first + i, out ushort kind, out var body) || !IsTagged(kind))
                continue;
            var tag = ReadTag(kind, ref body);
            if ((tag.Options & CodeView.ForwardReference) != 0)
                continue;
            names.TryAdd(tag.Name, _first + i);
            if (tag.UniqueName is not null)
                _byUniqueName.TryAdd(tag.UniqueName, _first + i);
        }
        _byName = names;
    }

    static bool IsTagged(ushort kind) =>
        kind is CodeView.LF_CLASS or CodeView.LF_STRUCTURE or CodeView.LF_UNION or CodeView.LF_INTERFACE or CodeView.LF_ENUM;

    /// <summary>A structure, union or enum by name: exactly, else ignoring case. Null when not defined.</summary>
    public PdbType? Find(string name)
    {
        BuildNames();
        if (_byName!.TryGetValue(name, out uint index))
            return Get(index);
        string? other = _byName.Keys.Where(n => n.Equals(name, StringComparison.OrdinalIgnoreCase)).Min(StringComparer.Ordinal);
        return other is null ? null : Get(_byName[other]);
    }

    /// <summary>Names of all defined structures, unions and enums, sorted.</summary>
    public IEnumerable<string> Names()
    {
        BuildNames();
        return _byName!.Keys.Order(StringComparer.Ordinal);
    }

    uint[] ReadArguments(uint index)
    {
        if (!TryRecord(index, out ushort kind, out var body) || kind != CodeView.LF_ARGLIST)
            return [];
        uint count = body.UInt32();
        if (count > body.Left / 4)
            throw body.Bad($"argument list 0x{index:x}: {count} arguments do not fit the record");
        var arguments = new uint[count];
        for (int i = 0; i < arguments.Length; i++)
            arguments[i] = body.UInt32();
        return arguments;
    }

    /// <summary>Name of a function id (IPI): what an inline site refers to.</summary>
    public string? FunctionIdName(uint index)
    {
        if (!TryRecord(index, out ushort kind, out var body) || kind is not (CodeView.LF_FUNC_ID or CodeView.LF_MFUNC_ID))
            return null;
        body.Skip(8);
        return body.Text();
    }

    /// <summary>The members of a field list and its continuations. Index 0 means none.</summary>
    public PdbFieldList ReadFieldList(uint index)
    {
        var list = new PdbFieldList();
        // Each continuation is another record: more of them than records is a loop.
        for (int parts = 0; index != 0; parts++)
        {
            if (parts > _offsets.Length)
                throw new BadPdbException(_file, $"{_stream} stream: the field list 0x{index:x} goes on for ever");
            if (!TryRecord(index, out ushort kind, out var body) || kind != CodeView.LF_FIELDLIST)
                throw new BadPdbException(_file, $"{_stream} stream: 0x{index:x} should be a field list");
            index = 0;
            while (body.Left >= 2)
            {
                if (ReadMember(ref body, list) is { } next)
                    index = next;
                SkipPadding(ref body);
            }
        }
        return list;
    }

    static void SkipPadding(ref PdbCursor body)
    {
        while (body.Left > 0)
        {
            byte pad = body.Byte();
            if (pad >= CodeView.LF_PAD0)
                continue;
            body.Seek(body.Position - 1);
            return;
        }
    }

    /// <summary>Reads one member; answers the next list's index when it is a continuation.</summary>
    uint? ReadMember(ref PdbCursor body, PdbFieldList list)
    {
        ushort kind = body.UInt16();
        ushort attributes = body.UInt16(); // Padding or a count in some kinds.
        switch (kind)
        {
            case CodeView.LF_MEMBER:
                uint type = body.UInt32();
                uint offset = (uint)body.Number();
                list.Fields.Add(new(body.Text(), offset, Get(type)));
                break;
            case CodeView.LF_ENUMERATE:
                long value = body.Number();
                list.Values.Add((body.Text(), value));
                break;
            case CodeView.LF_BCLASS:
                uint baseType = body.UInt32();
                list.Bases.Add(new((uint)body.Number(), Get(baseType)));
                break;
            case CodeView.LF_VBCLASS or CodeView.LF_IVBCLASS:
                body.Skip(8);
                body.Number();
                body.Number();
                break;
            case CodeView.LF_INDEX:
                return body.UInt32();
            case CodeView.LF_NESTTYPE:
                uint nested = body.UInt32();
                list.Nested.Add((body.Text(), Get(nested)));
                break;
            case CodeView.LF_STMEMBER or CodeView.LF_METHOD:
                body.Skip(4);
                body.TextBytes();
                break;
            case CodeView.LF_ONEMETHOD:
                body.Skip(4);
                if (((attributes >> 2) & 7) is 4 or 6) // Introduces a virtual method: vtable offset follows.
                    body.Skip(4);
                body.TextBytes();
                break;
            case CodeView.LF_VFUNCTAB:
                body.Skip(4);
                break;
            default:
                throw body.Bad($"member kind 0x{kind:x} in a field list is not known");
        }
        return null;
    }
}
