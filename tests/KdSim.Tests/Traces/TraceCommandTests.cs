using System.IO.Compression;
using System.Text;
using System.Text.Json;
using KdSim.CommandLine;
using KdSim.Tests.Recording;
using KdSim.Traces;
using Xunit;

namespace KdSim.Tests.Traces;

/// <summary>`kdsim trace` on a trace that the tool records itself, whole and damaged.</summary>
public sealed class TraceCommandTests : IDisposable
{
    static readonly Lazy<byte[]> Demo = new(() => Recorded.Run("g; q"));

    readonly string _folder = Directory.CreateTempSubdirectory("kdsim").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    string Written(string name, byte[] bytes)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    static (int Code, string Output) Run(params string[] arguments)
    {
        using var output = new MemoryStream();
        int code = TraceCommand.Run(arguments, new TraceRun(output, default));
        return (code, Encoding.UTF8.GetString(output.ToArray()));
    }

    static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;

    [Fact]
    public void Info_counts_every_group_and_a_zip_says_the_same()
    {
        string path = Written("run.etl", Demo.Value), zip = Path.Combine(_folder, "run.etl.zip");
        using (ZipArchive archive = ZipFile.Open(zip, ZipArchiveMode.Create)) archive.CreateEntryFromFile(path, "folder/run.etl");
        (int code, string output) = Run("info", path, "--json");
        JsonElement info = Json(output), zipped = Json(Run("info", zip, "--json").Output);
        Assert.Equal(0, code);
        Assert.Equal((2, 8, 0), (info.GetProperty("processors").GetInt32(), info.GetProperty("pointer_size").GetInt32(), info.GetProperty("lost").GetInt32()));
        Assert.Empty(info.GetProperty("problems").EnumerateArray());
        Assert.True(info.GetProperty("first_ts").GetInt64() < info.GetProperty("last_ts").GetInt64());
        long total = info.GetProperty("groups").EnumerateArray().Sum(group => group.GetProperty("count").GetInt64());
        Assert.Equal(info.GetProperty("total_events").GetInt64(), total);
        Assert.Contains(info.GetProperty("groups").EnumerateArray(), group => group.GetProperty("name").GetString() == "Windows Kernel/PerfInfo/ISR"
            && group.GetProperty("kind").GetString() == "opcode" && group.GetProperty("num").GetInt32() == 67 && group.GetProperty("crc32").GetUInt32() != 0);
        Assert.Equal(info.GetProperty("groups").GetRawText(), zipped.GetProperty("groups").GetRawText());
        Assert.Contains($"Events          {total:N0} from processors 0 1", Run("info", path).Output);
    }

    [Fact]
    public void Dump_filters_and_formats_agree()
    {
        string path = Written("run.etl", Demo.Value);
        string[] all = Lines("dump", path), isrs = Lines("dump", path, "--event", "PerfInfo/ISR");
        Assert.Equal(Json(Run("info", path, "--json").Output).GetProperty("total_events").GetInt32(), all.Length);
        Assert.NotEmpty(isrs);
        Assert.Equal(all.Where(line => line.Contains(" PerfInfo/ISR ")), isrs);
        JsonElement first = Json(Lines("dump", path, "--event", "67", "--provider", "Windows*", "--limit", "1", "--json").Single());
        JsonElement payload = first.GetProperty("payload");
        long took = first.GetProperty("ts").GetInt64() - payload.GetProperty("InitialTime").GetInt64();
        Assert.Equal(took, Math.Round(payload.GetProperty("ElapsedTimeMSec").GetDouble() * 1e6));
        string vector = $"{payload.GetProperty("Vector").GetInt32()}";
        Assert.Equal(isrs.Length, Lines("dump", path, "--event", "PerfInfo/ISR", "--where", $"Vector={vector}").Length
            + Lines("dump", path, "--event", "PerfInfo/ISR", "--where", $"Vector!={vector}").Length);
        Assert.Equal(isrs.Length + 1, Lines("dump", path, "--event", "PerfInfo/ISR", "--format", "csv").Length);
        Assert.Equal(all.Length, Lines("dump", path, "--cpu", "0").Length + Lines("dump", path, "--cpu", "1").Length);
        Assert.Equal(all.Length, Lines("dump", path, "--to", "300us").Length + Lines("dump", path, "--from", "300us").Length);
        Assert.Contains(Lines("dump", path, "--provider", "KdSim-Kernel"), line => line.Contains(" KdSim-Kernel/IrpCall Irp=0x"));
    }

