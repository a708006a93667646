using System.Collections.Immutable;
using System.Globalization;

namespace KdSim.Tracing.Etl.Format;

/// <summary>
/// Reads the field lists of the kernel event tables, which look like C: <c>u64 InitialTime, routine Routine, u32[8] GroupMask, ptr[] Stack</c>.
/// </summary>
static class TemplateText
{
    static readonly Dictionary<string, (WireType Type, OutType Out)> Types = new()
    {
        ["i8"] = (WireType.Int8, OutType.Default),
        ["u8"] = (WireType.UInt8, OutType.Default),
        ["x8"] = (WireType.UInt8, OutType.Hex),
        ["i16"] = (WireType.Int16, OutType.Default),
        ["u16"] = (WireType.UInt16, OutType.Default),
        ["x16"] = (WireType.UInt16, OutType.Hex),
        ["i32"] = (WireType.Int32, OutType.Default),
        ["u32"] = (WireType.UInt32, OutType.Default),
        ["x32"] = (WireType.UInt32, OutType.Hex),
        ["i64"] = (WireType.Int64, OutType.Default),
        ["u64"] = (WireType.UInt64, OutType.Default),
        ["x64"] = (WireType.UInt64, OutType.Hex),
        ["ptr"] = (WireType.Pointer, OutType.Hex),
        ["size"] = (WireType.Pointer, OutType.Default),
        ["routine"] = (WireType.Pointer, OutType.Routine),
        ["ticks"] = (WireType.UInt64, OutType.Ticks),
        ["filetime"] = (WireType.FileTime, OutType.Default),
        ["systime"] = (WireType.SystemTime, OutType.Default),
        ["guid"] = (WireType.Guid, OutType.Default),
        ["pid"] = (WireType.UInt32, OutType.ProcessId),
        ["tid"] = (WireType.UInt32, OutType.ThreadId),
        ["status"] = (WireType.UInt32, OutType.NtStatus),
        ["ip4"] = (WireType.UInt32, OutType.Ipv4),
        ["ip6"] = (WireType.Ipv6, OutType.Ipv6),
        ["port"] = (WireType.UInt16, OutType.Port),
        ["wstr"] = (WireType.UnicodeString, OutType.Default),
        ["astr"] = (WireType.AnsiString, OutType.Default),
        ["wchars"] = (WireType.UnicodeString, OutType.Default),
        ["bytes"] = (WireType.Binary, OutType.Hex),
        ["user"] = (WireType.TokenUser, OutType.Default),
    };

    public static PayloadTemplate Parse(string text)
    {
        if (text.Length == 0) return PayloadTemplate.Empty;
        ImmutableArray<PayloadField>.Builder fields = ImmutableArray.CreateBuilder<PayloadField>();
        foreach (string item in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (item.Split(' ', StringSplitOptions.RemoveEmptyEntries) is not [string type, string name])
                throw new FormatException($"'{item}' is not a type and a name");
            fields.Add(FieldOf(type, name));
        }
        return new PayloadTemplate(fields.ToImmutable());
    }

    static PayloadField FieldOf(string type, string name)
    {
        Extent extent = Extent.None;
        if (type.IndexOf('[') is int bracket and >= 0)
        {
            string number = type[(bracket + 1)..^1];
            extent = number.Length == 0 ? Extent.Rest : Extent.Fixed(int.Parse(number, CultureInfo.InvariantCulture));
            type = type[..bracket];
        }
        if (!Types.TryGetValue(type, out (WireType Type, OutType Out) known)) throw new FormatException($"'{type}' is not a type of the event tables");
        // Of characters and bytes the bracket is the length of one value; of all else the number of values.
        var field = new PayloadField(name, known.Type, known.Out);
        return type is "wchars" or "bytes" ? field with { Length = extent } : field with { Count = extent };
    }
}
