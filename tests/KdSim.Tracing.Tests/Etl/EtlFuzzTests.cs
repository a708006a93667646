using CsCheck;
using KdSim.Tracing.Etl.Decoding;
using KdSim.Tracing.Etl.Dump;
using KdSim.Tracing.Etl.Format;
using KdSim.Tracing.Etl.Lint;
using KdSim.Tracing.Etl.Reading;
using KdSim.Tracing.NetTrace;
using Xunit;

namespace KdSim.Tracing.Tests.Etl;

/// <summary>Readers on random, mutated and cut bytes: never an exception, never without end, and what is lost is said.</summary>
public class EtlFuzzTests
{
    static readonly Guid Provider = new("11111111-2222-3333-4444-555555555555");

    static byte[] Sample(bool compressed)
    {
        var builder = new EtlBuilder(1024, compressed);
        for (int i = 0; i < 120; i++)
        {
            long time = EtlBuilder.HeaderTime + i;
            switch (i % 6)
            {
                case 0: builder.System(i % 2, time, KernelGroup.Process, 1, 4, new byte[80]); break;
                case 1: builder.PerfInfo(i % 2, time, KernelGroup.StackWalk, 32, 2, new byte[48]); break;
                case 2: builder.PerfInfo(i % 2, time, KernelGroup.SystemConfig, 22, 5, new byte[60]); break;
                case 3: builder.Full(i % 2, time, ClassicProviders.MetaData, MergedInfo, 0, new byte[200]); break;
                case 4:
                    byte[] schema = [40, 0, 0, .. "Event\0"u8, .. "a\0"u8, 0x80 | 24, 2, .. "b\0"u8, 0x41, .. "c\0"u8, 0x28, 3, 0, .. "d\0"u8, 13];
                    builder.Event(i % 2, time, Provider, 7, new byte[40], items: [(ExtendedItemType.TraceLoggingSchema, schema)]);
                    break;
                default:
                    byte[] chunk = [1, 1, 0, 0x5B, 1, 0, 0, 0, .. "<p><provider name='P' guid='11111111-2222-3333-4444-555555555555'/></p>"u8];
                    builder.Event(i % 2, time, Provider, ManifestChunks.EventId, chunk, opcode: ManifestChunks.Opcode);
                    break;
            }
        }
        return builder.Build();
    }

    const byte MergedInfo = 32;

    /// <summary>Everything that can be done with a file.</summary>
    static long ReadAll(byte[] bytes)
    {
        using EtlFile file = EtlFile.Open(TraceBytes.Of(bytes));
        TraceSummary summary = TraceSummary.Of(file);
        Assert.Equal(file.EventCount, summary.EventCount);
        EventDecoder decoder = EventDecoder.Of(file);
        using var json = new JsonEventWriter(Stream.Null, file.Clock) { Stacks = StackIndex.Of(file) };
        using var text = new TextEventWriter(TextWriter.Null, file.Clock);
        long count = 0, last = long.MinValue;
        foreach (EventRecord record in file.InTimeOrder())
        {
            EventDescription description = decoder.Describe(record);
            json.Write(record, description);
            text.Write(record, description);
            Assert.True(record.TimeStamp >= last);
            last = record.TimeStamp;
            count++;
        }
        Assert.Equal(file.EventCount, count);
        TraceLint.Of(file);
        new TraceInfo(file, summary).WriteJson(Stream.Null);
        return count;
    }

    static void ReadNetTrace(byte[] bytes)
    {
        using NetTraceFile file = NetTraceFile.Open(TraceBytes.Of(bytes));
        NetTraceSummary summary = NetTraceSummary.Of(file);
        NetTraceEventSequence events = NetTraceEventSequence.Of(file);
        Assert.Equal(summary.EventCount, events.Count);
        using var json = new JsonEventWriter(Stream.Null, events.Clock);
        for (int i = 0; i < events.Count; i++) json.Write(events[i], events.DescriptionOf(i));
        summary.WriteJson(Stream.Null);
    }

    static readonly Gen<(int Place, byte[] Bytes)> Mutation = Gen.Select(Gen.Int[0, 1 << 20], Gen.Byte.Array[1, 40]);

