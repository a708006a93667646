using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using KdSim.Nt;
using KdSim.Tracing.Etl.Decoding;
using KdSim.Tracing.Etl.Format;
using KdSim.Tracing.Etl.Reading;
using KdSim.Tracing.Etl.Writing;

namespace KdSim.Tests.Recording;

/// <summary>
/// What a trace says once times, addresses and interleavings are left out: what each thread of the scenario did, what became of its requests,
/// which states device nodes went through, and roughly how often routines ran.
/// </summary>
sealed class TraceDigest
{
    sealed class Request
    {
        public required StringBuilder Line;
        public uint? Completed;
        public bool WasCancelled;

        public string Fate =>
            (WasCancelled ? ", cancelled" : "") + (Completed is { } status ? $", completed 0x{status:x}" : ", never completed");
    }

    readonly Dictionary<ulong, string> _drivers = [];
    readonly Dictionary<(ulong Base, ulong Size), string> _images = [];
    readonly Dictionary<uint, string> _processes = [];
    readonly SortedDictionary<string, List<object>> _threads = new(StringComparer.Ordinal);
    readonly Dictionary<ulong, Request> _open = [];
    readonly SortedDictionary<string, List<string>> _nodes = new(StringComparer.Ordinal);
    readonly SortedDictionary<string, int> _counts = new(StringComparer.Ordinal);
    bool _isRunning;

    public static string Of(byte[] trace)
    {
        using EtlFile file = EtlFile.Open(TraceBytes.Of(trace));
        EventDecoder decoder = EventDecoder.Of(file);
        var digest = new TraceDigest();
        foreach (EventRecord record in file.InTimeOrder()) digest.Add(record, decoder.Describe(record));
        return digest.Text();
    }

    void Add(in EventRecord record, EventDescription description)
    {
        switch (description.Provider, description.Name)
        {
            case (_, "Process/Start" or "Process/DCStart"):
                Dictionary<string, string> process = Fields(record, description);
                _processes[uint.Parse(process["ProcessID"], CultureInfo.InvariantCulture)] = process["ImageFileName"];
                break;
            case (_, "Image/Load" or "Image/DCStart"):
                Dictionary<string, string> image = Fields(record, description);
                string name = image["FileName"];
                _images[(Hex(image["ImageBase"]), ulong.Parse(image["ImageSize"], CultureInfo.InvariantCulture))] = name[(name.LastIndexOf('\\') + 1)..];
                break;
            case (_, "PerfInfo/ISR" or "PerfInfo/DPC" or "PerfInfo/TimerDPC" or "PerfInfo/ThreadedDPC"):
                Count($"{description.Name} {Module(BitConverter.ToUInt64(record.Payload[8..]))}");
                break;
            case (_, "Thread/SpinLock"):
                Count($"{description.Name} wanted by {Module(MemoryMarshal.Read<SpinLockPayload>(record.Payload).Caller)}");
                break;
            case ("KdSim-Kernel", var own):
                AddOwn(own, record, description);
                break;
            case ("Microsoft-Windows-Kernel-Power", var power) when power != "ManifestData":
                Count($"Kernel-Power/{power}");
                break;
        }
    }

    void AddOwn(string name, in EventRecord record, EventDescription description)
    {
        switch (name)
        {
            case "DeviceCreate" or "DeviceRundown" or "AddDevice":
                Dictionary<string, string> device = Fields(record, description);
                _drivers[Hex(device["Driver"])] = device["DriverName"];
                break;
            case "ScenarioStep":
                _isRunning = true;
                ThreadOf(record).Add($"  {Fields(record, description)["Statement"]}");
                break;
            case "IrpCall" when _isRunning:
                Call(record);
                break;
            case "IrpComplete" when _open.TryGetValue(BitConverter.ToUInt64(record.Payload), out Request? completed):
                completed.Completed = MemoryMarshal.Read<IrpCompletePayload>(record.Payload).Status;
                break;
            case "IrpCancel" when _open.TryGetValue(BitConverter.ToUInt64(record.Payload), out Request? cancelled):
                cancelled.WasCancelled = true;
                break;
            case "IrpFree":
                _open.Remove(BitConverter.ToUInt64(record.Payload));
                break;
            case "NodeState":
                Dictionary<string, string> node = Fields(record, description);
                if (node["Service"].Length == 0) break;
                if (!_nodes.TryGetValue(node["Service"], out List<string>? states)) _nodes.Add(node["Service"], states = []);
                states.Add(node["New"].Replace("DeviceNode", "", StringComparison.Ordinal));
                break;
            case "ScenarioFailure" or "ScenarioEnd" or "Exception" or "BugCheck" or "Finding":
                Count(name);
                break;
        }
    }

    /// <summary>The first driver of a request starts a line of its thread; the next ones are added to it.</summary>
    void Call(in EventRecord record)
    {
        var call = MemoryMarshal.Read<IrpCallPayload>(record.Payload);
        string driver = _drivers.GetValueOrDefault(call.Driver, "?");
        string function = IrpNames.Minor(call.Major, call.Minor) ?? IrpNames.Major(call.Major);
        if (_open.TryGetValue(call.Irp, out Request? known))
        {
            known.Line.Append(CultureInfo.InvariantCulture, $" > {driver}");
            return;
        }
        var request = new Request { Line = new StringBuilder($"    {function}{(call.ControlCode == 0 ? "" : $" 0x{call.ControlCode:x}")} {driver}") };
        _open[call.Irp] = request;
        ThreadOf(record).Add(request);
    }

    List<object> ThreadOf(in EventRecord record)
    {
        string name = _processes.GetValueOrDefault(record.ProcessId, "?");
        if (!_threads.TryGetValue(name, out List<object>? lines)) _threads.Add(name, lines = []);
        return lines;
    }

    void Count(string what) => _counts[what] = _counts.GetValueOrDefault(what) + 1;

    string Module(ulong address) => _images.FirstOrDefault(image => address - image.Key.Base < image.Key.Size).Value ?? "?";

    string Text()
    {
        var text = new StringBuilder();
        foreach ((string process, List<object> lines) in _threads)
        {
            text.Append(process).Append('\n');
            foreach (object line in lines)
                text.Append(line is Request request ? $"{request.Line}{request.Fate}" : line).Append('\n');
        }
        foreach ((string service, List<string> states) in _nodes) text.Append($"node of {service}: {string.Join(' ', states)}\n");
        // Exact numbers hang on every cost in the machine; the order of magnitude does not.
        foreach ((string what, int count) in _counts)
            text.Append(CultureInfo.InvariantCulture,
                $"{what}: {(count < 8 ? $"{count}" : $"about {BitOperations.RoundUpToPowerOf2((uint)count * 3 / 4)}")}\n");
        return text.ToString();
    }

    static ulong Hex(string text) => ulong.Parse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    static Dictionary<string, string> Fields(in EventRecord record, EventDescription description)
    {
        var fields = new Dictionary<string, string>();
        PayloadReader reader = EventDecoder.Read(record, description);
        while (reader.MoveNext())
            if (reader.Token == PayloadToken.Value)
                fields[reader.Field.Name] = ValueText.Of(reader);
        return fields;
    }
}
