using System.Text;
using KdSim.Debugger.Inspection;
using KdSim.Debugger.Sessions;
using KdSim.Debugger.Stacks;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;
using KdSim.Debugging.Targets;

namespace KdSim.Debugger.Commands;

/// <summary><c>k</c> and its variants: one line a frame.</summary>
[Command("k", "k[b|p|P|v][n][f][L] [count | = sp [ip] count]", "Display the stack", Flags = "bcfnpPvL", Example = "k")]
[Command("kL", "kL [count]", "Display the stack without source lines")]
[Command("kb", "kb [count]", "Display the stack with the first four argument slots")]
[Command("kc", "kc [count]", "Display only the names of the stack's functions")]
[Command("kf", "kf [count]", "Display the stack with the distance between frames")]
[Command("kn", "kn [count]", "Display the stack with frame numbers")]
[Command("kp", "kp [count]", "Display the stack with parameters")]
[Command("kP", "kP [count]", "Display the stack with parameters on lines of their own")]
[Command("kv", "kv [count]", "Display the stack with argument slots and trap frames")]
public sealed class DisplayStack : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        string variant = arguments.Name[1..];
        bool lines = !variant.Contains('L') && !variant.Contains('c') && session.Options.LoadLines;
        (IEnumerable<StackFrame> frames, string? note) = Frames(arguments, session);
        if (note is not null)
            yield return new Line(new Text(note));
        yield return new Line(new Text(StackText.Header(variant)));
        ulong previous = 0;
        foreach (StackFrame frame in frames)
        {
            yield return new Line(new Text(StackText.Frame(session, frame, variant, lines, previous)));
            previous = frame.Sp;
        }
    }

    static (IEnumerable<StackFrame>, string?) Frames(TextArguments arguments, DebuggerSession session)
    {
        string text = arguments.Text;
        int most = session.Options.FrameCount;
        string? note = session.HasSetContext && !session.IsAtException ? "  *** Stack trace for last set context - .thread/.cxr resets it" : null;
        if (!text.StartsWith('='))
        {
            if (text.Length > 0)
                most = (int)Math.Min(session.Evaluate(text), 65535);
            return (session.Walker.WithInlines(session.Walker.Walk(most)).Take(most), note);
        }
        List<ulong> values = [];
        for (text = text[1..].TrimStart(); text.Length > 0;)
        {
            values.Add(session.Masm.EvaluatePrefix(text, out int used));
            text = text[used..].TrimStart(' ', ',');
        }
        if (values.Count is < 2 or > 3 || session.Context.Integer is not { } integer)
            throw arguments.Wrong("Syntax", arguments.Text.Length);
        IntegerState start = integer.WithGeneral(4, values[0]) with { Rip = values.Count == 3 ? values[1] : integer.Rip };
        return (session.Walker.WithInlines(session.Walker.Walk(start, (int)Math.Min(values[^1], 65535))), null);
    }
}

/// <summary>Lines of stacks, shared by <c>k</c> and <c>.frame</c>.</summary>
static class StackText
{
    const string NoAddress = "--------`--------";
    const string Slots = "Args to Child                                                           : ";

    public static string Header(string variant)
    {
        string memory = variant.Contains('f') ? "  Memory " : "";
        if (variant.Contains('c'))
            return " # Call Site";
        if (variant.Contains('b'))
            return $" # {memory}RetAddr               : {Slots}Call Site";
        if (variant.Contains('v'))
            return $" # {memory}Child-SP          RetAddr               : {Slots}Call Site";
        return $" # {memory}Child-SP          RetAddr               Call Site";
    }

    public static string Frame(DebuggerSession session, StackFrame frame, string variant, bool lines, ulong previous)
    {
        StringBuilder text = new();
        text.Append($"{frame.Number:x2} ");
        if (variant.Contains('f'))
            text.Append(previous == 0 ? "         " : $"{frame.Sp - previous,8:x} ");
        bool slots = variant.Contains('b') || variant.Contains('v');
        if (!variant.Contains('c'))
        {
            if (!variant.Contains('b'))
                text.Append(frame.Inline is null ? $"{Addresses.Accent(frame.Sp)} " : "(Inline Function) ");
            text.Append($"{(frame.Inline is null ? Addresses.Accent(frame.ReturnAddress) : NoAddress),-21}");
            text.Append(!slots ? " " : frame.Inline is null ? $" : {Arguments(session, frame)} : " : $" : {NoAddress} {NoAddress} {NoAddress} {NoAddress} : ");
        }
        text.Append(Site(session, frame, variant));
        if (lines && (frame.Inline is { } call ? call.Line : session.Modules.LineAt(frame.CodeAddress)) is { } line)
            text.Append($" [{line.File} @ {line.Line}] ");
        if (variant.Contains('v') && frame.TrapFrame != 0 && frame.Inline is null)
            text.Append($" (TrapFrame @ {Addresses.Accent(frame.TrapFrame)})");
        return text.ToString().TrimEnd();
    }

