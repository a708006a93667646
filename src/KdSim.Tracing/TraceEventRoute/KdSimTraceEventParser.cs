using KdSim.Tracing.Etl.Decoding;
using KdSim.Tracing.Etl.Format;
using Microsoft.Diagnostics.Tracing;
using Microsoft.Diagnostics.Tracing.Parsers;

namespace KdSim.Tracing.TraceEventRoute;

/// <summary>
/// Templates for the kernel's events that TraceEvent's own parser does not know (spin locks, DPC queueing, timers, power...), made from the tables of
/// kernel events. Subscribe to <see cref="TraceEventParser.All"/>, or by name with AddCallbackForProviderEvent.
/// </summary>
public sealed class KdSimTraceEventParser(TraceEventSource source) : TraceEventParser(source)
{
    /// <summary>The opcodes that TraceEvent 4.0 has templates for; a test compares them with what it really has.</summary>
    static readonly (KernelGroup Group, byte[] Opcodes)[] OfTraceEvent =
    [
        (KernelGroup.EventTrace, [0, 5, 8, 32]),
        (KernelGroup.DiskIo, [10, 11, 12, 13, 14, 15, 34, 35, 37, 52, 53]),
        (KernelGroup.PageFault, [10, 11, 12, 13, 14, 15, 32, 98, 99, 105]),
        (KernelGroup.Process, [1, 2, 3, 4, 32, 33, 39]),
        (KernelGroup.FileIo, [0, 32, 35, 36, 37, 38, 39, 40, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77]),
        (KernelGroup.Thread, [1, 2, 3, 4, 36, 37, 50, 72]),
        (KernelGroup.TcpIp, [10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 26, 27, 28, 29, 30, 31, 32, 34]),
        (KernelGroup.UdpIp, [10, 11, 17, 26, 27]),
        (KernelGroup.Registry, [10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27]),
        (KernelGroup.SystemConfig, [10, 16, 21, 22]),
        (KernelGroup.PerfInfo, [34, 46, 47, 50, 51, 52, 58, 66, 67, 68, 69, 72, 73, 74]),
        (KernelGroup.Object, [32, 33]),
        (KernelGroup.Image, [2, 3, 4, 10]),
        (KernelGroup.StackWalk, [32, 35, 36, 37, 38]),
        (KernelGroup.Alpc, [33, 34, 35, 36, 37]),
        (KernelGroup.SplitIo, [32]),
    ];

    /// <summary>The events of the tables that TraceEvent has no template for, each once.</summary>
    public static IEnumerable<KernelEvent> Events()
    {
        HashSet<(Guid, byte)> theirs = [.. OfTraceEvent.SelectMany(group => group.Opcodes.Select(opcode => (KernelGroups.GuidOf(group.Group), opcode)))];
        return KernelEvents.All.Where(known => known.Group is not null && !theirs.Contains((known.TaskGuid, known.Opcode)))
            .GroupBy(known => (known.TaskGuid, known.Opcode)).Select(versions => versions.Last());
    }

    protected override string GetProviderName() => KernelTraceEventParser.ProviderName;

    protected override void EnumerateTemplates(Func<string, string, EventFilterResponse>? eventsToObserve, Action<TraceEvent> callback)
    {
        foreach (KernelEvent known in Events())
        {
            var template = new TableTraceEvent(known);
            if (eventsToObserve is null || eventsToObserve(template.ProviderName, template.EventName) == EventFilterResponse.AcceptEvent) callback(template);
        }
    }
}

/// <summary>An event whose fields stand in the tables of kernel events. Payload values are boxed numbers, texts, and arrays.</summary>
public sealed unsafe class TableTraceEvent : TraceEvent
{
    const int Classic = 0xFFFF;
    readonly KernelEvent _known;
    Action<TraceEvent>? _action;

    internal TableTraceEvent(KernelEvent known)
        : base(Classic, 0, known.Task, known.TaskGuid, known.Opcode, known.Name, KernelTraceEventParser.ProviderGuid, KernelTraceEventParser.ProviderName)
    {
        _known = known;
        payloadNames = [.. known.Payload.Fields.Select(field => field.Name)];
    }

    public override string[] PayloadNames => payloadNames;

    protected override Delegate? Target
    {
        get => _action;
        set => _action = (Action<TraceEvent>?)value;
    }

    protected override void Dispatch() => _action?.Invoke(this);

    /// <summary>Null where the payload is too short for the field.</summary>
    public override object? PayloadValue(int index)
    {
        KernelEvent known = KernelEvents.Find(_known.TaskGuid, _known.Opcode, (byte)Version) ?? _known;
        var reader = new PayloadReader(known.Payload, new ReadOnlySpan<byte>((void*)DataStart, EventDataLength), PointerSize);
        string wanted = payloadNames[index];
        while (reader.MoveNext())
        {
            if (reader.Token != PayloadToken.Value || reader.Field.Name != wanted) continue;
            if (!reader.Field.IsArray) return Boxed(reader, 0);
            object[] elements = new object[reader.Count];
            for (int i = 0; i < elements.Length; i++) elements[i] = Boxed(reader, i);
            return elements;
        }
        return null;
    }

    static object Boxed(scoped in PayloadReader reader, int element) => ValueText.ShapeOf(reader.Field) switch
    {
        ValueShape.Boolean => reader.UInt64At(element) != 0,
        ValueShape.Real => reader.DoubleAt(element),
        _ => reader.Field.Type switch
        {
            WireType.UInt8 => (byte)reader.UInt64At(element),
            WireType.Int8 => (sbyte)reader.Int64At(element),
            WireType.UInt16 => (ushort)ValueText.NumberOf(reader, element),
            WireType.Int16 => (short)reader.Int64At(element),
            WireType.UInt32 => (uint)reader.UInt64At(element),
            WireType.Int32 => (int)reader.Int64At(element),
            WireType.UInt64 or WireType.Pointer => reader.UInt64At(element),
            WireType.Int64 => reader.Int64At(element),
            WireType.Guid => reader.GuidAt(element),
            _ => ValueText.Of(reader, element),
        },
    };
}
