using System.CommandLine;
using System.Data.Common;
using KdSim.CommandLine;
using KdSim.Traces.Sql;
using KdSim.Tracing.Etl.Decoding;
using KdSim.Tracing.Etl.Reading;
using KdSim.Tracing.Tables;

namespace KdSim.Traces;

/// <summary>`kdsim trace sql FILE "select ..."`: questions to the tables of a trace, in DuckDB's SQL.</summary>
static class SqlVerb
{
    public static Command Make(TraceRun run)
    {
        var file = new Argument<string>("FILE") { Description = "a trace: .etl, or a .zip that holds one" };
        var sql = new Argument<string>("SQL") { Description = "a statement of DuckDB", Arity = ArgumentArity.ZeroOrOne };
        var format = new Option<string>("--format")
        {
            Description = "text, json (one object a line) or csv", HelpName = "text|json|csv", DefaultValueFactory = _ => "text",
        };
        var json = new Option<bool>("--json") { Description = "the same as --format json" };
        var tables = new Option<bool>("--tables") { Description = "list tables and columns instead, with the number of rows" };
        var command = new Command("sql", "a query over the tables of the trace (DuckDB)") { file, sql, format, json, tables };
        command.SetAction(result =>
        {
            string chosen = TraceRun.FormatOf(result.GetValue(format)!, result.GetValue(json));
            return Ask(run, result.GetRequiredValue(file), result.GetValue(sql), chosen, result.GetValue(tables));
        });
        return command;
    }

    static int Ask(TraceRun run, string path, string? sql, string format, bool listTables)
    {
        if (sql is null && !listTables) throw new UsageException("trace sql: a statement expected after the file, or --tables");
        using EtlFile file = run.OpenEtl(path);
        EventDecoder decoder = EventDecoder.Of(file);
        TraceTables tables = run.TablesOf(file, decoder);
        if (listTables)
        {
            RowWriter.Write(format, run.Output, ["table", "rows", "column", "type", "unit", "description"], Schema(tables, file.EventCount));
            return TraceCommand.Verdict(file);
        }
        using var database = new TraceDatabase(file, decoder, tables);
        try
        {
            using ProgressBar? progress = ProgressBar.Start("Loading events");
            TraceDatabase.Answer answer = database.Query(sql!, progress, run.Cancellation);
            RowWriter.Write(format, run.Output, answer.Columns, answer.Rows);
        }
        catch (DbException error)
        {
            throw new UsageException($"trace sql: {OneLine(error.Message)}");
        }
        return TraceCommand.Verdict(file);
    }

    static IEnumerable<object?[]> Schema(TraceTables tables, long events) =>
        from table in tables.All.Append(EventTable.Schema)
        from column in table.Columns
        select new object?[]
        {
            table.Name, table == EventTable.Schema ? events : table.Count, column.Name, TraceDatabase.TypeOf(column) + (column.IsNullable ? "" : " not null"),
            column.Unit, column.Description,
        };

    /// <summary>DuckDB repeats the statement below its message, with a caret: of use on a terminal only.</summary>
    static string OneLine(string message) => message.Split('\n', 2)[0].TrimEnd();
}
