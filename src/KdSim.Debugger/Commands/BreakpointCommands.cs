using System.Globalization;
using KdSim.Debugger.Breakpoints;
using KdSim.Debugger.Expressions;
using KdSim.Debugger.Language;
using KdSim.Debugger.Modules;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Targets;

namespace KdSim.Debugger.Commands;

/// <summary>What the breakpoint commands share after their name: a number, switches, and at the end passes and quoted commands.</summary>
public sealed record BreakpointArguments(string Name, string? Id, IReadOnlyDictionary<string, string> Switches, string Rest,
    string Commands, string Text)
{
    public CommandSyntaxException Wrong => new("Syntax", Name.Length + Text.Length, Name + Text);

    public static BreakpointArguments Parse(ArgumentReader reader, bool irql)
    {
        string text = reader.Text;
        string? id = null;
        int at = 0;
        if (at < text.Length && char.IsDigit(text[at]))
        {
            while (at < text.Length && char.IsDigit(text[at]))
                at++;
            id = text[..at];
        }
        else if (text.StartsWith('[') && text.IndexOf(']') is int close && close > 0)
        {
            id = text[1..close];
            at = close + 1;
        }
        ArgumentReader rest = new(reader.Name, text[at..]);
        Dictionary<string, string> switches = new(StringComparer.Ordinal);
        while (rest.Peek == '/' && rest.Switch() is { } option)
            switches[option] = ReadOption(option, rest, reader.Name == "bm", irql) ??
                throw new CommandSyntaxException("Syntax", reader.Name.Length + at + 2, reader.Name + text);
        string tail = rest.Rest();
        string commands = "";
        int quote = tail.IndexOf('"');
        if (quote >= 0 && !(quote > 1 && tail[quote - 1] == '!' && tail[quote - 2] == '@'))
        {
            (commands, _) = Quoted.Read(tail[quote..]);
            tail = tail[..quote].TrimEnd();
        }
        return new(reader.Name, id, switches, tail, commands, text);
    }

    /// <summary>The value of an option, empty where it has none; null for an option that does not exist.</summary>
    static string? ReadOption(string option, ArgumentReader rest, bool isPattern, bool irql) => option switch
    {
        "/1" => "",
        "/a" or "/d" when isPattern => "",
        "/m" when irql => rest.Word(),
        "/f" => throw new CommandException($"{rest.Name} /f: predicates exist on Itanium only"),
        "/p" or "/t" or "/w" or "/c" or "/C" or "/cpu" => rest.Word(),
        _ => null,
    };

    /// <summary>Options that stand after the size in <c>ba w4 /1 address</c>.</summary>
    public BreakpointArguments WithOptions(string text)
    {
        ArgumentReader reader = new(Name, text);
        Dictionary<string, string> switches = new(Switches, StringComparer.Ordinal);
        while (reader.Peek == '/' && reader.Switch() is { } option)
            switches[option] = ReadOption(option, reader, isPattern: false, irql: false) ?? throw Wrong;
        return this with { Switches = switches, Rest = reader.Rest() };
    }

    /// <summary>A breakpoint as the options, passes and commands say.</summary>
    public Breakpoint Make(DebuggerSession session, BreakpointType type, string expression, ulong? address, uint passes, int? id = null) => new()
    {
        Id = id ?? Number(session),
        Type = type,
        Expression = expression,
        Address = address,
        OneShot = Switches.ContainsKey("/1"),
        Passes = passes,
        Remaining = passes,
        Process = type == BreakpointType.Irql ? 0 : Value(session, "/p") ?? 0,
        Thread = Value(session, "/t") ?? 0,
        Processor = (int?)Value(session, "/cpu"),
        LessDeepThan = Value(session, "/c"),
        DeeperThan = Value(session, "/C"),
        Condition = Switches.GetValueOrDefault("/w"),
        Commands = Commands,
    };

    int Number(DebuggerSession session) => Id is { } text
        ? int.TryParse(text, out int id) ? id : (int)session.Evaluate(text)
        : session.Breakpoints.NextId();

    ulong? Value(DebuggerSession session, string name) => Switches.TryGetValue(name, out string? text) ? session.Evaluate(text) : null;
}

/// <summary><c>bp bu</c>: stops at an instruction.</summary>
[Command("bp", "bp[ID] [/1] [/p EPROCESS] [/t ETHREAD] [/cpu N] [/c most] [/C least] [/w \"condition\"] [address [passes]] [\"commands\"]",
    "Set a breakpoint",
    Example = "bp pulse!PulseIsr")]
