using KdSim.Debugger.Breakpoints;
using KdSim.Debugger.Control;
using KdSim.Debugger.Expressions;
using KdSim.Debugger.Extensions;
using KdSim.Debugger.Language;
using KdSim.Debugger.Modules;
using KdSim.Debugger.Rendering;
using KdSim.Debugger.Scripting;
using KdSim.Debugger.Stacks;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;
using KdSim.Debugging.Targets;

namespace KdSim.Debugger.Sessions;

/// <summary>
/// A debugging session on one target: what is current, what is set, and <see cref="Execute(string)"/>, which runs a line. Everything happens on
/// the thread that created it, except <see cref="Interrupt"/>.
/// </summary>
public sealed partial class DebuggerSession : IDebugSession
{
    CancellationTokenSource _cancellation = new();
    ProcessorContext? _override;
    bool _atException;
    int _processor;
    ulong _thread;
    ulong _process;
    bool _physical;

    public DebuggerSession(ITarget target, IRenderer renderer, SessionOptions? options = null)
    {
        Target = target;
        Renderer = renderer;
        Options = options ?? new SessionOptions();
        Workspaces = new Workspaces(Options);
        Loader = new SymbolLoader(target, Options) { Space = () => Space };
        Modules = new ModuleList(target, Loader.Load) { Session = this };
        Pseudo = new PseudoRegisters(this);
        Expressions = new ExpressionContext(this);
        Masm = new MasmEvaluator(Expressions);
        Cpp = new CppEvaluator(this);
        Breakpoints = new BreakpointTable(this);
        Filters = new EventFilters();
        Model = new DataModel.ModelRoots(this);
        Stops = new StopReporter(this);
        Runner = new Runner(this);
        Reverse = new ReverseRunner(this);
        Walker = new StackWalker(this);
        Commands.Add("", CommandEntry.DeclaredIn(typeof(DebuggerSession).Assembly));
        // One kernel, one mode: the three names for its module are the same.
        Aliases.Automatic = static name => name is "$ntnsym" or "$ntsym" or "$ntwsym" ? "nt" : null;
        Extensions = new ExtensionHost(Commands, () => Options.ExtensionPath);
        Scripts = new JavaScriptHost(this);
        _processor = target.Hints.CurrentProcessor;
        if (target.Capability<ITargetOutput>() is { } output)
            output.Printed = PrintTargetText;
    }

    public ITarget Target { get; }
    public IRenderer Renderer { get; private set; }
    public SessionOptions Options { get; }
    public ModuleList Modules { get; }
    public ITypes Types => Modules;
    public ISymbols Symbols => Modules;
    public IStacks Stacks => Walker;
    public SymbolLoader Loader { get; }
    public PseudoRegisters Pseudo { get; }
    public ExpressionContext Expressions { get; }
    public MasmEvaluator Masm { get; }
    public CppEvaluator Cpp { get; }
    public AliasTable Aliases { get; } = new();
    public CommandTable Commands { get; } = new();
    public ExtensionHost Extensions { get; }
    public JavaScriptHost Scripts { get; }
    public BreakpointTable Breakpoints { get; }
    public EventFilters Filters { get; }
    public DataModel.ModelRoots Model { get; }
    public StopReporter Stops { get; }
    public Runner Runner { get; }
    public ReverseRunner Reverse { get; }
    public StackWalker Walker { get; }

    /// <summary>Set by <c>q</c>: the front end ends with this exit code.</summary>
    public int? ExitCode { get; set; }

    /// <summary>Asks the user for a line while a command runs: the prompt to show; null is the end of the input. The front end sets it.</summary>
    public Func<string, string?>? AskForLine { get; set; }

    /// <summary>C++ expressions that <c>.watch</c> keeps.</summary>
    public List<string> Watches { get; } = [];

    public Workspaces Workspaces { get; }

    /// <summary>Rows of the screen, where the front end has one: <c>| more</c> stops there.</summary>
    public Func<int>? ScreenHeight { get; set; }

    /// <summary>Clears the screen, where the front end has one.</summary>
    public Action? ClearScreen { get; set; }

    /// <summary>A line that the user gives to a command, blanks and all; empty at the end of the input.</summary>
    public string ReadInput(string prompt)
    {
        if (AskForLine is null)
            throw new CommandException("A value is missing, and there is nobody to ask for it");
        foreach (TextWriter log in _log)
            log.Write(prompt);
        string line = AskForLine(prompt) ?? "";
        foreach (TextWriter log in _log)
            log.Write(line + "\n");
        return line;
    }

    /// <summary>Whether the last line ended in an error.</summary>
    public bool Failed { get; private set; }

    /// <summary>The frame that <c>.frame</c> chose; null: the innermost.</summary>
    public StackFrame? Scope { get; set; }

    public CancellationToken Cancellation => _cancellation.Token;

    /// <summary>The prompt without its text: <c>0: kd&gt; </c>, and <c>kd&gt; </c> on one processor.</summary>
    public string Prompt => Target.ProcessorCount > 1 ? $"{_processor}: kd> " : "kd> ";

    public int CurrentProcessor
    {
        get => _processor;
        set
        {
            _processor = value;
            ResetContext();
        }
    }

    public ulong CurrentThread => _thread != 0 ? _thread : Processors.ThreadOn(this, _processor);

    public ulong CurrentProcess => _process != 0 ? _process : Processors.ProcessOf(this, CurrentThread);

