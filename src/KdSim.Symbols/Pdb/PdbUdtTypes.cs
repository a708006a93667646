namespace KdSim.Symbols.Pdb;

/// <summary>What keyword declared the type.</summary>
public enum PdbUdtKind
{
    Struct, Class, Union, Interface,
}

/// <summary>A field. For a bit field <see cref="BitLength"/> is not zero; <see cref="Type"/> is then the bit field's type.</summary>
public sealed record PdbField(string Name, uint Offset, PdbType Type)
{
    public int BitPosition => (Type as PdbBitFieldType)?.Position ?? 0;

    public int BitLength => (Type as PdbBitFieldType)?.Length ?? 0;

    /// <summary>The type to read memory with: a bit field's unit, else the type itself.</summary>
    public PdbType StorageType => Type is PdbBitFieldType bits ? bits.Unit : Type;
}

/// <summary>A base class and where its part begins.</summary>
public sealed record PdbBaseClass(uint Offset, PdbType Type);

/// <summary>A structure, class or union.</summary>
public sealed class PdbUdtType : PdbType
{
    readonly TypeTable _types;
    readonly uint _fieldList;
    readonly ulong _size;
    PdbFieldList? _members;

    internal PdbUdtType(uint index, TypeTable types, PdbUdtKind kind, string name, ulong size, uint fieldList, ushort options) : base(index) =>
        (_types, Kind, TagName, _size, _fieldList, IsOpaque) =
            (types, kind, name, size, fieldList, (options & CodeView.ForwardReference) != 0);

    public PdbUdtKind Kind { get; }

    /// <summary>The name as declared: _IRP, &lt;unnamed-tag&gt;.</summary>
    public string TagName { get; }

    /// <summary>Declared but nowhere defined in this file: no fields, no size.</summary>
    public bool IsOpaque { get; }

    public bool IsUnnamed => TypeTable.IsUnnamed(TagName);

    PdbFieldList Members => _members ??= _types.ReadFieldList(IsOpaque ? 0 : _fieldList);

    /// <summary>Fields in declaration order, without those of base classes.</summary>
    public IReadOnlyList<PdbField> Fields => Members.Fields;

    public IReadOnlyList<PdbBaseClass> BaseClasses => Members.Bases;

    public IReadOnlyList<(string Name, PdbType Type)> NestedTypes => Members.Nested;

    /// <summary>The field of that exact name, or null.</summary>
    public PdbField? Field(string name) => Fields.FirstOrDefault(f => f.Name == name);

    internal override ulong SizeAt(int depth) => _size;

    internal override string DebuggerName(int depth) => TagName;

    internal override string Declare(string inner, int depth) => Join(Kind switch
    {
        PdbUdtKind.Union => "union ",
        PdbUdtKind.Class => "class ",
        PdbUdtKind.Interface => "interface ",
        _ => "struct ",
    } + TagName, inner);
}

/// <summary>An enum.</summary>
public sealed class PdbEnumType : PdbType
{
    readonly TypeTable _types;
    readonly uint _fieldList;
    readonly uint _underlying;
    PdbFieldList? _members;

    internal PdbEnumType(uint index, TypeTable types, string name, uint underlying, uint fieldList) : base(index) =>
        (_types, TagName, _underlying, _fieldList) = (types, name, underlying, fieldList);

    public string TagName { get; }

    public PdbType Underlying => _types.Get(_underlying);

    public IReadOnlyList<(string Name, long Value)> Values => (_members ??= _types.ReadFieldList(_fieldList)).Values;

    /// <summary>The first enumerator of that value, or null.</summary>
    public string? NameOf(long value)
    {
        foreach (var (name, known) in Values)
        {
            if (known == value)
                return name;
        }
        return null;
    }

    internal override ulong SizeAt(int depth) => depth >= MaxDepth ? 0 : Underlying.SizeAt(depth + 1);

    internal override string DebuggerName(int depth) => TagName;

    internal override string Declare(string inner, int depth) => Join("enum " + TagName, inner);
}

/// <summary>What a field list holds.</summary>
internal sealed class PdbFieldList
{
    public List<PdbField> Fields { get; } = [];
    public List<PdbBaseClass> Bases { get; } = [];
    public List<(string Name, PdbType Type)> Nested { get; } = [];
    public List<(string Name, long Value)> Values { get; } = [];
}
