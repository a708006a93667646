using System.Collections.Immutable;
using System.Runtime.InteropServices;
using KdSim.Tracing.Etl.Format;

namespace KdSim.Tracing.Etl.Decoding;

/// <summary>
/// Reads the TRACE_EVENT_INFO that merging puts into a trace for each kind of manifest event in it (MetaData/32): names, and properties with types.
/// </summary>
static class MergedMetadata
{
    /// <summary>The opcode of the event that holds a TRACE_EVENT_INFO.</summary>
    public const byte Opcode = 32;

    const int PropertyLength = 24, FixedLength = 112, MostDepth = 7, MostFields = 4096;
    const uint IsStruct = 1, HasLengthProperty = 2, HasCountProperty = 4, HasFixedCount = 0x20, HasFixedLength = 0x10;

    /// <summary>Null: the block is broken, or describes no manifest event.</summary>
    public static (Guid Provider, ushort Id, byte Version, EventDescription Description)? Read(ReadOnlySpan<byte> block)
    {
        if (block.Length < FixedLength) return null;
        int count = MemoryMarshal.Read<int>(block[100..]), top = MemoryMarshal.Read<int>(block[104..]);
        if (count < 0 || count > (block.Length - FixedLength) / PropertyLength || top < 0 || top > count) return null;
        string task = Text(block, 68), opcode = Text(block, 72), provider = Text(block, 52);
        ushort id = MemoryMarshal.Read<ushort>(block[32..]);
        string name = task.Length > 0 ? task : $"EventID({id})";
        // Standard opcodes are called win:Start and so on.
        opcode = opcode[(opcode.IndexOf(':') + 1)..];
        if (opcode is not ("" or "Info")) name = $"{name}/{opcode}";
        var slots = new Dictionary<int, int>();
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> property = Property(block, i);
            uint flags = MemoryMarshal.Read<uint>(property);
            if ((flags & HasCountProperty) != 0) slots.TryAdd(MemoryMarshal.Read<ushort>(property[16..]), slots.Count);
            if ((flags & HasLengthProperty) != 0) slots.TryAdd(MemoryMarshal.Read<ushort>(property[18..]), slots.Count);
        }
        // Structs that contain themselves would go on for ever.
        int left = MostFields;
        if (slots.Count > PayloadTemplate.MostSlots
            || !TryFields(block, 0, top, count, slots, 0, ref left, out ImmutableArray<PayloadField> fields)) return null;
        var description = new EventDescription(provider, name, new PayloadTemplate(fields), DescriptionSource.MergedMetadata);
        return (new Guid(block[..16]), id, block[34], description);
    }

    static ReadOnlySpan<byte> Property(ReadOnlySpan<byte> block, int index) => block.Slice(FixedLength + index * PropertyLength, PropertyLength);

    static bool TryFields(
        ReadOnlySpan<byte> block, int first, int number, int count, Dictionary<int, int> slots, int depth, ref int left,
        out ImmutableArray<PayloadField> fields)
    {
        ImmutableArray<PayloadField>.Builder all = ImmutableArray.CreateBuilder<PayloadField>();
        fields = [];
        if (depth > MostDepth || first + number > count) return false;
        for (int i = first; i < first + number; i++)
        {
            if (left-- == 0 || Field(block, i, count, slots, depth, ref left) is not { } field) return false;
            all.Add(field);
        }
        fields = all.ToImmutable();
        return true;
    }

    static PayloadField? Field(ReadOnlySpan<byte> block, int index, int count, Dictionary<int, int> slots, int depth, ref int left)
    {
        ReadOnlySpan<byte> property = Property(block, index);
        uint flags = MemoryMarshal.Read<uint>(property);
        string name = TextAt(block, MemoryMarshal.Read<int>(property[4..]));
        ushort first = MemoryMarshal.Read<ushort>(property[8..]), second = MemoryMarshal.Read<ushort>(property[10..]);
        ushort number = MemoryMarshal.Read<ushort>(property[16..]), length = MemoryMarshal.Read<ushort>(property[18..]);
        Extent elements = (flags & HasCountProperty) != 0 ? Extent.OfSlot(slots[number])
            : number > 1 || (flags & HasFixedCount) != 0 ? Extent.Fixed(number)
            : Extent.None;
        if ((flags & IsStruct) != 0)
        {
            return TryFields(block, first, second, count, slots, depth + 1, ref left, out ImmutableArray<PayloadField> members)
                ? new PayloadField(name, WireType.Struct) { Count = elements, Members = members }
                : null;
        }
        if (TdhTypes.In(first) is not { } type) return null;
        OutType shown = TdhTypes.Out(second, type.Out);
        Extent size = Extent.None;
        if ((flags & HasLengthProperty) != 0) size = Extent.OfSlot(slots[length]);
        else if (type.Wire is WireType.Binary or WireType.UnicodeString or WireType.AnsiString && (length > 0 || (flags & HasFixedLength) != 0))
            size = Extent.Fixed(length);
        else if (type.Wire == WireType.Binary) size = shown == OutType.Ipv6 ? Extent.Fixed(16) : Extent.Rest;
        return new PayloadField(name, type.Wire, shown) { Count = elements, Length = size, Slot = slots.GetValueOrDefault(index, -1) };
    }

    /// <summary>The text whose offset stands at a place of the block.</summary>
    static string Text(ReadOnlySpan<byte> block, int at) => TextAt(block, MemoryMarshal.Read<int>(block[at..])).TrimEnd();

    static string TextAt(ReadOnlySpan<byte> block, int offset)
    {
        if (offset <= 0 || offset >= block.Length) return "";
        ReadOnlySpan<char> chars = MemoryMarshal.Cast<byte, char>(block[offset..]);
        int end = chars.IndexOf('\0');
        return (end < 0 ? chars : chars[..end]).ToString();
    }
}
