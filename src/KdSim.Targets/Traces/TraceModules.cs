using KdSim.Debugging.Targets;
using KdSim.Symbols.Pe;
using KdSim.Tracing.Etl.Decoding;
using KdSim.Tracing.Etl.Reading;

namespace KdSim.Targets.Traces;

/// <summary>An image whose bytes are known: that of a simulated kernel, or a file.</summary>
public sealed record KnownImage(string Name, ReadOnlyMemory<byte> File, Guid Pdb, ReadOnlyMemory<byte> PdbFile, string? HostPath = null);

/// <summary>The images of a trace: where they were, and their bytes if somebody has them.</summary>
sealed class TraceModules(IReadOnlyList<KnownImage> images)
{
    readonly Dictionary<string, byte[]?> _mapped = new(StringComparer.OrdinalIgnoreCase);

    public static TargetModule Of(in EventRecord record, EventDescription description)
    {
        Dictionary<string, string> fields = TraceFields.Of(record, description);
        string path = fields.GetValueOrDefault("FileName", "?"), name = path[(path.LastIndexOf('\\') + 1)..];
        return new TargetModule(TraceFields.Hex(fields, "ImageBase"), TraceFields.Number(fields, "ImageSize"), NameOf(name), name, path,
            (uint)TraceFields.Hex(fields, "TimeDateStamp"), (uint)TraceFields.Hex(fields, "ImageChecksum"));
    }

    /// <summary>Reads an image as it lies in memory; how much of it could be read.</summary>
    public int Read(TargetModule module, ulong address, Span<byte> buffer)
    {
        if (!_mapped.TryGetValue(module.ImageName, out byte[]? bytes)) _mapped.Add(module.ImageName, bytes = Map(module));
        if (bytes is null) return 0;
        int offset = (int)(address - module.Base), count = Math.Clamp(bytes.Length - offset, 0, buffer.Length);
        bytes.AsSpan(Math.Min(offset, bytes.Length), count).CopyTo(buffer);
        return count;
    }

    public KnownImage? Find(string name) => images.FirstOrDefault(image => image.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    public bool TryGetPdb(Guid guid, out ReadOnlyMemory<byte> pdb)
    {
        KnownImage? image = images.FirstOrDefault(known => known.Pdb == guid && !known.PdbFile.IsEmpty);
        pdb = image?.PdbFile ?? default;
        return image is not null;
    }

    /// <summary>Null where nobody has the image, or another build of it.</summary>
    byte[]? Map(TargetModule module)
    {
        if (Find(module.ImageName) is not { } image) return null;
        try
        {
            PeImage pe = PeImage.Parse(image.File, image.Name);
            return pe.TimeDateStamp == module.TimeDateStamp || module.TimeDateStamp == 0 ? pe.Map() : null;
        }
        catch (BadImageException)
        {
            return null;
        }
    }

    static string NameOf(string imageName) =>
        imageName.Equals("ntoskrnl.exe", StringComparison.OrdinalIgnoreCase) ? "nt" : Path.GetFileNameWithoutExtension(imageName).ToLowerInvariant();
}
