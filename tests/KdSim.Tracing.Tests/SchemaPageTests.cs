using System.Runtime.CompilerServices;
using System.Text;
using KdSim.Tracing.Analysis;
using KdSim.Tracing.Etl.Decoding;
using KdSim.Tracing.Etl.Reading;
using KdSim.Tracing.Tables;
using KdSim.Tracing.Tests.Etl;
using Xunit;

namespace KdSim.Tracing.Tests;

/// <summary>The page that documents tables and reports is made of their declarations. KDSIM_UPDATE=1 writes it anew.</summary>
public sealed class SchemaPageTests
{
    static string Page([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "src", "KdSim.Tracing", "Tables", "schema.md");

    [Fact]
    public void The_page_is_what_the_declarations_say()
    {
        string page = Write();
        if (Environment.GetEnvironmentVariable("KDSIM_UPDATE") == "1") File.WriteAllText(Page(), page);
        Assert.Equal(page, File.ReadAllText(Page()).ReplaceLineEndings("\n"));
    }

    [Fact]
    public void Columns_have_names_of_their_own_and_say_what_they_are() =>
        Assert.All(TraceTables.Schemas.Concat(Reports().SelectMany(report => report.Sections.Prepend(report.Summary).Select(one => one.Table))), table =>
        {
            Assert.Equal(table.Columns.Length, table.Columns.Select(column => column.Name).Distinct().Count());
            Assert.All(table.Columns, column => Assert.NotEqual("", column.Description));
        });

    static string Write()
    {
        var page = new StringBuilder();
        page.Append("""
            # Tables and reports of a trace

            Made from the declarations in the source by a test. Times are nanoseconds since the trace's header event; `?` marks columns that may be empty.

            ## Tables

            `kdsim trace sql` asks them, `kdsim trace export` writes them.


            """);
        foreach (ITraceTable table in TraceTables.Schemas) Add(page, $"### {table.Name}", table.Description, table);
        page.Append("""
            ## Reports

            `kdsim trace NAME FILE --json` is one object: `report`, `lacks` (sentences: what the trace does not tell), `summary` (an object), and the sections
            below, each an array of objects. Percentiles are by nearest rank.


            """);
        foreach (TraceReport report in Reports())
            foreach (ReportSection section in report.Sections.Prepend(report.Summary))
                Add(page, $"### {report.Name}: {section.Name}", section.Table.Description, section.Table);
        return page.ToString().ReplaceLineEndings("\n").TrimEnd('\n') + "\n";
    }

    static void Add(StringBuilder page, string heading, string description, ITraceTable table)
    {
        page.Append(heading).Append("\n\n").Append(description).Append("\n\n| column | type | unit | |\n|---|---|---|---|\n");
        foreach (TableColumn column in table.Columns)
            page.Append($"| {column.Name} | {TypeName(column.Type)}{(column.IsNullable ? "?" : "")} | {column.Unit} | {column.Description} |\n");
        page.Append('\n');
    }

    static string TypeName(Type type) =>
        type == typeof(ulong) ? "address" : type == typeof(long) ? "int64" : type == typeof(int) ? "int32" : type == typeof(string) ? "text"
            : type == typeof(bool) ? "bool" : type == typeof(double) ? "double" : throw new InvalidOperationException($"{type} has no name here");

    static IEnumerable<TraceReport> Reports()
    {
        string path = Path.GetTempFileName();
        try
        {
            new EtlBuilder().Save(path);
            using EtlFile file = EtlFile.Open(path);
            TraceTables tables = TraceTables.Of(file, EventDecoder.Of(file));
            return [.. TraceAnalysis.All.Select(analysis => analysis.Run(tables)), TraceDiff.Of(tables, tables)];
        }
        finally
        {
            File.Delete(path);
        }
    }
}
