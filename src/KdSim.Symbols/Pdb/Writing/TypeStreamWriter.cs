using System.Text;

namespace KdSim.Symbols.Pdb.Writing;

/// <summary>
/// Turns type models into the records of a TPI stream. Equal records are stored once. A record refers to lower indices only, so a
/// structure held by value is written before its holder; pointers refer to forward declarations.
/// </summary>
internal sealed class TypeStreamWriter
{
    const uint BucketCount = 0x3ffff;
    const int MaxFieldListBytes = 0xf000; // A record has 64 KB; longer lists go on in another one.
    const uint Pointer64Attributes = 0x1000c; // 64-bit near pointer, size 8.
    const uint IndexTypeOfArrays = (uint)PrimitiveKind.UInt64Quad;

    readonly ByteWriter _records = new();
    readonly List<uint> _hashes = [];
    readonly List<int> _offsets = [];
    readonly Dictionary<string, uint> _byBytes = [];
    readonly Dictionary<string, PdbTypeModel> _models = [];
    readonly Dictionary<string, uint> _definitions = [];
    readonly HashSet<string> _open = [];

    /// <summary>Makes a named type known; it may be referred to before this call.</summary>
    public void Declare(PdbTypeModel model)
    {
        string name = NameOf(model);
        if (name == PdbTypeModel.UnnamedTag)
            throw new ArgumentException("an unnamed type cannot be declared by name", nameof(model));
        if (!_models.TryAdd(name, model))
            throw new ArgumentException($"type {name} is declared twice", nameof(model));
    }

    /// <summary>Index of the full definition of a declared type.</summary>
    public uint Define(string name)
    {
        if (_definitions.TryGetValue(name, out uint index))
            return index;
        if (!_models.TryGetValue(name, out var model))
            throw new InvalidOperationException($"type {name} is used by value but not declared");
        if (!_open.Add(name))
            throw new InvalidOperationException($"type {name} contains itself");
        index = model is PdbTypeModel.Udt udt ? WriteUdt(udt) : WriteEnum((PdbTypeModel.Enum)model);
        _open.Remove(name);
        _definitions.Add(name, index);
        return index;
    }

    public uint IndexOf(PdbTypeModel type) => type switch
    {
        PdbTypeModel.Primitive primitive => (uint)primitive.Kind,
        PdbTypeModel.Pointer { Target: PdbTypeModel.Primitive primitive } => 0x600 | (uint)primitive.Kind,
        PdbTypeModel.Pointer pointer => WritePointer(pointer),
        PdbTypeModel.Array array => WriteArray(array),
        PdbTypeModel.Function function => WriteFunction(function),
        PdbTypeModel.Qualified qualified => WriteModifier(qualified, IndexOf(qualified.Target)),
        PdbTypeModel.Named named => Define(named.Name),
        PdbTypeModel.Udt udt => WriteUdt(udt),
        PdbTypeModel.Enum enumeration => WriteEnum(enumeration),
        _ => throw new ArgumentException($"unknown type model {type.GetType().Name}", nameof(type)),
    };

    public uint SizeOf(PdbTypeModel type) => type switch
    {
        PdbTypeModel.Primitive primitive => primitive.Kind.Size(),
        PdbTypeModel.Pointer => 8,
        PdbTypeModel.Array array => checked(SizeOf(array.Element) * array.Count),
        PdbTypeModel.Qualified qualified => SizeOf(qualified.Target),
        PdbTypeModel.Named named => SizeOf(_models.TryGetValue(named.Name, out var model) ? model
            : throw new InvalidOperationException($"type {named.Name} is used by value but not declared")),
        PdbTypeModel.Udt udt => udt.Size,
        PdbTypeModel.Enum enumeration => enumeration.Underlying.Size(),
        _ => throw new InvalidOperationException("a function has no size"),
    };

    /// <summary>What a pointer refers to: a forward declaration rather than the definition, so that records may form cycles.</summary>
    uint IndexBehindPointer(PdbTypeModel target) => target switch
    {
        PdbTypeModel.Named named => WriteForwardDeclaration(named.Name),
        PdbTypeModel.Qualified qualified => WriteModifier(qualified, IndexBehindPointer(qualified.Target)),
        _ => IndexOf(target),
    };

    uint WriteForwardDeclaration(string name)
    {
        // An enum needs no forward declaration: it refers to nothing but its base type.
        if (_models.TryGetValue(name, out var model) && model is PdbTypeModel.Enum)
            return Define(name);
        return WriteUdtRecord(name, model is PdbTypeModel.Udt { IsUnion: true }, 0, 0, 0, CodeView.ForwardReference);
    }

