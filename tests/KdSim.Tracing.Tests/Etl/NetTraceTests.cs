using System.Text;
using KdSim.Tracing.Etl.Format;
using KdSim.Tracing.Etl.Reading;
using KdSim.Tracing.NetTrace;
using Microsoft.Diagnostics.Tracing;
using Xunit;

namespace KdSim.Tracing.Tests.Etl;

/// <summary>.nettrace: what is written is read back by TraceEvent and by our reader; older versions are made by hand.</summary>
public class NetTraceTests
{
    const long Time = EtlBuilder.HeaderTime + 1000;
    static readonly Guid Provider = new("11111111-2222-3333-4444-555555555555");

    static byte[] Exported(int events)
    {
        var builder = new EtlBuilder(4096);
        for (int i = 0; i < events; i++)
        {
            long time = Time + 10 * i;
            switch (i % 3)
            {
                case 0:
                    byte[] isr = [.. BitConverter.GetBytes(time - 50), .. BitConverter.GetBytes(0x1234ul), 1, 0x61, 0, 0];
                    builder.PerfInfo(i % 2, time, KernelGroup.PerfInfo, 67, 2, isr);
                    break;
                case 1: builder.System(i % 2, time, KernelGroup.Thread, 2, 0, [8, 0, 0, 0, 4, 0, 0, 0], thread: (uint)(4 + i % 5)); break;
                default: builder.Event(i % 2, time, Provider, (ushort)(i % 4), new byte[i % 50]); break;
            }
        }
        using EtlFile file = EtlFile.Open(TraceBytes.Of(builder.Build()));
        using var output = new MemoryStream();
        NetTraceWriter.Write(file, output);
        return output.ToArray();
    }

    static (NetTraceFile File, NetTraceSummary Summary) Read(byte[] bytes)
    {
        NetTraceFile file = NetTraceFile.Open(TraceBytes.Of(bytes));
        return (file, NetTraceSummary.Of(file));
    }

    [Fact]
    public void TraceEvent_reads_an_exported_trace_with_its_own_templates()
    {
        using var source = new EventPipeEventSource(new MemoryStream(Exported(3000)));
        var isrs = new List<(double, ulong, int, int)>();
        int all = 0;
        source.Kernel.PerfInfoISR += isr => isrs.Add((Math.Round(isr.ElapsedTimeMSec, 6), isr.Routine, isr.Vector, isr.ProcessorNumber));
        source.AllEvents += _ => all++;
        Assert.True(source.Process());
        Assert.Equal((3001, 1000, 0), (all, isrs.Count, source.EventsLost));
        Assert.All(isrs, (isr, index) => Assert.Equal((0.005, 0x1234ul, 0x61, 3 * index % 2), isr));
        Assert.Equal(new DateTime(2024, 1, 1, 0, 0, 0, DateTimeKind.Utc), source.SessionStartTime.ToUniversalTime());
    }

    [Fact]
    public void Our_reader_reads_an_exported_trace()
    {
        (NetTraceFile file, NetTraceSummary summary) = Read(Exported(3000));
        Assert.Equal((6, 3001L, 0L, 0L, 8), (file.Version, summary.EventCount, file.EventsLost, file.Problems.Count, file.PointerSize));
        Assert.Equal((EtlBuilder.HeaderTime, Time + 29990), (summary.FirstTime, summary.LastTime));
        Assert.Contains(("Windows Kernel", 67, 1000L), summary.Counts);
        Assert.Equal(new DateTime(2024, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddTicks(1000), file.ToUtc(Time));
        NetTraceEventSequence events = NetTraceEventSequence.Of(file);
        Assert.Equal("PerfInfo/ISR", events.DescriptionOf(1).Name);
        PayloadReader reader = new(events.DescriptionOf(1).Template!, events[1].Payload, 8);
        var fields = new List<string>();
        while (reader.MoveNext()) fields.Add($"{reader.Field.Name}={reader.UInt64}");
        Assert.Equal([$"InitialTime={Time - 50}", "Routine=4660", "ReturnValue=1", "Vector=97", "Reserved=0"], fields);
        Assert.Equal((4u, 8u), (events[2].ThreadId - 1, events[2].ProcessId));
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.9)]
    public void A_cut_file_gives_what_stands_before_the_cut(double part)
    {
        byte[] whole = Exported(9000);
        (NetTraceFile file, NetTraceSummary summary) = Read(whole[..(int)(whole.Length * part)]);
        Assert.InRange(summary.EventCount, (long)(9000 * part * 0.7), (long)(9000 * part * 1.3));
        Assert.NotEqual(0, file.Problems.Count);
    }

    static readonly byte[] Trace =
    [
        .. Shorts(2024, 1, 1, 1, 0, 0, 0, 0), .. BitConverter.GetBytes(Time), .. BitConverter.GetBytes(EtlBuilder.Frequency), .. Ints(8, 77, 2, 0),
    ];

    static byte[] Shorts(params short[] numbers) => [.. numbers.SelectMany(BitConverter.GetBytes)];

    static byte[] Ints(params int[] numbers) => [.. numbers.SelectMany(BitConverter.GetBytes)];

    static byte[] Wide(string text) => Encoding.Unicode.GetBytes(text + "\0");

