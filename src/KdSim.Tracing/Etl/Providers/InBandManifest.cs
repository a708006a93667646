using System.Runtime.InteropServices;
using KdSim.Tracing.Etl.Format;
using KdSim.Tracing.Etl.Writing;

namespace KdSim.Tracing.Etl.Providers;

/// <summary>The event by which a provider puts its manifest into a trace, in numbered chunks (EventSource's ManifestEnvelope).</summary>
public static class InBandManifest
{
    const ushort Id = 0xFFFE;
    const byte EventVersion = 1, Opcode = 0xFE, Format = 1, Major = 1, Minor = 0, Magic = 0x5B;
    const ulong AllKeywords = 0x00FF_FFFF_FFFF_FFFF;

    /// <summary>The longest chunk that EventSource writes.</summary>
    const int LongestChunk = 0xFF00;

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    struct Envelope
    {
        public byte Format, MajorVersion, MinorVersion, Magic;
        public ushort TotalChunks, ChunkNumber;
    }

    /// <summary>Writes the provider's manifest, in chunks that fit into the session's buffers.</summary>
    public static void Write(EtlSession session, int processor, long time, uint thread, uint process, EventProvider provider)
    {
        ReadOnlySpan<byte> manifest = provider.Manifest;
        int envelope = Marshal.SizeOf<Envelope>();
        int chunk = Math.Min(LongestChunk, (session.Options.BufferSize / 2) & ~0xFF);
        int total = (manifest.Length + chunk - 1) / chunk;
        var declared = new ProviderEvent(provider, Id, EventVersion, "ManifestData", Id, Opcode, Level: 0, AllKeywords, new PayloadTemplate([]));
        for (int number = 0; number < total; number++)
        {
            ReadOnlySpan<byte> part = manifest.Slice(number * chunk, Math.Min(chunk, manifest.Length - number * chunk));
            byte[] payload = new byte[envelope + part.Length];
            MemoryMarshal.Write(payload, new Envelope
            {
                Format = Format,
                MajorVersion = Major,
                MinorVersion = Minor,
                Magic = Magic,
                TotalChunks = (ushort)total,
                ChunkNumber = (ushort)number,
            });
            part.CopyTo(payload.AsSpan(envelope));
            session.Raw(processor, time, thread, process, declared, payload);
        }
    }
}
