using System.Text;
using KdSim.Debugger.Breakpoints;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;

namespace KdSim.Debugger.Commands;

/// <summary><c>bl</c>: the breakpoints.</summary>
[Command("bl", "bl [/L] [ids]", "List breakpoints", Example = "bl")]
public sealed class ListBreakpoints : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        bool plain = arguments.Text is "/L" or ['/', 'L', ' ', ..];
        string ids = plain ? arguments.Text[2..].Trim() : arguments.Text;
        foreach (Breakpoint breakpoint in ids.Length == 0 ? session.Breakpoints.All : session.Breakpoints.Select(ids))
            yield return new Line(new Text(Row(session, breakpoint, plain)));
    }

    /// <param name="plain">Addresses only: no symbols, no source lines.</param>
    static string Row(DebuggerSession session, Breakpoint b, bool plain)
    {
        bool waits = b.Type != BreakpointType.Irql && b.Address is null;
        StringBuilder row = new($"{b.Id,2} {(b.IsEnabled ? 'e' : 'd')}{(waits ? "u" : "")}{(b.OneShot ? " /1" : "")}");
        string passes = $"{b.Remaining:x4} ({b.Passes:x4})";
        if (b.Type == BreakpointType.Irql)
            row.Append($" {b.Expression}     {passes}");
        else if (b.Address is not { } address)
            row.Append($"{new string(' ', 17)}     {passes} ({b.Expression})");
        else if (b.Type == BreakpointType.Data)
            row.Append($" {Addresses.Accent(address)} {b.Access} {b.Size:x} {passes}{(plain ? "" : Name(session, address))}");
        else
        {
            string line = !plain && session.Options.LoadLines && session.Modules.LineAt(address) is { } source ? $"  [{source.File} @ {source.Line}]"
                : "";
            row.Append($" {Addresses.Accent(address)}{line}     {passes}{(plain ? "" : Name(session, address))}");
        }
        if (b.Condition is { } condition)
            row.Append($" /w \"{condition}\"");
        if (b.Commands.Length > 0)
            row.Append($" \"{b.Commands.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n")}\"");
        if (b.Process != 0)
            row.Append($"\n     Match process data {Addresses.Accent(b.Process)}");
        if (b.Thread != 0)
            row.Append($"\n     Match thread data {Addresses.Accent(b.Thread)}");
        if (b.Processor is { } processor)
            row.Append($"\n     Match processor {processor}");
        if (b.LessDeepThan is { } most)
            row.Append($"\n     Call depth less than {most:x}");
        if (b.DeeperThan is { } least)
            row.Append($"\n     Call depth more than {least:x}");
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
                if (numbers.Length == 0 || numbers.Length % 2 != 0)
                    throw arguments.Wrong("Syntax", arguments.Text.Length);
                for (int i = 0; i < numbers.Length; i += 2)
                    if (!int.TryParse(numbers[i + 1], out int id) || session.Breakpoints.Select(numbers[i]) is not [var renamed])
                        throw arguments.Wrong("Syntax", arguments.Text.Length);
                    else if (!session.Breakpoints.Renumber(renamed, id))
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
        StringBuilder options = new();
        foreach ((string option, string? value) in new (string, string?)[]
        {
            ("/1", b.OneShot ? "" : null), ("/p", b.Process != 0 ? $"0x{b.Process:x}" : null), ("/t", b.Thread != 0 ? $"0x{b.Thread:x}" : null),
            ("/cpu", b.Processor?.ToString()), ("/c", b.LessDeepThan?.ToString("x")), ("/C", b.DeeperThan?.ToString("x")),
            ("/w", b.Condition is { } condition ? $"\"{condition}\"" : null),
        })
            if (value is not null)
                options.Append($" {option}{(value.Length > 0 ? " " : "")}{value}");
        string passes = b.Passes > 1 ? $" 0x{b.Passes:x}" : "";
        string commands = b.Commands.Length > 0 ? $" \"{b.Commands.Replace("\"", "\\\"")}\"" : "";
        string place = b.Address is { } address ? $"0x{Addresses.Accent(address)}" : b.Expression;
        return b.Type switch
        {
            BreakpointType.Irql => $"bi{b.Id}{options} {IrqlConditions.AsArguments(b.Irql!, b.IrqlModule)}{passes}{commands};",
            BreakpointType.Data => $"ba{b.Id} {b.Access}{b.Size:x}{options} {place}{passes}{(commands.Length > 0 ? commands : " ")};",
            _ when b.IsSymbolic => $"bu{b.Id}{options} {b.Expression}{passes}{commands};",
            _ => $"bp{b.Id}{options} {place}{passes}{(commands.Length > 0 ? commands : " ")};",
        };
    }
}