    static byte[] Description(int id) =>
        [.. Ints(id), .. Wide("Old"), .. Ints(5), .. Wide("Thing"), .. new byte[8], .. Ints(1, 4, 2, 9), .. Wide("Number"), .. Ints(18), .. Wide("Text")];

    static void Object(MemoryStream to, int version, string name, byte[] content)
    {
        to.Write([5, 5, 1, .. Ints(version, version, name.Length), .. Encoding.ASCII.GetBytes(name), 6]);
        if (name != "Trace")
        {
            to.Write(Ints(content.Length));
            while (to.Length % 4 != 0) to.WriteByte(0);
        }
        to.Write(content);
        to.WriteByte(6);
    }

    static MemoryStream Start(bool magic)
    {
        var stream = new MemoryStream();
        if (magic) stream.Write("Nettrace"u8);
        stream.Write([.. Ints(20), .. "!FastSerialization.1"u8]);
        return stream;
    }

    [Fact]
    public void Version_3_has_metadata_and_stacks_among_its_events()
    {
        static byte[] Event(int metadata, byte[] payload, int stack) =>
        [
            .. Ints(52 + payload.Length + 4 + stack, metadata, 9), .. BitConverter.GetBytes(Time + 5), .. new byte[32], .. Ints(payload.Length), .. payload,
            .. Ints(stack), .. new byte[stack],
        ];
        MemoryStream stream = Start(magic: false);
        Object(stream, 3, "Trace", Trace);
        Object(stream, 1, "EventBlock", [.. Event(0, Description(1), 0), .. Event(1, [.. Ints(42), .. Wide("x")], 16)]);
        stream.WriteByte(1);
        (NetTraceFile file, NetTraceSummary summary) = Read(stream.ToArray());
        Assert.Empty(file.Problems.Kept);
        Assert.Equal((3, 1L, 1L, 77), (file.Version, summary.EventCount, file.Stacks, file.ProcessId));
        Assert.Equal([("Old", 5, 1L)], summary.Counts);
    }

    /// <summary>Two events of version 4 with compressed headers, the second without what repeats; between them the thread loses two events.</summary>
    static byte[] Version4()
    {
        MemoryStream stream = Start(magic: true);
        Object(stream, 4, "Trace", Trace);
        byte[] head = [.. Shorts(20, 1), .. BitConverter.GetBytes(5L), .. BitConverter.GetBytes(9L)];
        byte[] description = Description(1), first = [.. Ints(42), .. Wide("x")];
        // Flags (metadata, payload size), no metadata, time, size.
        Object(stream, 2, "MetadataBlock", [.. head, 0x81, 0, 0, (byte)description.Length, .. description]);
        Object(stream, 2, "StackBlock", [.. Ints(1, 2, 8), .. new byte[8], .. Ints(16), .. new byte[16]]);
        Object(stream, 2, "EventBlock",
        [
            .. head, 1 | 2 | 4 | 8 | 128, 1, 0, 9, 1, 9, 2, 5, (byte)first.Length, .. first,
            2, 2, 9, 0, 4, .. first,
        ]);
        Object(stream, 2, "SPBlock", [.. BitConverter.GetBytes(Time + 9), .. Ints(1), .. BitConverter.GetBytes(9L), .. Ints(6)]);
        stream.WriteByte(1);
        return stream.ToArray();
    }

    [Fact]
    public void Version_4_has_compressed_headers_and_stacks_of_its_own()
    {
        (NetTraceFile file, NetTraceSummary summary) = Read(Version4());
        Assert.Empty(file.Problems.Kept);
        Assert.Equal((4, 2L, 2L, 2L), (file.Version, summary.EventCount, file.Stacks, summary.EventsWithStack));
        // Numbers 1 and 4 were seen, and the sequence point says 6.
        Assert.Equal(4, file.EventsLost);
        Assert.Equal((5L, 9L), (summary.FirstTime, summary.LastTime));
        NetTraceEventSequence events = NetTraceEventSequence.Of(file);
        Assert.Equal(("Old", "Thing"), (events.DescriptionOf(0).Provider, events.DescriptionOf(0).Name));
        Assert.Equal(ProviderGuids.OfName("Old"), events[0].Provider);
        Assert.Equal(["Number", "Text"], events.DescriptionOf(0).Template!.Fields.Select(field => field.Name));
    }

    [Fact]
    public void A_lost_object_costs_itself_only()
    {
        byte[] bytes = Version4();
        int stack = bytes.AsSpan().IndexOf("StackBlock"u8);
        bytes[stack - 15] = 0xEE;
        (NetTraceFile file, NetTraceSummary summary) = Read(bytes);
        Assert.Equal(2, summary.EventCount);
        Assert.Equal(0, file.Stacks);
        Assert.Equal([TraceProblemKind.BadStream], file.Problems.Kept.Select(problem => problem.Kind));
    }

    [Fact]
    public void The_guid_of_a_name_is_that_of_EventSource()
    {
        using var source = new System.Diagnostics.Tracing.EventSource("KdSim-Test-Name");
        Assert.Equal(source.Guid, ProviderGuids.OfName("KdSim-Test-Name"));
    }
}
