using System.Collections.Immutable;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace KdSim.Traces;

/// <summary>Writes rows of named values: as an aligned table, as JSON (one object a line), or as CSV. What is not known is empty, in JSON null.</summary>
static class RowWriter
{
    /// <summary>A text table looks at so many rows to find its widths; longer values later move what follows them.</summary>
    const int RowsForWidths = 1000;

    const int WidestColumn = 60;

    public static void Write(string format, Stream output, ImmutableArray<string> columns, IEnumerable<object?[]> rows)
    {
        if (format == "json")
        {
            WriteJson(output, columns, rows);
            return;
        }
        using var text = new StreamWriter(output, leaveOpen: true) { NewLine = "\n" };
        if (format == "csv") WriteCsv(text, columns, rows);
        else WriteText(text, columns, rows);
    }

    public static void WriteCsv(TextWriter text, ImmutableArray<string> columns, IEnumerable<object?[]> rows)
    {
        text.WriteLine(string.Join(',', columns.Select(Quoted)));
        foreach (object?[] row in rows) WriteCsvRow(text, row);
    }

    public static void WriteCsvRow(TextWriter text, object?[] row) => text.WriteLine(string.Join(',', row.Select(value => Quoted(Show(value)))));

    static void WriteJson(Stream output, ImmutableArray<string> columns, IEnumerable<object?[]> rows)
    {
        using var json = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        foreach (object?[] row in rows)
        {
            json.WriteStartObject();
            for (int i = 0; i < row.Length; i++)
            {
                json.WritePropertyName(columns[i]);
                WriteValue(json, row[i]);
            }
            json.WriteEndObject();
            json.Flush();
            json.Reset();
            output.WriteByte((byte)'\n');
        }
    }

    public static void WriteValue(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null: json.WriteNullValue(); break;
            case bool truth: json.WriteBooleanValue(truth); break;
            case double number when !double.IsFinite(number): json.WriteNullValue(); break;
            case sbyte or short or int or long or byte or ushort or uint or ulong or float or double or decimal or Int128 or System.Numerics.BigInteger:
                json.WriteRawValue(Show(value));
                break;
            default: json.WriteStringValue(Show(value)); break;
        }
    }

    static void WriteText(TextWriter text, ImmutableArray<string> columns, IEnumerable<object?[]> rows)
    {
        var waiting = new List<object?[]>();
        using IEnumerator<object?[]> more = rows.GetEnumerator();
        while (waiting.Count < RowsForWidths && more.MoveNext()) waiting.Add(more.Current);
        int[] widths = [.. columns.Select((name, i) => Math.Min(WidestColumn, waiting.Select(row => Show(row[i]).Length).Append(name.Length).Max()))];
        bool[] right =
            [.. columns.Select((_, i) => waiting.Exists(row => row[i] is not null) && waiting.TrueForAll(row => row[i] is null || IsNumber(row[i])))];
        WriteLine(text, columns, widths, right);
        text.WriteLine(string.Join("  ", widths.Select(width => new string('-', width))));
        foreach (object?[] row in waiting) WriteLine(text, row.Select(Show), widths, right);
        while (more.MoveNext()) WriteLine(text, more.Current.Select(Show), widths, right);
    }

    static void WriteLine(TextWriter text, IEnumerable<string> values, int[] widths, bool[] right) =>
        text.WriteLine(string.Join("  ", values.Select((value, i) => right[i] ? value.PadLeft(widths[i]) : value.PadRight(widths[i]))).TrimEnd());

    static bool IsNumber(object? value) =>
        value is sbyte or short or int or long or byte or ushort or uint or ulong or float or double or decimal or Int128 or System.Numerics.BigInteger;

    public static string Show(object? value) => value switch
    {
        null => "",
        bool truth => truth ? "true" : "false",
        System.Collections.IEnumerable list and not string => $"[{string.Join(", ", list.Cast<object?>().Select(Show))}]",
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    static string Quoted(string text) => text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
