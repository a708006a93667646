using System.Text;
using System.Text.Json;
using KdSim.CommandLine;
using KdSim.Tests.Recording;
using KdSim.Traces;
using Xunit;

namespace KdSim.Tests.Traces;

/// <summary>The analyses of a recorded demo, as a user asks for them.</summary>
public sealed class AnalysisVerbTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("kdsim-analysis").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Reports_agree_with_each_other_and_with_the_demo()
    {
        JsonElement dpcisr = Report("dpcisr"), irps = Report("irps"), cpu = Report("cpu"), pnp = Report("pnp"), threads = Report("threads");
        JsonElement times = dpcisr.GetProperty("routines")[0];
        Assert.Equal("pulse.sys", times.GetProperty("module").GetString());
        Assert.Equal(dpcisr.GetProperty("summary").GetProperty("isrs").GetInt32(), times.GetProperty("count").GetInt32());
        Assert.Equal(dpcisr.GetProperty("summary").GetProperty("isrs").GetInt32(), dpcisr.GetProperty("latency")[0].GetProperty("count").GetInt32());
        Assert.Equal(1, irps.GetProperty("summary").GetProperty("cancelled").GetInt32());
        Assert.Equal(0, irps.GetProperty("summary").GetProperty("never_completed").GetInt32());
        Assert.Equal("IRP_MJ_READ", irps.GetProperty("slowest")[0].GetProperty("function").GetString());
        Assert.Equal(@"\Driver\pulse", irps.GetProperty("slowest")[0].GetProperty("longest").GetString());
        long length = cpu.GetProperty("summary").GetProperty("duration").GetInt64();
        foreach (JsonElement usage in cpu.GetProperty("usage").EnumerateArray())
            Assert.Equal(length, usage.GetProperty("idle").GetInt64() + usage.GetProperty("threads").GetInt64());
        foreach (IGrouping<int, JsonElement> levels in cpu.GetProperty("residency").EnumerateArray().GroupBy(row => row.GetProperty("cpu").GetInt32()))
            Assert.InRange(levels.Sum(row => row.GetProperty("percent").GetDouble()), 99.9, 100.1);
        JsonElement device = pnp.GetProperty("devices").EnumerateArray().Single(row => row.GetProperty("service").GetString() == "pulse");
        Assert.Equal("DeviceNodeStarted", device.GetProperty("state").GetString());
        Assert.True(device.GetProperty("longest_phase_time").GetInt64() <= device.GetProperty("to_start").GetInt64());
        Assert.True(threads.GetProperty("threads").GetArrayLength() > 2);
    }

    [Fact]
    public void A_trace_differs_from_itself_in_nothing() =>
        Assert.Equal(0, Json("diff", Trace(), Trace(), "--json").GetProperty("summary").GetProperty("changed").GetInt32());

    [Fact]
    public void A_section_is_a_CSV_file()
    {
        string[] lines = Run("irps", Trace(), "--format", "csv", "--section", "drivers").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("driver,calls,own,", lines[0]);
        Assert.All(lines, line => Assert.Equal(lines[0].Count(c => c == ','), line.Count(c => c == ',')));
        Assert.Contains("functions", Assert.Throws<UsageException>(() => Run("irps", Trace(), "--section", "no")).Message);
    }

    [Fact]
    public void Routines_have_the_names_of_the_PDBs_that_belong_to_the_images()
    {
        JsonElement[] routines = [.. Report("dpcisr").GetProperty("routines").EnumerateArray()];
        Assert.Contains(routines, row => row.GetProperty("function").GetString() == "PulseIsr");
        JsonElement[] raisers = [.. Report("cpu").GetProperty("raisers").EnumerateArray()];
        Assert.Contains(raisers, row => row.GetProperty("module").GetString() == "ntoskrnl.exe" && row.GetProperty("function").GetString() == "KiDpcInterrupt");
    }

    [Fact]
    public void A_Chrome_trace_joins_the_drivers_of_a_request()
    {
        string path = Path.Combine(_folder, "demo.json");
        Run("export", Trace(), "--format", "chrome", "-o", path);
        JsonElement[] events = [.. JsonDocument.Parse(File.ReadAllBytes(path)).RootElement.GetProperty("traceEvents").EnumerateArray()];
        JsonElement read = events.First(one => Is(one, "X") && one.GetProperty("name").GetString() == "IRP_MJ_READ");
        long flow = read.GetProperty("args").GetProperty("id").GetInt64() + 1;
        JsonElement[] steps = [.. events.Where(one => one.TryGetProperty("id", out JsonElement id) && id.GetInt64() == flow)];
        Assert.Equal(["s", "f"], steps.Select(step => step.GetProperty("ph").GetString()));
        Assert.All(steps, step => Assert.Contains(events, one => Is(one, "X") && Place(one) == Place(step)));
        Assert.All(events.Where(one => Is(one, "X")), one => Assert.True(one.GetProperty("dur").GetDouble() >= 0));

        static (int, double) Place(JsonElement one) => (one.GetProperty("tid").GetInt32(), one.GetProperty("ts").GetDouble());

        static bool Is(JsonElement one, string phase) => one.GetProperty("ph").GetString() == phase;
    }

    JsonElement Report(string name)
    {
        JsonElement report = Json(name, Trace(), "--json");
        Assert.Equal(name, report.GetProperty("report").GetString());
        return report;
    }

    static JsonElement Json(params string[] arguments) => JsonDocument.Parse(Run(arguments)).RootElement;

    string Trace()
    {
        string path = Path.Combine(_folder, "demo.etl");
        if (!File.Exists(path)) File.WriteAllBytes(path, Recorded.Run("g; q", "full"));
        return path;
    }

    static string Run(params string[] arguments)
    {
        using var output = new MemoryStream();
        Assert.Equal(0, TraceCommand.Run(arguments, new TraceRun(output, CancellationToken.None)));
        return Encoding.UTF8.GetString(output.ToArray());
    }
}
