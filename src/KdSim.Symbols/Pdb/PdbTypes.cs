namespace KdSim.Symbols.Pdb;

/// <summary>
/// A type of a program database. Decoded when asked for; forward references are already replaced by the definition when the file has
/// one. <see cref="Name"/> spells the type as the debugger's dt does (Ptr64 _IRP, [28] Uint4B), <see cref="CName"/> as C does.
/// </summary>
public abstract class PdbType(uint index)
{
    /// <summary>Names and sizes follow at most so many steps, however the file is made.</summary>
    internal const int MaxDepth = 32;

    public uint Index { get; } = index;

    public string Name => DebuggerName(0);

    public string CName => Declare("", 0);

    public ulong Size => SizeAt(0);

    internal abstract string DebuggerName(int depth);

    /// <summary>C declaration of <paramref name="inner"/> (a name, "*", "[4]"... or nothing) with this type.</summary>
    internal abstract string Declare(string inner, int depth);

    internal virtual ulong SizeAt(int depth) => 0;

    /// <summary>The type without const and volatile.</summary>
    public PdbType Unqualified
    {
        get
        {
            var type = this;
            for (int depth = 0; depth < MaxDepth && type is PdbModifierType modifier; depth++)
                type = modifier.Target;
            return type;
        }
    }

    private protected static string Join(string type, string inner) => inner.Length == 0 ? type : $"{type} {inner}";

    public override string ToString() => CName;
}

/// <summary>A built-in type.</summary>
public sealed class PdbPrimitiveType(uint index, PrimitiveKind kind) : PdbType(index)
{
    public PrimitiveKind Kind { get; } = kind;

    internal override ulong SizeAt(int depth) => Kind.Size();

    internal override string DebuggerName(int depth) => Kind switch
    {
        PrimitiveKind.Void => "Void",
        PrimitiveKind.SignedChar or PrimitiveKind.NarrowChar or PrimitiveKind.SByte => "Char",
        PrimitiveKind.UnsignedChar or PrimitiveKind.Byte or PrimitiveKind.Char8 => "UChar",
        PrimitiveKind.WideChar or PrimitiveKind.Char16 => "Wchar",
        PrimitiveKind.Boolean8 => "Bool",
        PrimitiveKind.Float32 => "Float",
        PrimitiveKind.Float64 => "Double",
        PrimitiveKind.HResult => "HRESULT",
        PrimitiveKind.None => "<NoType>",
        _ when Kind.Size() == 0 => $"<unknown type 0x{(int)Kind:x}>",
        _ => $"{(Kind.IsSigned() ? "Int" : "Uint")}{Kind.Size()}B",
    };

    internal override string Declare(string inner, int depth) => Join(Kind switch
    {
        PrimitiveKind.Void => "void",
        PrimitiveKind.NarrowChar => "char",
        PrimitiveKind.SignedChar or PrimitiveKind.SByte => "signed char",
        PrimitiveKind.UnsignedChar or PrimitiveKind.Byte => "unsigned char",
        PrimitiveKind.WideChar => "wchar_t",
        PrimitiveKind.Char8 => "char8_t",
        PrimitiveKind.Char16 => "char16_t",
        PrimitiveKind.Char32 => "char32_t",
        PrimitiveKind.Int16 or PrimitiveKind.Int16Short => "short",
        PrimitiveKind.UInt16 or PrimitiveKind.UInt16Short => "unsigned short",
        PrimitiveKind.Int32 => "int",
        PrimitiveKind.UInt32 => "unsigned int",
        PrimitiveKind.Int32Long => "long",
        PrimitiveKind.UInt32Long => "unsigned long",
        PrimitiveKind.Int64 or PrimitiveKind.Int64Quad => "__int64",
        PrimitiveKind.UInt64 or PrimitiveKind.UInt64Quad => "unsigned __int64",
        PrimitiveKind.Int128 or PrimitiveKind.Int128Oct => "__int128",
        PrimitiveKind.UInt128 or PrimitiveKind.UInt128Oct => "unsigned __int128",
        PrimitiveKind.Boolean8 => "bool",
        PrimitiveKind.Float32 => "float",
        PrimitiveKind.Float64 => "double",
        PrimitiveKind.HResult => "HRESULT",
        PrimitiveKind.None => "<NoType>",
        _ => $"<unknown type 0x{(int)Kind:x}>",
    }, inner);
}

/// <summary>A pointer (or reference).</summary>
public sealed class PdbPointerType : PdbType
{
    readonly TypeTable _types;
    readonly uint _target;

    internal PdbPointerType(uint index, TypeTable types, uint target, uint size, bool isReference) : base(index) =>
        (_types, _target, PointerSize, IsReference) = (types, target, size, isReference);

    public PdbType Target => _types.Get(_target);

    public uint PointerSize { get; }

    public bool IsReference { get; }

    internal override ulong SizeAt(int depth) => PointerSize;

    internal override string DebuggerName(int depth)
    {
        string pointer = PointerSize == 4 ? "Ptr32" : "Ptr64";
        if (depth >= MaxDepth)
            return pointer + " ...";
        // dt shows a pointer to a function as five blanks and what it returns.
        return Target.Unqualified is PdbFunctionType function
            ? $"{pointer}     {function.Return.Declare("", depth + 1)}"
            : $"{pointer} {Target.DebuggerName(depth + 1)}";
    }

