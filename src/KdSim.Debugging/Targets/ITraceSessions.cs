namespace KdSim.Debugging.Targets;

/// <summary>A recording to begin.</summary>
/// <param name="Profile">Which events, in the target's own words; empty: its default.</param>
/// <param name="File">Where it is written, or (of a ring) saved at a bug check; null: nowhere until it is saved.</param>
/// <param name="RingBytes">Keeps about so many bytes of the newest events in memory; 0 keeps all in the file.</param>
/// <param name="BufferBytes">Bytes of each buffer; 0: the default.</param>
public sealed record TraceRequest(string Name, string Profile = "", string? File = null, long RingBytes = 0, int BufferBytes = 0);

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

    /// <exception cref="Commands.CommandException">A word of the profile is not known, the name is taken, or the file cannot be written.</exception>
    TraceSessionState Start(TraceRequest request);

    /// <summary>Ends a recording; its file, if it has one, is complete then.</summary>
    void Stop(int id);

    /// <summary>Writes what a ring holds to a file; the recording goes on.</summary>
    void Save(int id, string file);
}
