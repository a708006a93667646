using KdSim.Debugging.Structures;

namespace KdSim.Debugger.Expressions;

/// <summary>A value of the C++ evaluator: a number of a type, and where it lives if it lives in memory.</summary>
/// <param name="Bits">The value as an integer; for structures and arrays their address.</param>
/// <param name="Address">Null for values that no memory holds.</param>
public readonly record struct TypedValue(TypeInfo Type, ulong Bits, ulong? Address = null, int BitPosition = 0, int BitLength = 0)
{
    public static TypedValue OfInteger(long value) => value is >= int.MinValue and <= int.MaxValue
        ? new(BasicTypes.Int, (ulong)value)
        : new(BasicTypes.Int64, (ulong)value);

    public static TypedValue OfUnsigned(ulong value) => new(BasicTypes.UInt64, value);

    public static TypedValue OfBool(bool value) => new(BasicTypes.Bool, value ? 1UL : 0);

    /// <summary>The value sign- or zero-extended from its type's width.</summary>
    public long Signed
    {
        get
        {
            int bits = BitLength > 0 ? BitLength : (int)Math.Min(Type.Size, 8) * 8;
            if (bits is 0 or 64)
                return (long)Bits;
            return Type.Signed ? (long)(Bits << (64 - bits)) >> (64 - bits) : (long)(Bits & ((1UL << bits) - 1));
        }
    }
}

/// <summary>The built-in types, as MSVC names them in output.</summary>
public static class BasicTypes
{
    public static readonly TypeInfo Void = new() { Kind = TypeKind.Void, Name = "void", Size = 0 };
    public static readonly TypeInfo Bool = new() { Kind = TypeKind.Boolean, Name = "bool", Size = 1 };
    public static readonly TypeInfo Char = new() { Kind = TypeKind.Character, Name = "char", Size = 1, Signed = true };
    public static readonly TypeInfo UChar = new() { Kind = TypeKind.Character, Name = "unsigned char", Size = 1 };
    public static readonly TypeInfo WChar = new() { Kind = TypeKind.Character, Name = "wchar_t", Size = 2 };
    public static readonly TypeInfo Short = new() { Kind = TypeKind.Integer, Name = "short", Size = 2, Signed = true };
    public static readonly TypeInfo UShort = new() { Kind = TypeKind.Integer, Name = "unsigned short", Size = 2 };
    public static readonly TypeInfo Int = new() { Kind = TypeKind.Integer, Name = "int", Size = 4, Signed = true };
    public static readonly TypeInfo UInt = new() { Kind = TypeKind.Integer, Name = "unsigned int", Size = 4 };
    public static readonly TypeInfo Long = new() { Kind = TypeKind.Integer, Name = "long", Size = 4, Signed = true };
    public static readonly TypeInfo ULong = new() { Kind = TypeKind.Integer, Name = "unsigned long", Size = 4 };
    public static readonly TypeInfo Int64 = new() { Kind = TypeKind.Integer, Name = "int64", Size = 8, Signed = true };
    public static readonly TypeInfo UInt64 = new() { Kind = TypeKind.Integer, Name = "unsigned int64", Size = 8 };
    public static readonly TypeInfo Float = new() { Kind = TypeKind.Float, Name = "float", Size = 4, Signed = true };
    public static readonly TypeInfo Double = new() { Kind = TypeKind.Float, Name = "double", Size = 8, Signed = true };

    static readonly Dictionary<string, TypeInfo> ByName = new(StringComparer.Ordinal)
    {
        ["void"] = Void, ["VOID"] = Void, ["bool"] = Bool, ["BOOLEAN"] = UChar, ["char"] = Char, ["CHAR"] = Char, ["CCHAR"] = Char,
        ["unsigned char"] = UChar, ["UCHAR"] = UChar, ["BYTE"] = UChar, ["wchar_t"] = WChar, ["WCHAR"] = WChar, ["short"] = Short,
            ["SHORT"] = Short,
        ["CSHORT"] = Short, ["unsigned short"] = UShort, ["USHORT"] = UShort, ["WORD"] = UShort, ["int"] = Int, ["INT"] = Int,
        ["unsigned int"] = UInt, ["unsigned"] = UInt, ["UINT"] = UInt, ["long"] = Long, ["LONG"] = Long, ["NTSTATUS"] = Long,
        ["unsigned long"] = ULong, ["ULONG"] = ULong, ["DWORD"] = ULong, ["__int64"] = Int64, ["int64"] = Int64, ["long long"] = Int64,
        ["LONGLONG"] = Int64, ["LONG64"] = Int64, ["unsigned __int64"] = UInt64, ["unsigned int64"] = UInt64,
            ["unsigned long long"] = UInt64,
        ["ULONGLONG"] = UInt64, ["ULONG64"] = UInt64, ["ULONG_PTR"] = UInt64, ["SIZE_T"] = UInt64, ["DWORD64"] = UInt64, ["KIRQL"] = UChar,
        ["float"] = Float, ["double"] = Double,
    };

    public static TypeInfo? Find(string name) => ByName.GetValueOrDefault(name);

    public static TypeInfo PointerTo(TypeInfo target) => new()
    {
        Kind = TypeKind.Pointer,
        Name = $"{target.Name} *",
        CName = $"{target.CName} *",
        DebuggerName = $"Ptr64 {target.DebuggerName}",
        Size = 8,
        ElementSource = () => target,
    };

    public static TypeInfo ArrayOf(TypeInfo element, uint count) => new()
    {
        Kind = TypeKind.Array,
        Name = $"{element.Name} [{count}]",
        Size = element.Size * count,
        Count = count,
        ElementSource = () => element,
    };
}
