using KdSim.Tracing.Etl.Decoding;
using KdSim.Tracing.Etl.Dump;
using KdSim.Tracing.Etl.Format;
using KdSim.Tracing.Etl.Reading;
using Microsoft.Diagnostics.Tracing;

namespace KdSim.Tracing.TraceEventRoute;

/// <summary>
/// Hands an .etl to TraceEvent on every platform: the events go, in the order of time, into a temporary .btl file that TraceEvent's own reader takes.
/// Its parsers, TraceLog and code that was written for them then work as on Windows. Disposing closes the source and removes the file.
/// </summary>
public sealed class TraceEventSession : IDisposable
{
    readonly string _path;

    TraceEventSession(string path)
    {
        _path = path;
        Source = new BPerfEventSource(path);
        // Mapping the kernel's paths would ask Windows for the drives of this machine, which are not those of the trace.
        Source.Kernel.KernelPathToUserPathMapper = kernelPath => kernelPath;
    }

    /// <summary>TraceEvent's dispatcher: subscribe to its parsers (and to <see cref="KdSimTraceEventParser"/>), then call Process.</summary>
    public TraceEventDispatcher Source { get; }

    /// <summary>The temporary file, for what takes a path (TraceLog.CreateFromEventTraceLogFile takes the source).</summary>
    public string Path => _path;

    /// <summary>Converts the events that the filter accepts; all without one.</summary>
    /// <param name="folder">Where the temporary file goes: about two and a half times the size of an uncompressed .etl; null: the system's folder.</param>
    /// <exception cref="InvalidDataException">The header of the trace is lost: without it TraceEvent knows no time.</exception>
    /// <exception cref="IOException">There is not enough room for the temporary file.</exception>
    public static TraceEventSession Open(
        EtlFile file, EventFilter? filter = null, string? folder = null, ITraceProgress? progress = null, CancellationToken cancellation = default)
    {
        if (file.Header is null) throw new InvalidDataException($"{file.Name}: the header of the trace is lost, TraceEvent cannot tell its time");
        folder ??= System.IO.Path.GetTempPath();
        EnsureRoom(file, folder);
        string path = System.IO.Path.Combine(folder, $"{System.IO.Path.GetRandomFileName()}.btl");
        try
        {
            using (FileStream stream = File.Create(path)) Convert(file, filter, stream, progress, cancellation);
            return new TraceEventSession(path);
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }

    static void EnsureRoom(EtlFile file, string folder)
    {
        long needed = file.EventCount * EventRecordFile.RoomFor(0) + file.Buffers.Sum(buffer => (long)buffer.Header.DataEnd);
        long free = new DriveInfo(System.IO.Path.GetFullPath(folder)).AvailableFreeSpace;
        if (needed > free) throw new IOException($"{file.Name}: up to {needed} bytes are needed in {folder}, which has {free} free");
    }

    static void Convert(EtlFile file, EventFilter? filter, Stream stream, ITraceProgress? progress, CancellationToken cancellation)
    {
        var output = new EventRecordFile(stream);
        EventDecoder decoder = EventDecoder.Of(file);
        WriteHeader(file, output);
        foreach (EventRecord record in file.InTimeOrder(progress, cancellation))
        {
            if (IsHeader(file, record)) continue;
            if (filter is not null && !filter.Accepts(record, decoder, out _)) continue;
            output.Write(record);
        }
        output.Finish();
    }

    /// <summary>TraceEvent must see the header first, even where events before its time stand in the file.</summary>
    static void WriteHeader(EtlFile file, EventRecordFile output)
    {
        foreach (EventRecord record in file.InFileOrder())
        {
            if (!IsHeader(file, record)) continue;
            output.WriteHeader(file.Header!, record.TimeStamp, record.Payload, record.PointerSize);
            return;
        }
    }

    static bool IsHeader(EtlFile file, in EventRecord record) =>
        record.TimeStamp == file.HeaderTime && record is { IsKernel: true, Group: KernelGroup.EventTrace, Opcode: LogFileHeader.Opcode };

    public void Dispose()
    {
        Source.Dispose();
        File.Delete(_path);
    }
}
