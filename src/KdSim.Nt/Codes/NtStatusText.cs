using System.Collections.Frozen;
using System.Globalization;

namespace KdSim.Nt;

/// <summary>What the commonest status codes mean, in a sentence, and the Win32 error that user mode sees for them; from <c>ntstatus-text.tsv</c>.</summary>
public static class NtStatusText
{
    private static readonly Lazy<FrozenDictionary<NtStatus, (uint? Win32, string Text)>> Table = new(ReadTable);

    /// <summary>A sentence on the status, or null when the table has none.</summary>
    public static string? Describe(NtStatus status) => Table.Value.TryGetValue(status, out var row) ? row.Text : null;

    /// <summary>The Win32 error code for a status, or null when the table has none.</summary>
    public static uint? ToWin32(NtStatus status) => Table.Value.TryGetValue(status, out var row) ? row.Win32 : null;

    private static FrozenDictionary<NtStatus, (uint?, string)> ReadTable()
    {
        using Stream stream = typeof(NtStatusText).Assembly.GetManifestResourceStream("ntstatus-text.tsv")
            ?? throw new InvalidOperationException("the embedded table ntstatus-text.tsv is missing");
        using var reader = new StreamReader(stream);
        var rows = new Dictionary<NtStatus, (uint?, string)>();
        while (reader.ReadLine() is { } line)
        {
            string[] cells = line.Split('\t');
            if (cells.Length != 3 || !NtStatusNames.TryParse(cells[0], out NtStatus status))
                throw new InvalidOperationException($"ntstatus-text.tsv: not a status, code and sentence: {line}");
            rows.Add(status, (cells[1].Length == 0 ? null : uint.Parse(cells[1], CultureInfo.InvariantCulture), cells[2]));
        }
        return rows.ToFrozenDictionary();
    }
}
