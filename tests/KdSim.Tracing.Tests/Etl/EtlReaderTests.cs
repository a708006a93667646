using KdSim.Tracing.Etl.Format;
using KdSim.Tracing.Etl.Reading;
using Xunit;

namespace KdSim.Tracing.Tests.Etl;

/// <summary>The reader on files of every header kind, whole and damaged.</summary>
public class EtlReaderTests
{
    static readonly Guid Provider = new("11111111-2222-3333-4444-555555555555");
    static readonly byte[] Payload = [1, 2, 3, 4, 5];
    static readonly (ExtendedItemType, byte[])[] Items = [(ExtendedItemType.StackTrace64, new byte[24]), (ExtendedItemType.EventKey, new byte[3])];
    const MessageFlags AllParts = MessageFlags.Sequence | MessageFlags.Guid | MessageFlags.TimeStamp | MessageFlags.SystemInformation;

    static EtlFile Open(byte[] file) => EtlFile.Open(TraceBytes.Of(file));

    /// <summary>Events of all kinds on two processors, one tick apart, in buffers that end at different times.</summary>
    static EtlBuilder Everything(int events = 200, bool compressed = false, int pointerSize = 8)
    {
        var builder = new EtlBuilder(1024, compressed, pointerSize);
        for (int i = 0; i < events; i++)
        {
            long time = EtlBuilder.HeaderTime + 10 + i;
            int processor = i % 3 == 0 ? 1 : 0;
            switch (i % 7)
            {
                case 0: builder.System(processor, time, KernelGroup.Process, 1, 4, Payload); break;
                case 1: builder.System(processor, time, KernelGroup.Process, KernelGroups.ImageLoadOpcode, 3, Payload, compact: true); break;
                case 2: builder.PerfInfo(processor, time, KernelGroup.PerfInfo, 67, 2, Payload, versionBits: 0x8200); break;
                case 3: builder.Full(processor, time, Provider, 9, 1, Payload); break;
                case 4: builder.Full(processor, time, Provider, 8, 1, Payload, instance: true); break;
                case 5: builder.Event(processor, time, Provider, 300, Payload, items: Items); break;
                default: builder.Message(processor, time, Provider, 12, AllParts, Payload); break;
            }
        }
        return builder;
    }

    [Theory]
    [InlineData(false, 8)]
    [InlineData(true, 8)]
    [InlineData(false, 4)]
    [InlineData(true, 4)]
    public void Every_header_kind_is_read(bool compressed, int pointerSize)
    {
        using EtlFile file = Open(Everything(compressed: compressed, pointerSize: pointerSize).Build());
        Assert.Empty(file.Problems.Kept);
        Assert.Equal(201, file.EventCount);
        Assert.Equal((pointerSize, 22631u, 2u), (file.PointerSize, file.Header!.ProviderVersion, file.Header.NumberOfProcessors));
        int number = 0;
        foreach (EventRecord record in file.InTimeOrder())
        {
            Assert.Equal(pointerSize, record.Numbering == EventNumbering.Message ? pointerSize : record.PointerSize);
            if (number++ == 0) continue;
            Assert.Equal(EtlBuilder.HeaderTime + 8 + number, record.TimeStamp);
            Assert.True(record.Payload.SequenceEqual(Payload));
            bool hasThread = record.Header is not (HeaderType.PerfInfo32 or HeaderType.PerfInfo64);
            Assert.Equal(hasThread ? (4u, 8u) : (EventRecord.NoThread, EventRecord.NoThread), (record.ThreadId, record.ProcessId));
        }
        Assert.Equal(201, number);
        (EventNumbering, Guid, int, int)[] groups =
            [.. TraceSummary.Of(file).Groups.Select(group => (group.Kind, group.Provider, group.Number, (int)group.Count))];
        Assert.Contains((EventNumbering.Opcode, KernelGroups.GuidOf(KernelGroup.Image), 10, 29), groups);
        Assert.Contains((EventNumbering.Opcode, KernelGroups.GuidOf(KernelGroup.PerfInfo), 67, 29), groups);
        Assert.Contains((EventNumbering.Opcode, Provider, 8, 28), groups);
        Assert.Contains((EventNumbering.Id, Provider, 300, 28), groups);
        Assert.Contains((EventNumbering.Message, Provider, 12, 28), groups);
    }