    /// <summary>True while registers come from <c>.cxr</c>, <c>.trap</c> or <c>.thread</c>: they cannot be written.</summary>
    public bool HasSetContext => _override is not null;

    /// <summary>True while registers are those of the exception that the target stopped at, and not of the routine of nt that looks for handlers.</summary>
    public bool IsAtException => _atException && _override is not null;

    public ProcessorContext Context =>
        _override ?? (Target.TryGetContext(_processor, out ProcessorContext context) ? context : new ProcessorContext());

    /// <summary>The instruction pointer; an error when the target has no registers.</summary>
    public ulong Rip => Context.Integer?.Rip ?? throw new CommandException("This target has no registers");

    /// <summary>The address space of the current process.</summary>
    public AddressSpace Space { get; private set; } = AddressSpace.Current;

    public ulong? ReturnAddress
    {
        get
        {
            List<StackFrame> frames = Walker.Walk(2).ToList();
            return frames.Count > 1 ? frames[1].Ip : null;
        }
    }

    /// <summary>The address that the current instruction accesses, if it does.</summary>
    public ulong? EffectiveAddress => Inspection.Disassembler.EffectiveAddress(this, Rip)?.Address;

    /// <summary>Registers that the following commands see instead of the processor's.</summary>
    public void SetContext(ProcessorContext? context)
    {
        _override = context;
        _atException = false;
        Scope = null;
    }

    /// <summary>The target stopped at an exception: commands see the registers of the code that raised it.</summary>
    public void SetExceptionContext(ProcessorContext context)
    {
        SetContext(context);
        _atException = true;
    }

    public void ResetContext()
    {
        _override = null;
        _thread = 0;
        Scope = null;
    }

    /// <summary>All that is current. Set after the target ran, it brings back the processor and the process only.</summary>
    public SessionState State
    {
        get => new(_processor, _thread, _process, Space, _override, Scope, Runner.Moves);
        set
        {
            CurrentProcessor = value.Processor;
            (_process, Space) = (value.Process, value.Space);
            if (value.Moves == Runner.Moves)
                (_thread, _override, Scope) = (value.Thread, value.Context, value.Scope);
        }
    }

    public void SetThread(ulong thread) => _thread = thread;

    /// <summary>The process whose memory is read; 0 goes back to the current one. It persists when the target runs.</summary>
    public void SetProcess(ulong process, ulong directoryBase)
    {
        _process = process;
        Space = process == 0 ? AddressSpace.Current : new AddressSpace(directoryBase);
    }

    public int Read(ulong address, Span<byte> buffer) =>
        _physical ? Target.ReadPhysical(address, buffer) : Target.Read(Space, address, buffer);

    /// <summary>Makes an answer whose reads take physical addresses (<c>dt -p</c>).</summary>
    public IEnumerable<Node> WithPhysicalMemory(Func<IEnumerable<Node>> make)
    {
        _physical = true;
        try
        {
            foreach (Node node in make())
                yield return node;
        }
        finally
        {
            _physical = false;
        }
    }

    /// <summary>Writes memory; refusals and gaps are errors.</summary>
    public void Write(ulong address, ReadOnlySpan<byte> data, bool physical = false)
    {
        IMemoryWriter writer = Target.Capability<IMemoryWriter>() ?? throw new CommandException("This target's memory cannot be written");
        int written = physical ? writer.WritePhysical(address, data) : writer.Write(Space, address, data);
        if (written != data.Length)
            throw new CommandException($"Memory access error at {Addresses.Accent(address + (ulong)written)}");
    }

    public ulong Evaluate(string expression) => Pseudo.LastExpression = Options.PrefersCpp
        ? Cpp.EvaluateInteger(expression)
        : Masm.Evaluate(expression);

    /// <summary>Evaluates the longest expression at the start of a text; with the C++ evaluator that ends at the first comma or blank.</summary>
    public ulong EvaluatePrefix(string text, out int used)
    {
        if (!Options.PrefersCpp)
            return Pseudo.LastExpression = Masm.EvaluatePrefix(text, out used);
        return Pseudo.LastExpression = Cpp.EvaluatePrefix(text, out used);
    }

    public ulong? ThreadOrProcessId(bool process)
    {
        string field = process ? "Cid.UniqueProcess" : "Cid.UniqueThread";
        ulong thread = CurrentThread;
        return thread != 0 && Types.Find("nt!_ETHREAD")?.Find(field) is { } path && this.TryReadPointer(thread + path.Offset, out ulong id)
            ? id : null;
    }

    /// <summary>Ctrl+C, from any thread: breaks into a running target, cancels a long command, drops the rest of the line.</summary>
    public void Interrupt()
    {
        _cancellation.Cancel();
        if (Runner.IsRunning)
            Target.Capability<IRunControl>()?.RequestBreak();
    }

    void PrintTargetText(string text)
    {
        if (Options.EchoTimestamps && Target.Capability<ITargetClock>() is { } clock)
            text = $"{Control.StopReporter.FormatTime(clock.UtcNow)}: {text}";
        foreach (TextWriter log in _log)
            log.Write(text);
        Renderer.TargetText(text);
        EventFilter filter = Filters.Find("out")!;
        if (filter.Mode == FilterMode.Break && filter.Matches(text.Trim()))
            Runner.StopAtOutput(text.Trim());
    }
}
