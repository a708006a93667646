using KdSim.Debugging.Structures;
using KdSim.Symbols.Pdb;

namespace KdSim.Debugger.Modules;

/// <summary>Types of a PDB as the debugger's: each made once, by its index, its parts when they are asked for.</summary>
sealed class PdbTypeMap
{
    readonly Dictionary<uint, TypeInfo> _known = [];

    public TypeInfo this[PdbType type]
    {
        get
        {
            PdbType plain = type.Unqualified;
            if (!_known.TryGetValue(plain.Index, out TypeInfo? info))
                _known[plain.Index] = info = Make(plain);
            return info;
        }
    }

    TypeInfo Make(PdbType type) => type switch
    {
        PdbPrimitiveType primitive => Named(primitive, KindOf(primitive.Kind), primitive.Kind.IsSigned()),
        PdbPointerType pointer => new TypeInfo
        {
            Kind = TypeKind.Pointer,
            Name = pointer.CName,
            DebuggerName = pointer.Name,
            CName = pointer.CName,
            Size = pointer.Size,
            ElementSource = () => this[pointer.Target],
        },
        PdbArrayType array => new TypeInfo
        {
            Kind = TypeKind.Array,
            Name = array.CName,
            DebuggerName = array.Name,
            CName = array.CName,
            Size = array.Size,
            Count = (uint)Math.Min(array.Count, uint.MaxValue),
            ElementSource = () => this[array.Element],
        },
        PdbUdtType record => new TypeInfo
        {
            Kind = record.Kind == PdbUdtKind.Union ? TypeKind.Union : TypeKind.Structure,
            Name = record.TagName,
            DebuggerName = record.Name,
            CName = record.CName,
            Size = record.Size,
            FieldSource = () => FieldsOf(record),
        },
        PdbEnumType values => new TypeInfo
        {
            Kind = TypeKind.Enum,
            Name = values.TagName,
            DebuggerName = values.Name,
            CName = values.CName,
            Size = values.Size,
            Signed = values.Underlying.Unqualified is PdbPrimitiveType { Kind: var kind } && kind.IsSigned(),
            ElementSource = () => this[values.Underlying],
            ValueSource = () => values.Values.Select(v => KeyValuePair.Create(v.Name, v.Value)).ToList(),
        },
        PdbFunctionType function => new TypeInfo
        {
            Kind = TypeKind.Function,
            Name = function.CName,
            DebuggerName = function.Name,
            CName = function.CName,
            Size = 0,
            Parameters = function.ParameterText,
            ElementSource = () => this[function.Return],
        },
        PdbBitFieldType bits => this[bits.Unit],
        _ => Named(type, TypeKind.Void, false),
    };

    static TypeInfo Named(PdbType type, TypeKind kind, bool signed) =>
        new() { Kind = kind, Name = type.CName, DebuggerName = type.Name, CName = type.CName, Size = type.Size, Signed = signed };

    static TypeKind KindOf(PrimitiveKind kind) => kind switch
    {
        PrimitiveKind.Void or PrimitiveKind.None => TypeKind.Void,
        PrimitiveKind.SignedChar or PrimitiveKind.UnsignedChar or PrimitiveKind.NarrowChar or PrimitiveKind.WideChar or PrimitiveKind.SByte or
            PrimitiveKind.Byte or PrimitiveKind.Char8 or PrimitiveKind.Char16 => TypeKind.Character,
        PrimitiveKind.Boolean8 or PrimitiveKind.Boolean16 or PrimitiveKind.Boolean32 or PrimitiveKind.Boolean64 => TypeKind.Boolean,
        PrimitiveKind.Float32 or PrimitiveKind.Float64 => TypeKind.Float,
        _ => TypeKind.Integer,
    };

    List<FieldInfo> FieldsOf(PdbUdtType record)
    {
        List<FieldInfo> fields = [];
        foreach (PdbBaseClass part in record.BaseClasses)
            if (this[part.Type] is var inherited && inherited.Size < record.Size)
                fields.AddRange(inherited.Fields.Select(f => f with { Offset = f.Offset + part.Offset }));
        foreach (PdbField field in record.Fields)
            fields.Add(new FieldInfo(field.Name, field.Offset, this[field.StorageType], field.BitPosition, field.BitLength));
        return fields;
    }
}
