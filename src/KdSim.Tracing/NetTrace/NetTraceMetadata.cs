using System.Collections.Immutable;
using KdSim.Tracing.Etl.Format;

namespace KdSim.Tracing.NetTrace;

/// <summary>What a .nettrace says of a kind of event. The template ends before the first field whose type has no place or length that is known.</summary>
public sealed record NetTraceMetadata(
    string Provider, Guid? ProviderGuid, int EventId, string Name, int Version, int Level, ulong Keywords, byte Opcode, PayloadTemplate Template)
{
    const int MostFields = 4096, MostDepth = 6;
    const int Object = 1, String = 18, Array = 19, FixedArray = 22, RelativeLocation = 24, DataLocation = 25;
    const int OpcodeTag = 1, SecondLayoutTag = 2;

    /// <summary>The payload of a metadata event up to version 5; null: it is broken.</summary>
    internal static (int Id, NetTraceMetadata Metadata)? ReadObject(ReadOnlySpan<byte> payload)
    {
        var reader = new StreamBytes(payload);
        int id = reader.Int32();
        string provider = reader.Utf16();
        int eventId = reader.Int32();
        string name = reader.Utf16();
        ulong keywords = (ulong)reader.Int64();
        int version = reader.Int32(), level = reader.Int32();
        if (reader.Failed) return null;
        int left = MostFields;
        ImmutableArray<PayloadField> fields = Fields(ref reader, reader.Int32(), secondLayout: false, 0, ref left);
        byte opcode = 0;
        while (!reader.Failed && reader.Left >= 5)
        {
            int size = reader.Int32();
            byte tag = reader.Byte();
            var content = new StreamBytes(reader.Take(size));
            if (reader.Failed) break;
            if (tag == OpcodeTag) opcode = content.Byte();
            else if (tag == SecondLayoutTag) fields = Fields(ref content, content.Int32(), secondLayout: true, 0, ref left);
        }
        return (id, new NetTraceMetadata(provider, null, eventId, name, version, level, keywords, opcode, new PayloadTemplate(fields)));
    }

    /// <summary>Fields up to version 5: type and name, or, in the second layout, size, name and type.</summary>
    static ImmutableArray<PayloadField> Fields(ref StreamBytes reader, int count, bool secondLayout, int depth, ref int left)
    {
        ImmutableArray<PayloadField>.Builder fields = ImmutableArray.CreateBuilder<PayloadField>();
        for (int i = 0; i < count && !reader.Failed && left-- > 0; i++)
        {
            PayloadField? field;
            if (secondLayout)
            {
                int size = reader.Int32() - 4;
                var content = new StreamBytes(reader.Take(size));
                string name = content.Utf16();
                field = Typed(ref content, name, secondLayout, depth, ref left);
            }
            else
            {
                field = Typed(ref reader, "", secondLayout, depth, ref left);
                string name = reader.Utf16();
                field = field is null ? null : field with { Name = name };
            }
            if (field is null || reader.Failed) break;
            fields.Add(field);
        }
        return fields.ToImmutable();
    }

    static PayloadField? Typed(ref StreamBytes reader, string name, bool secondLayout, int depth, ref int left)
    {
        int code = reader.Int32();
        if (depth > MostDepth || left <= 0) return null;
        switch (code)
        {
            case Object:
                int members = reader.Int32();
                return new PayloadField(name, WireType.Struct) { Members = Fields(ref reader, members, secondLayout, depth + 1, ref left) };
            case Array when secondLayout:
                return Typed(ref reader, name, secondLayout, depth + 1, ref left) is { IsArray: false } element ? element with { Count = Extent.Prefix } : null;
            // Until version 5, a time is a FILETIME.
            case 16:
                return new PayloadField(name, WireType.FileTime);
            default:
                return Simple(code) is { } type ? new PayloadField(name, type.Wire, type.Out) : null;
        }
    }

    /// <summary>A row of a metadata block of version 6; null: it is broken.</summary>
    internal static (int Id, NetTraceMetadata Metadata)? ReadRow(ReadOnlySpan<byte> row)
    {
        var reader = new StreamBytes(row);
        ulong id = reader.VarUInt();
        string provider = reader.Utf8();
        ulong eventId = reader.VarUInt();
        string name = reader.Utf8();
        int left = MostFields;
        int count = reader.UInt16();
        ImmutableArray<PayloadField> fields = Rows(ref reader, count, 0, ref left);
        var metadata = new NetTraceMetadata(provider, null, (int)eventId, name, 0, 0, 0, 0, new PayloadTemplate(fields));
        int size = reader.UInt16();
        var options = new StreamBytes(reader.Take(Math.Min(size, reader.Left)));
        while (!reader.Failed && !options.AtEnd && !options.Failed)
        {
            switch (options.Byte())
            {
                case 1: metadata = metadata with { Opcode = options.Byte() }; break;
                case 3: metadata = metadata with { Keywords = (ulong)options.Int64() }; break;
                case 4 or 5: options.Utf8(); break;
                case 6:
                    options.Utf8();
                    options.Utf8();
                    break;
                case 7: metadata = metadata with { ProviderGuid = options.Guid() }; break;
                case 8: metadata = metadata with { Level = options.Byte() }; break;
                case 9: metadata = metadata with { Version = options.Byte() }; break;
                default: options.Take(-1); break;
            }
        }
        return reader.Failed || id > int.MaxValue ? null : ((int)id, metadata);
    }

    static ImmutableArray<PayloadField> Rows(ref StreamBytes reader, int count, int depth, ref int left)
    {
        ImmutableArray<PayloadField>.Builder fields = ImmutableArray.CreateBuilder<PayloadField>();
        bool known = true;
        for (int i = 0; i < count && !reader.Failed && left-- > 0; i++)
        {
            int size = reader.UInt16();
            var content = new StreamBytes(reader.Take(size));
            string name = content.Utf8();
            // Fields behind one whose size is not known have no place that is known.
            if (!known || RowType(ref content, name, depth, ref left) is not { } field) known = false;
            else fields.Add(field);
        }
        return fields.ToImmutable();
    }

    static PayloadField? RowType(ref StreamBytes reader, string name, int depth, ref int left)
    {
        int code = reader.Byte();
        if (depth > MostDepth || left <= 0) return null;
        switch (code)
        {
            case Object:
                int members = reader.UInt16();
                return new PayloadField(name, WireType.Struct) { Members = Rows(ref reader, members, depth + 1, ref left) };
            case Array:
                return RowType(ref reader, name, depth + 1, ref left) is { IsArray: false } element ? element with { Count = Extent.Prefix } : null;
            case FixedArray:
                PayloadField? inner = RowType(ref reader, name, depth + 1, ref left);
                int count = reader.UInt16();
                return inner is { IsArray: false } ? inner with { Count = Extent.Fixed(count) } : null;
            case 16:
                return new PayloadField(name, WireType.SystemTime);
            case RelativeLocation or DataLocation:
                return null;
            default:
                return Simple(code) is { } type ? new PayloadField(name, type.Wire, type.Out) : null;
        }
    }

    /// <summary>The types of System.TypeCode and those that were added to them.</summary>
    static (WireType Wire, OutType Out)? Simple(int code) => code switch
    {
        3 => (WireType.Boolean, OutType.Boolean),
        4 => (WireType.UInt16, OutType.String),
        5 => (WireType.Int8, OutType.Default),
        6 => (WireType.UInt8, OutType.Default),
        7 => (WireType.Int16, OutType.Default),
        8 => (WireType.UInt16, OutType.Default),
        9 => (WireType.Int32, OutType.Default),
        10 => (WireType.UInt32, OutType.Default),
        11 => (WireType.Int64, OutType.Default),
        12 => (WireType.UInt64, OutType.Default),
        13 => (WireType.Float, OutType.Default),
        14 => (WireType.Double, OutType.Default),
        17 => (WireType.Guid, OutType.Default),
        String => (WireType.UnicodeString, OutType.Default),
        23 => (WireType.UInt8, OutType.String),
        26 => (WireType.UInt8, OutType.Boolean),
        _ => null,
    };
}