    static byte[] Mutated(byte[] sample, (int Place, byte[] Bytes)[] mutations)
    {
        byte[] mutated = [.. sample];
        foreach ((int place, byte[] bytes) in mutations)
        {
            int at = place % mutated.Length;
            bytes.AsSpan(0, Math.Min(bytes.Length, mutated.Length - at)).CopyTo(mutated.AsSpan(at));
        }
        return mutated;
    }

    [Fact]
    public void Random_bytes_are_survived() =>
        Gen.Byte.Array[0, 3000].Sample(bytes =>
        {
            ReadAll(bytes);
            ReadNetTrace(bytes);
            ReadNetTrace([.. "Nettrace"u8, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, .. bytes]);
        }, iter: 300);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Mutated_files_are_survived(bool compressed)
    {
        byte[] sample = Sample(compressed);
        Mutation.Array[1, 12].Sample(mutations => { ReadAll(Mutated(sample, mutations)); }, iter: 400);
    }

    /// <summary>A mutation that hits the bookkeeping of buffers or records must be seen; nothing outside of it may be lost.</summary>
    [Fact]
    public void A_hole_in_a_file_is_reported_and_costs_what_it_covers()
    {
        byte[] sample = Sample(false);
        long whole = ReadAll(sample);
        Gen.Int[0, sample.Length / 1024 - 2].Sample(buffer =>
        {
            byte[] damaged = [.. sample];
            damaged.AsSpan(1024 + 1024 * buffer, 1024).Clear();
            using EtlFile file = EtlFile.Open(TraceBytes.Of(damaged));
            Assert.NotEqual(0, file.Problems.Count);
            using EtlFile undamaged = EtlFile.Open(TraceBytes.Of(sample));
            Assert.Equal(whole - undamaged.Buffers[buffer + 1].EventCount, file.EventCount);
        }, iter: 30);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_file_cut_anywhere_is_survived_and_said_to_be_cut(bool compressed)
    {
        byte[] sample = Sample(compressed);
        long whole = ReadAll(sample);
        Gen.Int[0, sample.Length - 1].Sample(length =>
        {
            using EtlFile file = EtlFile.Open(TraceBytes.Of(sample[..length]));
            Assert.True(file.EventCount < whole || file.Problems.Count > 0);
            Assert.NotEqual(0, file.Problems.Count);
            ReadAll(sample[..length]);
        }, iter: 200);
    }

    [Fact]
    public void Mutated_and_cut_nettraces_are_survived()
    {
        using EtlFile file = EtlFile.Open(TraceBytes.Of(Sample(false)));
        using var output = new MemoryStream();
        NetTraceWriter.Write(file, output);
        byte[] sample = output.ToArray();
        ReadNetTrace(sample);
        Gen.Select(Mutation.Array[0, 10], Gen.Int[0, sample.Length])
            .Sample((mutations, length) => ReadNetTrace(Mutated(sample, mutations)[..length]), iter: 400);
    }

    [Fact]
    public void Random_compressed_bytes_expand_to_no_more_than_their_room() =>
        Gen.Select(Gen.Byte.Array[0, 400], Gen.Int[0, 2000]).Sample((input, room) =>
        {
            byte[] output = new byte[room + 16];
            output.AsSpan(room).Fill(0xEE);
            int written = Lz77.Decompress(input, output.AsSpan(0, room));
            return written <= room && output.AsSpan(room).IndexOfAnyExcept((byte)0xEE) < 0;
        }, iter: 2000);

    [Fact]
    public void What_is_compressed_expands_to_itself() =>
        Gen.Select(Gen.Byte[0, 3].Array[0, 3000], Gen.Byte.Array[0, 300]).Sample((dull, wild) =>
        {
            byte[] data = [.. dull, .. wild, .. dull];
            byte[] packed = new byte[Lz77.WorstLength(data.Length)], output = new byte[data.Length];
            int size = Lz77.Compress(data, packed);
            return Lz77.Decompress(packed.AsSpan(0, size), output) == data.Length && output.AsSpan().SequenceEqual(data);
        }, iter: 500);
}