[Command("bu", "bu[ID] [options] [symbol [passes]] [\"commands\"]", "Set a breakpoint that follows its symbol",
    Example = "bu pulse!PulseIsr")]
public sealed class SetBreakpoint : EngineCommand<BreakpointArguments>
{
    protected override BreakpointArguments Parse(ArgumentReader arguments) => BreakpointArguments.Parse(arguments, irql: false);

    protected override IEnumerable<Node> Run(BreakpointArguments arguments, DebuggerSession session)
    {
        (string expression, uint passes) = SplitPasses(session, arguments.Rest);
        ulong? address;
        bool symbolic = arguments.Name == "bu";
        if (expression.Length == 0)
            (expression, address) = (".", session.Rip);
        else
            address = Resolve(session, expression);
        symbolic |= address is null;
        if (address is null)
            yield return new Line(new Text(Deferred(expression)));
        Breakpoint breakpoint = arguments.Make(session, BreakpointType.Code, expression, address, passes);
        breakpoint.IsSymbolic = symbolic;
        if (session.Breakpoints.Add(breakpoint) is { } message)
            yield return new Line(new Text(message));
    }

    /// <summary>Where an expression points, or null when it names a symbol that is not known yet.</summary>
    public static ulong? Resolve(DebuggerSession session, string expression)
    {
        try
        {
            return session.Masm.Evaluate(expression);
        }
        catch (ExpressionException) when (LooksLikeSymbol(expression))
        {
            return null;
        }
    }

    public static string Deferred(string expression) => $"Bp expression '{expression}' could not be resolved, adding deferred bp";

    static bool LooksLikeSymbol(string expression) => char.IsLetter(expression[0]) || expression[0] is '_' or '`' or '@' &&
        expression.StartsWith("@!");

    /// <summary>The number after the address: passes.</summary>
    public static (string Expression, uint Passes) SplitPasses(DebuggerSession session, string text)
    {
        if (text.Length == 0)
            return (text, 1);
        MasmExpression expression = session.Masm.Parse(text);
        string rest = text[expression.Length..].Trim();
        uint passes = rest.Length == 0 ? 1 : (uint)Math.Max(1, session.Masm.Evaluate(rest));
        return (text[..expression.Length].Trim(), passes);
    }
}

/// <summary><c>bm</c>: a breakpoint on each match of a pattern.</summary>
[Command("bm", "bm [options] [/a] [/d] pattern [passes] [\"commands\"]", "Set breakpoints on all symbols that match", Example = "bm pulse!PulseDispatch*")]
public sealed class SetBreakpoints : EngineCommand<BreakpointArguments>
{
    protected override BreakpointArguments Parse(ArgumentReader arguments) => BreakpointArguments.Parse(arguments, irql: false);

    protected override IEnumerable<Node> Run(BreakpointArguments arguments, DebuggerSession session)
    {
        string[] words = arguments.Rest.Split(' ', 2, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0 || words[0].IndexOf('!') is not (> 0 and int bang))
            throw arguments.Wrong;
        uint passes = words.Length > 1 ? (uint)session.Evaluate(words[1]) : 1;
        bool all = arguments.Switches.ContainsKey("/a"), any = false;
        foreach (DebuggedModule module in session.Modules.Loaded.Where(m => Wildcard.Matches(words[0][..bang], m.Name)))
            foreach (ModuleSymbol symbol in module.Symbols.Matching(n => Wildcard.MatchesSymbol(words[0][(bang + 1)..], n))
                .Where(s => all || s.Kind != SymbolKind.Data).ToList())
            {
                any = true;
                string name = $"{module.Name}!{symbol.Name}";
                Breakpoint breakpoint = arguments.Make(session, BreakpointType.Code, name, module.Base + symbol.Rva, passes, session.Breakpoints.NextId());
                breakpoint.IsSymbolic = !arguments.Switches.ContainsKey("/d");
                string? message = session.Breakpoints.Add(breakpoint);
                yield return new Line(new Text(message ?? $"{breakpoint.Id,3}: {Addresses.Accent(module.Base + symbol.Rva)} @!\"{name}\""));
            }
        if (!any)
            throw new CommandException("No matching code symbols found, no breakpoints set.\nbm /a takes data symbols too.");
    }
}

/// <summary><c>ba</c>: stops at an access to memory.</summary>
[Command("ba", "ba[ID] e|r|w|i size [options as of bp] address [passes] [\"commands\"]", "Set a breakpoint on access",
    Example = "ba w4 nt!Kd_DEFAULT_Mask")]
