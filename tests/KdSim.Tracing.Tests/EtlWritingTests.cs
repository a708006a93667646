using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using System.Xml.Linq;
using KdSim.Tracing.Etl.Format;
using KdSim.Tracing.Etl.Providers;
using KdSim.Tracing.Etl.Writing;
using Xunit;

namespace KdSim.Tracing.Tests;

/// <summary>Sessions: what their files look like, byte by byte where it matters.</summary>
public class EtlWritingTests
{
    const int BufferSize = 8192;

    static readonly EtlSessionOptions Options = new()
    {
        Processors = 2, BufferSize = BufferSize, BootTime = 134_000_000_000_000_000, StartTime = 1000, FileName = "t.etl",
    };

    [Fact]
    public void Every_packed_payload_is_what_the_tables_declare()
    {
        Type[] payloads = [.. typeof(EtlSession).Assembly.GetTypes().Where(type =>
            type.IsValueType && (type.IsAssignableTo(typeof(IKernelPayload)) || type.IsAssignableTo(typeof(IEventPayload))))];
        Assert.True(payloads.Length > 20, "the packed payloads were not found");
        foreach (Type payload in payloads)
            Assert.NotNull(payload.GetProperty("Binding", BindingFlags.Static | BindingFlags.Public)!.GetValue(null));
    }

    [Theory]
    [InlineData("KdSim-Kernel"), InlineData("Microsoft-Windows-Kernel-PnP"), InlineData("Microsoft-Windows-Kernel-Power")]
    public void A_manifest_is_small_and_names_every_event(string name)
    {
        EventProvider provider = new[] { KdSimProvider.Provider, KernelPnpProvider.Provider, KernelPowerProvider.Provider }.Single(known => known.Name == name);
        byte[] manifest = ManifestWriter.Write(provider);
        Assert.InRange(manifest.Length, 500, 60 << 10);
        XDocument document = XDocument.Parse(Encoding.UTF8.GetString(manifest));
        XNamespace events = "http://schemas.microsoft.com/win/2004/08/events";
        Assert.Equal(provider.Events.Select(declared => declared.Id.ToString()),
            document.Descendants(events + "event").Select(e => e.Attribute("value")!.Value));
        string[] strings = [.. document.Descendants(events + "string").Select(text => $"$(string.{text.Attribute("id")!.Value})")];
        foreach (XAttribute message in document.Descendants().Attributes("message")) Assert.Contains(message.Value, strings);
    }

    [Fact]
    public void A_file_is_a_header_buffer_and_each_processors_buffers()
    {
        byte[] file = Write();
        Assert.Equal(0, file.Length % BufferSize);
        BufferHeader first = BufferHeader.Read(file);
        Assert.Equal(BufferType.Header, first.BufferType);
        LogFileHeader header = LogFileHeader.Read(file.AsSpan(BufferHeader.Length + SystemTraceHeader.Length), 8);
        Assert.Equal((1, 5, 2u, 8u, 1_000_000_000L, "t.etl"),
            (header.LogMajor, header.LogMinor, header.NumberOfProcessors, header.PointerSize, header.PerfFreq, header.LogFileName));
        Assert.Equal((uint)(file.Length / BufferSize), header.BuffersWritten);
        int seen = 0;
        var last = new Dictionary<int, long>();
        for (int at = BufferSize; at < file.Length; at += BufferSize)
        {
            BufferHeader buffer = BufferHeader.Read(file.AsSpan(at));
            int end = at + (int)buffer.DataEnd;
            for (int position = at + BufferHeader.Length; position < end; seen++)
            {
                var record = MemoryMarshal.Read<PerfInfoTraceHeader>(file.AsSpan(position));
                Assert.Equal((HeaderType.PerfInfo64, RecordMarker.Header), (record.HeaderType, record.MarkerFlags));
                Assert.True(record.TimeStamp >= last.GetValueOrDefault(buffer.Processor));
                last[buffer.Processor] = record.TimeStamp;
                position += (record.Size + 7) & ~7;
            }
            Assert.True(file.AsSpan(end, at + BufferSize - end).IndexOfAnyExcept((byte)0xFF) < 0, "the rest of a buffer is filled with FF");
        }
        Assert.Equal(Events, seen);
    }

    const int Events = 1000;

    [Fact]
    public void Equal_events_give_equal_bytes() => Assert.Equal(Write(), Write());

    [Fact]
    public void A_ring_keeps_its_pinned_buffers_and_the_newest()
    {
        using var session = new EtlSession(Options with { CircularBytes = 3 * BufferSize });
        session.Kernel(0, 1000, CancelTimerPayload.Opcode, new CancelTimerPayload { Timer = 7 });
        session.Pin();
        Fill(session);
        var file = new MemoryStream();
        session.Save(file, 100_000);
        byte[] bytes = file.ToArray();
        Assert.Equal(7ul, BitConverter.ToUInt64(bytes, BufferSize + BufferHeader.Length + PerfInfoTraceHeader.Length));
        Assert.InRange(bytes.Length / BufferSize, 4, 7);
        Assert.Equal(Events + 1ul, session.Count);
        LogFileHeader header = LogFileHeader.Read(bytes.AsSpan(BufferHeader.Length + SystemTraceHeader.Length), 8);
        Assert.Equal(LogFileHeader.CircularMode, header.LogFileMode & LogFileHeader.CircularMode);
    }

    static byte[] Write()
    {
        string path = Path.GetTempFileName();
        try
        {
            using (var session = new EtlSession(Options, File.Create(path)))
            {
                Fill(session);
                session.Close(100_000);
            }
            return File.ReadAllBytes(path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    static void Fill(EtlSession session)
    {
        for (int i = 0; i < Events; i++)
            session.Kernel(i % 2, 1000 + 10 * i, IsrPayload.Opcode,
                new IsrPayload { InitialTime = (ulong)(990 + 10 * i), Routine = 0xFFFF_F800_0000_1000, Vector = 0x61 });
    }
}
