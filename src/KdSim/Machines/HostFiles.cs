using KdSim.CommandLine;

namespace KdSim.Machines;

/// <summary>Where the files of a machine come from, each read once: the host's disk. Remembers what was read, for the machine's identity.</summary>
class HostFiles
{
    const long MostBytes = 64 << 20;

    readonly List<(string Path, byte[] Bytes)> _read = [];

    /// <summary>What was read, in that order.</summary>
    public IReadOnlyList<(string Path, byte[] Bytes)> All => _read;

    /// <summary>Where a file is that a machine file or an INF names.</summary>
    public virtual string Find(string path) => path;

    public virtual bool Exists(string path) => File.Exists(Find(path));

    /// <exception cref="UsageException">The file cannot be read, or is too large.</exception>
    public byte[] Read(string path)
    {
        byte[] bytes = Load(path);
        _read.Add((path, bytes));
        return bytes;
    }

    protected virtual byte[] Load(string path)
    {
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > MostBytes } file)
                throw new UsageException($"{path}: {file.Length} bytes; at most {MostBytes} are read");
            return File.ReadAllBytes(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{path}: {error.Message}");
        }
    }
}
