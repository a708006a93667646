namespace KdSim.Symbols.Pdb;

/// <summary>CodeView's built-in types; the values are their type indices.</summary>
public enum PrimitiveKind : ushort
{
    None = 0x00, Void = 0x03, HResult = 0x08,
    SignedChar = 0x10, Int16Short = 0x11, Int32Long = 0x12, Int64Quad = 0x13, Int128Oct = 0x14,
    UnsignedChar = 0x20, UInt16Short = 0x21, UInt32Long = 0x22, UInt64Quad = 0x23, UInt128Oct = 0x24,
    Boolean8 = 0x30, Boolean16 = 0x31, Boolean32 = 0x32, Boolean64 = 0x33,
    Float32 = 0x40, Float64 = 0x41, Float80 = 0x42, Float128 = 0x43, Float16 = 0x46,
    SByte = 0x68, Byte = 0x69, NarrowChar = 0x70, WideChar = 0x71,
    Int16 = 0x72, UInt16 = 0x73, Int32 = 0x74, UInt32 = 0x75, Int64 = 0x76, UInt64 = 0x77, Int128 = 0x78, UInt128 = 0x79,
    Char16 = 0x7a, Char32 = 0x7b, Char8 = 0x7c,
}

/// <summary>Facts about <see cref="PrimitiveKind"/>.</summary>
public static class PrimitiveKindFacts
{
    /// <summary>Size in bytes; 0 for void and for numbers that are no built-in type.</summary>
    public static uint Size(this PrimitiveKind kind) => kind switch
    {
        PrimitiveKind.SignedChar or PrimitiveKind.UnsignedChar or PrimitiveKind.Boolean8 or PrimitiveKind.SByte or PrimitiveKind.Byte
            or PrimitiveKind.NarrowChar or PrimitiveKind.Char8 => 1,
        PrimitiveKind.Int16Short or PrimitiveKind.UInt16Short or PrimitiveKind.Boolean16 or PrimitiveKind.WideChar
            or PrimitiveKind.Int16 or PrimitiveKind.UInt16 or PrimitiveKind.Char16 or PrimitiveKind.Float16 => 2,
        PrimitiveKind.HResult or PrimitiveKind.Int32Long or PrimitiveKind.UInt32Long or PrimitiveKind.Boolean32
            or PrimitiveKind.Float32 or PrimitiveKind.Int32 or PrimitiveKind.UInt32 or PrimitiveKind.Char32 => 4,
        PrimitiveKind.Int64Quad or PrimitiveKind.UInt64Quad or PrimitiveKind.Boolean64 or PrimitiveKind.Float64
            or PrimitiveKind.Int64 or PrimitiveKind.UInt64 => 8,
        PrimitiveKind.Float80 => 10,
        PrimitiveKind.Int128Oct or PrimitiveKind.UInt128Oct or PrimitiveKind.Float128 or PrimitiveKind.Int128
            or PrimitiveKind.UInt128 => 16,
        _ => 0,
    };

    public static bool IsSigned(this PrimitiveKind kind) => kind is PrimitiveKind.HResult or PrimitiveKind.SignedChar
        or PrimitiveKind.Int16Short or PrimitiveKind.Int32Long or PrimitiveKind.Int64Quad or PrimitiveKind.Int128Oct
        or PrimitiveKind.SByte or PrimitiveKind.NarrowChar or PrimitiveKind.Int16 or PrimitiveKind.Int32 or PrimitiveKind.Int64
        or PrimitiveKind.Int128;
}
