using System.Security.Cryptography;
using System.Text;

namespace KdSim.Tracing.Etl.Format;

/// <summary>The GUID that EventSource and TraceLogging make of a name: SHA-1 of a name space and the name in upper case, big-endian UTF-16.</summary>
public static class ProviderGuids
{
    static readonly byte[] NameSpace = [0x48, 0x2C, 0x2D, 0xB2, 0xC3, 0x90, 0x47, 0xC8, 0x87, 0xF8, 0x1A, 0x15, 0xBF, 0xC1, 0x30, 0xFB];

    /// <summary>The providers of the .NET runtime are older than the rule.</summary>
    static readonly Dictionary<string, Guid> Exceptions = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Microsoft-Windows-DotNETRuntime"] = new("e13c0d23-ccbc-4e12-931b-d9cc2eee27e4"),
        ["Microsoft-Windows-DotNETRuntimeRundown"] = new("a669021c-c450-4609-a035-5af59af4df18"),
        ["Microsoft-Windows-DotNETRuntimeStress"] = new("cc2bcbba-16b6-4cf3-8990-d74c2e8af500"),
        ["Microsoft-Windows-DotNETRuntimePrivate"] = new("763fd754-7086-4dfe-95eb-c01a46faf4ca"),
    };

    public static Guid OfName(string name)
    {
        if (Exceptions.TryGetValue(name, out Guid known)) return known;
        byte[] hash = SHA1.HashData([.. NameSpace, .. Encoding.BigEndianUnicode.GetBytes(name.ToUpperInvariant())]);
        hash[7] = (byte)((hash[7] & 0x0F) | 0x50);
        return new Guid(hash.AsSpan(0, 16));
    }
}
