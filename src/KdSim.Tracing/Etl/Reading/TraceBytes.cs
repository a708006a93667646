using System.IO.Compression;
using Microsoft.Win32.SafeHandles;

namespace KdSim.Tracing.Etl.Reading;

/// <summary>The bytes of a trace, read at any place: a file, an array, or the trace inside a zip file.</summary>
public abstract class TraceBytes : IDisposable
{
    /// <summary>The name for messages.</summary>
    public abstract string Name { get; }

    public abstract long Length { get; }

    /// <summary>Reads as many bytes as there are from a place; returns their number.</summary>
    public abstract int Read(long offset, Span<byte> bytes);

    public virtual void Dispose() { }

    /// <summary>Opens a file; of a zip file, the first entry whose name ends in one of the extensions of traces.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The zip file is broken, or holds no trace.</exception>
    public static TraceBytes Open(string path)
    {
        SafeFileHandle handle = File.OpenHandle(path);
        try
        {
            Span<byte> magic = stackalloc byte[4];
            bool isZip = RandomAccess.Read(handle, magic, 0) == 4 && magic.SequenceEqual("PK\x03\x04"u8);
            if (!isZip) return new FileBytes(path, handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
        handle.Dispose();
        return Unzip(path);
    }

    public static TraceBytes Of(byte[] bytes, string name = "(memory)") => new ArrayBytes(bytes, name);

    /// <summary>An entry can only be read from its beginning, so it is expanded into a temporary file that vanishes with this object.</summary>
    static FileBytes Unzip(string path)
    {
        using ZipArchive archive = ZipFile.OpenRead(path);
        ZipArchiveEntry entry = archive.Entries.FirstOrDefault(entry => IsTrace(entry.Name))
            ?? throw new InvalidDataException($"{path}: the zip file holds no .etl or .nettrace file");
        string folder = Path.GetTempPath();
        long free = new DriveInfo(folder).AvailableFreeSpace;
        if (entry.Length > free)
            throw new IOException($"{path}: {entry.Name} needs {entry.Length} bytes in {folder}, which has {free} free");
        string temporary = Path.Combine(folder, Path.GetRandomFileName());
        try
        {
            using (Stream from = entry.Open())
            using (FileStream to = File.Create(temporary))
                CopyAtMost(from, to, entry.Length);
            return new FileBytes($"{path}:{entry.Name}", File.OpenHandle(temporary, options: FileOptions.DeleteOnClose));
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>A hostile archive may say a smaller length than it expands to.</summary>
    static void CopyAtMost(Stream from, Stream to, long length)
    {
        byte[] buffer = new byte[1 << 16];
        for (long left = length; left > 0;)
        {
            int read = from.Read(buffer, 0, (int)Math.Min(buffer.Length, left));
            if (read == 0) return;
            to.Write(buffer, 0, read);
            left -= read;
        }
    }

    static bool IsTrace(string name) =>
        name.EndsWith(".etl", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".nettrace", StringComparison.OrdinalIgnoreCase);

    sealed class FileBytes(string name, SafeFileHandle handle) : TraceBytes
    {
        public override string Name => name;

        public override long Length { get; } = RandomAccess.GetLength(handle);

        public override int Read(long offset, Span<byte> bytes)
        {
            int total = 0;
            while (total < bytes.Length)
            {
                int read = RandomAccess.Read(handle, bytes[total..], offset + total);
                if (read == 0) break;
                total += read;
            }
            return total;
        }

        public override void Dispose() => handle.Dispose();
    }

    sealed class ArrayBytes(byte[] bytes, string name) : TraceBytes
    {
        public override string Name => name;

        public override long Length => bytes.Length;

        public override int Read(long offset, Span<byte> target)
        {
            if (offset >= bytes.Length) return 0;
            int count = (int)Math.Min(target.Length, bytes.Length - offset);
            bytes.AsSpan((int)offset, count).CopyTo(target);
            return count;
        }
    }
}
