using System.Collections.Frozen;
using System.Globalization;

namespace KdSim.Nt;

/// <summary>NT's own spelling of status codes (<c>STATUS_MORE_PROCESSING_REQUIRED</c>), from the embedded table <c>ntstatus.tsv</c>.</summary>
public static class NtStatusNames
{
    private static readonly Lazy<FrozenDictionary<uint, string>> ByValue = new(() =>
        Rows().DistinctBy(r => r.Value).ToFrozenDictionary(r => r.Value, r => r.Name));

    private static readonly Lazy<FrozenDictionary<string, uint>> ByName = new(() =>
        Rows().ToFrozenDictionary(r => r.Name, r => r.Value, StringComparer.OrdinalIgnoreCase));

    /// <summary>The name of a status code, or null.</summary>
    public static string? Find(uint status) => ByValue.Value.GetValueOrDefault(status);

    /// <summary>The name of a status code, or its number as <c>0xC0001234</c>.</summary>
    public static string Name(NtStatus status) => Find((uint)status) ?? $"0x{(uint)status:X8}";

    /// <summary>The code that has this name (<c>STATUS_PENDING</c>).</summary>
    public static bool TryParse(string name, out NtStatus status)
    {
        bool found = ByName.Value.TryGetValue(name, out uint value);
        status = (NtStatus)value;
        return found;
    }

    /// <summary>All codes and names, ascending by code.</summary>
    public static IEnumerable<(uint Value, string Name)> Rows()
    {
        using Stream table = typeof(NtStatusNames).Assembly.GetManifestResourceStream("ntstatus.tsv")
            ?? throw new InvalidOperationException("the embedded table ntstatus.tsv is missing");
        using var reader = new StreamReader(table);
        var rows = new List<(uint, string)>();
        while (reader.ReadLine() is { } line)
            if (line.Split('\t') is [var value, var name])
                rows.Add((uint.Parse(value, NumberStyles.HexNumber, CultureInfo.InvariantCulture), name));
        return rows;
    }
}
