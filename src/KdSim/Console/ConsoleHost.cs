using System.Reflection;
using KdSim.CommandLine;
using KdSim.Debugger.Control;
using KdSim.Debugger.Editing;
using KdSim.Debugger.Rendering;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Targets;
using KdSim.Live;
using KdSim.Machines;
using KdSim.Traces;

namespace KdSim.ConsoleFront;

/// <summary>
/// The console front: starts the machine, runs the commands of the command line, then those of standard input, until `q` or the end of the
/// input. Standard output holds prompts and answers, standard error only what ends the program.
/// </summary>
sealed class ConsoleHost : IDisposable
{
    readonly Options _options;
    readonly TextWriter _output;
    readonly UserSettings _settings;
    readonly History _history;
    readonly ILines _lines;
    readonly TraceFrontTarget? _trace;
    LiveTarget? _machine;
    readonly DebuggerSession _session;
    readonly FailureWatch _failures;

    BreakKey? _breakKey;

    /// <param name="terminal">Somebody types and reads: lines are edited, colours may be used.</param>
    public ConsoleHost(
        Options options, MachineDescription machine, TextReader input, TextWriter output, UserSettings? settings = null, bool terminal = false)
    {
        _options = options;
        _output = output;
        _settings = settings ?? UserSettings.None;
        _history = new History(options.HistorySize ?? _settings.History);
        bool colours = terminal && _settings.Colours && !options.Json;
        DriverPackages? packages = options.TraceFile is null ? DriverPackages.Read(machine) : null;
        ulong? limit = options.Unattended ? (options.Limit ?? DefaultLimit) * TicksPerNanosecond : options.Limit * TicksPerNanosecond;
        var runOptions = new RunOptions(limit);
        if (packages is null) _trace = TraceFront.Open(options, runOptions);
        else _machine = new LiveTarget(() => LiveMachine.Build(machine, packages), runOptions);
        ITarget target = _machine is null ? _trace! : _machine;
        _failures = new FailureWatch(options.Json ? new JsonRenderer(output) : new ConsoleRenderer(output, colours));
        _session = new DebuggerSession(target, _failures, SessionOptionsFrom(options, _settings, packages));
        _lines = terminal ? new TerminalLines(output, _history, new Completer(_session).Complete, colours)
            : new PipedLines(input, output, prompts: !options.Json);
        _session.AskForLine = prompt => _lines.Read(prompt, isCommand: false);
        if (terminal) _session.ClearScreen = () => output.Write("\e[H\e[2J");
        if (terminal) _session.ScreenHeight = () => Console.WindowHeight;
        _session.Workspaces.Folder = _settings.WorkspaceFolder;
        _session.Workspaces.DefaultName = machine.Name;
        // The last one is looked up first: !help, !start... are those of the others unless !wmitrace is written before them.
        _session.Extensions.Add(Assembly.Load("WmiTrace"));
        _session.Extensions.Add(Assembly.Load("KdExts"));
        // Where there is no memory, the commands that answer from events hide those of the same names.
        if (_trace is null) return;
        _session.Extensions.Add(Assembly.Load("TraceExts"));
        _trace.Switched = live =>
        {
            _machine = live;
            _session.Extensions.Unload("traceexts");
            _session.Runner.Restarted();
        };
    }

    const ulong TicksPerNanosecond = 2;
    const ulong DefaultLimit = 60_000_000_000;

    public void Dispose()
    {
        _machine?.Recordings.Close();
        _machine?.Machine.Dispose();
    }

    /// <summary>Runs the session to its end; the answer is the exit code.</summary>
    public int Run()
    {
        bool typed = _lines is TerminalLines;
        using BreakKey breakKey = _breakKey = new BreakKey(typed, _lines.Cancel, _session.Interrupt, Leave);
        try
        {
            if (typed && _settings.HistoryFile is { } past) _history.Load(past);
            if (_options.LogFile is { } log) OpenLog(log);
            if (_options.CommandFile is { } script && !File.Exists(script)) throw new UsageException($"-cf: {script}: no such file");
            if (_machine is { } machine) Start(machine);
            else if (!_options.Quiet && !_options.Json) _output.Write($"{_trace!.Description}\n");
            foreach (string extension in _options.Extensions) Execute($".load {extension}");
            if (_settings.Commands.Length > 0) Execute(_settings.Commands);
            if (typed && _settings.KeepWorkspace) LoadWorkspace();
            if (_options.Commands is { } commands) Execute(commands, echo: true);
            if (_options.CommandFile is { } file && _session.ExitCode is null) Execute($"$$>< {file}", echo: false);
            ReadCommands();
            if (typed && _settings.KeepWorkspace) _session.Workspaces.Save(_session, _session.Workspaces.DefaultName);
            return _session.ExitCode is > 0 and { } code ? code : _failures.Code(_options.FailOn);
        }
        finally
        {
            if (typed && _settings.HistoryFile is { } kept) _history.Save(kept);
            _output.Flush();
        }
    }