    static string[] Lines(params string[] arguments) => Run(arguments).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    [Fact]
    public void Lint_finds_nothing_in_a_recording_and_something_in_a_damaged_one()
    {
        (int code, string output) = Run("lint", Written("run.etl", Demo.Value));
        Assert.True(code == 0, output);
        Assert.EndsWith(" 0 broken, 0 findings\n", output);
        byte[] damaged = [.. Demo.Value];
        damaged.AsSpan(damaged.Length / 2, 5000).Fill(0x5A);
        (code, output) = Run("lint", Written("damaged.etl", damaged), "--json");
        Assert.Equal(1, code);
        Assert.True(Json(output).GetProperty("broken").GetProperty("Readable").GetInt64() > 0);
    }

    [Fact]
    public void A_damaged_trace_is_shown_as_far_as_it_can_be_read()
    {
        byte[] whole = Demo.Value;
        (int code, string output) = Run("info", Written("cut.etl", whole[..(whole.Length / 2 + 100)]), "--json");
        Assert.Equal(0, code);
        Assert.NotEmpty(Json(output).GetProperty("problems").EnumerateArray());
        JsonElement undamaged = Json(Run("info", Written("run.etl", whole), "--json").Output);
        Assert.InRange(Json(output).GetProperty("total_events").GetInt32(), 1, undamaged.GetProperty("total_events").GetInt32() - 1);
        (code, output) = Run("info", Written("empty.etl", []), "--json");
        Assert.Equal((2, "Empty"), (code, Json(output).GetProperty("problems")[0].GetProperty("kind").GetString()));
        Assert.Equal(2, Run("dump", Written("text.etl", "no trace at all"u8.ToArray())).Code);
    }

    [Fact]
    public void An_exported_nettrace_has_the_same_events()
    {
        string path = Written("run.etl", Demo.Value), exported = Path.Combine(_folder, "run.nettrace");
        Assert.Equal(0, Run("export", path, "--format", "nettrace", "-o", exported).Code);
        JsonElement info = Json(Run("info", exported, "--json").Output);
        Assert.Equal(("nettrace", 6), (info.GetProperty("format").GetString(), info.GetProperty("version").GetInt32()));
        Assert.Equal(Json(Run("info", path, "--json").Output).GetProperty("total_events").GetInt64(), info.GetProperty("total_events").GetInt64());
        string[] of = [path, exported];
        string[][] dumps = [.. of.Select(file => Lines("dump", file, "--event", "PerfInfo/DPC", "--json"))];
        Assert.NotEmpty(dumps[0]);
        Assert.Equal(dumps[0].Select(line => Json(line).GetProperty("ts").GetInt64()), dumps[1].Select(line => Json(line).GetProperty("ts").GetInt64()));
    }

    [Theory]
    [InlineData("info")]
    [InlineData("nonsense", "x.etl")]
    [InlineData("info", "no-such-file.etl")]
    [InlineData("dump", "no-such-file.etl", "--format", "xml")]
    [InlineData("lint", "no-such-file.etl")]
    public void Wrong_arguments_are_an_error_of_usage(params string[] arguments) => Assert.Throws<UsageException>(() => Run(arguments));

    [Theory]
    [InlineData("--where", "Vector")]
    [InlineData("--from", "soon")]
    [InlineData("--cpu", "one")]
    [InlineData("--format", "xml")]
    [InlineData("--manifest", "no-such-file.man")]
    public void A_wrong_option_of_dump_is_named(string option, string value)
    {
        string path = Written("run.etl", Demo.Value);
        Assert.Contains(option == "--manifest" ? value : option, Assert.Throws<UsageException>(() => Run("dump", path, option, value)).Message);
    }

    [Fact]
    public void Progress_says_how_far_how_fast_and_how_long_still() =>
        Assert.Equal("Reading [###############...............]  50%  5.0 MB/s  0:10 left",
            ProgressBar.Line("Reading", "B", 50_000_000, 100_000_000, TimeSpan.FromSeconds(10)));
}
