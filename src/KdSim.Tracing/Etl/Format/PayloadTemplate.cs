using System.Collections.Immutable;

namespace KdSim.Tracing.Etl.Format;

/// <summary>How a value stands in a payload. Numbers are little-endian; nothing is aligned.</summary>
public enum WireType : byte
{
    Int8,
    UInt8,
    Int16,
    UInt16,
    Int32,
    UInt32,
    Int64,
    UInt64,
    Float,
    Double,

    /// <summary>Four bytes.</summary>
    Boolean,

    /// <summary>Four or eight bytes, as the record's header says.</summary>
    Pointer,
    Guid,

    /// <summary>Eight bytes: 100 ns since 1601, UTC.</summary>
    FileTime,

    /// <summary>Sixteen bytes: SYSTEMTIME.</summary>
    SystemTime,
    Ipv6,

    /// <summary>UTF-16: up to a NUL, or as long as <see cref="PayloadField.Length"/> says (in characters).</summary>
    UnicodeString,

    /// <summary>Bytes of a code page or UTF-8: up to a NUL, or as long as <see cref="PayloadField.Length"/> says.</summary>
    AnsiString,

    /// <summary>A 16-bit count of bytes, then UTF-16.</summary>
    CountedUnicodeString,

    /// <summary>A 16-bit count of bytes, then bytes.</summary>
    CountedAnsiString,

    /// <summary>A 16-bit count of bytes, then bytes.</summary>
    CountedBinary,

    /// <summary>As many bytes as <see cref="PayloadField.Length"/> says.</summary>
    Binary,
    Sid,

    /// <summary>The kernel's: four zero bytes, or a TOKEN_USER (two pointers) and the SID.</summary>
    TokenUser,

    /// <summary>The members follow one another.</summary>
    Struct,
}

/// <summary>How a value is shown.</summary>
public enum OutType : byte
{
    Default,
    Hex,
    Boolean,

    /// <summary>A character, or text in a binary.</summary>
    String,
    ProcessId,
    ThreadId,

    /// <summary>A port: big-endian.</summary>
    Port,
    Ipv4,
    Ipv6,
    SocketAddress,
    Utf8,
    Xml,
    Json,
    Win32Error,
    NtStatus,
    HResult,

    /// <summary>An address of code.</summary>
    Routine,

    /// <summary>A time stamp in the file's own ticks.</summary>
    Ticks,
    DateTimeUtc,
}

/// <summary>Where a number of elements, or a length, comes from.</summary>
public enum ExtentKind : byte
{
    /// <summary>One value; a string ends at its NUL.</summary>
    None,

    /// <summary><see cref="Extent.Value"/> itself.</summary>
    Fixed,

    /// <summary>An earlier field, whose <see cref="PayloadField.Slot"/> is <see cref="Extent.Value"/>.</summary>
    Slot,

    /// <summary>A 16-bit number before the elements.</summary>
    Prefix,

    /// <summary>Up to the end of the payload.</summary>
    Rest,
}

/// <summary>A number of elements, or a length.</summary>
public readonly record struct Extent(ExtentKind Kind, int Value = 0)
{
    public static Extent None => default;

    public static Extent Fixed(int value) => new(ExtentKind.Fixed, value);

    public static Extent OfSlot(int slot) => new(ExtentKind.Slot, slot);

    public static Extent Prefix => new(ExtentKind.Prefix);

    public static Extent Rest => new(ExtentKind.Rest);
}

/// <summary>A field of a payload.</summary>
public sealed record PayloadField(string Name, WireType Type, OutType Out = OutType.Default)
{
    /// <summary>The number of elements of an array.</summary>
    public Extent Count { get; init; }

    /// <summary>The length of each string (characters) or binary (bytes).</summary>
    public Extent Length { get; init; }

    /// <summary>Where the value is remembered for later counts and lengths, or -1.</summary>
    public int Slot { get; init; } = -1;

    /// <summary>The fields of a struct.</summary>
    public ImmutableArray<PayloadField> Members { get; init; } = [];

    /// <summary>Names of values, if the provider declares them.</summary>
    public ValueMap? Map { get; init; }

    public bool IsArray => Count.Kind != ExtentKind.None;

    /// <summary>Bytes of one value; 0 where that depends on the value.</summary>
    public int SizeOf(int pointerSize) => Type switch
    {
        WireType.Int8 or WireType.UInt8 => 1,
        WireType.Int16 or WireType.UInt16 => 2,
        WireType.Int32 or WireType.UInt32 or WireType.Float or WireType.Boolean => 4,
        WireType.Int64 or WireType.UInt64 or WireType.Double or WireType.FileTime => 8,
        WireType.Pointer => pointerSize,
        WireType.Guid or WireType.SystemTime or WireType.Ipv6 => 16,
        WireType.Binary when Length.Kind == ExtentKind.Fixed => Length.Value,
        WireType.UnicodeString when Length.Kind == ExtentKind.Fixed => 2 * Length.Value,
        WireType.AnsiString when Length.Kind == ExtentKind.Fixed => Length.Value,
        _ => 0,
    };
}

/// <summary>Names of values: an enumeration, or bits.</summary>
public sealed record ValueMap(string Name, bool IsBits, ImmutableDictionary<ulong, string> Names);

/// <summary>The fields of an event's payload, in order. The decoder, `dump`, the SQL columns and the writer all read this.</summary>
public sealed class PayloadTemplate(ImmutableArray<PayloadField> fields)
{
    public static PayloadTemplate Empty { get; } = new([]);

    /// <summary>The most slots that one template uses.</summary>
    public const int MostSlots = 16;

    public ImmutableArray<PayloadField> Fields { get; } = fields;

    /// <summary>The index of a field; -1 if there is none of that name.</summary>
    public int IndexOf(string name)
    {
        for (int i = 0; i < Fields.Length; i++)
            if (Fields[i].Name == name)
                return i;
        return -1;
    }

    /// <summary>Where a field stands, if everything before it has a fixed size; else -1.</summary>
    public int OffsetOf(string name, int pointerSize)
    {
        int offset = 0;
        foreach (PayloadField field in Fields)
        {
            if (field.Name == name) return offset;
            int size = FixedSize(field, pointerSize);
            if (size == 0) return -1;
            offset += size;
        }
        return -1;
    }

    /// <summary>Bytes of the whole payload, if all fields have fixed sizes; else -1.</summary>
    public int SizeOf(int pointerSize)
    {
        int total = 0;
        foreach (PayloadField field in Fields)
        {
            int size = FixedSize(field, pointerSize);
            if (size == 0) return -1;
            total += size;
        }
        return total;
    }

    static int FixedSize(PayloadField field, int pointerSize) => field.Count.Kind switch
    {
        ExtentKind.None => field.SizeOf(pointerSize),
        ExtentKind.Fixed => field.SizeOf(pointerSize) * field.Count.Value,
        _ => 0,
    };
}
