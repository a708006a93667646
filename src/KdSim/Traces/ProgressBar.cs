using System.Diagnostics;
using System.Globalization;
using KdSim.Tracing.Etl.Reading;

namespace KdSim.Traces;

/// <summary>A line on the terminal's error stream: how far, how fast, how long still. It appears only when an operation takes its time.</summary>
sealed class ProgressBar(string what, string unit) : ITraceProgress, IDisposable
{
    const int Width = 30;
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(0.5), Pause = TimeSpan.FromSeconds(0.1);

    readonly long _started = Stopwatch.GetTimestamp();
    TimeSpan _next = Patience;
    int _shown;

    /// <summary>Null where the error stream is no terminal.</summary>
    public static ProgressBar? Start(string what, string unit = "B") => Console.IsErrorRedirected ? null : new ProgressBar(what, unit);

    public void Report(long done, long total)
    {
        TimeSpan elapsed = Stopwatch.GetElapsedTime(_started);
        if (elapsed < _next) return;
        _next = elapsed + Pause;
        string line = Line(what, unit, done, total, elapsed);
        Console.Error.Write('\r' + line.PadRight(_shown));
        _shown = line.Length;
    }

    internal static string Line(string what, string unit, long done, long total, TimeSpan elapsed)
    {
        double part = total > 0 ? Math.Clamp((double)done / total, 0, 1) : 0;
        int filled = (int)(part * Width);
        double rate = elapsed.TotalSeconds > 0 ? done / elapsed.TotalSeconds : 0;
        string left = rate > 0 && total >= done ? Clock(TimeSpan.FromSeconds(Math.Min((total - done) / rate, 1e8))) : "?";
        return $"{what} [{new string('#', filled)}{new string('.', Width - filled)}] {(int)(part * 100),3}%  {Scaled(rate)}{unit}/s  {left} left";
    }

    static string Scaled(double number)
    {
        ReadOnlySpan<string> prefixes = ["", "k", "M", "G", "T"];
        int index = 0;
        for (; number >= 1000 && index < prefixes.Length - 1; index++) number /= 1000;
        return number.ToString(number < 10 && index > 0 ? "F1" : "F0", CultureInfo.InvariantCulture) + " " + prefixes[index];
    }

    static string Clock(TimeSpan time) =>
        time.TotalHours >= 1 ? $"{(int)time.TotalHours}:{time.Minutes:D2}:{time.Seconds:D2}" : $"{time.Minutes}:{time.Seconds:D2}";

    public void Dispose()
    {
        if (_shown > 0) Console.Error.Write('\r' + new string(' ', _shown) + '\r');
    }
}
