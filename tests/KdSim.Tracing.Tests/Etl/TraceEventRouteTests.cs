using System.Reflection;
using KdSim.Tracing.Etl.Dump;
using KdSim.Tracing.Etl.Format;
using KdSim.Tracing.Etl.Reading;
using KdSim.Tracing.TraceEventRoute;
using Microsoft.Diagnostics.Tracing;
using Microsoft.Diagnostics.Tracing.Etlx;
using Microsoft.Diagnostics.Tracing.Parsers;
using Microsoft.Diagnostics.Tracing.Parsers.Kernel;
using Xunit;

namespace KdSim.Tracing.Tests.Etl;

/// <summary>TraceEvent's pipeline over .etl files, by way of a temporary .btl.</summary>
public class TraceEventRouteTests
{
    const long Time = EtlBuilder.HeaderTime + 1000;
    static readonly Guid Provider = new("11111111-2222-3333-4444-555555555555");

    static EtlFile File(int events = 3000, int pointerSize = 8)
    {
        var builder = new EtlBuilder(4096, pointerSize: pointerSize);
        byte[] pointer = pointerSize == 8 ? BitConverter.GetBytes(0x1234ul) : BitConverter.GetBytes(0x1234u);
        for (int i = 0; i < events; i++)
        {
            long time = Time + 10 * i;
            int processor = i % 3 == 0 ? 1 : 0;
            switch (i % 5)
            {
                case 0: builder.PerfInfo(processor, time, KernelGroup.PerfInfo, 67, 2, [.. BitConverter.GetBytes(time - 50), .. pointer, 1, 0x61, 0, 0]); break;
                case 1: builder.PerfInfo(processor, time, KernelGroup.PerfInfo, 68, 2, [.. BitConverter.GetBytes(time - 20), .. pointer]); break;
                case 2: builder.System(processor, time, KernelGroup.Thread, 2, 0, [8, 0, 0, 0, 4, 0, 0, 0]); break;
                case 3: builder.PerfInfo(processor, time, KernelGroup.PerfInfo, 101, 2, [.. pointer, .. pointer]); break;
                default: builder.Event(processor, time, Provider, (ushort)(i % 7), new byte[i % 50], items: [(ExtendedItemType.EventKey, new byte[8])]); break;
            }
        }
        return EtlFile.Open(TraceBytes.Of(builder.Build()));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(4)]
    public void Counts_are_those_of_our_reader(int pointerSize)
    {
        using EtlFile file = File(pointerSize: pointerSize);
        using TraceEventSession session = TraceEventSession.Open(file);
        var counts = new Dictionary<(Guid, int), int>();
        double last = double.MinValue;
        session.Source.AllEvents += data =>
        {
            Assert.True(data.TimeStampRelativeMSec >= last);
            last = data.TimeStampRelativeMSec;
            (Guid, int) key = data.IsClassicProvider ? (data.TaskGuid, (int)data.Opcode) : (data.ProviderGuid, (int)data.ID);
            counts[key] = counts.GetValueOrDefault(key) + 1;
        };
        var isrs = new List<(double, ulong, int)>();
        session.Source.Kernel.PerfInfoISR += isr => isrs.Add((isr.ElapsedTimeMSec, isr.Routine, isr.Vector));
        Assert.True(session.Source.Process());
        Dictionary<(Guid, int), int> ours = TraceSummary.Of(file).Groups.ToDictionary(group => (group.Provider, group.Number), group => (int)group.Count);
        Assert.Equal(ours.OrderBy(pair => pair.Key).ToArray(), counts.OrderBy(pair => pair.Key).ToArray());
        Assert.Equal(600, isrs.Count);
        Assert.All(isrs, isr => Assert.Equal((0.005, 0x1234ul, 0x61), (Math.Round(isr.Item1, 6), isr.Item2, isr.Item3)));
        Assert.Equal(new DateTime(2024, 1, 1, 0, 0, 0, DateTimeKind.Utc), session.Source.SessionStartTime.ToUniversalTime());
        Assert.Equal(pointerSize, session.Source.PointerSize);
    }

