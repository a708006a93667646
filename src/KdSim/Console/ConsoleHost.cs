using System.Reflection;
using KdSim.CommandLine;
using KdSim.Debugger.Control;
using KdSim.Debugger.Rendering;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Targets;
using KdSim.Live;
using KdSim.Machines;

namespace KdSim.ConsoleFront;

/// <summary>
/// The console front: starts the machine, runs the commands of the command line, then those of standard input, until `q` or the end of the
/// input. Standard output holds prompts and answers, standard error only what ends the program.
/// </summary>
sealed class ConsoleHost : IDisposable
{
    readonly Options _options;
    readonly TextWriter _output;
    readonly TextReader _input;
    readonly LiveTarget _target;
    readonly DebuggerSession _session;
    readonly FailureWatch _failures;

    public ConsoleHost(Options options, MachineDescription machine, TextReader input, TextWriter output)
    {
        _options = options;
        _output = output;
        _input = input;
        DriverPackages packages = DriverPackages.Read(machine);
        ulong? limit = options.Unattended ? (options.Limit ?? DefaultLimit) * TicksPerNanosecond : options.Limit * TicksPerNanosecond;
        _target = new LiveTarget(() => LiveMachine.Build(machine, packages), new RunOptions(limit));
        _failures = new FailureWatch(options.Json ? new JsonRenderer(output) : new ConsoleRenderer(output));
        _session = new DebuggerSession(_target, _failures, SessionOptionsFrom(options, packages));
        _session.AskForLine = AskForLine;
        _session.Extensions.Add(Assembly.Load("KdExts"));
    }

    const ulong TicksPerNanosecond = 2;
    const ulong DefaultLimit = 60_000_000_000;

    public void Dispose()
    {
        _target.Recordings.Close();
        _target.Machine.Dispose();
    }

    /// <summary>Runs the session to its end; the answer is the exit code.</summary>
    public int Run()
    {
        Console.CancelKeyPress += OnCancel;
        try
        {
            if (_options.LogFile is { } log) OpenLog(log);
            if (_options.CommandFile is { } script && !File.Exists(script)) throw new UsageException($"-cf: {script}: no such file");
            if (!_options.Quiet && !_options.Json) _output.Write(Banner.Text(_target));
            if (_options.Record is { } record) Record(record);
            Start();
            if (_options.Commands is { } commands) Execute(commands, echo: true);
            if (_options.CommandFile is { } file && _session.ExitCode is null) Execute($"$$>< {file}", echo: false);
            ReadCommands();
            return _session.ExitCode is > 0 and { } code ? code : _failures.Code(_options.FailOn);
        }
        finally
        {
            Console.CancelKeyPress -= OnCancel;
            _output.Flush();
        }
    }

    void OpenLog(string path)
    {
        string answer = _session.Capture(() => _session.Execute($"{(_options.LogAppend ? ".logappend" : ".logopen")} \"{path}\""));
        if (_session.Failed) throw new UsageException($"-logo: {path}: cannot be written: {answer.Trim()}");
        if (!_options.Quiet && !_options.Json) _output.Write(answer);
    }

    /// <summary>Records from the first instruction.</summary>
    void Record(string argument)
    {
        int comma = argument.IndexOf(',');
        (string file, string profile) = comma < 0 ? (argument, "") : (argument[..comma], argument[(comma + 1)..]);
        if (file.Length == 0) throw new UsageException("--record: FILE.etl expected");
        try
        {
            _target.Recordings.Start(new TraceRequest("kdsim", profile, Path.GetFullPath(file)));
        }
        catch (CommandException error)
        {
            throw new UsageException($"--record: {error.Message}");
        }
    }

    void Start()
    {
        // Without this the session would take the load for one that nobody asked for, and go on.
        if (_options.Break == InitialBreak.FirstModuleLoad) _session.Filters.Find("iml")!.Choose(FilterMode.Break);
        // With -kqm the first byte is the first prompt: what drivers print while they start is in !log.
        Action<string>? printed = _target.Printed;
        if (_options.Quiet) _target.Printed = null;
        StopEvent stop = _target.RunToStart(_options.Break);
        _target.Printed = printed;
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
            if (!_options.Json) _output.Write(_session.Prompt);
            _output.Flush();
            string? line = _input.ReadLine();
            if (line is null) return;
            Execute(line);
        }
    }

    void Execute(string line, bool echo)
    {
        if (echo && !_options.Json) _output.Write($"{_session.Prompt}{line}\n");
        Execute(line);
        _output.Flush();
    }

    string? AskForLine(string prompt)
    {
        if (!_options.Json) _output.Write(prompt);
        _output.Flush();
        return _input.ReadLine();
    }

    void Execute(string line)
    {
        _session.Execute(line);
        if (_failures.ScenarioFinished && _target.Machine.Description.OnIdle == OnIdle.Exit) _session.ExitCode ??= 0;
    }

    void OnCancel(object? sender, ConsoleCancelEventArgs cancel)
    {
        cancel.Cancel = true;
        _session.Interrupt();
    }

    static SessionOptions SessionOptionsFrom(Options options, DriverPackages packages) => new()
    {
        SymbolPath = Joined(packages.Folders.Prepend(options.SymbolPath)),
        ImagePath = Joined(packages.Folders.Prepend(options.ImagePath)),
        SourcePath = Joined([options.SourcePath, .. packages.Folders, AppContext.BaseDirectory]),
        ExtensionPath = Path.Combine(AppContext.BaseDirectory, "extensions"),
        NoisySymbols = options.NoisySymbols,
        EagerSymbols = options.NoLazySymbols,
        Prompt = { Registers = options.RegistersAtStops },
        Quiet = options.Quiet,
        Verbose = options.Verbose,
        PrefersCpp = options.Evaluator == "c++",
    };

    static string Joined(IEnumerable<string?> paths) => string.Join(';', paths.Where(path => !string.IsNullOrEmpty(path)));
}
