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
    const int DefaultBuffer = 64 << 10, SmallBuffer = 16 << 10;

    sealed record Recording(int Id, TraceRequest Request, KernelRecorder Recorder)
    {
        public EtlSession Session => Recorder.Session;
    }

    readonly List<Recording> _recordings = [];
    LiveMachine _machine = null!;
    IKernelObserver _listener = null!;
    int _lastId;

    public IReadOnlyList<TraceSessionState> Sessions => [.. _recordings.Select(StateOf)];

    /// <summary>A machine that has just booted, and who hears its kernel anyway.</summary>
    public void Attach(LiveMachine machine, IKernelObserver listener)
    {
        (_machine, _listener) = (machine, listener);
        Listen();
    }

    public TraceSessionState Start(TraceRequest request)
    {
        if (_recordings.Any(recording => recording.Request.Name.Equals(request.Name, StringComparison.OrdinalIgnoreCase)))
            throw new CommandException($"A recording named '{request.Name}' runs already");
        RecordingProfile profile = Profile(request.Profile);
        var options = new EtlSessionOptions
        {
            Name = request.Name,
            FileName = request.File is { } path ? Path.GetFileName(path) : $"{request.Name}.etl",
            Processors = _machine.Computer.Processors.Length,
            BufferSize = request.BufferBytes != 0 ? request.BufferBytes : request.RingBytes is > 0 and < 1 << 20 ? SmallBuffer : DefaultBuffer,
            CircularBytes = request.RingBytes,
            BootTime = _machine.Description.Boot.ToFileTimeUtc(),
            StartTime = Now,
            OsBuild = KdSim.Kernel.Rtl.Versions.Build,
        };
        EtlSession session = Checked(() => new EtlSession(options, request.RingBytes == 0 && request.File is { } file ? File.Create(file) : null));
        var recorder = new KernelRecorder(_machine, session, profile);
        recorder.Begin(RunInputs.Of(_machine), profile);
        var recording = new Recording(++_lastId, request, recorder);
        _recordings.Add(recording);
        Listen();
        return StateOf(recording);
    }

    public void Stop(int id)
    {
        Recording recording = Find(id);
        _recordings.Remove(recording);
        Listen();
        Close(recording);
    }

    public void Save(int id, string file)
    {
        Recording recording = Find(id);
        if (recording.Request.RingBytes == 0 && recording.Request.File is not null)
            throw new CommandException($"'{recording.Request.Name}' writes to {recording.Request.File} as it goes; only a ring can be saved");
        SaveRing(recording, file);
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

    long Now => (long)(_machine.Computer.Now / Ticks.PerNanosecond);

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
