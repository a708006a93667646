using System.Diagnostics;
using KdSim.Tracing.Etl.Decoding;
using KdSim.Tracing.Etl.Format;
using KdSim.Tracing.Etl.Reading;
using KdSim.Tracing.TraceEventRoute;

namespace KdSim.Benchmarks;

/// <summary>
/// How fast traces are read: <c>--trace [EVENTS]</c>. Each figure is the best of several runs over the whole file, opening included, because
/// other load on the machine only ever makes a run slower.
/// </summary>
static class TraceBenchmark
{
    const int Runs = 4;

    public static void Run(int events)
    {
        foreach (bool compressed in (bool[])[false, true])
        {
            string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
            try
            {
                TraceFile.Write(path, events, compressed);
                Console.WriteLine($"{(compressed ? "compressed" : "uncompressed")}: {events} events, {new FileInfo(path).Length} bytes");
                Measure("open only", path, _ => 0);
                Measure("callback, file order", path, file => Counted(file, fileOrder: true));
                Measure("callback, time order", path, file => Counted(file, fileOrder: false));
                Measure("every field decoded, time order", path, Decoded);
                Measure("counts and checksums (trace info)", path, file => TraceSummary.Of(file).EventCount);
                if (!compressed) MeasureTraceEvent(path);
            }
            finally
            {
                File.Delete(path);
            }
        }
    }

    static void Measure(string what, string path, Func<EtlFile, long> read)
    {
        double best = double.MaxValue;
        long count = 0, allocated = 0;
        for (int run = 0; run < Runs; run++)
        {
            long start = Stopwatch.GetTimestamp();
            using EtlFile file = EtlFile.Open(path);
            allocated = GC.GetAllocatedBytesForCurrentThread();
            long seen = read(file);
            allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
            if (seen != 0 && seen != file.EventCount) throw new InvalidOperationException($"{what}: {seen} of {file.EventCount} events were read");
            count = file.EventCount;
        }
        Console.WriteLine($"  {what,-36} {count / best / 1e6,6:F1} million events a second, {best,6:F3} s, {allocated} bytes allocated while reading");
    }

    /// <summary>TraceEvent on the same events: the conversion to its .btl, and its own reading of that with typed callbacks.</summary>
    static void MeasureTraceEvent(string path)
    {
        using EtlFile file = EtlFile.Open(path);
        double convert = double.MaxValue, process = double.MaxValue;
        for (int run = 0; run < Runs; run++)
        {
            long start = Stopwatch.GetTimestamp(), count = 0;
            using TraceEventSession session = TraceEventSession.Open(file);
            convert = Math.Min(convert, Stopwatch.GetElapsedTime(start).TotalSeconds);
            session.Source.AllEvents += _ => count++;
            session.Source.Kernel.PerfInfoISR += _ => { };
            session.Source.Kernel.PerfInfoDPC += _ => { };
            session.Source.Kernel.ThreadCSwitch += _ => { };
            start = Stopwatch.GetTimestamp();
            session.Source.Process();
            process = Math.Min(process, Stopwatch.GetElapsedTime(start).TotalSeconds);
            if (count != file.EventCount) throw new InvalidOperationException($"TraceEvent saw {count} of {file.EventCount} events");
        }
        Console.WriteLine($"  {"TraceEvent: conversion",-36} {file.EventCount / convert / 1e6,6:F1} million events a second, {convert,6:F3} s");
        Console.WriteLine($"  {"TraceEvent: callback",-36} {file.EventCount / process / 1e6,6:F1} million events a second, {process,6:F3} s");
    }

    static long Counted(EtlFile file, bool fileOrder)
    {
        long count = 0;
        EventCallback callback = (in EventRecord _) => count++;
        if (fileOrder) file.InFileOrder().Read(callback);
        else file.InTimeOrder().Read(callback);
        return count;
    }

    static long Decoded(EtlFile file)
    {
        EventDecoder decoder = EventDecoder.Of(file);
        long count = 0;
        ulong sum = 0;
        foreach (EventRecord record in file.InTimeOrder())
        {
            PayloadReader reader = EventDecoder.Read(record, decoder.Describe(record));
            while (reader.MoveNext()) sum += reader.Value.Length > 8 ? (ulong)reader.Chars.Length : reader.UInt64;
            count++;
        }
        return sum == 0 ? -1 : count;
    }
}