    [Fact]
    public void Events_without_a_template_of_TraceEvent_have_names_and_fields()
    {
        using EtlFile file = File(50);
        using TraceEventSession session = TraceEventSession.Open(file);
        var seen = new List<string>();
        new KdSimTraceEventParser(session.Source).All += data => seen.Add($"{data.EventName} {string.Join(',', data.PayloadNames)} {data.PayloadValue(0)}");
        session.Source.Process();
        Assert.Equal(Enumerable.Repeat("PerfInfo/DpcExecution Routine,Key 4660", 10), seen);
    }

    [Fact]
    public void A_filter_works_before_the_conversion_and_the_file_is_removed()
    {
        using EtlFile file = File(50);
        TraceEventSession session = TraceEventSession.Open(file, new EventFilter { Event = "*/DPC" });
        int dpcs = 0, all = 0;
        session.Source.Kernel.PerfInfoDPC += _ => dpcs++;
        session.Source.AllEvents += _ => all++;
        session.Source.Process();
        Assert.Equal((10, 11), (dpcs, all));
        Assert.True(System.IO.File.Exists(session.Path));
        session.Dispose();
        Assert.False(System.IO.File.Exists(session.Path));
    }

    [Fact]
    public void TraceLog_takes_the_route_too()
    {
        using EtlFile file = File(500);
        using TraceEventSession session = TraceEventSession.Open(file);
        string path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), System.IO.Path.GetRandomFileName() + ".etlx");
        try
        {
            TraceLog.CreateFromEventTraceLogFile(session.Source, path);
            using var log = new TraceLog(path);
            Assert.Equal(100, log.Events.Count(data => data is ISRTraceData));
            Assert.Equal(100, log.Events.Count(data => data.ProviderGuid == Provider));
        }
        finally
        {
            System.IO.File.Delete(path);
        }
    }

    [Fact]
    public void Without_a_header_the_route_is_refused()
    {
        byte[] bytes = new EtlBuilder().PerfInfo(0, Time, KernelGroup.PerfInfo, 68, 2, new byte[16]).Build();
        bytes.AsSpan(0, 4096).Clear();
        using EtlFile file = EtlFile.Open(TraceBytes.Of(bytes));
        Assert.Throws<InvalidDataException>(() => TraceEventSession.Open(file));
    }

    /// <summary>The list of what TraceEvent knows must be right, or events would come twice or not at all.</summary>
    [Fact]
    public void Our_templates_are_exactly_those_that_TraceEvent_lacks()
    {
        using EtlFile file = File(1);
        using TraceEventSession session = TraceEventSession.Open(file);
        var theirs = new HashSet<(Guid, int)>();
        MethodInfo enumerate = typeof(KernelTraceEventParser).GetMethod("EnumerateTemplates", BindingFlags.Instance | BindingFlags.NonPublic)!;
        FieldInfo task = typeof(TraceEvent).GetField("taskGuid", BindingFlags.Instance | BindingFlags.NonPublic)!;
        Func<string, string, EventFilterResponse> everything = (_, _) => EventFilterResponse.AcceptEvent;
        Action<TraceEvent> collect = template => theirs.Add(((Guid)task.GetValue(template)!, (int)template.Opcode));
        enumerate.Invoke(session.Source.Kernel, [everything, collect]);
        (string, byte)[] both = [.. KdSimTraceEventParser.Events().Where(known => theirs.Contains((known.TaskGuid, known.Opcode))).Select(Show)];
        (string, byte)[] none =
        [
            .. KernelEvents.All.Where(known => known.Group is not null && !theirs.Contains((known.TaskGuid, known.Opcode)))
                .ExceptBy(KdSimTraceEventParser.Events().Select(known => (known.TaskGuid, known.Opcode)), known => (known.TaskGuid, known.Opcode)).Select(Show),
        ];
        Assert.Empty(both);
        Assert.Empty(none);
        static (string, byte) Show(KernelEvent known) => (known.FullName, known.Opcode);
    }
}