    void OpenLog(string path)
    {
        string command = $"{(_options.LogAppend ? ".logappend" : ".logopen")}{(_options.WideLog ? " /u" : "")}";
        string answer = _session.Capture(() => _session.Execute($"{command} \"{path}\""));
        if (_session.Failed) throw new UsageException($"-logo: {path}: cannot be written: {answer.Trim()}");
        if (!_options.Quiet && !_options.Json) _output.Write(answer);
    }

    /// <summary>Records from the first instruction.</summary>
    static void Record(LiveTarget machine, string argument)
    {
        int comma = argument.IndexOf(',');
        (string file, string profile) = comma < 0 ? (argument, "") : (argument[..comma], argument[(comma + 1)..]);
        if (file.Length == 0) throw new UsageException("--record: FILE.etl expected");
        try
        {
            machine.Recordings.Start(new TraceRequest("kdsim", profile, Path.GetFullPath(file)));
        }
        catch (CommandException error)
        {
            throw new UsageException($"--record: {error.Message}");
        }
    }

    void Start(LiveTarget machine)
    {
        if (!_options.Quiet && !_options.Json) _output.Write(Banner.Text(machine));
        if (_options.Record is { } record) Record(machine, record);
        if (_options.BreakOnFirstChance)
            foreach (EventFilter filter in _session.Filters.All.Where(f => f.Exception != 0)) filter.Choose(FilterMode.Break);
        // Without this the session would take the load for one that nobody asked for, and go on.
        if (_options.Break == InitialBreak.FirstModuleLoad) _session.Filters.Find("iml")!.Choose(FilterMode.Break);
        // With -kqm the first byte is the first prompt: what drivers print while they start is in !log.
        Action<string>? printed = machine.Printed;
        if (_options.Quiet) machine.Printed = null;
        StopEvent stop = machine.RunToStart(_options.Break);
        machine.Printed = printed;
        if (stop is StopEvent.Restarted)
        {
            _session.CurrentProcessor = stop.Processor;
            if (!_options.Quiet && !_options.Json) _output.Write(_session.Stops.Location());
        }
        else
        {
            _session.Runner.Adopt(() => stop);
        }
    }

    void ReadCommands()
    {
        while (_session.ExitCode is null)
        {
            _session.BeforePrompt();
            _breakKey!.Answered();
            string? line = _lines.Read(_session.Prompt, isCommand: true);
            if (line is null) return;
            Execute(line);
        }
    }

    void LoadWorkspace()
    {
        if (_session.Workspaces.Exists(_session.Workspaces.DefaultName)) Execute($".workspace load {_session.Workspaces.DefaultName}");
    }

    /// <summary>Leaves from the thread of a signal: what was written so far is kept.</summary>
    void Leave(int code)
    {
        try
        {
            _session.CloseLogs();
            if (_lines is TerminalLines && _settings.HistoryFile is { } kept) _history.Save(kept);
            _output.Flush();
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // Another thread is writing at this moment.
        }
        Environment.Exit(code);
    }

    void Execute(string line, bool echo)
    {
        if (echo && !_options.Json) _output.Write($"{_session.Prompt}{line}\n");
        Execute(line);
        _output.Flush();
    }

    void Execute(string line)
    {
        int restarts = _session.Runner.Restarts;
        _session.Execute(line);
        if (_session.Runner.Restarts != restarts && _options.RestartFile is { } script) _session.Execute($"$$>< {script}");
        if (_failures.ScenarioFinished && _machine?.Machine.Description.OnIdle == OnIdle.Exit) _session.ExitCode ??= 0;
    }

    static SessionOptions SessionOptionsFrom(Options options, UserSettings settings, DriverPackages? packages) => new()
    {
        SymbolPath = Joined([options.SymbolPath, settings.SymbolPath, .. FoldersOf(options, packages)]),
        ImagePath = Joined([options.ImagePath, settings.ImagePath, .. FoldersOf(options, packages)]),
        SourcePath = Joined([options.SourcePath, settings.SourcePath, .. FoldersOf(options, packages), AppContext.BaseDirectory]),
        StopContext = StopContext.Parse(settings.Context),
        ExtensionPath = Joined([Path.Combine(AppContext.BaseDirectory, "extensions"), options.ExtensionPath]),
        AllowMismatch = options.AnySymbols,
        NoBreakInWarning = options.NoBreakInWarning,
        NoisySymbols = options.NoisySymbols,
        EagerSymbols = options.NoLazySymbols,
        Prompt = { Registers = options.RegistersAtStops },
        Quiet = options.Quiet,
        Verbose = options.Verbose,
        PrefersCpp = (options.Evaluator ?? settings.Evaluator) == "c++",
    };

    static IEnumerable<string> FoldersOf(Options options, DriverPackages? packages) =>
        packages?.Folders ?? TraceFront.Folders(options, options.TraceFile!);

    static string Joined(IEnumerable<string?> paths) => string.Join(';', paths.Where(path => !string.IsNullOrEmpty(path)));
}
