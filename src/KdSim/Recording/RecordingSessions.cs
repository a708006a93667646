using KdSim.CommandLine;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Targets;
using KdSim.Kernel;
using KdSim.Live;
using KdSim.Machine.Time;
using KdSim.Tracing.Etl.Writing;

namespace KdSim.Recording;

/// <summary>
/// The recordings of a live machine: each hears the kernel through a recorder of its own and ends with the machine. At a bug check every one with a file is
/// brought to disk.
/// </summary>
sealed class RecordingSessions : ITraceSessions, IKernelObserver
{
    /// <summary>Small, so that a short trace is a small file: each processor's last buffer is in it as a whole.</summary>
    const int DefaultBuffer = 16 << 10;

    sealed record Recording(int Id, TraceRequest Request, KernelRecorder Recorder)
    {
        public EtlSession Session => Recorder.Session;
    }

    readonly List<Recording> _recordings = [];
    LiveMachine _machine = null!;
    IKernelObserver _listener = null!;
    readonly Dictionary<int, ulong> _printed = [];
    int _lastId;

    public IReadOnlyList<TraceSessionState> Sessions => [.. _recordings.Select(StateOf)];

    public bool DynamicPrint { get; set; }

    /// <summary>A machine that has just booted, and who hears its kernel anyway.</summary>
    public void Attach(LiveMachine machine, IKernelObserver listener)
    {
        (_machine, _listener) = (machine, listener);
        Listen();
    }

    public TraceSessionState Start(TraceRequest request) => StateOf(Begin(request, null));

    /// <summary>Records for the one who hears the records alone; the number stops it.</summary>
    public int Compare(string profile, int bufferBytes, RecordCallback written) =>
        Begin(new TraceRequest(".reexec", profile, RingBytes: 1 << 20, BufferBytes: bufferBytes), written).Id;

    Recording Begin(TraceRequest request, RecordCallback? written)
    {
        if (_recordings.Any(recording => recording.Request.Name.Equals(request.Name, StringComparison.OrdinalIgnoreCase)))
            throw new CommandException($"A recording named '{request.Name}' runs already");
        RecordingProfile profile = Profile(request.Profile);
        var options = new EtlSessionOptions
        {
            Name = request.Name,
            FileName = request.File is { } path ? Path.GetFileName(path) : $"{request.Name}.etl",
            Processors = _machine.Computer.Processors.Length,
            BufferSize = request.BufferBytes != 0 ? request.BufferBytes : DefaultBuffer,
            CircularBytes = request.RingBytes,
            BootTime = _machine.Description.Boot.ToFileTimeUtc(),
            StartTime = Now,
            OsBuild = KdSim.Kernel.Rtl.Versions.Build,
        };
        EtlSession session = Checked(() => new EtlSession(options, request.RingBytes == 0 && request.File is { } file ? File.Create(file) : null));
        session.Written = written;
        var recorder = new KernelRecorder(_machine, session, profile);
        recorder.Begin(RunInputs.Of(_machine), profile);
        var recording = new Recording(++_lastId, request, recorder);
        _recordings.Add(recording);
        Listen();
        return recording;
    }

    public void Stop(int id)
    {
        Recording recording = Find(id);
        _recordings.Remove(recording);
        Listen();
        recording.Session.Announce();
        Close(recording);
    }

    public void Save(int id, string file)
    {
        Recording recording = Find(id);
        if (recording.Request.RingBytes == 0 && recording.Request.File is not null)
            throw new CommandException($"'{recording.Request.Name}' writes to {recording.Request.File} as it goes; only a ring can be saved");
        SaveRing(recording, file);
    }

    public IReadOnlyList<TraceMessage> Newest(int id, int most)
    {
        Recording recording = Find(id);
        if (recording.Request.RingBytes == 0) throw new CommandException($"'{recording.Request.Name}' writes to its file; only a ring can be shown");
        var bytes = new MemoryStream();
        recording.Session.Save(bytes, Now);
        return RecordedMessages.Newest(bytes.ToArray(), most);
    }

    /// <summary>Events of sessions that print, since this was asked last; at most so many that a person can want to read them.</summary>
    public IEnumerable<TraceMessage> TakeNew()
    {
        const int Most = 10_000;
        if (!DynamicPrint) yield break;
        foreach (Recording recording in _recordings.Where(each => each.Request is { Prints: true, RingBytes: > 0 }))
        {
            ulong fresh = recording.Session.Count - _printed.GetValueOrDefault(recording.Id);
            _printed[recording.Id] = recording.Session.Count;
            if (fresh == 0) continue;
            foreach (TraceMessage message in Newest(recording.Id, (int)Math.Min(fresh, Most))) yield return message;
        }
    }

    /// <summary>The machine goes: all recordings end.</summary>
    public void Close()
    {
        foreach (Recording recording in _recordings) Close(recording);
        _recordings.Clear();
    }

    /// <summary>Called after the recorders have heard of it.</summary>
    public void BugChecked(int cpu, uint code, ulong parameter1, ulong parameter2, ulong parameter3, ulong parameter4)
    {
        foreach (Recording recording in _recordings)
            if (recording.Request is { RingBytes: > 0, File: { } file }) SaveRing(recording, file);
            else recording.Session.Flush(Now);
    }

    long Now => EtlSession.CounterAt(_machine.Computer.Now / Ticks.PerNanosecond);

    static TraceSessionState StateOf(Recording recording) => new(recording.Id, recording.Request, recording.Session.Buffers, recording.Session.Count);

    Recording Find(int id) => _recordings.Find(recording => recording.Id == id) ?? throw new CommandException($"There is no recording {id}");

    void Close(Recording recording)
    {
        if (recording.Request.RingBytes != 0) return;
        recording.Recorder.End();
        recording.Session.Close(Now);
    }

    void SaveRing(Recording recording, string path) => Checked(() =>
    {
        EtlSession copy = recording.Session.Copy();
        recording.Recorder.End(copy);
        using FileStream file = File.Create(path);
        copy.Save(file, Now);
        return true;
    });

    void Listen()
    {
        if (_recordings.Count == 0)
        {
            _machine.Kernel.Observer = _listener;
            return;
        }
        var observers = new ObserverList();
        foreach (Recording recording in _recordings) observers.Add(recording.Recorder);
        observers.Add(_listener);
        observers.Add(this);
        _machine.Kernel.Observer = observers;
    }

    static RecordingProfile Profile(string text)
    {
        try
        {
            return text.Length == 0 ? RecordingProfile.Default : RecordingProfile.Parse(text);
        }
        catch (UsageException error)
        {
            throw new CommandException(error.Message);
        }
    }

    static T Checked<T>(Func<T> write)
    {
        try
        {
            return write();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new CommandException(error.Message);
        }
    }
}
