using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using KdSim.Tracing.Etl.Format;

namespace KdSim.Tracing.Etl.Decoding;

/// <summary>
/// Reads the metadata that a TraceLogging event carries (extended item 11): size, tags, name, and fields of name, in type, out type, tags and count.
/// The provider's name stands in its traits (extended item 12).
/// </summary>
static class TraceLogging
{
    const byte Chained = 0x80, TypeMask = 0x1F, CountMask = 0x60, ConstantCount = 0x20, VariableCount = 0x40;
    const int MostDepth = 7, MostFields = 1024;

    /// <summary>Null: the metadata is broken.</summary>
    public static EventDescription? Read(ReadOnlySpan<byte> schema, ReadOnlySpan<byte> traits)
    {
        var reader = new Reader(schema);
        if (!reader.Skip(2) || !reader.SkipTags() || !reader.TryText(out string name)) return null;
        int left = MostFields;
        return TryFields(ref reader, int.MaxValue, 0, ref left, out ImmutableArray<PayloadField> fields)
            ? new EventDescription(ProviderName(traits), name, new PayloadTemplate(fields), DescriptionSource.TraceLogging)
            : null;
    }

    static string ProviderName(ReadOnlySpan<byte> traits)
    {
        var reader = new Reader(traits);
        return reader.Skip(2) && reader.TryText(out string name) ? name : "";
    }

    static bool TryFields(ref Reader reader, int count, int depth, ref int left, out ImmutableArray<PayloadField> fields)
    {
        ImmutableArray<PayloadField>.Builder all = ImmutableArray.CreateBuilder<PayloadField>();
        fields = [];
        for (int i = 0; i < count && !reader.AtEnd; i++)
        {
            if (left-- == 0 || !TryField(ref reader, depth, ref left, out PayloadField? field)) return false;
            all.Add(field!);
        }
        fields = all.ToImmutable();
        return count == int.MaxValue || fields.Length == count;
    }

    static bool TryField(ref Reader reader, int depth, ref int left, out PayloadField? field)
    {
        field = null;
        if (!reader.TryText(out string name) || !reader.TryByte(out byte type)) return false;
        byte shown = 0;
        if ((type & Chained) != 0)
        {
            if (!reader.TryByte(out shown)) return false;
            if ((shown & Chained) != 0 && !reader.SkipTags()) return false;
            shown &= Chained - 1;
        }
        Extent count = Extent.None;
        switch (type & CountMask)
        {
            case ConstantCount:
                if (!reader.TryNumber(out ushort constant)) return false;
                count = Extent.Fixed(constant);
                break;
            case VariableCount:
                count = Extent.Prefix;
                break;
            case CountMask:
                // Custom serialisation: bytes with a 16-bit count, described by bytes of its own.
                if (!reader.TryNumber(out ushort size) || !reader.Skip(size)) return false;
                field = new PayloadField(name, WireType.CountedBinary, OutType.Hex);
                return true;
        }
        int number = type & TypeMask;
        if (number == TdhTypes.Struct)
        {
            if (depth == MostDepth || !TryFields(ref reader, shown, depth + 1, ref left, out ImmutableArray<PayloadField> members)) return false;
            field = new PayloadField(name, WireType.Struct) { Count = count, Members = members };
            return true;
        }
        if (TdhTypes.In(number) is not { } known) return false;
        // Binaries of TraceLogging always have a count before them.
        WireType wire = known.Wire == WireType.Binary ? WireType.CountedBinary : known.Wire;
        field = new PayloadField(name, wire, TdhTypes.TraceLoggingOut(shown, known.Out)) { Count = count };
        return true;
    }

    ref struct Reader(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> _rest = bytes;

        public readonly bool AtEnd => _rest.IsEmpty;

        public bool Skip(int count)
        {
            if (_rest.Length < count) return false;
            _rest = _rest[count..];
            return true;
        }

        public bool TryByte(out byte value)
        {
            value = 0;
            if (_rest.IsEmpty) return false;
            value = _rest[0];
            _rest = _rest[1..];
            return true;
        }

        public bool TryNumber(out ushort value)
        {
            if (!MemoryMarshal.TryRead(_rest, out value)) return false;
            _rest = _rest[2..];
            return true;
        }

        public bool TryText(out string text)
        {
            int end = _rest.IndexOf((byte)0);
            text = end < 0 ? "" : Encoding.UTF8.GetString(_rest[..end]);
            if (end < 0) return false;
            _rest = _rest[(end + 1)..];
            return true;
        }

        /// <summary>Bytes up to one without the highest bit.</summary>
        public bool SkipTags()
        {
            byte tag;
            do
            {
                if (!TryByte(out tag)) return false;
            }
            while ((tag & Chained) != 0);
            return true;
        }
    }
}