    internal override string Declare(string inner, int depth)
    {
        if (depth >= MaxDepth)
            return Join("...", inner);
        string star = (IsReference ? "&" : "*") + inner;
        return Target.Declare(Target.Unqualified is PdbFunctionType or PdbArrayType ? $"({star})" : star, depth + 1);
    }
}

/// <summary>An array. Several dimensions are arrays of arrays.</summary>
public sealed class PdbArrayType : PdbType
{
    readonly TypeTable _types;
    readonly uint _element;
    readonly ulong _size;

    internal PdbArrayType(uint index, TypeTable types, uint element, ulong size) : base(index) =>
        (_types, _element, _size) = (types, element, size);

    public PdbType Element => _types.Get(_element);

    /// <summary>Number of elements; 0 when the file's sizes do not fit.</summary>
    public ulong Count => Element.Size is > 0 and var size ? _size / size : 0;

    internal override ulong SizeAt(int depth) => _size;

    internal override string DebuggerName(int depth) =>
        depth >= MaxDepth ? "..." : $"[{Count}] {Element.DebuggerName(depth + 1)}";

    internal override string Declare(string inner, int depth) =>
        depth >= MaxDepth ? Join("...", inner) : Element.Declare($"{inner}[{Count}]", depth + 1);
}

/// <summary>const, volatile.</summary>
public sealed class PdbModifierType : PdbType
{
    readonly TypeTable _types;
    readonly uint _target;

    internal PdbModifierType(uint index, TypeTable types, uint target, ushort flags) : base(index) =>
        (_types, _target, IsConst, IsVolatile) = (types, target, (flags & 1) != 0, (flags & 2) != 0);

    public PdbType Target => _types.Get(_target);

    public bool IsConst { get; }

    public bool IsVolatile { get; }

    internal override ulong SizeAt(int depth) => depth >= MaxDepth ? 0 : Target.SizeAt(depth + 1);

    internal override string DebuggerName(int depth) => depth >= MaxDepth ? "..." : Target.DebuggerName(depth + 1);

    internal override string Declare(string inner, int depth) => depth >= MaxDepth ? Join("...", inner)
        : (IsConst ? "const " : "") + (IsVolatile ? "volatile " : "") + Target.Declare(inner, depth + 1);
}

/// <summary>The type of a bit field: a unit and the bits of it.</summary>
public sealed class PdbBitFieldType : PdbType
{
    readonly TypeTable _types;
    readonly uint _unit;

    internal PdbBitFieldType(uint index, TypeTable types, uint unit, int position, int length) : base(index) =>
        (_types, _unit, Position, Length) = (types, unit, position, length);

    public PdbType Unit => _types.Get(_unit);

    public int Position { get; }

    public int Length { get; }

    internal override ulong SizeAt(int depth) => depth >= MaxDepth ? 0 : Unit.SizeAt(depth + 1);

    internal override string DebuggerName(int depth) => $"Pos {Position}, {Length} Bit{(Length == 1 ? "" : "s")}";

    internal override string Declare(string inner, int depth) =>
        depth >= MaxDepth ? Join("...", inner) : Unit.Declare($"{inner} : {Length}", depth + 1);
}

/// <summary>A function's type.</summary>
public sealed class PdbFunctionType : PdbType
{
    // Functions taking functions: a hostile file could make a text of any length.
    const int MaxParametersShown = 64;
    const int MaxNesting = 4;

    readonly TypeTable _types;
    readonly uint _return;
    readonly uint[] _parameters;

    internal PdbFunctionType(uint index, TypeTable types, uint result, uint[] parameters) : base(index)
    {
        // A last parameter of no type stands for the ellipsis.
        IsVariadic = parameters is [.., 0];
        (_types, _return, _parameters) = (types, result, IsVariadic ? parameters[..^1] : parameters);
    }

    public PdbType Return => _types.Get(_return);

    public IReadOnlyList<PdbType> Parameters => [.. _parameters.Select(_types.Get)];

    public bool IsVariadic { get; }

    /// <summary>The parameters as C: "struct _DEVICE_OBJECT *, struct _IRP *".</summary>
    public string ParameterText => ParametersAt(0);

    string ParametersAt(int depth)
    {
        if (_parameters.Length == 0)
            return IsVariadic ? "..." : "void";
        var shown = _parameters.Take(MaxParametersShown).Select(p => _types.Get(p).Declare("", depth + 1));
        return string.Join(", ", shown) + (IsVariadic || _parameters.Length > MaxParametersShown ? ", ..." : "");
    }

    internal override string DebuggerName(int depth) => Declare("", depth);

    internal override string Declare(string inner, int depth) => depth >= MaxNesting ? Join("...", inner)
        : Return.Declare($"{inner}({ParametersAt(depth)})", depth + 1);
}

/// <summary>A record of a kind this reader has no use for (methods, labels...).</summary>
public sealed class PdbUnknownType(uint index, ushort kind) : PdbType(index)
{
    public ushort Kind { get; } = kind;

    internal override string DebuggerName(int depth) => $"<type kind 0x{Kind:x}>";

    internal override string Declare(string inner, int depth) => Join(DebuggerName(depth), inner);
}
