using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using KdSim.Tracing.Etl.Format;
using KdSim.Tracing.Etl.Reading;

namespace KdSim.Tracing.Etl.Decoding;

/// <summary>How a value is best written where a format knows more than text.</summary>
public enum ValueShape
{
    Text,

    /// <summary>A signed whole number: <see cref="PayloadReader.Int64At"/>.</summary>
    Signed,

    /// <summary>An unsigned whole number: <see cref="PayloadReader.UInt64At"/>.</summary>
    Unsigned,
    Real,
    Boolean,
}

/// <summary>Writes values of payloads as people read them.</summary>
public static class ValueText
{
    const int Ipv4Family = 2, Ipv6Family = 23;
    const string TimeFormat = "yyyy-MM-ddTHH:mm:ss.fffffffZ";

    /// <summary>The shape of one element of the reader's value.</summary>
    public static ValueShape ShapeOf(PayloadField field)
    {
        if (field.Map is not null) return ValueShape.Text;
        if (field.Out == OutType.Boolean) return ValueShape.Boolean;
        bool plain = field.Out is OutType.Default or OutType.ProcessId or OutType.ThreadId or OutType.Port or OutType.Ticks;
        return field.Type switch
        {
            WireType.Float or WireType.Double => ValueShape.Real,
            WireType.Boolean => ValueShape.Boolean,
            WireType.Int8 or WireType.Int16 or WireType.Int32 or WireType.Int64 when plain => ValueShape.Signed,
            WireType.UInt8 or WireType.UInt16 or WireType.UInt32 or WireType.UInt64 or WireType.Pointer when plain => ValueShape.Unsigned,
            _ => ValueShape.Text,
        };
    }

    /// <summary>A whole number as it is meant: ports are big-endian.</summary>
    public static ulong NumberOf(scoped in PayloadReader value, int element)
    {
        ulong number = value.UInt64At(element);
        return value.Field is { Out: OutType.Port, Type: WireType.UInt16 } ? BinaryPrimitives.ReverseEndianness((ushort)number) : number;
    }

    /// <summary>One element of the reader's value.</summary>
    public static string Of(scoped in PayloadReader value, int element = 0)
    {
        PayloadField field = value.Field;
        if (field.Map is { } map) return Mapped(map, value.UInt64At(element));
        return field.Type switch
        {
            WireType.UnicodeString or WireType.CountedUnicodeString => value.IsSingle ? value.Chars.ToString() : Characters(value, element),
            WireType.AnsiString or WireType.CountedAnsiString => Ansi(Trimmed(value.ElementAt(element)), field.Out),
            WireType.Binary or WireType.CountedBinary => Binary(value.ElementAt(element), field.Out),
            WireType.Sid or WireType.TokenUser => Sid(value.ElementAt(element)),
            WireType.Guid => value.GuidAt(element).ToString(),
            WireType.FileTime => FileTime(value.Int64At(element)),
            WireType.SystemTime => SystemTime(value.ElementAt(element)),
            WireType.Ipv6 => new IPAddress(value.ElementAt(element)).ToString(),
            WireType.Float => ((float)value.DoubleAt(element)).ToString("R", CultureInfo.InvariantCulture),
            WireType.Double => value.DoubleAt(element).ToString("R", CultureInfo.InvariantCulture),
            WireType.Boolean => value.UInt64At(element) != 0 ? "true" : "false",
            _ => Number(value, element),
        };
    }

    static string Characters(scoped in PayloadReader value, int element)
    {
        ReadOnlySpan<char> chars = MemoryMarshal.Cast<byte, char>(value.ElementAt(element));
        int end = chars.IndexOf('\0');
        return (end < 0 ? chars : chars[..end]).ToString();
    }