public sealed class SetDataBreakpoint : EngineCommand<BreakpointArguments>
{
    protected override BreakpointArguments Parse(ArgumentReader arguments) => BreakpointArguments.Parse(arguments, irql: false);

    protected override IEnumerable<Node> Run(BreakpointArguments arguments, DebuggerSession session)
    {
        string rest = arguments.Rest;
        if (rest.Length < 3 || rest[0] is not ('e' or 'r' or 'w' or 'i'))
            throw arguments.Wrong;
        char access = rest[0];
        rest = rest[1..].TrimStart();
        int digits = 0;
        while (digits < rest.Length && char.IsAsciiHexDigit(rest[digits]))
            digits++;
        if (digits == 0 || digits < rest.Length && rest[digits] is not (' ' or ',' or '/') ||
            !int.TryParse(rest[..digits], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out int size) || size < 1)
            throw arguments.Wrong;
        arguments = arguments.WithOptions(rest[digits..].TrimStart(' ', ','));
        (string expression, uint passes) = SetBreakpoint.SplitPasses(session, arguments.Rest);
        if (expression.Length == 0)
            throw arguments.Wrong;
        if (access == 'e' && size != 1)
            throw new CommandException("Execution breakpoints have size 1");
        ulong? address = SetBreakpoint.Resolve(session, expression);
        if (address is null)
            yield return new Line(new Text(SetBreakpoint.Deferred(expression)));
        Breakpoint breakpoint = arguments.Make(session, BreakpointType.Data, expression, address, passes);
        breakpoint.IsSymbolic = address is null;
        breakpoint.Access = access;
        breakpoint.Size = size;
        if (session.Breakpoints.Add(breakpoint) is { } message)
            yield return new Line(new Text(message));
    }
}

/// <summary><c>bi</c>: stops when the IRQL changes.</summary>
[Command("bi", "bi[ID] [/1] [/p CPU] [/m MODULE] [raise|lower] [OP LEVEL] [passes] [\"commands\"]", "Set a breakpoint on IRQL changes",
    Example = "bi /m pulse == DISPATCH")]
public sealed class SetIrqlBreakpoint : EngineCommand<BreakpointArguments>
{
    protected override BreakpointArguments Parse(ArgumentReader arguments) => BreakpointArguments.Parse(arguments, irql: true);

    protected override IEnumerable<Node> Run(BreakpointArguments arguments, DebuggerSession session)
    {
        IrqlDirection direction = IrqlDirection.Any;
        string rest = arguments.Rest;
        foreach ((string word, IrqlDirection which) in new[] { ("raise", IrqlDirection.Raise), ("lower", IrqlDirection.Lower) })
            if (rest.StartsWith(word, StringComparison.OrdinalIgnoreCase) &&
                (rest.Length == word.Length || !char.IsLetter(rest[word.Length])))
            {
                direction = which;
                rest = rest[word.Length..].TrimStart();
                break;
            }
        (IrqlComparison comparison, int length) = IrqlConditions.Comparison(rest);
        byte level = 0;
        if (comparison != IrqlComparison.None)
        {
            rest = rest[length..].TrimStart();
            if (rest.Length == 0)
                throw arguments.Wrong;
            int end = rest.IndexOf(' ');
            level = IrqlConditions.Level(end < 0 ? rest : rest[..end]);
            rest = end < 0 ? "" : rest[end..].Trim();
        }
        uint passes = 1;
        if (rest.Length > 0)
        {
            if (!rest.All(char.IsAsciiHexDigit) && rest[0] is not ('@' or '(' or '0'))
                throw arguments.Wrong;
            passes = (uint)Math.Max(1, session.Evaluate(rest));
        }
        int? processor = arguments.Switches.TryGetValue("/p", out string? cpu) ? (int)session.Evaluate(cpu) : null;
        if (processor is { } number && (number < 0 || number >= session.Target.ProcessorCount))
            throw new CommandException($"{cpu} is not a valid processor number");
        IrqlCondition condition = new(direction, comparison, level, processor);
        string? module = arguments.Switches.GetValueOrDefault("/m");
        Breakpoint breakpoint = arguments.Make(session, BreakpointType.Irql, IrqlConditions.Describe(condition, module), null, passes);
        breakpoint.Irql = condition;
        breakpoint.IrqlModule = module;
        if (session.Breakpoints.Add(breakpoint) is { } message)
            yield return new Line(new Text(message));
        if (module is not null && session.Modules.Named(module) is null)
            yield return new Line(new Text($"Module '{module}' is not loaded yet: the breakpoint waits for it"));
    }
}
