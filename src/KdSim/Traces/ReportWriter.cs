using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using KdSim.Tracing.Analysis;
using KdSim.Tracing.Tables;

namespace KdSim.Traces;

/// <summary>
/// Writes a report. JSON is one object: `report`, `lacks` (sentences), `summary` (an object), and an array of objects by section. CSV is one section. Text
/// shows times in microseconds and addresses in hexadecimal; JSON and CSV have them as the columns declare them.
/// </summary>
static class ReportWriter
{
    const int MostTextRows = 40;

    /// <param name="section">Only this one; null for all, or in CSV for the first.</param>
    public static void Write(string format, Stream output, TraceReport report, string? section)
    {
        ReportSection[] chosen = [.. report.Sections.Prepend(report.Summary).Where(one => section is null || one.Name == section)];
        if (format == "json")
        {
            WriteJson(output, report, chosen);
            return;
        }
        using var text = new StreamWriter(output, leaveOpen: true) { NewLine = "\n" };
        if (format == "csv") WriteCsv(text, section is null ? report.Sections[0].Table : chosen[0].Table);
        else WriteText(text, report, chosen, section is null);
    }

    static void WriteCsv(TextWriter text, ITraceTable table) =>
        RowWriter.WriteCsv(text, [.. table.Columns.Select(column => column.Name)], Enumerable.Range(0, table.Count).Select(
            row => (object?[])[.. Enumerable.Range(0, table.Columns.Length).Select(column => table.Value(row, column))]));

    static void WriteJson(Stream output, TraceReport report, ReportSection[] sections)
    {
        var options = new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, Indented = true, NewLine = "\n" };
        using (var json = new Utf8JsonWriter(output, options))
        {
            json.WriteStartObject();
            json.WriteString("report", report.Name);
            json.WriteStartArray("lacks");
            foreach (string lack in report.Lacks) json.WriteStringValue(lack);
            json.WriteEndArray();
            foreach (ReportSection section in sections)
            {
                json.WritePropertyName(section.Name);
                if (section == report.Summary)
                {
                    WriteRow(json, section.Table, 0);
                    continue;
                }
                json.WriteStartArray();
                for (int row = 0; row < section.Table.Count; row++) WriteRow(json, section.Table, row);
                json.WriteEndArray();
            }
            json.WriteEndObject();
        }
        output.WriteByte((byte)'\n');
    }

    static void WriteRow(Utf8JsonWriter json, ITraceTable table, int row)
    {
        json.WriteStartObject();
        for (int column = 0; column < table.Columns.Length; column++)
        {
            json.WritePropertyName(table.Columns[column].Name);
            RowWriter.WriteValue(json, table.Value(row, column));
        }
        json.WriteEndObject();
    }

    static void WriteText(TextWriter text, TraceReport report, ReportSection[] sections, bool all)
    {
        foreach (string lack in report.Lacks) text.WriteLine(lack);
        if (report.Lacks.Length > 0) text.WriteLine();
        if (all && report.Text.Length > 0) text.WriteLine(report.Text);
        foreach (ReportSection section in sections)
        {
            if (all && report.ShownByText.Contains(section.Name)) continue;
            if (section == report.Summary) WriteSummary(text, section.Table);
            else if (section.Table.Count > 0) WriteSection(text, section, all ? MostTextRows : int.MaxValue);
        }
    }

    static void WriteSummary(TextWriter text, ITraceTable table)
    {
        int width = table.Columns.Max(column => Heading(column).Length);
        for (int column = 0; column < table.Columns.Length; column++)
            text.WriteLine($"{Heading(table.Columns[column]).PadRight(width)}  {Show(table.Columns[column], table.Value(0, column)),14}".TrimEnd());
        text.WriteLine();
    }

    static void WriteSection(TextWriter text, ReportSection section, int most)
    {
        ITraceTable table = section.Table;
        int shown = Math.Min(most, table.Count);
        string[][] cells =
        [
            .. Enumerable.Range(0, shown).Select(row => (string[])[.. table.Columns.Select((column, i) => Show(column, table.Value(row, i)))]),
        ];
        int[] used = [.. Enumerable.Range(0, table.Columns.Length).Where(column => cells.Any(row => row[column].Length > 0))];
        int[] widths = [.. table.Columns.Select((column, i) => cells.Max(row => row[i].Length) is var longest && longest > Heading(column).Length ? longest
            : Heading(column).Length)];
        text.WriteLine(section.Title);
        text.WriteLine(string.Join("  ", used.Select(i => Aligned(table.Columns[i], Heading(table.Columns[i]), widths[i]))).TrimEnd());
        text.WriteLine(string.Join("  ", used.Select(i => new string('-', widths[i]))));
        foreach (string[] row in cells) text.WriteLine(string.Join("  ", used.Select(i => Aligned(table.Columns[i], row[i], widths[i]))).TrimEnd());
        if (shown < table.Count) text.WriteLine($"... {table.Count - shown} more: --section {section.Name}");
        text.WriteLine();
    }

    static string Aligned(TableColumn column, string value, int width) => column.Type == typeof(string) ? value.PadRight(width) : value.PadLeft(width);

    static string Heading(TableColumn column) => column.Unit switch
    {
        "ns" => $"{column.Name} us",
        "" => column.Name,
        _ => $"{column.Name} {column.Unit}",
    };

    static string Show(TableColumn column, object? value) => value switch
    {
        ulong address => $"0x{address:x}",
        long time when column.Unit == "ns" => (time / 1000.0).ToString("F3", CultureInfo.InvariantCulture),
        _ => RowWriter.Show(value),
    };
}
