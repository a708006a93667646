using System.Globalization;

namespace KdSim.Debugging.Targets;

/// <summary>A recording to begin.</summary>
/// <param name="Profile">Which events, in the target's own words; empty: its default.</param>
/// <param name="File">Where it is written, or (of a ring) saved at a bug check; null: nowhere until it is saved.</param>
/// <param name="RingBytes">Keeps about so many bytes of the newest events in memory; 0 keeps all in the file.</param>
/// <param name="BufferBytes">Bytes of each buffer; 0: the default.</param>
/// <param name="Prints">Whether its events are printed after each run while <see cref="ITraceSessions.DynamicPrint"/> is on.</param>
public sealed record TraceRequest(string Name, string Profile = "", string? File = null, long RingBytes = 0, int BufferBytes = 0,
    bool Prints = false);

/// <summary>One recorded event.</summary>
/// <param name="Fields">Names and values of its payload.</param>
public sealed record TraceMessage(
    int Processor, uint Process, uint Thread, DateTime Time, string Provider, string Event, IReadOnlyList<KeyValuePair<string, string>> Fields)
{
    /// <summary>[processor]process.thread::date [provider]event, as WinDbg's default prefix has it.</summary>
    public string Prefix => string.Create(CultureInfo.InvariantCulture,
        $"[{Processor}]{Process:X4}.{Thread:X4}::{Time:MM/dd/yyyy-HH:mm:ss.fffffff} [{Provider}]{Event}");

    /// <summary>The prefix and all fields in one line.</summary>
    public string Line => Prefix + string.Concat(Fields.Select(pair => $" {pair.Key}={pair.Value}"));
}

/// <summary>A recording that runs.</summary>
/// <param name="Id">How commands name it.</param>
/// <param name="Buffers">Full buffers that it holds or has written.</param>
/// <param name="Events">Events since it began, those that a ring has dropped included.</param>
public sealed record TraceSessionState(int Id, TraceRequest Request, int Buffers, ulong Events);

/// <summary>Recordings of what the target does, as trace files.</summary>
public interface ITraceSessions
{
    /// <summary>Those that run, in the order in which they began.</summary>
    IReadOnlyList<TraceSessionState> Sessions { get; }

    /// <summary>Print the events of sessions that ask for it, after each run.</summary>
    bool DynamicPrint { get; set; }

    /// <exception cref="Commands.CommandException">A word of the profile is not known, the name is taken, or the file cannot be written.</exception>
    TraceSessionState Start(TraceRequest request);

    /// <summary>Ends a recording; its file, if it has one, is complete then.</summary>
    void Stop(int id);

    /// <summary>Writes what a ring holds to a file; the recording goes on.</summary>
    void Save(int id, string file);

    /// <summary>The newest events of a ring, oldest first.</summary>
    IReadOnlyList<TraceMessage> Newest(int id, int most);
}
