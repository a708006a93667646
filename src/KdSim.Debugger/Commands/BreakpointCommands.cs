using System.Text;
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
            switches[option] = option is "/c" or "/C" ? throw new CommandException($"{reader.Name} {option}: call depths are not supported")
                : option == "/1" ? "" : option is "/p" or "/t" or "/w" || option == "/m" && irql
                ? rest.Word()
                : throw new CommandSyntaxException("Syntax", reader.Name.Length + at + 2, reader.Name + text);
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

    public int Number(DebuggerSession session) => Id is { } text
        ? int.TryParse(text, out int id) ? id : (int)session.Evaluate(text)
        : session.Breakpoints.NextId();

    public ulong Value(DebuggerSession session, string name) => Switches.TryGetValue(name, out string? text) ? session.Evaluate(text) : 0;
}

/// <summary><c>bp bu</c>: stops at an instruction.</summary>
[Command("bp", "bp[ID] [/1] [/p EPROCESS] [/t ETHREAD] [/w \"condition\"] [address [passes]] [\"commands\"]", "Set a breakpoint",
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
        Breakpoint breakpoint = new()
        {
            Id = arguments.Number(session),
            Type = BreakpointType.Code,
            Expression = expression,
            IsSymbolic = symbolic,
            Address = address,
            OneShot = arguments.Switches.ContainsKey("/1"),
            Passes = passes,
            Remaining = passes,
            Process = arguments.Value(session, "/p"),
            Thread = arguments.Value(session, "/t"),
            Condition = arguments.Switches.GetValueOrDefault("/w"),
            Commands = arguments.Commands,
        };
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
[Command("bm", "bm [/1] pattern [passes] [\"commands\"]", "Set breakpoints on all symbols that match", Example = "bm pulse!PulseDispatch*")]
public sealed class SetBreakpoints : EngineCommand<BreakpointArguments>
{
    protected override BreakpointArguments Parse(ArgumentReader arguments) => BreakpointArguments.Parse(arguments, irql: false);

    protected override IEnumerable<Node> Run(BreakpointArguments arguments, DebuggerSession session)
    {
        string[] words = arguments.Rest.Split(' ', 2, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0 || words[0].IndexOf('!') is not (> 0 and int bang))
            throw arguments.Wrong;
        uint passes = words.Length > 1 ? (uint)session.Evaluate(words[1]) : 1;
        foreach (DebuggedModule module in session.Modules.Loaded.Where(m => Wildcard.Matches(words[0][..bang], m.Name)))
            foreach (ModuleSymbol symbol in module.Symbols.All.Where(s => s.Kind != SymbolKind.Data &&
                Wildcard.MatchesSymbol(words[0][(bang + 1)..], s.Name)).ToList())
            {
                Breakpoint breakpoint = new()
                {
                    Id = session.Breakpoints.NextId(),
                    Type = BreakpointType.Code,
                    Expression = $"{module.Name}!{symbol.Name}",
                    IsSymbolic = true,
                    Address = module.Base + symbol.Rva,
                    OneShot = arguments.Switches.ContainsKey("/1"),
                    Passes = passes,
                    Remaining = passes,
                    Commands = arguments.Commands,
                };
                string? message = session.Breakpoints.Add(breakpoint);
                string row = $"{breakpoint.Id,3}: {Addresses.Accent(module.Base + symbol.Rva)} @!\"{module.Name}!{symbol.Name}\"";
                yield return new Line(new Text(message ?? row));
            }
    }
}

/// <summary><c>ba</c>: stops at an access to memory.</summary>
[Command("ba", "ba[ID] e|r|w|i size [options] address [passes] [\"commands\"]", "Set a breakpoint on access",
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
        int size = rest[0] is '1' or '2' or '4' or '8' && (rest.Length == 1 || rest[1] is ' ' or ',') ? rest[0] - '0'
            : throw arguments.Wrong;
        rest = rest[1..].TrimStart(' ', ',');
        Dictionary<string, string> switches = new(arguments.Switches);
        ArgumentReader reader = new("ba", rest);
        while (reader.Peek == '/' && reader.Switch() is { } option)
            switches[option] = option == "/1" ? "" : reader.Word();
        (string expression, uint passes) = SetBreakpoint.SplitPasses(session, reader.Rest());
        if (expression.Length == 0)
            throw arguments.Wrong;
        ulong address = session.Masm.Evaluate(expression);
        if (access == 'e' && size != 1 || address % (ulong)size != 0)
            throw new CommandException(access == 'e' ? "Execution breakpoints have size 1" : "Data breakpoint must be aligned");
        Breakpoint breakpoint = new()
        {
            Id = arguments.Number(session),
            Type = BreakpointType.Data,
            Expression = expression,
            Address = address,
            Access = access,
            Size = size,
            OneShot = switches.ContainsKey("/1"),
            Passes = passes,
            Remaining = passes,
            Process = switches.TryGetValue("/p", out string? process) ? session.Evaluate(process) : 0,
            Thread = switches.TryGetValue("/t", out string? thread) ? session.Evaluate(thread) : 0,
            Condition = switches.GetValueOrDefault("/w"),
            Commands = arguments.Commands,
        };
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
        Breakpoint breakpoint = new()
        {
            Id = arguments.Number(session),
            Type = BreakpointType.Irql,
            Expression = IrqlConditions.Describe(condition, module),
            Irql = condition,
            IrqlModule = module,
            OneShot = arguments.Switches.ContainsKey("/1"),
            Passes = passes,
            Remaining = passes,
            Commands = arguments.Commands,
        };
        if (session.Breakpoints.Add(breakpoint) is { } message)
            yield return new Line(new Text(message));
        if (module is not null && session.Modules.Named(module) is null)
            yield return new Line(new Text($"Module '{module}' is not loaded yet: the breakpoint waits for it"));
    }
}

/// <summary><c>bl</c>: the breakpoints.</summary>
[Command("bl", "bl [ids]", "List breakpoints", Example = "bl")]
public sealed class ListBreakpoints : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        IEnumerable<Breakpoint> shown = arguments.Text.Length == 0 ? session.Breakpoints.All : session.Breakpoints.Select(arguments.Text);
        foreach (Breakpoint breakpoint in shown)
            yield return new Line(new Text(Row(session, breakpoint)));
    }

    static string Row(DebuggerSession session, Breakpoint b)
    {
        bool waits = b.Type != BreakpointType.Irql && b.Address is null;
        StringBuilder row = new($"{b.Id,2} {(b.IsEnabled ? 'e' : 'd')}{(waits ? "u" : "")}{(b.OneShot ? " /1" : "")}");
        string passes = $"{b.Remaining:x4} ({b.Passes:x4})";
        if (b.Type == BreakpointType.Irql)
            row.Append($" {b.Expression}     {passes}");
        else if (b.Address is not { } address)
            row.Append($"{new string(' ', 17)}     {passes} ({b.Expression})");
        else if (b.Type == BreakpointType.Data)
            row.Append($" {Addresses.Accent(address)} {b.Access} {b.Size} {passes}{Name(session, address)}");
        else
        {
            string line = session.Options.LoadLines && session.Modules.LineAt(address) is { } source ? $"  [{source.File} @ {source.Line}]"
                : "";
            row.Append($" {Addresses.Accent(address)}{line}     {passes}{Name(session, address)}");
        }
        if (b.Process != 0)
            row.Append($"\n     Match process data {Addresses.Accent(b.Process)}");
        if (b.Thread != 0)
            row.Append($"\n     Match thread data {Addresses.Accent(b.Thread)}");
        if (b.Condition is { } condition)
            row.Append($" /w \"{condition}\"");
        if (b.Commands.Length > 0)
            row.Append($" \"{b.Commands.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n")}\"");
        return row.ToString();
    }

    static string Name(DebuggerSession session, ulong address) =>
        session.Symbols.TryGetName(address, out string name, out ulong displacement)
            ? $" {name}{(displacement == 0 ? "" : $"+0x{displacement:x}")}" : "";
}

