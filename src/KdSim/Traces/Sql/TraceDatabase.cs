using System.Collections.Immutable;
using System.Data.Common;
using System.Globalization;
using System.Text.RegularExpressions;
using DuckDB.NET.Data;
using KdSim.Tracing.Etl.Decoding;
using KdSim.Tracing.Etl.Reading;
using KdSim.Tracing.Tables;

namespace KdSim.Traces.Sql;

/// <summary>
/// The tables of a trace in an in-memory DuckDB. The table of all events is loaded only for statements that name it.
/// </summary>
sealed partial class TraceDatabase : IDisposable
{
    readonly EtlFile _file;
    readonly EventDecoder _decoder;
    readonly DuckDBConnection _connection = new("DataSource=:memory:");
    bool _hasEvents;

    public TraceDatabase(EtlFile file, EventDecoder decoder, TraceTables tables)
    {
        (_file, _decoder) = (file, decoder);
        _connection.Open();
        foreach (ITraceTable table in tables.All) Load(table);
    }

    /// <summary>What a query answers.</summary>
    public sealed record Answer(ImmutableArray<string> Columns, IEnumerable<object?[]> Rows);

    /// <summary>Runs a statement; the rows are read while they are enumerated.</summary>
    /// <exception cref="DbException">DuckDB refuses the statement.</exception>
    public Answer Query(string sql, ITraceProgress? progress, CancellationToken cancellation)
    {
        if (NamesEvents().IsMatch(sql)) LoadEvents(progress, cancellation);
        DuckDBCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        DuckDBDataReader reader = command.ExecuteReader();
        ImmutableArray<string> columns = [.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetName)];
        return new Answer(columns, Rows(command, reader, cancellation));
    }

    public void Execute(string sql)
    {
        using DuckDBCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>Loads the table of all events, once.</summary>
    public void LoadEvents(ITraceProgress? progress, CancellationToken cancellation)
    {
        if (_hasEvents) return;
        _hasEvents = true;
        Create(EventTable.Schema);
        using DuckDBAppender appender = _connection.CreateAppender(EventTable.Schema.Name);
        EventTable.Read(_file, _decoder, row => appender.CreateRow()
            .AppendValue(row.Number).AppendValue(row.Time).AppendValue(row.Cpu).AppendValue(row.Thread).AppendValue(row.Process).AppendValue(row.Provider)
            .AppendValue(row.Event).AppendValue(row.Id).AppendValue(row.Version).AppendValue(row.Fields).EndRow(), progress, cancellation);
    }

    public void Dispose() => _connection.Dispose();

    static IEnumerable<object?[]> Rows(DuckDBCommand command, DuckDBDataReader reader, CancellationToken cancellation)
    {
        using (command)
        using (reader)
            while (reader.Read())
            {
                cancellation.ThrowIfCancellationRequested();
                object?[] row = new object?[reader.FieldCount];
                for (int i = 0; i < row.Length; i++) row[i] = reader.IsDBNull(i) ? null : reader.GetValue(i);
                yield return row;
            }
    }

    void Create(ITraceTable table) => Execute($"create table {table.Name} ({string.Join(", ", table.Columns.Select(Declaration))})");

    static string Declaration(TableColumn column) => $"\"{column.Name}\" {TypeOf(column)}{(column.IsNullable ? "" : " not null")}";

    void Load(ITraceTable table)
    {
        Create(table);
        using DuckDBAppender appender = _connection.CreateAppender(table.Name);
        for (int i = 0; i < table.Count; i++)
        {
            IDuckDBAppenderRow row = appender.CreateRow();
            for (int column = 0; column < table.Columns.Length; column++) Append(row, table.Value(i, column));
            row.EndRow();
        }
    }

    static void Append(IDuckDBAppenderRow row, object? value)
    {
        switch (value)
        {
            case null: row.AppendNullValue(); break;
            case long number: row.AppendValue(number); break;
            case ulong number: row.AppendValue(number); break;
            case int number: row.AppendValue(number); break;
            case bool truth: row.AppendValue(truth); break;
            case double number: row.AppendValue(number); break;
            case string text: row.AppendValue(text); break;
            default: throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"no column holds a {value.GetType().Name}"));
        }
    }

    /// <summary>The column's type in SQL.</summary>
    public static string TypeOf(TableColumn column) => Type.GetTypeCode(column.Type) switch
    {
        TypeCode.Int64 => "bigint",
        TypeCode.UInt64 => "ubigint",
        TypeCode.Int32 => "integer",
        TypeCode.Boolean => "boolean",
        TypeCode.Double => "double",
        TypeCode.String => "varchar",
        _ => throw new InvalidOperationException($"no column may be a {column.Type.Name}"),
    };

    [GeneratedRegex(@"\bevents\b", RegexOptions.IgnoreCase)]
    private static partial Regex NamesEvents();
}
