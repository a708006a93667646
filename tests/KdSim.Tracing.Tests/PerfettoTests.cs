using System.Buffers.Binary;
using System.Text;
using KdSim.Tracing.Etl.Decoding;
using KdSim.Tracing.Etl.Format;
using KdSim.Tracing.Etl.Reading;
using KdSim.Tracing.Export;
using KdSim.Tracing.Tables;
using KdSim.Tracing.Tests.Etl;
using Xunit;

namespace KdSim.Tracing.Tests;

/// <summary>The Perfetto export, read by a decoder of protocol buffers of its own; field numbers are those of Perfetto's .proto files.</summary>
public sealed class PerfettoTests
{
    [Fact]
    public void Slices_open_and_close_in_order_on_tracks_that_are_described()
    {
        var trace = new EtlBuilder();
        const int Microsecond = 10;
        long time = EtlBuilder.HeaderTime;
        // On one processor a DPC of 100 us with an ISR of 30 us in it, and in that one of 10 us; on the other two ISRs that touch.
        Add(trace, 0, 67, 0x10, time + 20 * Microsecond, time + 30 * Microsecond);
        Add(trace, 0, 67, 0x20, time + 10 * Microsecond, time + 40 * Microsecond);
        Add(trace, 0, 68, 0x30, time, time + 100 * Microsecond);
        Add(trace, 1, 67, 0x40, time, time + 50 * Microsecond);
        Add(trace, 1, 67, 0x40, time + 50 * Microsecond, time + 60 * Microsecond);
        var tracks = new Dictionary<ulong, (string Name, ulong Parent)>();
        var names = new Dictionary<ulong, string>();
        var open = new Dictionary<ulong, Stack<string>>();
        List<string> log = [];
        ulong last = 0;
        foreach (List<Field> packet in Fields(Export(trace)).Select(field => Fields(field.Bytes)))
        {
            Assert.Equal(1UL, One(packet, 10).Number);                                          // trusted_packet_sequence_id
            if (packet.Find(field => field.Id == 60) is { } descriptor)
            {
                List<Field> track = Fields(descriptor.Bytes);
                tracks.Add(One(track, 1).Number, (One(track, 2).Text, track.Find(field => field.Id == 5)?.Number ?? 0));
                continue;
            }
            foreach (Field kind in packet.Where(field => field.Id == 12).SelectMany(field => Fields(field.Bytes)).Where(field => field.Id == 2))
                names.Add(One(Fields(kind.Bytes), 1).Number, One(Fields(kind.Bytes), 2).Text);
            ulong at = One(packet, 8).Number, uuid;
            Assert.True(at >= last);
            last = at;
            List<Field> slice = Fields(One(packet, 11).Bytes);
            Assert.Contains(uuid = One(slice, 11).Number, tracks);
            if (!open.TryGetValue(uuid, out Stack<string>? stack)) open[uuid] = stack = new Stack<string>();
            string line = $"{at / 1000} {tracks[tracks[uuid].Parent].Name} {tracks[uuid].Name}";
            if (One(slice, 9).Number == 1)
            {
                stack.Push(names[One(slice, 10).Number]);
                log.Add($"{line} + {stack.Peek()}");
            }
            else log.Add($"{line} - {stack.Pop()}");
        }
        Assert.All(open.Values, Assert.Empty);
        string[] order = ["0 CPU 0 DPC + 30", "10 CPU 0 ISR + 20", "20 CPU 0 ISR + 10", "30 CPU 0 ISR - 10", "40 CPU 0 ISR - 20", "100 CPU 0 DPC - 30"];
        Assert.Equal(order, log.Where(line => line.Contains("CPU 0", StringComparison.Ordinal)).Select(Short));
        Assert.Equal(["0 CPU 1 ISR + 40", "50 CPU 1 ISR - 40", "50 CPU 1 ISR + 40", "60 CPU 1 ISR - 40"],
            log.Where(line => line.Contains("CPU 1", StringComparison.Ordinal)).Select(Short));
        Assert.Equal(["CPU 0", "DPC", "ISR", "CPU 1", "ISR"], tracks.Values.Select(track => track.Name));

        static string Short(string line) => line.Replace("0xfffff800000000", "", StringComparison.Ordinal);
    }

    [Fact]
    public void What_overlaps_gets_a_line_of_its_own()
    {
        TimelineSlice[] slices = [Slice(0, 10), Slice(5, 15), Slice(10, 20), Slice(2, 4)];
        Assert.Equal(["0-10 10-20", "2-4 5-15"], Lines(mayNest: false));
        Assert.Equal(["0-10 2-4 10-20", "5-15"], Lines(mayNest: true));

        static TimelineSlice Slice(long start, long end) => new(start, end, "", "", 0, []);

        IEnumerable<string> Lines(bool mayNest) =>
            TimelineTrack.Of("", "", slices, mayNest).Select(track => string.Join(' ', track.Slices.Select(slice => $"{slice.Start}-{slice.End}")));
    }

    static void Add(EtlBuilder trace, int processor, byte opcode, ulong routine, long start, long end)
    {
        byte[] payload = new byte[opcode == 67 ? 20 : 16];
        BinaryPrimitives.WriteInt64LittleEndian(payload, start);
        BinaryPrimitives.WriteUInt64LittleEndian(payload.AsSpan(8), 0xfffff800_00000000 + routine);
        trace.PerfInfo(processor, end, KernelGroup.PerfInfo, opcode, 2, payload);
    }

    static byte[] Export(EtlBuilder trace)
    {
        string path = Path.GetTempFileName();
        try
        {
            trace.Save(path);
            using EtlFile file = EtlFile.Open(path);
            using var output = new MemoryStream();
            PerfettoWriter.Write(Timeline.Of(TraceTables.Of(file, EventDecoder.Of(file))), output);
            return output.ToArray();
        }
        finally
        {
            File.Delete(path);
        }
    }

    sealed record Field(int Id, ulong Number, byte[] Bytes)
    {
        public string Text => Encoding.UTF8.GetString(Bytes);
    }

    static Field One(List<Field> fields, int id) => Assert.Single(fields, field => field.Id == id);

    static List<Field> Fields(byte[] bytes)
    {
        List<Field> fields = [];
        for (int at = 0; at < bytes.Length;)
        {
            ulong tag = Varint(bytes, ref at);
            int id = (int)(tag >> 3);
            switch (tag & 7)
            {
                case 0:
                    fields.Add(new Field(id, Varint(bytes, ref at), []));
                    break;
                case 1:
                    fields.Add(new Field(id, BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at, 8)), []));
                    at += 8;
                    break;
                case 2:
                    int length = (int)Varint(bytes, ref at);
                    fields.Add(new Field(id, 0, bytes[at..(at + length)]));
                    at += length;
                    break;
                default:
                    Assert.Fail($"wire type {tag & 7}");
                    break;
            }
        }
        return fields;
    }

    static ulong Varint(byte[] bytes, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = bytes[at++];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80) return value;
        }
    }
}