    static string Site(DebuggerSession session, StackFrame frame, string variant)
    {
        string site = Name(session, frame);
        if (variant.Contains('c'))
            return site.Split('+')[0];
        if (!variant.Contains('p', StringComparison.OrdinalIgnoreCase))
            return site;
        StackFrame? before = session.Scope;
        session.Scope = frame;
        List<string> parameters = session.Walker.Locals().Where(l => l.IsParameter)
            .Select(l => $"{l.Type.CName} {l.Name} = {(session.Walker.Load(l) is { } v ? LocalText.Value(session, v) : "<value unavailable>")}").ToList();
        session.Scope = before;
        if (parameters.Count == 0)
            return site; // Without private symbols nothing is known of them.
        int plus = site.IndexOf('+');
        string list = variant.Contains('P')
            ? "(\n" + string.Join(",\n", parameters.Select(p => $"\t\t\t{p}")) + ")"
            : $"({string.Join(", ", parameters)})";
        return plus < 0 ? site + list : site[..plus] + list + site[plus..];
    }

    /// <summary>The symbol of a frame's address; of an inlined call its function's name and the distance from where its code begins.</summary>
    static string Name(DebuggerSession session, StackFrame frame)
    {
        if (frame.Inline is not { } call || session.Modules.At(frame.Ip) is not { } module)
            return session.SymbolAt(frame.Ip);
        uint displacement = module.Rva(frame.Ip) - call.Rva;
        return $"{module.Name}!{call.Name}{(displacement == 0 ? "" : $"+0x{displacement:x}")}";
    }

    /// <summary>The four home slots above the return address: what a callee spilled there, not its parameters.</summary>
    static string Arguments(DebuggerSession session, StackFrame frame)
    {
        IntegerState? caller = FrameUnwinder.Unwind(session, frame.Context, out _);
        ulong home = caller?.Rsp ?? frame.Sp + 8;
        return string.Join(' ', Enumerable.Range(0, 4).Select(i => session.TryReadPointer(home + (ulong)i * 8, out ulong value)
            ? Addresses.Accent(value)
            : "????????`????????"));
    }
}

/// <summary><c>.frame .f+ .f-</c>: chooses the frame whose locals are seen.</summary>
[Command(".frame", ".frame [/r] [/c] [n]", "Show or set the local context", Example = ".frame 1")]
[Command(".f+", ".f+", "Move the local context to the caller")]
[Command(".f-", ".f-", "Move the local context to the callee")]
public sealed class SetFrame : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        ArgumentReader reader = new(arguments.Name, arguments.Text);
        bool registers = false, change = false;
        while (reader.Switch() is { } option)
        {
            registers |= option.Contains('r');
            change |= option.Contains('c');
        }
        string rest = reader.Rest();
        int now = session.Scope?.Number ?? 0;
        int wanted = arguments.Name switch
        {
            ".f+" => now + 1,
            ".f-" => now - 1,
            _ => rest.Length == 0 ? now : (int)Math.Min(session.Evaluate(rest), 65535),
        };
        StackFrame frame = (wanted < 0 ? null : session.Walker.WithInlines(session.Walker.Walk(wanted + 1)).ElementAtOrDefault(wanted))
            ?? throw new CommandException("Cannot find frame 0x" + Math.Max(wanted, 0).ToString("x") + ", previous scope unchanged");
        session.Scope = frame;
        yield return new Line(new Text(StackText.Frame(session, frame, "", session.Options.LoadLines, 0)));
        if (change)
            session.SetContext(session.Context with { Integer = frame.Context });
        if (registers)
            yield return new Text(RegisterDump.Text(session));
    }
}

