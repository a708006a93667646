using KdSim.Tracing.Analysis;
using KdSim.Tracing.Recording;
using KdSim.Tracing.Schema;
using Xunit;

namespace KdSim.Tracing.Tests;

public class RecorderTests
{
    [Fact]
    public void Every_kind_is_declared_once()
    {
        Assert.Equal(Enum.GetValues<EventKind>(), EventSchema.All.Select(type => type.Kind));
        Assert.All(EventSchema.All, type => Assert.Equal(type.Fields.Length, type.Fields.Select(field => field.Name).Distinct().Count()));
    }

    [Fact]
    public void The_ring_keeps_the_latest_in_order()
    {
        var recorder = new EventRecorder(4);
        for (ulong i = 0; i < 10; i++) recorder.Add(EventKind.IrpFree, 1, i, i);
        Assert.Equal(10ul, recorder.Count);
        Assert.Equal([6ul, 7, 8, 9], recorder.Latest(100).Select(recorded => recorded.Argument0));
        Assert.Equal([8ul, 9], recorder.Latest(2).Select(recorded => recorded.Number));
        Assert.Empty(recorder.Latest(-1));
    }

    [Fact]
    public void Texts_live_as_long_as_their_place()
    {
        var recorder = new EventRecorder(1 << 13);
        for (int i = 0; i < 5000; i++) recorder.AddText(EventKind.DbgPrint, 0, 0, $"line {i}");
        RecordedEvent[] all = [.. recorder.Latest(5000)];
        Assert.Null(recorder.TextOf(all[0]));
        Assert.Equal("line 904", recorder.TextOf(all[904]));
        Assert.Equal("line 4999", recorder.TextOf(all[^1]));
    }

    [Fact]
    public void An_isr_inside_a_dpc_counts_in_both()
    {
        var recorder = new EventRecorder(16);
        recorder.Add(EventKind.DpcEnter, 0, 100, 1, 0xD0);
        recorder.Add(EventKind.IsrEnter, 0, 120, 0x50, 2, 0x15);
        recorder.Add(EventKind.IsrExit, 0, 150, 0x50, 2, 0x15, 1);
        recorder.Add(EventKind.DpcExit, 0, 200, 1, 0xD0);
        recorder.Add(EventKind.DpcEnter, 1, 10, 1, 0xD0);
        recorder.Add(EventKind.DpcExit, 1, 30, 1, 0xD0);
        RoutineTime[] times = [.. recorder.Times.All];
        Assert.Equal([(RoutineKind.Isr, 0x15ul, 1ul, 30ul), (RoutineKind.Dpc, 0xD0ul, 2ul, 120ul)],
            times.Select(time => (time.Kind, time.Routine, time.Count, time.Total)));
        Assert.Equal((20ul, 60ul, 100ul), (times[1].Minimum, times[1].Mean, times[1].Maximum));
    }

    [Fact]
    public void A_run_that_never_ended_does_not_disturb_the_next()
    {
        var recorder = new EventRecorder(16);
        recorder.Add(EventKind.DpcEnter, 0, 0, 1, 0xD0);
        recorder.Add(EventKind.IsrEnter, 0, 5, 0x50, 2, 0x15);
        recorder.Add(EventKind.DpcExit, 0, 10, 1, 0xD0);
        recorder.Add(EventKind.IsrExit, 0, 20, 0x50, 2, 0x15);
        Assert.Equal(10ul, Assert.Single(recorder.Times.All).Total);
    }

    [Fact]
    public void Recording_allocates_nothing()
    {
        var recorder = new EventRecorder(16);
        Run(recorder);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Run(recorder);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        static void Run(EventRecorder recorder)
        {
            for (ulong i = 0; i < 100; i++)
            {
                recorder.Add(EventKind.DpcEnter, 0, i, 1, 0xD0);
                recorder.Add(EventKind.DpcExit, 0, i + 1, 1, 0xD0);
            }
        }
    }
}
