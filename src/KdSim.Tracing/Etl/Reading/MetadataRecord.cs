using System.Runtime.InteropServices;
using KdSim.Tracing.Etl.Format;

namespace KdSim.Tracing.Etl.Reading;

/// <summary>An event that describes other events: a chunk of a manifest, or what merging knew of an event. Kept when a file is opened.</summary>
public sealed record MetadataRecord(Guid Provider, byte Opcode, byte[] Payload)
{
    /// <summary>All manifests of a file together are smaller; a hostile file does not fill the memory.</summary>
    internal const long MostBytes = 256 << 20;

    const ushort ManifestId = 0xFFFE;

    /// <summary>Looked at for every record of a file, so it looks at little.</summary>
    internal static bool Is(ReadOnlySpan<byte> record, HeaderType type) => type switch
    {
        HeaderType.EventHeader64 or HeaderType.EventHeader32 => MemoryMarshal.Read<ushort>(record[40..]) == ManifestId,
        HeaderType.FullHeader64 or HeaderType.FullHeader32 => MemoryMarshal.Read<Guid>(record[24..]) == ClassicProviders.MetaData,
        _ => false,
    };
}
