using System.Text;
using System.Text.Json;
using KdSim.Tracing.Etl.Decoding;
using KdSim.Tracing.Etl.Dump;
using KdSim.Tracing.Etl.Format;
using KdSim.Tracing.Etl.Reading;
using Xunit;

namespace KdSim.Tracing.Tests.Etl;

/// <summary>Payloads of every kind of provider, decoded to names and values.</summary>
public class EtlDecodingTests
{
    static readonly Guid Provider = new("11111111-2222-3333-4444-555555555555");
    const long Time = EtlBuilder.HeaderTime + 1000;

    /// <summary>The second event of a file (the first is the header) as the JSON dump shows it.</summary>
    static JsonElement Dump(EtlBuilder builder, params EventManifest[] manifests)
    {
        using EtlFile file = EtlFile.Open(TraceBytes.Of(builder.Build()));
        EventDecoder decoder = EventDecoder.Of(file);
        foreach (EventManifest manifest in manifests) decoder.Add(manifest);
        using var output = new MemoryStream();
        using var writer = new JsonEventWriter(output, file.Clock) { Stacks = StackIndex.Of(file) };
        foreach (EventRecord record in file.InTimeOrder()) writer.Write(record, decoder.Describe(record));
        return JsonDocument.Parse(Encoding.UTF8.GetString(output.ToArray()).Split('\n')[1]).RootElement;
    }