    uint WritePointer(PdbTypeModel.Pointer pointer)
    {
        uint target = IndexBehindPointer(pointer.Target);
        var record = Begin(CodeView.LF_POINTER);
        record.UInt32(target);
        record.UInt32(Pointer64Attributes);
        return Add(record);
    }

    uint WriteModifier(PdbTypeModel.Qualified qualified, uint target)
    {
        var record = Begin(CodeView.LF_MODIFIER);
        record.UInt32(target);
        record.UInt16((ushort)((qualified.IsConst ? 1 : 0) | (qualified.IsVolatile ? 2 : 0)));
        return Add(record);
    }

    uint WriteArray(PdbTypeModel.Array array)
    {
        uint element = IndexOf(array.Element);
        var record = Begin(CodeView.LF_ARRAY);
        record.UInt32(element);
        record.UInt32(IndexTypeOfArrays);
        WriteNumber(record, SizeOf(array));
        record.Byte(0); // No name.
        return Add(record);
    }

    uint WriteFunction(PdbTypeModel.Function function)
    {
        uint result = IndexOf(function.Return);
        var parameters = function.Parameters.Select(IndexOf).ToList();
        if (function.IsVariadic)
            parameters.Add((uint)PrimitiveKind.None);
        var list = Begin(CodeView.LF_ARGLIST);
        list.UInt32((uint)parameters.Count);
        foreach (uint parameter in parameters)
            list.UInt32(parameter);
        uint arguments = Add(list);
        var record = Begin(CodeView.LF_PROCEDURE);
        record.UInt32(result);
        record.Byte(0); // Calling convention: near C.
        record.Byte(0);
        record.UInt16((ushort)parameters.Count);
        record.UInt32(arguments);
        return Add(record);
    }

    uint WriteUdt(PdbTypeModel.Udt udt)
    {
        var members = new List<ByteWriter>();
        foreach (var field in udt.Fields)
        {
            uint type = field.BitLength == 0 ? IndexOf(field.Type) : WriteBitField(field);
            var member = new ByteWriter();
            member.UInt16(CodeView.LF_MEMBER);
            member.UInt16(3); // Public.
            member.UInt32(type);
            WriteNumber(member, field.Offset);
            member.Text(field.Name);
            members.Add(member);
        }
        return WriteUdtRecord(udt.Name, udt.IsUnion, (ushort)udt.Fields.Count, WriteFieldList(members), udt.Size, 0);
    }

    uint WriteBitField(PdbFieldModel field)
    {
        uint unit = IndexOf(field.Type);
        if (field.BitPosition < 0 || field.BitPosition + field.BitLength > 8 * SizeOf(field.Type))
            throw new ArgumentException($"bit field {field.Name} does not fit its type");
        var record = Begin(CodeView.LF_BITFIELD);
        record.UInt32(unit);
        record.Byte((byte)field.BitLength);
        record.Byte((byte)field.BitPosition);
        return Add(record);
    }

    uint WriteUdtRecord(string name, bool isUnion, ushort count, uint fields, uint size, ushort options)
    {
        var record = Begin(isUnion ? CodeView.LF_UNION : CodeView.LF_STRUCTURE);
        record.UInt16(count);
        record.UInt16(options);
        record.UInt32(fields);
        if (!isUnion)
            record.Zeros(8); // Derivation list, vtable shape.
        WriteNumber(record, size);
        record.Text(name);
        return Add(record, options == 0 ? name : null);
    }

    uint WriteEnum(PdbTypeModel.Enum enumeration)
    {
        var members = new List<ByteWriter>();
        foreach (var value in enumeration.Values)
        {
            var member = new ByteWriter();
            member.UInt16(CodeView.LF_ENUMERATE);
            member.UInt16(3);
            WriteNumber(member, value.Value);
            member.Text(value.Name);
            members.Add(member);
        }
        uint fields = WriteFieldList(members);
        var record = Begin(CodeView.LF_ENUM);
        record.UInt16((ushort)enumeration.Values.Count);
        record.UInt16(0);
        record.UInt32((uint)enumeration.Underlying);
        record.UInt32(fields);
        record.Text(enumeration.Name);
        return Add(record, enumeration.Name);
    }

