using System.Text;
using System.Text.Json;
using KdSim.CommandLine;
using KdSim.Tests.Recording;
using KdSim.Traces;
using Xunit;

namespace KdSim.Tests.Traces;

/// <summary>The tables of a recorded demo, asked in SQL and exported.</summary>
public sealed class SqlTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("kdsim-sql").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Requests_and_their_hops_agree_with_the_demo()
    {
        JsonElement[] reads = Ask("select * from irps where function = 'IRP_MJ_READ' order by id");
        Assert.NotEmpty(reads);
        Assert.All(reads, read => Assert.Equal(@"\Driver\pulseflt", read.GetProperty("driver").GetString()));
        Assert.Contains(reads, read => read.GetProperty("pended").GetBoolean() && read.GetProperty("status").GetInt64() == 0);
        Assert.Single(reads, read => read.GetProperty("cancelled").GetBoolean());
        foreach (JsonElement read in reads)
        {
            JsonElement[] hops = Ask($"select * from irp_hops where irp_id = {read.GetProperty("id").GetInt32()} order by hop");
            Assert.Equal([@"\Driver\pulseflt", @"\Driver\pulse"], hops.Select(hop => hop.GetProperty("driver").GetString()));
            Assert.All(hops, hop => Assert.True(hop.GetProperty("own").GetInt64() <= hop.GetProperty("duration").GetInt64()));
        }
    }

    [Fact]
    public void Every_interrupt_of_the_device_has_its_DPC()
    {
        JsonElement row = Assert.Single(Ask("select (select count(*) from isr) as isrs, (select count(*) from dpc where since_isr is not null) as dpcs"));
        Assert.InRange(row.GetProperty("isrs").GetInt32(), 1, 1000);
        Assert.Equal(row.GetProperty("isrs").GetInt32(), row.GetProperty("dpcs").GetInt32());
    }

    [Fact]
    public void The_table_of_events_has_every_event_and_its_fields()
    {
        JsonElement row = Assert.Single(Ask("select count(*) as n, count(distinct number) as m, count(json_extract(fields, '$.Irp')) as irps from events"));
        Assert.Equal(row.GetProperty("n").GetInt64(), row.GetProperty("m").GetInt64());
        Assert.InRange(row.GetProperty("irps").GetInt64(), 100, row.GetProperty("n").GetInt64());
    }

    [Fact]
    public void A_broken_statement_is_one_line() =>
        Assert.StartsWith("trace sql: ", Assert.Throws<UsageException>(() => Ask("selec")).Message);

    [Fact]
    public void A_nettrace_is_told_from_a_broken_etl()
    {
        string path = Path.Combine(_folder, "some.nettrace");
        File.WriteAllBytes(path, [.. "Nettrace"u8, .. new byte[64]]);
        Assert.Contains("some.nettrace: a .nettrace file", Assert.Throws<UsageException>(() => Run("sql", path, "select 1")).Message);
    }

    [Theory]
    [InlineData("parquet")]
    [InlineData("csv")]
    public void An_export_has_a_file_for_every_table(string format)
    {
        Assert.Equal(0, Run("export", Trace(), "--format", format, "-o", Path.Combine(_folder, "out")).Code);
        string[] files = [.. Directory.GetFiles(Path.Combine(_folder, "out")).Select(Path.GetFileName).Order(StringComparer.Ordinal)!];
        Assert.Equal(KdSim.Tracing.Tables.TraceTables.Schemas.Select(table => $"{table.Name}.{format}").Order(StringComparer.Ordinal), files);
        Assert.All(files, file => Assert.True(new FileInfo(Path.Combine(_folder, "out", file)).Length > 10));
    }

    JsonElement[] Ask(string sql)
    {
        (string output, int code) = Run("sql", Trace(), sql, "--json");
        Assert.Equal(0, code);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
    }

    string Trace()
    {
        string path = Path.Combine(_folder, "demo.etl");
        if (!File.Exists(path)) File.WriteAllBytes(path, Recorded.Run("g; q"));
        return path;
    }

    static (string Output, int Code) Run(params string[] arguments)
    {
        using var output = new MemoryStream();
        int code = TraceCommand.Run(arguments, new TraceRun(output, CancellationToken.None));
        return (Encoding.UTF8.GetString(output.ToArray()), code);
    }
}
