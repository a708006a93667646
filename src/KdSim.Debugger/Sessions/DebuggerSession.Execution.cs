using System.Text;
using KdSim.Debugger.Language;
using KdSim.Debugger.Rendering;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;

namespace KdSim.Debugger.Sessions;

/// <summary>Running lines, blocks and commands.</summary>
public sealed partial class DebuggerSession
{
    const int DeepestNesting = 64;
    const int MostPrograms = 1024;

    readonly Dictionary<string, CommandProgram> _programs = new(StringComparer.Ordinal);
    readonly Stack<StringBuilder> _captures = new();
    readonly List<TextWriter> _log = [];
    string _lastLine = "";
    int _depth;
    int _breakpointDepth;
    bool _resume;

    enum Flow { Next, Break, Continue, Leave, End }

    sealed record BoundCommand(CommandEntry Entry, object Arguments, int Processor, int Version);

    /// <summary>How many texts were taken apart: a seen one is not parsed again.</summary>
    public int ProgramsParsed { get; private set; }

    /// <summary>True while commands of a breakpoint run: <c>g</c> then ends them instead of running the target itself.</summary>
    public bool InBreakpointCommands => _breakpointDepth > 0;

    /// <summary>Runs a line as if it was typed; an empty one repeats the last. Errors are written, never thrown.</summary>
    public void Execute(string line)
    {
        if (_cancellation.IsCancellationRequested)
            _cancellation = new CancellationTokenSource();
        if (line.Trim().Length == 0)
        {
            if (line.Length > 0 || _lastLine.Length == 0)
                return;
            line = _lastLine;
        }
        else if (!line.TrimStart().StartsWith('*'))
            _lastLine = line;
        foreach (TextWriter log in _log)
            log.Write($"{Prompt}{line}\n");
        Renderer.BeginCommand(line);
        string? error = Guarded(() => RunLine(Aliases.Expand(line)));
        Failed = error is not null;
        Renderer.EndCommand(error);
    }

    /// <summary>What is shown before a prompt after the target moved: <c>.pcmd</c>, <c>.stopview</c>.</summary>
    public void BeforePrompt()
    {
        if (_moves == Runner.Moves)
            return;
        _moves = Runner.Moves;
        if (Options.PromptCommand is { } command)
            Guarded(() => RunText(Aliases.Expand(command)));
        if (Options.StopContext.Shown.Count > 0)
            Guarded(() => Options.StopContext.Show(this));
    }

    /// <summary>A typed line, whose output may be filtered, kept in a file or paged.</summary>
    void RunLine(string line)
    {
        if (Pipeline.TryParse(line) is not { } pipeline)
        {
            RunText(line);
            return;
        }
        StringBuilder written = new();
        _captures.Push(written);
        try
        {
            RunText(pipeline.Command);
        }
        finally
        {
            // What was written before an error counts too.
            _captures.Pop();
            Deliver(pipeline, written.ToString());
        }
    }

    void Deliver(Pipeline pipeline, string text)
    {
        IEnumerable<string> lines = text.Length == 0 ? [] : (text.EndsWith('\n') ? text[..^1] : text).Split('\n');
        foreach (OutputFilter filter in pipeline.Filters)
            lines = filter.Apply(lines);
        OutputFilter last = pipeline.Filters[^1];
        string result = string.Concat(lines.Select(l => l + "\n"));
        if (last.Kind is ">" or ">>")
            Keep(last.Argument, result, append: last.Kind == ">>");
        else if (last.Kind == "more" && ScreenHeight is not null && AskForLine is not null)
            Page(result.Split('\n')[..^1], Math.Max(ScreenHeight() - 1, 1));
        else if (result.Length > 0)
            Emit(new Text(result));
    }

    static void Keep(string path, string text, bool append)
    {
        try
        {
            if (append)
                File.AppendAllText(path, text);
            else
                File.WriteAllText(path, text);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new CommandException($"{path} cannot be written: {problem.Message}");
        }
    }

    void Page(string[] lines, int height)
    {
        for (int i = 0; i < lines.Length; i += height)
        {
            Emit(new Text(string.Concat(lines.Skip(i).Take(height).Select(l => l + "\n"))));
            if (i + height < lines.Length && AskForLine!($"-- {(i + height) * 100 / lines.Length}% -- Enter goes on, q ends: ")?.Trim() is null or "q")
                return;
        }
    }

    int _moves;

    /// <summary>Runs something and writes its error; the answer is the error's text, or null.</summary>
    string? Guarded(Action action)
    {
        string? error = null, hint = null;
        int depth = _depth, breakpoints = _breakpointDepth, captures = _captures.Count, moves = Runner.Moves;
        try
        {
            action();
        }
        catch (OperationCanceledException)
        {
            // After a break-in the stop was shown already: the rest of the line is dropped without a word.
            error = Runner.Last is Debugging.Targets.StopEvent.BreakIn && moves != Runner.Moves ? null : "The command was cancelled";
        }
        catch (CommandException exception)
        {
            (error, hint) = (exception.Message, exception.Hint);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            error = exception.Message;
        }
        catch (Exception exception)
        {
            // A fault of ours or of an extension: it costs the command, not the session.
            error = $"The command failed: {exception.GetType().Name}: {exception.Message}";
        }
        (_depth, _breakpointDepth, _resume) = (depth, breakpoints, false);
        while (_captures.Count > captures)
            _captures.Pop();
        if (error is not null)
            Emit(new Error(error, hint));
        return error;
    }

