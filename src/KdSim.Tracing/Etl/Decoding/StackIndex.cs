using System.Runtime.InteropServices;
using KdSim.Tracing.Etl.Format;
using KdSim.Tracing.Etl.Reading;

namespace KdSim.Tracing.Etl.Decoding;

/// <summary>
/// The call stacks of a trace, by the event that they belong to. The kernel logs a stack as an event of its own behind the event, naming its time
/// stamp and thread; long traces log each stack once under a key (StackWalk/Key*) and then only name the key.
/// </summary>
public sealed class StackIndex
{
    const byte Stack = 32, KeyCreate = 34, KeyRundown = 36, KeyKernel = 37, KeyUser = 38;

    readonly Dictionary<long, List<Entry>> _stacks = [];
    readonly Dictionary<ulong, ulong[]> _keys = [];

    readonly record struct Entry(int Processor, uint Thread, ulong[]? Frames, ulong Key);

    /// <summary>The number of stack events.</summary>
    public long Count { get; private set; }

    public static StackIndex Of(EtlFile file, ITraceProgress? progress = null, CancellationToken cancellation = default)
    {
        var index = new StackIndex();
        foreach (EventRecord record in file.InFileOrder(progress, cancellation))
            if (record.IsKernel && record.Group == KernelGroup.StackWalk)
                index.Add(record);
        return index;
    }

    void Add(in EventRecord record)
    {
        ReadOnlySpan<byte> payload = record.Payload;
        if (record.Opcode is >= KeyCreate and <= KeyRundown && payload.Length >= record.PointerSize)
        {
            _keys[Pointer(payload, record.PointerSize)] = Frames(payload[record.PointerSize..], record.PointerSize);
            return;
        }
        if (payload.Length < 16 || record.Opcode is not (Stack or KeyKernel or KeyUser)) return;
        ReadOnlySpan<byte> rest = payload[16..];
        bool byKey = record.Opcode != Stack;
        if (byKey && rest.Length < record.PointerSize) return;
        Entry entry = new(record.Processor, MemoryMarshal.Read<uint>(payload[12..]), byKey ? null : Frames(rest, record.PointerSize),
            byKey ? Pointer(rest, record.PointerSize) : 0);
        long time = MemoryMarshal.Read<long>(payload);
        if (!_stacks.TryGetValue(time, out List<Entry>? entries)) _stacks[time] = entries = new List<Entry>(1);
        entries.Add(entry);
        Count++;
    }

    /// <summary>The frames of an event's stack, kernel part first; empty if it has none. Stacks inside the record come before logged ones.</summary>
    public IReadOnlyList<ulong> Of(in EventRecord record)
    {
        foreach (ExtendedItem item in record.Items)
            if (item.Type is ExtendedItemType.StackTrace32 or ExtendedItemType.StackTrace64 && item.Data.Length >= 8)
                return Frames(item.Data[8..], item.Type == ExtendedItemType.StackTrace32 ? 4 : 8);
        if (!_stacks.TryGetValue(record.TimeStamp, out List<Entry>? entries)) return [];
        var frames = new List<ulong>();
        foreach (Entry entry in entries)
        {
            bool sameThread = record.ThreadId == EventRecord.NoThread ? entry.Processor == record.Processor : entry.Thread == record.ThreadId;
            if (sameThread) frames.AddRange(entry.Frames ?? _keys.GetValueOrDefault(entry.Key, []));
        }
        return frames;
    }

    static ulong Pointer(ReadOnlySpan<byte> bytes, int size) => size == 8 ? MemoryMarshal.Read<ulong>(bytes) : MemoryMarshal.Read<uint>(bytes);

    static ulong[] Frames(ReadOnlySpan<byte> bytes, int size)
    {
        ulong[] frames = new ulong[bytes.Length / size];
        for (int i = 0; i < frames.Length; i++) frames[i] = Pointer(bytes[(i * size)..], size);
        return frames;
    }
}
