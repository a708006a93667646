using System.Runtime.InteropServices;

namespace KdSim.Tracing.Etl.Decoding;

/// <summary>
/// Puts together the manifests that EventSource providers send as events (id 0xFFFE, opcode 0xFE): each chunk begins with its format (1), version
/// of two bytes, 0x5B, the number of chunks and its own number.
/// </summary>
public sealed class ManifestChunks
{
    public const ushort EventId = 0xFFFE;
    public const byte Opcode = 0xFE;

    const int PrefixLength = 8;
    const byte Format = 1, Magic = 0x5B;

    /// <summary>No manifest is larger: chunks have at most 64 KB, and real ones stay below a megabyte.</summary>
    const int MostChunks = 256;

    readonly Dictionary<Guid, byte[]?[]> _incomplete = [];

    /// <summary>Takes a chunk; returns the manifest's XML once all of its chunks are there.</summary>
    public byte[]? Add(Guid provider, ReadOnlySpan<byte> payload)
    {
        if (payload.Length < PrefixLength || payload[0] != Format || payload[3] != Magic) return null;
        int total = MemoryMarshal.Read<ushort>(payload[4..]), number = MemoryMarshal.Read<ushort>(payload[6..]);
        if (total is 0 or > MostChunks || number >= total) return null;
        if (!_incomplete.TryGetValue(provider, out byte[]?[]? chunks) || chunks.Length != total) _incomplete[provider] = chunks = new byte[total][];
        chunks[number] = payload[PrefixLength..].ToArray();
        if (chunks.Contains(null)) return null;
        _incomplete.Remove(provider);
        return [.. chunks.SelectMany(chunk => chunk!)];
    }
}