    static string Number(scoped in PayloadReader value, int element)
    {
        PayloadField field = value.Field;
        ulong bits = value.UInt64At(element);
        switch (field.Out)
        {
            case OutType.Boolean:
                return bits != 0 ? "true" : "false";
            case OutType.String:
                return field.Type is WireType.UInt16 or WireType.Int16 ? ((char)bits).ToString() : ((char)(byte)bits).ToString();
            case OutType.Hex or OutType.Routine:
                return $"0x{bits:x}";
            case OutType.NtStatus or OutType.HResult:
                return $"0x{bits:x8}";
            case OutType.Ipv4:
                return new IPAddress((uint)bits).ToString();
            case OutType.Port:
                return NumberOf(value, element).ToString(CultureInfo.InvariantCulture);
            default:
                bool signed = field.Type is WireType.Int8 or WireType.Int16 or WireType.Int32 or WireType.Int64;
                return signed ? value.Int64At(element).ToString(CultureInfo.InvariantCulture) : bits.ToString(CultureInfo.InvariantCulture);
        }
    }

    static string Mapped(ValueMap map, ulong value)
    {
        if (map.Names.TryGetValue(value, out string? name)) return name;
        if (!map.IsBits) return value.ToString(CultureInfo.InvariantCulture);
        var names = new List<string>();
        foreach ((ulong bit, string bitName) in map.Names.OrderBy(pair => pair.Key))
            if (bit != 0 && (value & bit) == bit)
            {
                names.Add(bitName);
                value &= ~bit;
            }
        if (value != 0 || names.Count == 0) names.Add($"0x{value:x}");
        return string.Join('|', names);
    }

    static ReadOnlySpan<byte> Trimmed(ReadOnlySpan<byte> text)
    {
        int end = text.IndexOf((byte)0);
        return end < 0 ? text : text[..end];
    }

    static string Ansi(ReadOnlySpan<byte> text, OutType shown) =>
        shown is OutType.Utf8 or OutType.Xml or OutType.Json ? Encoding.UTF8.GetString(text) : Encoding.Latin1.GetString(text);

    static string Binary(ReadOnlySpan<byte> bytes, OutType shown) => shown switch
    {
        OutType.Ipv6 when bytes.Length == 16 => new IPAddress(bytes).ToString(),
        OutType.SocketAddress when bytes.Length >= 8 => SocketAddress(bytes),
        OutType.String or OutType.Utf8 or OutType.Json or OutType.Xml => Encoding.UTF8.GetString(bytes),
        _ => Convert.ToHexStringLower(bytes),
    };

    static string SocketAddress(ReadOnlySpan<byte> bytes)
    {
        int family = BinaryPrimitives.ReadUInt16LittleEndian(bytes), port = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        return family switch
        {
            Ipv4Family => new IPEndPoint(new IPAddress(bytes.Slice(4, 4)), port).ToString(),
            Ipv6Family when bytes.Length >= 24 => new IPEndPoint(new IPAddress(bytes.Slice(8, 16)), port).ToString(),
            _ => Convert.ToHexStringLower(bytes),
        };
    }

    /// <summary>S-revision-authority-subauthorities; "" for no SID.</summary>
    public static string Sid(ReadOnlySpan<byte> sid)
    {
        if (sid.Length < 8) return "";
        ulong authority = 0;
        foreach (byte part in sid[2..8]) authority = authority << 8 | part;
        var text = new StringBuilder($"S-{sid[0]}-{authority}");
        for (int at = 8; at + 4 <= sid.Length; at += 4) text.Append('-').Append(BinaryPrimitives.ReadUInt32LittleEndian(sid[at..]));
        return text.ToString();
    }

    static string FileTime(long time) =>
        TraceClock.ToCalendar(time)?.ToString(TimeFormat, CultureInfo.InvariantCulture) ?? time.ToString(CultureInfo.InvariantCulture);

    static string SystemTime(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<ushort> part = MemoryMarshal.Cast<byte, ushort>(bytes);
        return $"{part[0]:D4}-{part[1]:D2}-{part[3]:D2}T{part[4]:D2}:{part[5]:D2}:{part[6]:D2}.{part[7]:D3}Z";
    }
}