    /// <summary>Writes the members; a list too long for one record is cut, its last part written first (LF_INDEX points backwards).</summary>
    uint WriteFieldList(List<ByteWriter> members)
    {
        var parts = new List<ByteWriter> { Begin(CodeView.LF_FIELDLIST) };
        foreach (var member in members)
        {
            if (parts[^1].Length + member.Length > MaxFieldListBytes)
                parts.Add(Begin(CodeView.LF_FIELDLIST));
            parts[^1].Bytes(member.Written);
            Pad(parts[^1]);
        }
        uint next = 0;
        for (int i = parts.Count - 1; i >= 0; i--)
        {
            if (next != 0)
            {
                parts[i].UInt16(CodeView.LF_INDEX);
                parts[i].UInt16(0);
                parts[i].UInt32(next);
            }
            next = Add(parts[i]);
        }
        return next;
    }

    static ByteWriter Begin(ushort kind)
    {
        var record = new ByteWriter();
        record.UInt16(0); // Length: patched by Add.
        record.UInt16(kind);
        return record;
    }

    uint Add(ByteWriter record, string? hashedName = null)
    {
        Pad(record);
        record.PatchUInt16(0, checked((ushort)(record.Length - 2)));
        string key = Encoding.Latin1.GetString(record.Written);
        if (_byBytes.TryGetValue(key, out uint index))
            return index;
        index = CodeView.FirstTypeIndex + (uint)_offsets.Count;
        _byBytes.Add(key, index);
        _offsets.Add(_records.Length);
        _hashes.Add((hashedName is null ? PdbHash.OfBytes(record.Written) : PdbHash.OfString(hashedName)) % BucketCount);
        _records.Bytes(record.Written);
        return index;
    }

    static void Pad(ByteWriter record)
    {
        for (int left = (4 - record.Length % 4) % 4; left > 0; left--)
            record.Byte((byte)(CodeView.LF_PAD0 + left));
    }

    static void WriteNumber(ByteWriter writer, long value)
    {
        switch (value)
        {
            case >= 0 and < CodeView.LF_NUMERIC:
                writer.UInt16((ushort)value);
                break;
            case >= sbyte.MinValue and < 0:
                writer.UInt16(CodeView.LF_CHAR);
                writer.Byte((byte)value);
                break;
            case >= short.MinValue and < 0:
                writer.UInt16(CodeView.LF_SHORT);
                writer.UInt16((ushort)value);
                break;
            case >= 0 and <= ushort.MaxValue:
                writer.UInt16(CodeView.LF_USHORT);
                writer.UInt16((ushort)value);
                break;
            case >= int.MinValue and < 0:
                writer.UInt16(CodeView.LF_LONG);
                writer.UInt32((uint)value);
                break;
            case >= 0 and <= uint.MaxValue:
                writer.UInt16(CodeView.LF_ULONG);
                writer.UInt32((uint)value);
                break;
            default:
                writer.UInt16(CodeView.LF_QUADWORD);
                writer.UInt64((ulong)value);
                break;
        }
    }

    static string NameOf(PdbTypeModel model) => model switch
    {
        PdbTypeModel.Udt udt => udt.Name,
        PdbTypeModel.Enum enumeration => enumeration.Name,
        _ => throw new ArgumentException($"a {model.GetType().Name} has no name to be declared by", nameof(model)),
    };

    /// <summary>Adds the TPI (or, empty, IPI) stream's hash stream to the file and answers the type stream itself.</summary>
    public (byte[] Types, byte[] Hash) Finish(ushort hashStream)
    {
        var hash = new ByteWriter();
        foreach (uint value in _hashes)
            hash.UInt32(value);
        int hashBytes = hash.Length;
        // For lookup by index: the offset of a record about every 8 KB.
        int lastBlock = -1;
        for (int i = 0; i < _offsets.Count; i++)
        {
            if (_offsets[i] / 8192 == lastBlock)
                continue;
            lastBlock = _offsets[i] / 8192;
            hash.UInt32(CodeView.FirstTypeIndex + (uint)i);
            hash.UInt32((uint)_offsets[i]);
        }
        var stream = new ByteWriter();
        stream.UInt32(20040203);
        stream.UInt32(56);
        stream.UInt32(CodeView.FirstTypeIndex);
        stream.UInt32(CodeView.FirstTypeIndex + (uint)_offsets.Count);
        stream.UInt32((uint)_records.Length);
        stream.UInt16(hashStream);
        stream.UInt16(0xffff);
        stream.UInt32(4);
        stream.UInt32(BucketCount);
        stream.UInt32(0);
        stream.UInt32((uint)hashBytes);
        stream.UInt32((uint)hashBytes);
        stream.UInt32((uint)(hash.Length - hashBytes));
        stream.UInt32((uint)hash.Length); // Hash adjusters: none.
        stream.UInt32(0);
        stream.Bytes(_records.Written);
        return (stream.ToArray(), hash.ToArray());
    }
}
