using KdSim.CommandLine;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Targets;
using KdSim.Live;
using KdSim.Machine.Time;
using KdSim.Machines;
using KdSim.Targets.Traces;
using KdSim.Tracing.Etl.Format;
using KdSim.Tracing.Etl.Reading;
using KdSim.Tracing.Etl.Writing;

namespace KdSim.Traces;

/// <summary>A trace as the session sees it, and after <c>.reexec</c> the live machine that makes its run again.</summary>
sealed class TraceFrontTarget(EtlFile file, TraceTarget trace, IReadOnlyList<string> folders, RunOptions runOptions) : ITarget, IReexecution
{
    ITarget _current = trace;
    long _generations;

    /// <summary>Called when the live machine has taken the place of the trace.</summary>
    public Action<LiveTarget>? Switched { get; set; }

    public string Description => _current.Description;

    public int ProcessorCount => _current.ProcessorCount;

    public long Generation => _generations + _current.Generation;

    public KernelHints Hints => _current.Hints;

    public IReadOnlyList<TargetModule> Modules => _current.Modules;

    public int Read(AddressSpace space, ulong address, Span<byte> buffer) => _current.Read(space, address, buffer);

    public int ReadPhysical(ulong address, Span<byte> buffer) => _current.ReadPhysical(address, buffer);

    public bool TryGetContext(int processor, out ProcessorContext context) => _current.TryGetContext(processor, out context);

    public T? Capability<T>() where T : class => typeof(T) == typeof(IReexecution) && _current == trace ? this as T : _current.Capability<T>();

    public IReadOnlyList<string> Reexecute()
    {
        try
        {
            return MakeAgain();
        }
        catch (UsageException error)
        {
            throw new CommandException(error.Message);
        }
    }

    List<string> MakeAgain()
    {
        TraceInputs inputs = TraceInputs.Read(file);
        LiveTarget live = Build(inputs);
        bool isWhole = (file.Header!.LogFileMode & LogFileHeader.CircularMode) == 0;
        ulong start = EtlSession.NanosecondsAt(file.HeaderTime);
        ulong goal = start + (trace.Position == 0 ? (ulong)(file.LastTime - file.HeaderTime) : trace.Ticks);
        var comparison = new TraceComparison(file) { Differs = () => live.Machine.Computer.RequestStop() };
        var lines = new List<string>();
        bool arrived = live.RunTo(start, () => false);
        int recording = arrived && isWhole ? live.Recordings.Compare(inputs.Profile, (int)file.Header.BufferSize, comparison.Hear) : 0;
        arrived = arrived && live.RunTo(goal, () => comparison.Difference is not null);
        if (recording != 0) live.Recordings.Stop(recording);
        lines.Add($"Made the run again to {live.Ticks / 1_000_000_000}.{live.Ticks % 1_000_000_000:d9}: " + (isWhole
            ? $"{comparison.Compared} events compared, {(comparison.Difference is null ? "no difference" : "then the first difference:")}"
            : "the trace is a ring, without its beginning, and was not compared"));
        if (comparison.Difference is { } difference) lines.Add($"  {difference}");
        if (!arrived && comparison.Difference is null) lines.Add("  The machine could not go that far");
        Switch(live);
        return lines;
    }

    LiveTarget Build(TraceInputs inputs)
    {
        string text = inputs.MachineFile ?? throw new CommandException($"{file.Name} was not recorded by KdSim: it does not hold the machine that it is of");
        if (inputs.CostTableVersion != (uint)CostTable.Default.Version)
            throw new CommandException($"{file.Name} was recorded with cost table {inputs.CostTableVersion}; this is {CostTable.Default.Version}");
        MachineDescription machine = MachineFile.Parse("machine.toml", Path.GetDirectoryName(Path.GetFullPath(file.Name))!, text);
        DriverPackages packages = DriverPackages.Read(machine, new TraceFiles(inputs, folders));
        var live = new LiveTarget(() => LiveMachine.Build(machine, packages), runOptions);
        KdSim.Kernel.Images.SyntheticImage kernel = live.Machine.Kernel.Images.All[0];
        if (inputs.Images.GetValueOrDefault(kernel.Name) is var hash && hash != TraceInputs.Hash(kernel.File))
        {
            live.Machine.Dispose();
            throw new CommandException($"{file.Name} was recorded with another build of the simulated kernel ({kernel.Name} has SHA-256 {hash})");
        }
        live.Machine.Computer.Journal.Load(inputs.Journal);
        return live;
    }

    void Switch(LiveTarget live)
    {
        live.Printed = trace.Printed;
        _generations += _current.Generation + 1;
        _current = live;
        Switched?.Invoke(live);
    }
}