    void RunText(string text) => RunProgram(Parsed(text));

    CommandProgram Parsed(string text)
    {
        if (_programs.TryGetValue(text, out CommandProgram? program))
            return program;
        if (_programs.Count >= MostPrograms)
            _programs.Clear();
        ProgramsParsed++;
        try
        {
            return _programs[text] = ProgramParser.Parse(text);
        }
        catch (CommandSyntaxException syntax)
        {
            throw new CommandException(Caret(syntax, 0));
        }
    }

    Flow RunBlock(string block) => RunProgram(Parsed(Aliases.Expand(block)));

    Flow RunProgram(CommandProgram program)
    {
        if (++_depth > DeepestNesting)
            throw new CommandException("Commands are nested too deeply");
        try
        {
            for (int i = 0; i < program.Statements.Count; i++)
            {
                Cancellation.ThrowIfCancellationRequested();
                if (program.Statements[i] is Statement.Again again)
                {
                    if (Condition(again.Condition))
                        i = -1;
                    continue;
                }
                Flow flow = RunStatement(program.Statements[i]);
                if (_resume || ExitCode is not null)
                    return Flow.End;
                if (flow != Flow.Next)
                    return flow;
            }
            return Flow.Next;
        }
        finally
        {
            _depth--;
        }
    }

    bool Condition(string text) => Evaluate(text) != 0;

    Flow RunStatement(Statement statement)
    {
        switch (statement)
        {
            case Statement.Simple simple:
                RunSimple(simple);
                return Flow.Next;
            case Statement.If branch:
                foreach ((string condition, string block) in branch.Arms)
                    if (Condition(condition))
                        return RunBlock(block);
                return branch.Else is { } otherwise ? RunBlock(otherwise) : Flow.Next;
            case Statement.Either either:
                return RunBlock(Condition(either.Condition) ? either.Then : either.Else);
            case Statement.For loop:
                return RunFor(loop);
            case Statement.While loop:
                return RunWhile(loop);
            case Statement.ForEach each:
                return RunForEach(each);
            case Statement.Group group:
                return RunBlock(group.Body);
            case Statement.Catch guarded:
                return RunCatch(guarded);
            case Statement.Leave leave:
                return leave.Kind switch { LeaveKind.Break => Flow.Break, LeaveKind.Continue => Flow.Continue, _ => Flow.Leave };
            default:
                throw new InvalidOperationException($"no such statement: {statement.GetType().Name}");
        }
    }

    Flow RunFor(Statement.For loop)
    {
        RunBlock(loop.Initial);
        while (Condition(loop.Condition))
        {
            if (LeavesLoop(RunBlock(loop.Block), out Flow outer))
                return outer;
            RunBlock(loop.Increments);
        }
        return Flow.Next;
    }

    Flow RunWhile(Statement.While loop)
    {
        bool first = loop.TestsLast;
        while (first || Condition(loop.Condition))
        {
            first = false;
            if (LeavesLoop(RunBlock(loop.Block), out Flow outer))
                return outer;
        }
        return Flow.Next;
    }

    bool LeavesLoop(Flow flow, out Flow outer)
    {
        Cancellation.ThrowIfCancellationRequested();
        outer = flow == Flow.Break ? Flow.Next : flow;
        return flow is Flow.Break or Flow.Leave or Flow.End;
    }

    Flow RunForEach(Statement.ForEach each)
    {
        string input = each.Source switch
        {
            'c' => Capture(() => RunBlock(each.Input)),
            'f' => ReadTokens(each.Input),
            _ => each.Input,
        };
        int skip = (int)Evaluate(each.SkipFirst);
        int step = (int)Evaluate(each.SkipEach) + 1;
        string[] tokens = input.Split([' ', '\t', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries);
        AliasTable replacement = new();
        for (int i = Math.Max(skip, 0); i < tokens.Length; i += Math.Max(step, 1))
        {
            replacement.Set(each.Variable, tokens[i]);
            if (LeavesLoop(RunBlock(replacement.Expand(each.Block)), out Flow outer))
                return outer;
        }
        return Flow.Next;
    }

    static string ReadTokens(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CommandException($"Unable to open file '{path}'");
        }
    }

    Flow RunCatch(Statement.Catch guarded)
    {
        int depth = _depth;
        try
        {
            Flow flow = RunBlock(guarded.Block);
            return flow == Flow.Leave ? Flow.Next : flow;
        }
        catch (CommandException exception)
        {
            _depth = depth;
            Emit(new Error(exception.Message, exception.Hint));
            return Flow.Next;
        }
    }