    [Fact]
    public void File_order_keeps_buffers_together_and_time_order_breaks_ties_by_processor_and_place()
    {
        var builder = new EtlBuilder();
        for (int i = 0; i < 3; i++)
            foreach (int processor in (int[])[1, 0])
                builder.PerfInfo(processor, EtlBuilder.HeaderTime + i / 2, KernelGroup.PerfInfo, (byte)(10 * processor + i), 0, []);
        // Processor 1 is flushed first, so it stands first in the file.
        using EtlFile file = Open(builder.Flush(1).Build());
        var inFile = new List<int>();
        var inTime = new List<int>();
        foreach (EventRecord record in file.InFileOrder()) inFile.Add(record.Opcode);
        foreach (EventRecord record in file.InTimeOrder()) inTime.Add(record.Opcode);
        Assert.Equal([0, 10, 11, 12, 0, 1, 2], inFile);
        Assert.Equal([0, 0, 1, 10, 11, 2, 12], inTime);
    }

    [Fact]
    public void A_buffer_whose_time_goes_back_is_sorted()
    {
        var builder = new EtlBuilder();
        foreach (int time in (int[])[5, 3, 4, 9, 1]) builder.PerfInfo(0, EtlBuilder.HeaderTime + time, KernelGroup.PerfInfo, (byte)time, 0, []);
        using EtlFile file = Open(builder.Build());
        var opcodes = new List<int>();
        foreach (EventRecord record in file.InTimeOrder()) opcodes.Add(record.Opcode);
        Assert.Equal([0, 1, 3, 4, 5, 9], opcodes);
    }

