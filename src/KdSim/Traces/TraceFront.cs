using KdSim.CommandLine;
using KdSim.Kernel;
using KdSim.Live;
using KdSim.Machine;
using KdSim.Symbols.Pe;
using KdSim.Targets.Traces;
using KdSim.Tracing.Etl.Reading;

namespace KdSim.Traces;

/// <summary>Opens a trace file as a target, with the images that this tool and the host have.</summary>
static class TraceFront
{
    const long MostImageBytes = 64 << 20;

    /// <exception cref="UsageException">The file cannot be read, or is no trace.</exception>
    public static TraceFrontTarget Open(Options options, RunOptions runOptions)
    {
        string path = options.TraceFile!;
        try
        {
            if (!IsTrace(path)) throw new UsageException($"-z: {path}: this is no trace (.etl, or a .zip that holds one); dumps cannot be opened yet");
            string[] folders = [.. Folders(options, path)];
            EtlFile file = EtlFile.Open(path);
            return new TraceFrontTarget(file, new TraceTarget(file, [.. Simulated(), .. OnDisk(folders)]), folders, runOptions);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new UsageException($"-z: {path}: {error.Message}");
        }
    }

    /// <summary>Where drivers may lie: the image path, beside the trace, and those that came with the tool.</summary>
    public static IEnumerable<string> Folders(Options options, string trace) =>
        (options.ImagePath ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries).Append(Path.GetDirectoryName(Path.GetFullPath(trace))!)
            .Concat(Directory.Exists(Shipped) ? Directory.EnumerateDirectories(Shipped).Order(StringComparer.Ordinal) : []).Where(Directory.Exists);

    static string Shipped => Path.Combine(AppContext.BaseDirectory, "drivers");

    /// <summary>By its content, not its name: a zip file, or a header buffer whose size fits.</summary>
    static bool IsTrace(string path)
    {
        using FileStream file = File.OpenRead(path);
        Span<byte> start = stackalloc byte[KdSim.Tracing.Etl.Format.BufferHeader.Length];
        int read = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        if (read >= 4 && start[..4].SequenceEqual("PK\x03\x04"u8)) return true;
        return read == start.Length && KdSim.Tracing.Etl.Format.BufferHeader.Read(start) is
            { BufferType: KdSim.Tracing.Etl.Format.BufferType.Header, BufferSize: >= 0x48 and <= 16 << 20 };
    }

    /// <summary>nt, hal and the in-box drivers, as this tool builds them: right for traces of the same build.</summary>
    static List<KnownImage> Simulated()
    {
        using var computer = new Computer(new MachineOptions { Processors = 1 });
        return [.. new NtKernel(computer).Images.All.Select(image => new KnownImage(
            image.Name, image.File, PeImage.Parse(image.File, image.Name).ReadCodeView()?.Guid ?? default, image.Pdb))];
    }

    static IEnumerable<KnownImage> OnDisk(IEnumerable<string> folders) =>
        folders.SelectMany(folder => Directory.EnumerateFiles(folder, "*.sys").Order(StringComparer.Ordinal))
            .Where(path => new FileInfo(path).Length <= MostImageBytes)
            .Select(path => new KnownImage(Path.GetFileName(path), File.ReadAllBytes(path), default, default, path));
}