    static byte[] Bytes(params object[] values)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        foreach (object value in values)
        {
            switch (value)
            {
                case byte number: writer.Write(number); break;
                case ushort number: writer.Write(number); break;
                case int number: writer.Write(number); break;
                case uint number: writer.Write(number); break;
                case long number: writer.Write(number); break;
                case ulong number: writer.Write(number); break;
                case float number: writer.Write(number); break;
                case double number: writer.Write(number); break;
                case Guid guid: writer.Write(guid.ToByteArray()); break;
                case string text: writer.Write(Encoding.Unicode.GetBytes(text + "\0")); break;
                case byte[] bytes: writer.Write(bytes); break;
                default: throw new ArgumentException(value.GetType().Name);
            }
        }
        return stream.ToArray();
    }

    static byte[] Ascii(string text) => Encoding.UTF8.GetBytes(text + "\0");

    static (string?, string?) Names(JsonElement dumped) => (dumped.GetProperty("event").GetString(), dumped.GetProperty("provider").GetString());

    /// <summary>JSON that is broken into lines for reading.</summary>
    static string Joined(string lines) => lines.ReplaceLineEndings("");

    static string Payload(JsonElement dumped) => dumped.GetProperty("payload").GetRawText();

    [Fact]
    public void An_isr_shows_its_routine_vector_and_time()
    {
        var builder = new EtlBuilder();
        builder.PerfInfo(1, Time, KernelGroup.PerfInfo, 67, 2, Bytes(Time - 50, 0xfffff806_9ea8f310ul, (byte)1, (ushort)0x61, (byte)0));
        JsonElement dumped = Dump(builder);
        Assert.Equal(("PerfInfo/ISR", "Windows Kernel"), Names(dumped));
        Assert.Equal(1, dumped.GetProperty("cpu").GetInt32());
        Assert.Equal(
            $$"""{"InitialTime":{{Time - 50}},"ElapsedTimeMSec":0.005,"Routine":"0xfffff8069ea8f310","ReturnValue":1,"Vector":97,"Reserved":0}""",
            Payload(dumped));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    public void Pointers_are_as_wide_as_the_record_says(int pointerSize)
    {
        var builder = new EtlBuilder(pointerSize: pointerSize);
        builder.PerfInfo(0, Time, KernelGroup.PerfInfo, 66, 2, pointerSize == 8 ? Bytes(Time, 0x82837107ul) : Bytes(Time, 0x82837107u));
        Assert.Contains("\"Routine\":\"0x82837107\"", Payload(Dump(builder)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_process_start_finds_its_texts_behind_the_sid()
    {
        byte[] sid = [1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0];
        var builder = new EtlBuilder();
        builder.System(0, Time, KernelGroup.Process, 1, 4,
            Bytes(0xffffe000ul, 4242u, 4u, 1u, 259, 0x1000ul, 0u, 1ul, 0ul, sid, Ascii("driver.exe"), "driver.exe /x", "", ""));
        string payload = Payload(Dump(builder));
        Assert.Contains("""
            "ProcessID":4242,"ParentID":4,"SessionID":1,"ExitStatus":259
            """, payload, StringComparison.Ordinal);
        Assert.Contains("""
            "UserSID":"S-1-5-32-544","ImageFileName":"driver.exe","CommandLine":"driver.exe /x","PackageFullName":"","ApplicationID":""
            """, payload, StringComparison.Ordinal);
    }

    [Fact]
    public void A_payload_that_is_too_short_shows_what_it_has_and_one_too_long_the_rest()
    {
        var builder = new EtlBuilder();
        builder.PerfInfo(0, Time, KernelGroup.PerfInfo, 68, 2, Bytes(Time - 10, (ushort)7));
        JsonElement cut = Dump(builder);
        Assert.True(cut.GetProperty("truncated").GetBoolean());
        Assert.Equal(Time - 10, cut.GetProperty("payload").GetProperty("InitialTime").GetInt64());
        builder = new EtlBuilder();
        builder.PerfInfo(0, Time, KernelGroup.PerfInfo, 51, 2, Bytes(1ul, (ushort)0x1234));
        Assert.Equal("3412", Dump(builder).GetProperty("rest").GetString());
    }

    [Fact]
    public void Stacks_are_attached_by_time_and_thread_and_by_key()
    {
        var builder = new EtlBuilder();
        builder.System(0, Time, KernelGroup.Thread, 1, 3, Bytes(8u, 4u), thread: 4);
        builder.PerfInfo(0, Time + 1, KernelGroup.StackWalk, 32, 2, Bytes(Time, 8u, 4u, 0x10ul, 0x20ul));
        builder.PerfInfo(0, Time + 1, KernelGroup.StackWalk, 32, 2, Bytes(Time, 8u, 5u, 0x99ul));
        builder.PerfInfo(0, Time + 2, KernelGroup.StackWalk, 38, 2, Bytes(Time, 8u, 4u, 0xABCul));
        builder.PerfInfo(1, Time + 9, KernelGroup.StackWalk, 36, 2, Bytes(0xABCul, 0x30ul));
        Assert.Equal("""["0x10","0x20","0x30"]""", Dump(builder).GetProperty("stack").GetRawText());
    }

    const string Manifest = """
        <instrumentationManifest xmlns="http://schemas.microsoft.com/win/2004/08/events"><instrumentation><events>
         <provider name="Test-Provider" guid="{11111111-2222-3333-4444-555555555555}" symbol="T">
          <tasks><task name="Work" value="1"/></tasks>
          <maps><valueMap name="Colour"><map value="1" message="$(string.red)"/></valueMap>
           <bitMap name="Bits"><map value="0x1" message="$(string.one)"/><map value="0x4" message="$(string.four)"/></bitMap></maps>
          <events>
           <event value="1" version="0" task="Work" opcode="win:Start" template="all"/>
           <event value="1" version="2" task="Work" opcode="win:Start" template="newer"/>
           <event value="2" version="0" symbol="Bare"/>
          </events>
          <templates>
           <template tid="all">
            <data name="Count" inType="win:UInt16"/>
            <data name="Numbers" inType="win:UInt32" count="Count"/>
            <data name="Size" inType="win:UInt16"/>
            <data name="Blob" inType="win:Binary" length="Size"/>
            <data name="Text" inType="win:UnicodeString"/>
            <data name="Fixed" inType="win:AnsiString" length="4"/>
            <data name="Shade" inType="win:UInt8" map="Colour"/>
            <data name="Set" inType="win:UInt8" map="Bits"/>
            <data name="Status" inType="win:UInt32" outType="win:NTSTATUS"/>
            <data name="Port" inType="win:UInt16" outType="win:Port"/>
            <data name="Address" inType="win:UInt32" outType="win:IPv4"/>
            <data name="Flag" inType="win:Boolean"/>
            <data name="When" inType="win:FILETIME"/>
            <data name="Where" inType="win:Pointer"/>
            <data name="Who" inType="win:GUID"/>
            <data name="Ratio" inType="win:Double"/>
            <struct name="Pairs" count="Count"><data name="A" inType="win:UInt8"/><data name="B" inType="win:UnicodeString"/></struct>
           </template>
           <template tid="newer"><data name="Only" inType="win:Int64"/></template>
          </templates>
         </provider></events></instrumentation>
         <localization><resources culture="en-US"><stringTable>
          <string id="red" value="Red"/><string id="one" value="One"/><string id="four" value="Four"/>
         </stringTable></resources></localization></instrumentationManifest>
        """;

    const string Expected = """
        {"Count":2,"Numbers":[7,8],"Size":3,"Blob":"010203","Text":"hello","Fixed":"abcd","Shade":"Red","Set":"One|Four","Status":"0xc0000001",
        "Port":80,"Address":"127.0.0.1","Flag":true,"When":"2024-01-01T00:00:00.0000000Z","Where":"0x1234",
        "Who":"11111111-2222-3333-4444-555555555555","Ratio":0.5,"Pairs":[{"A":1,"B":"x"},{"A":2,"B":"y"}]}
        """;

    static byte[] ManifestPayload => Bytes((ushort)2, 7u, 8u, (ushort)3, new byte[] { 1, 2, 3 }, "hello", "abcd"u8.ToArray(), (byte)1, (byte)5, 0xC0000001u,
        (ushort)0x5000, 0x0100007Fu, 1, EtlBuilder.StartTime, 0x1234ul, Provider, 0.5, (byte)1, "x", (byte)2, "y");

    [Fact]
    public void A_given_manifest_decodes_arrays_structs_maps_and_out_types()
    {
        EventManifest manifest = Assert.Single(EventManifest.Parse(new MemoryStream(Encoding.UTF8.GetBytes(Manifest)), "test.man"));
        JsonElement dumped = Dump(new EtlBuilder().Event(0, Time, Provider, 1, ManifestPayload), manifest);
        Assert.Equal(("Work/Start", "Test-Provider"), Names(dumped));
        Assert.Equal(Joined(Expected), Payload(dumped));
        JsonElement newer = Dump(new EtlBuilder().Event(0, Time, Provider, 1, Bytes(-5L), version: 3), manifest);
        Assert.Equal("""{"Only":-5}""", Payload(newer));
        Assert.Equal("Bare", Dump(new EtlBuilder().Event(0, Time, Provider, 2, []), manifest).GetProperty("event").GetString());
    }

    [Fact]
    public void A_manifest_in_the_trace_is_put_together_from_its_chunks()
    {
        byte[] xml = Encoding.UTF8.GetBytes(Manifest);
        var builder = new EtlBuilder(8192);
        builder.Event(0, Time, Provider, 1, ManifestPayload);
        int half = xml.Length / 2;
        for (int i = 0; i < 2; i++)
        {
            byte[] chunk = Bytes((byte)1, (byte)1, (byte)0, (byte)0x5B, (ushort)2, (ushort)i, i == 0 ? xml[..half] : xml[half..]);
            builder.Event(0, Time + 1 + i, Provider, ManifestChunks.EventId, chunk, opcode: ManifestChunks.Opcode);
        }
        Assert.Equal(Joined(Expected), Payload(Dump(builder)));
    }

    [Theory]
    [InlineData("no xml at all")]
    [InlineData("<a/>")]
    [InlineData("""<provider name="P" guid="nonsense"/>""")]
    [InlineData("""<p><provider name="P" guid="{11111111-2222-3333-4444-555555555555}"><event value="x"/></provider></p>""")]
    [InlineData("""<p><provider name="P" guid="{11111111-2222-3333-4444-555555555555}"><event value="1" template="none"/></provider></p>""")]
    public void A_broken_manifest_is_an_error_that_names_it(string text)
    {
        var error = Assert.Throws<InvalidDataException>(() => EventManifest.Parse(new MemoryStream(Encoding.UTF8.GetBytes(text)), "bad.man"));
        Assert.StartsWith("bad.man: ", error.Message, StringComparison.Ordinal);
    }

    static byte[] Schema(params byte[][] fields)
    {
        byte[] body = [0, .. Ascii("Sample"), .. fields.SelectMany(field => field)];
        return [.. BitConverter.GetBytes((ushort)(body.Length + 2)), .. body];
    }

    static byte[] Field(string name, params byte[] type) => [.. Ascii(name), .. type];

    [Fact]
    public void TraceLogging_describes_itself()
    {
        byte[] schema = Schema(
            Field("u8", 4), Field("hex", 0x80 | 8, 4), Field("text", 1), Field("utf8", 0x80 | 2, 35), Field("counted", 22), Field("blob", 14),
            Field("two", 0x20 | 6, 2, 0), Field("some", 0x40 | 7), Field("names", 0x40 | 2), Field("flag", 13), Field("real", 11),
            Field("pair", 0x80 | 24, 2), Field("x", 3), Field("y", 9),
            Field("list", 0x80 | 0x40 | 24, 1), Field("z", 4), Field("tagged", 0x80 | 8, 0x80 | 5, 0x81, 1));
        byte[] payload = Bytes((byte)9, 0xBEEFu, "wide", Ascii("dünn"), (ushort)4, Encoding.Unicode.GetBytes("ab"), (ushort)2, new byte[] { 0xAA, 0xBB },
            (ushort)1, (ushort)2, (ushort)2, -1, -2, (ushort)2, Ascii("p"), Ascii("q"), 1, 1.5f, (byte)0xFF, 5L, (ushort)2, (byte)7, (byte)8, 77u);
        byte[] name = Ascii("Own.Provider"), traits = [.. BitConverter.GetBytes((ushort)(name.Length + 2)), .. name];
        JsonElement dumped = Dump(new EtlBuilder().Event(0, Time, Provider, 3, payload,
            items: [(ExtendedItemType.TraceLoggingSchema, schema), (ExtendedItemType.ProviderTraits, traits)]));
        Assert.Equal(("Sample", "Own.Provider"), Names(dumped));
        Assert.Equal(Joined("""
            {"u8":9,"hex":"0xbeef","text":"wide","utf8":"dünn","counted":"ab","blob":"aabb","two":[1,2],"some":[-1,-2],"names":["p","q"],
            "flag":true,"real":1.5,"pair":{"x":-1,"y":5},"list":[{"z":7},{"z":8}],"tagged":77}
            """), Payload(dumped));
    }

    [Fact]
    public void An_event_that_nobody_describes_is_shown_as_bytes()
    {
        JsonElement dumped = Dump(new EtlBuilder().Event(0, Time, Provider, 3, [1, 2, 0xFF]));
        Assert.Equal(("EventID(3)", "0102ff"), (dumped.GetProperty("event").GetString(), dumped.GetProperty("hex").GetString()));
        JsonElement message = Dump(new EtlBuilder().Message(0, Time, Provider, 12, MessageFlags.Guid | MessageFlags.TimeStamp, [0xAB]));
        Assert.Equal(("Message(12)", $"{Provider}"), Names(message));
        Assert.Equal(("msg", "ab"), (message.GetProperty("kind").GetString(), message.GetProperty("hex").GetString()));
    }

    [Fact]
    public void A_struct_array_that_takes_nothing_ends()
    {
        var inner = new PayloadField("Nothing", WireType.Struct) { Count = Extent.Fixed(65535), Members = [] };
        var outer = new PayloadField("Outer", WireType.Struct) { Count = Extent.Fixed(65535), Members = [inner with { Members = [inner] }] };
        var reader = new PayloadReader(new PayloadTemplate([outer]), [1, 2], 8);
        while (reader.MoveNext()) { }
        Assert.True(reader.IsTruncated);
    }

    [Fact]
    public void Filters_pick_by_provider_event_time_processor_and_field()
    {
        var builder = new EtlBuilder();
        for (int i = 0; i < 20; i++)
            builder.PerfInfo(i % 2, Time + i, KernelGroup.PerfInfo, i % 4 == 0 ? (byte)68 : (byte)67, 2, Bytes(Time, (ulong)i, (byte)1, (ushort)i, (byte)0));
        using EtlFile file = EtlFile.Open(TraceBytes.Of(builder.Build()));
        EventDecoder decoder = EventDecoder.Of(file);
        int Count(EventFilter filter)
        {
            int count = 0;
            foreach (EventRecord record in file.InTimeOrder())
                if (filter.Accepts(record, decoder, out _))
                    count++;
            return count;
        }
        Assert.Equal(21, Count(new EventFilter()));
        Assert.Equal(5, Count(new EventFilter { Event = "*/DPC" }));
        Assert.Equal(15, Count(new EventFilter { Event = "67" }));
        Assert.Equal(21, Count(new EventFilter { Provider = "windows*" }));
        Assert.Equal(20, Count(new EventFilter { Provider = "ce1dbfb4-137e-4da6-87b0-3f59aa102cbc" }));
        Assert.Equal(10, Count(new EventFilter { Processors = new HashSet<int> { 1 } }));
        Assert.Equal(5, Count(new EventFilter { From = Time + 5, To = Time + 10 }));
        Assert.Equal(1, Count(new EventFilter { Fields = [FieldCondition.Parse("vector=0x7")] }));
        Assert.Equal(3, Count(new EventFilter { Fields = [FieldCondition.Parse("Routine >= 16"), FieldCondition.Parse("Vector!=0")] }));
        Assert.Throws<FormatException>(() => FieldCondition.Parse("Vector"));
        Assert.True(file.Clock.TryParse("1us", out long ticks));
        Assert.Equal(EtlBuilder.HeaderTime + 10, ticks);
        Assert.True(file.Clock.TryParse("2024-01-01T00:00:01Z", out ticks));
        Assert.Equal(EtlBuilder.HeaderTime + EtlBuilder.Frequency, ticks);
        Assert.False(file.Clock.TryParse("soon", out _));
    }
}