    [Fact]
    public void Messages_without_parts_are_read()
    {
        var builder = new EtlBuilder();
        builder.PerfInfo(0, EtlBuilder.HeaderTime + 5, KernelGroup.PerfInfo, 1, 0, []);
        builder.Message(0, 0, default, 7, MessageFlags.ComponentId, Payload);
        using EtlFile file = Open(builder.Build());
        Assert.Equal(3, file.EventCount);
        foreach (EventRecord record in file.InFileOrder())
        {
            if (record.Numbering != EventNumbering.Message) continue;
            Assert.False(record.HasTimeStamp);
            Assert.Equal(EtlBuilder.HeaderTime + 5, record.TimeStamp);
            Assert.Equal(new Guid(0xC0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), record.Provider);
            Assert.Equal(EventRecord.NoThread, record.ThreadId);
            Assert.True(record.Payload.SequenceEqual(Payload));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_cut_tail_loses_only_what_is_cut(bool compressed)
    {
        EtlBuilder builder = Everything(compressed: compressed);
        byte[] file = builder.Build();
        long last = builder.BufferOffsets.Last();
        using EtlFile whole = Open(file);
        using EtlFile cut = Open(file[..(int)(last + 200)]);
        Assert.Equal(TraceProblemKind.CutBuffer, cut.Problems.Kept[0].Kind);
        Assert.Equal((last, file.Length - last - 200), (cut.Problems.Kept[0].Offset, cut.Problems.Kept[0].Bytes));
        int lastCount = whole.Buffers[^1].EventCount;
        Assert.InRange(cut.EventCount, whole.EventCount - lastCount, whole.EventCount - 1);
        using EtlFile shorter = Open(file[..(int)last]);
        Assert.Equal([TraceProblemKind.MissingBuffers], shorter.Problems.Kept.Select(problem => problem.Kind));
        Assert.Equal(whole.EventCount - lastCount, shorter.EventCount);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_lost_buffer_header_costs_its_buffer(bool compressed)
    {
        EtlBuilder builder = Everything(compressed: compressed);
        byte[] file = builder.Build();
        long[] offsets = [.. builder.BufferOffsets];
        using EtlFile whole = Open((byte[])file.Clone());
        file.AsSpan((int)offsets[2], 100).Fill(0xAB);
        using EtlFile damaged = Open(file);
        TraceProblem problem = damaged.Problems.Kept[0];
        Assert.Equal((TraceProblemKind.BadBuffer, offsets[2], offsets[3] - offsets[2]), (problem.Kind, problem.Offset, problem.Bytes));
        Assert.Equal(whole.EventCount - whole.Buffers[2].EventCount, damaged.EventCount);
    }

    [Fact]
    public void Rubbish_among_records_costs_only_the_records_that_it_hits()
    {
        EtlBuilder builder = Everything();
        byte[] file = builder.Build();
        int at = (int)builder.BufferOffsets.ElementAt(1) + BufferHeader.Length + 200;
        using EtlFile whole = Open((byte[])file.Clone());
        file.AsSpan(at, 160).Fill(0x5A);
        using EtlFile damaged = Open(file);
        TraceProblem problem = Assert.Single(damaged.Problems.Kept);
        Assert.Equal(TraceProblemKind.BadRecord, problem.Kind);
        Assert.InRange(problem.Offset, at, at + 160);
        Assert.InRange(whole.EventCount - damaged.EventCount, 1, 4);
    }

    [Fact]
    public void A_lost_header_buffer_costs_what_it_says_only()
    {
        EtlBuilder builder = Everything();
        byte[] file = builder.Build();
        file.AsSpan(0, 1024).Clear();
        using EtlFile damaged = Open(file);
        Assert.Null(damaged.Header);
        Assert.Equal(200, damaged.EventCount);
        Assert.Contains(damaged.Problems.Kept, problem => problem is { Kind: TraceProblemKind.BadBuffer, Offset: 0, Bytes: 1024 });
        Assert.Contains(damaged.Problems.Kept, problem => problem.Kind == TraceProblemKind.NoHeader);
    }

    [Fact]
    public void Bytes_that_are_no_trace_are_reported()
    {
        using EtlFile empty = Open([]);
        Assert.Equal([TraceProblemKind.Empty], empty.Problems.Kept.Select(problem => problem.Kind));
        using EtlFile text = Open([.. Enumerable.Range(0, 5000).Select(i => (byte)(32 + i % 90))]);
        Assert.Equal(0, text.EventCount);
        Assert.Contains(text.Problems.Kept, problem => problem is { Kind: TraceProblemKind.NotATrace, Bytes: 5000 });
        using EtlFile zero = Open(new byte[100_000]);
        Assert.Equal(0, zero.EventCount);
        Assert.NotEqual(0, zero.Problems.Count);
    }

    [Fact]
    public void The_clock_counts_from_the_header_event()
    {
        using EtlFile file = Open(Everything().Build());
        Assert.Equal(new DateTime(2024, 1, 1, 0, 0, 1, DateTimeKind.Utc), file.Clock.ToUtc(EtlBuilder.HeaderTime + EtlBuilder.Frequency));
        Assert.Equal(-100, file.Clock.ToNanoseconds(EtlBuilder.HeaderTime - 1));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(33)]
    [InlineData(70_000)]
    public void Compression_is_undone(int length)
    {
        foreach (int period in (int[])[1, 2, 7, 100, 9000, 70_001])
        {
            byte[] data = [.. Enumerable.Range(0, length).Select(i => (byte)(i % period * 31 >> 2))];
            byte[] packed = new byte[Lz77.WorstLength(length)];
            int size = Lz77.Compress(data, packed);
            byte[] unpacked = new byte[length];
            Assert.Equal(length, Lz77.Decompress(packed.AsSpan(0, size), unpacked));
            Assert.Equal(data, unpacked);
        }
    }

    /// <summary>The examples of MS-XCA 3.1.</summary>
    [Theory]
    [InlineData("3f000000 6162636465666768696a6b6c6d6e6f707172737475767778797a", "abcdefghijklmnopqrstuvwxyz", 1)]
    [InlineData("ffffff1f 616263 17000fff2601", "abc", 100)]
    public void The_published_examples_expand(string hex, string text, int times)
    {
        string expected = string.Concat(Enumerable.Repeat(text, times));
        byte[] output = new byte[expected.Length];
        Assert.Equal(expected.Length, Lz77.Decompress(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)), output));
        Assert.Equal(expected, System.Text.Encoding.ASCII.GetString(output));
    }
}
