using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Targets;

namespace KdSim.Debugger.Commands;

/// <summary><c>.prompt_allow</c>: what stops and steps show.</summary>
[Command(".prompt_allow", ".prompt_allow [{+|-}{dis|ea|reg|src|sym} ...]", "Choose what stops show", Example = ".prompt_allow -reg")]
public sealed class PromptAllow : TextCommand
{
    static readonly (string Name, string Meaning, Func<PromptItems, bool> Get, Action<PromptItems, bool> Set)[] Items =
    [
        ("sym", "Symbol for current instruction", p => p.Symbol, (p, on) => p.Symbol = on),
        ("dis", "Disassembly of current instruction", p => p.Disassembly, (p, on) => p.Disassembly = on),
        ("ea", "Effective address for current instruction", p => p.EffectiveAddress, (p, on) => p.EffectiveAddress = on),
        ("reg", "Register state", p => p.Registers, (p, on) => p.Registers = on),
        ("src", "Source info for current instruction", p => p.Source, (p, on) => p.Source = on),
    ];

    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        PromptItems prompt = session.Options.Prompt;
        foreach (string word in arguments.Text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var item = Array.Find(Items, i => word[0] is '+' or '-' && word[1..].Equals(i.Name, StringComparison.OrdinalIgnoreCase));
            if (item.Name is null)
                throw arguments.Wrong("Syntax", arguments.Text.IndexOf(word, StringComparison.Ordinal) + 1);
            item.Set(prompt, word[0] == '+');
        }
        yield return new Text("Allow the following information to be displayed at the prompt:\n" +
            "(Other settings can affect whether the information is actually displayed)\n");
        foreach (Node node in List(prompt, on: true))
            yield return node;
        yield return new Text("Do not allow the following information to be displayed at the prompt:\n");
        foreach (Node node in List(prompt, on: false))
            yield return node;
    }

    static IEnumerable<Node> List(PromptItems prompt, bool on)
    {
        List<Line> rows = [.. Items.Where(i => i.Get(prompt) == on).Select(i => new Line(new Text($"{i.Name,6} - {i.Meaning}")))];
        return rows.Count == 0 ? [new Line(new Text("  None"))] : rows;
    }
}

/// <summary>Switches of the display that take a number.</summary>
[Command(".kframes", ".kframes count", "Set the number of stack frames that are shown")]
[Command(".enable_unicode", ".enable_unicode 0|1", "Show 16-bit pointers and arrays as text", Example = ".enable_unicode 1; .enable_unicode 0")]
[Command(".enable_long_status", ".enable_long_status 0|1", "Show long integers in the number base of n", Example = ".enable_long_status 0")]
public sealed class DisplayOptions : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        ulong value = session.Evaluate(arguments.Text);
        switch (arguments.Name)
        {
            case ".enable_unicode":
                session.Options.UnicodeShorts = value != 0;
                break;
            case ".enable_long_status":
                session.Options.LongsInRadix = value != 0;
                break;
            default:
                session.Options.FrameCount = (int)Math.Clamp(value, 1, 65535);
                yield return new Line(new Text($"Default stack trace depth is 0n{session.Options.FrameCount} frames"));
                break;
        }
    }
}

/// <summary><c>.effmach</c>: the processor mode, of which there is one.</summary>
[Command(".effmach", ".effmach [.|#|amd64]", "Show the processor mode", Example = ".effmach")]
public sealed class EffectiveMachine : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        if (arguments.Text.ToLowerInvariant() is not ("" or "." or "#" or "amd64"))
            throw new CommandException($".effmach: the processor is always x64, '{arguments.Text}' is not supported");
        yield return new Line(new Text("Effective machine: x64 (AMD64)"));
    }
}

/// <summary><c>.sleep</c>: waits for the host's clock; Ctrl+C ends it.</summary>
[Command(".sleep", ".sleep milliseconds", "Wait", Example = ".sleep 1")]
public sealed class Sleep : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        session.Cancellation.WaitHandle.WaitOne((int)Math.Min(session.Evaluate(arguments.Text), int.MaxValue));
        session.Cancellation.ThrowIfCancellationRequested();
        yield break;
    }
}

/// <summary><c>.cls</c>: clears the screen where there is one.</summary>
[Command(".cls", ".cls", "Clear the screen", Example = ".cls")]
public sealed class ClearScreen : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        session.ClearScreen?.Invoke();
        yield break;
    }
}

/// <summary><c>.asm</c>: how disassembly looks.</summary>
[Command(".asm", ".asm[-] [ignore_output_width] [no_code_bytes] [source_line]", "Show or set the options of disassembly", Example = ".asm")]
public sealed class AssemblyOptions : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        AsmOptions asm = session.Options.Asm;
        bool on = !arguments.Text.StartsWith('-');
        foreach (string word in arguments.Text.TrimStart('-').Split(' ', StringSplitOptions.RemoveEmptyEntries))
            switch (word)
            {
                case "ignore_output_width": asm.IgnoreOutputWidth = on; break;
                case "no_code_bytes": asm.NoCodeBytes = on; break;
                case "source_line": asm.SourceLine = on; break;
                default: throw arguments.Wrong("Syntax", arguments.Text.IndexOf(word, StringComparison.Ordinal) + 1);
            }
        string[] set =
        [
            .. asm.IgnoreOutputWidth ? ["ignore_output_width"] : Array.Empty<string>(), .. asm.NoCodeBytes ? ["no_code_bytes"] : Array.Empty<string>(),
            .. asm.SourceLine ? ["source_line"] : Array.Empty<string>(),
        ];
        yield return new Line(new Text($"Assembly options: {(set.Length == 0 ? "<none>" : string.Join(' ', set))}"));
    }
}

/// <summary><c>.echotime .echotimestamps</c>: the time, which is the target's.</summary>
[Command(".echotime", ".echotime", "Show the time", Example = ".echotime")]
[Command(".echotimestamps", ".echotimestamps [0|1]", "Show the time before what the target prints", Example = ".echotimestamps 1; .echotimestamps 0")]
public sealed class EchoTime : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        if (arguments.Name == ".echotimestamps")
        {
            session.Options.EchoTimestamps = arguments.Text.Length == 0 ? !session.Options.EchoTimestamps : session.Evaluate(arguments.Text) != 0;
            string verb = session.Options.EchoTimestamps ? "will" : "will not";
            yield return new Line(new Text($"Event time stamps {verb} be displayed"));
            yield break;
        }
        ITargetClock clock = session.Target.Capability<ITargetClock>() ?? throw new CommandException("This target has no clock");
        yield return new Line(new Text($"Debugger (not debuggee) time: {Control.StopReporter.FormatTime(clock.UtcNow)}"));
    }
}