    void RunSimple(Statement.Simple simple)
    {
        try
        {
            BoundCommand bound = simple.Bound as BoundCommand is { } known && known.Version == Commands.Version ? known : Bind(simple);
            simple.Bound = bound;
            if (bound.Processor < 0)
            {
                Show(bound.Entry.Command.Run(bound.Arguments, this));
                return;
            }
            int before = _processor;
            CurrentProcessor = bound.Processor;
            Show(bound.Entry.Command.Run(bound.Arguments, this));
            CurrentProcessor = before;
        }
        catch (CommandSyntaxException syntax)
        {
            int consumed = Math.Clamp(syntax.Consumed, 0, simple.Text.Length);
            throw new CommandException(Caret(new CommandSyntaxException(syntax.Kind, consumed, simple.Text), simple.Position)) { Hint = syntax.Hint };
        }
    }

    BoundCommand Bind(Statement.Simple simple)
    {
        string text = simple.Text;
        int processor = -1, start = 0;
        while (start < text.Length && char.IsDigit(text[start]))
            start++;
        if (start > 0)
        {
            processor = int.Parse(text[..start]);
            if (start == text.Length || processor >= Target.ProcessorCount || text[start] is not ('k' or 'r' or 'd'))
                throw new CommandSyntaxException("Syntax", start, text);
        }
        string command = text[start..];
        (CommandEntry? entry, int length) = Commands.Resolve(command);
        if (entry is null)
            throw command[0] == '!'
                ? new CommandException($"No export {command[(command.LastIndexOf('.', length - 1) + 1)..length].TrimStart('!')} found")
                : new CommandSyntaxException("Syntax", start + 1, text) { Hint = Unknown(command) };
        object arguments = entry.Command.Parse(new ArgumentReader(entry.Declaration.Flags.Length > 0 ? command[..length] : entry.Name, command[length..]));
        return new BoundCommand(entry, arguments, processor, Commands.Version);
    }

    static string? Unknown(string command)
    {
        int end = command[0] == '.' ? 1 : 0;
        while (end < command.Length && (char.IsLetterOrDigit(command[end]) || command[end] == '_'))
            end++;
        return end == 0 ? null : $"'{command[..end]}' is no command: .help lists the commands";
    }

    string Caret(CommandSyntaxException syntax, int position)
    {
        int column = Prompt.Length + position + Math.Max(syntax.Consumed - 1, 0);
        return new string(' ', column) + syntax.Message;
    }

    void Show(IEnumerable<Node> nodes)
    {
        foreach (Node node in nodes)
        {
            if (node is Error error)
                throw new CommandException(error.Message) { Hint = error.Hint };
            Emit(node);
            Cancellation.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Writes to where output goes now: a capture, or the renderer and the log.</summary>
    public void Emit(Node node)
    {
        if (_captures.TryPeek(out StringBuilder? capture))
        {
            TextFormatter.Append(capture, node);
            return;
        }
        foreach (TextWriter log in _log)
            foreach (string piece in TextFormatter.Pieces(node))
                log.Write(piece);
        Renderer.Write(node);
    }

    /// <summary>The text that something writes.</summary>
    public string Capture(Action action)
    {
        StringBuilder capture = new();
        _captures.Push(capture);
        try
        {
            action();
        }
        finally
        {
            _captures.Pop();
        }
        return capture.ToString();
    }

    /// <summary>A line of the debugger's own while the target runs: module loads, notified exceptions.</summary>
    public void Notice(string text) => Emit(new Text(text));

    public void ShowStop(StopReport report)
    {
        if (_captures.TryPeek(out StringBuilder? capture))
        {
            capture.Append(report.Text);
            return;
        }
        foreach (TextWriter log in _log)
            log.Write(report.Text);
        Renderer.Stopped(report);
    }

    /// <summary>Runs a breakpoint's commands; true when one of them resumed the target.</summary>
    public bool RunBreakpointCommands(string commands)
    {
        _breakpointDepth++;
        try
        {
            RunBlock(commands);
            bool resumed = _resume;
            return resumed;
        }
        finally
        {
            _resume = false;
            _breakpointDepth--;
        }
    }

    /// <summary>Called by <c>g</c> and <c>gc</c> among a breakpoint's commands: ends them and lets the target run.</summary>
    public void ResumeFromBreakpoint() => _resume = true;

    IEnumerable<Node> Debugging.Structures.IDebugSession.Execute(string command)
    {
        yield return new Text(Capture(() => RunText(command)));
    }

    /// <summary>Runs text in the middle of another command (scripts, loops of extensions).</summary>
    public void RunNested(string text) => RunBlock(text);

    /// <summary>Runs one line of a script: what was typed is shown, and an error does not end the script.</summary>
    public void RunScriptLine(string line)
    {
        Emit(new Text($"{Prompt}{line}\n"));
        Guarded(() => RunText(Aliases.Expand(line)));
    }

    public void AddLog(TextWriter writer) => _log.Add(writer);

    public IReadOnlyList<TextWriter> Logs => _log;

    public void CloseLogs()
    {
        foreach (TextWriter log in _log)
            log.Dispose();
        _log.Clear();
    }
}