/// <summary>Values of locals.</summary>
static class LocalText
{
    public static string Value(DebuggerSession session, Expressions.TypedValue value) => value.Type.Kind switch
    {
        TypeKind.Structure => $"struct {value.Type.Name}",
        TypeKind.Union => $"union {value.Type.Name}",
        TypeKind.Array when value.Type.Element is { Kind: TypeKind.Character, Size: 1 } =>
            DataValues.Format(session, value.Type, value.Bits),
        TypeKind.Array => $"{value.Type.CName}",
        TypeKind.Pointer => $"0x{Addresses.Accent(value.Bits)}",
        TypeKind.Character when value.Type.Size == 1 =>
            $"0x{(byte)value.Bits:x2} '{(value.Bits is >= 0x20 and < 0x7f ? ((char)value.Bits).ToString() : "")}'",
        TypeKind.Boolean => (byte)value.Bits == 0 ? "false" : "true",
        TypeKind.Integer when !value.Type.Signed => value.Type.Size == 8 && value.Bits > uint.MaxValue
            ? $"0x{Addresses.Accent(value.Bits)}"
            : $"0x{(ulong)value.Signed:x}",
        _ => DataValues.Scalar(session, value.Type, value.Bits),
    };
}

/// <summary><c>dv</c>: parameters and locals of the scope.</summary>
[Command("dv", "dv [/i] [/t] [/v] [/V] [/a] [/n] [pattern]", "Display local variables", Example = "dv /t")]
public sealed class DisplayLocals : EngineCommand<DisplayLocals.Arguments>
{
    public sealed record Arguments(string Flags, string Pattern);

    protected override Arguments Parse(ArgumentReader arguments)
    {
        StringBuilder flags = new();
        while (arguments.Switch() is { } option)
            flags.Append(option.AsSpan(1));
        return new(flags.ToString(), arguments.Rest());
    }

    protected override IEnumerable<Node> Run(Arguments arguments, DebuggerSession session)
    {
        IReadOnlyList<Modules.LocalVariable> locals = session.Walker.Locals();
        if (locals.Count == 0)
        {
            StackFrame? scope = session.Walker.ScopeFrame;
            bool hasPrivate = scope is not null && session.Modules.At(scope.Ip)?.Symbols.Status == "private pdb symbols";
            throw new CommandException(hasPrivate ? "No local variables here" :
                "Unable to enumerate locals, HRESULT 0x80004005\nPrivate symbols (symbols.pri) are required for locals.\n" +
                "Type \".hh dbgerr005\" for details.");
        }
        IEnumerable<Modules.LocalVariable> shown = locals.Where(l => arguments.Pattern.Length == 0 ||
            Language.Wildcard.Matches(arguments.Pattern, l.Name));
        if (arguments.Flags.Contains('n'))
            shown = shown.OrderBy(l => l.Name, StringComparer.Ordinal);
        bool plain = arguments.Flags.IndexOfAny(['i', 't', 'v', 'V']) < 0;
        foreach (Modules.LocalVariable local in shown)
        {
            string value = session.Walker.Load(local) is { } loaded ? LocalText.Value(session, loaded) : "<value unavailable>";
            string type = arguments.Flags.Contains('t') ? $"{local.Type.CName} " : "";
            string kind = arguments.Flags.Contains('i') ? local.IsParameter ? "prv param  " : "prv local  " : "";
            string place = arguments.Flags.Contains('v') || arguments.Flags.Contains('V')
                ? Place(session, local, arguments.Flags.Contains('V')) : "";
            yield return new Line(new Text($"{kind}{place}{type}{(plain ? local.Name.PadLeft(15) : local.Name)} = {value}"));
        }
    }

    static string Place(DebuggerSession session, Modules.LocalVariable local, bool relative)
    {
        string text = local.Place switch
        {
            Modules.LocalPlace.Register when session.Walker.Load(local) is null => "<unavailable>",
            Modules.LocalPlace.Register => $"@{local.Register}",
            Modules.LocalPlace.Nowhere or Modules.LocalPlace.Constant => "<unavailable>",
            _ => session.Walker.AddressOf(local) is { } address ? Addresses.Accent(address) : "<unavailable>",
        };
        if (relative && local.Place == Modules.LocalPlace.RegisterRelative)
            text += $" @{local.Register}{(local.Number < 0 ? "-" : "+")}0x{Math.Abs(local.Number):x4}";
        return $"{text,-17} ";
    }
}