/// <summary><c>bc bd be br bs .bpcmds</c>: changes breakpoints.</summary>
[Command("bc", "bc ids", "Clear breakpoints", Example = "bc *")]
[Command("bd", "bd ids", "Disable breakpoints", Example = "bd *")]
[Command("be", "be ids", "Enable breakpoints", Example = "be *")]
[Command("br", "br old new", "Renumber a breakpoint")]
[Command("bs", "bs id [\"commands\"]", "Change the commands of a breakpoint")]
[Command("bsc", "bsc id condition [\"commands\"]", "Make a breakpoint conditional")]
[Command(".bpcmds", ".bpcmds", "Show the commands that would set the breakpoints again", Example = ".bpcmds")]
public sealed class ChangeBreakpoints : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        switch (arguments.Name)
        {
            case ".bpcmds":
                foreach (Breakpoint breakpoint in session.Breakpoints.All)
                    yield return new Line(new Text(AsCommand(breakpoint)));
                yield break;
            case "br":
                string[] numbers = arguments.Text.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries);
                if (numbers.Length != 2 || !int.TryParse(numbers[1], out int id))
                    throw arguments.Wrong("Syntax", arguments.Text.Length);
                if (!session.Breakpoints.Renumber(session.Breakpoints.Select(numbers[0]).Single(), id))
                    throw new CommandException($"Breakpoint {id} exists");
                yield break;
            case "bs" or "bsc":
                int quote = arguments.Text.IndexOf('"');
                string head = quote < 0 ? arguments.Text : arguments.Text[..quote].Trim();
                string commands = quote < 0 ? "" : Quoted.Read(arguments.Text[quote..]).Value;
                int blank = head.IndexOf(' ');
                foreach (Breakpoint breakpoint in session.Breakpoints.Select(blank < 0 ? head : head[..blank]))
                    breakpoint.Commands = arguments.Name == "bs" || blank < 0 ? commands
                        : $".if ({head[blank..].Trim()}) {{ {commands} }} .else {{ gc }}";
                yield break;
        }
        if (arguments.Text.Length == 0)
            throw arguments.Wrong("Syntax", 0);
        foreach (Breakpoint breakpoint in session.Breakpoints.Select(arguments.Text))
            switch (arguments.Name)
            {
                case "bc": session.Breakpoints.Remove(breakpoint); break;
                case "bd": session.Breakpoints.SetEnabled(breakpoint, false); break;
                default: session.Breakpoints.SetEnabled(breakpoint, true); break;
            }
    }

    static string AsCommand(Breakpoint b)
    {
        string commands = b.Commands.Length > 0 ? $" \"{b.Commands.Replace("\"", "\\\"")}\"" : "";
        string once = b.OneShot ? " /1" : "";
        return b.Type switch
        {
            BreakpointType.Irql => $"bi{b.Id}{once} {IrqlConditions.AsArguments(b.Irql!, b.IrqlModule)}{commands};",
            BreakpointType.Data =>
                $"ba{b.Id} {b.Access}{b.Size}{once} 0x{Addresses.Accent(b.Address ?? 0)}{(commands.Length > 0 ? commands : " ")};",
            _ when b.IsSymbolic => $"bu{b.Id}{once} {b.Expression}{commands};",
            _ => $"bp{b.Id}{once} 0x{Addresses.Accent(b.Address ?? 0)}{(commands.Length > 0 ? commands : " ")};",
        };
    }
}
