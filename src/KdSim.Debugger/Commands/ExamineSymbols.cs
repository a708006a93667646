using System.Text;
using KdSim.Debugger.Inspection;
using KdSim.Debugger.Language;
using KdSim.Debugger.Modules;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdSim.Debugger.Commands;

/// <summary><c>x</c>: symbols by pattern; without a module the local variables.</summary>
[Command("x", "x [/0|/1|/2] [/v] [/t] [/p] [/q] [/s size] [/a|/A|/n|/N|/z|/Z] [/f|/d] module!pattern", "Examine symbols", Example = "x pulse!Pulse*")]
public sealed class ExamineSymbols : EngineCommand<ExamineSymbols.Arguments>
{
    const int AddressWidth = 17;

    public sealed record Arguments(string Flags, string? Size, string Pattern);

    protected override Arguments Parse(ArgumentReader arguments)
    {
        StringBuilder flags = new();
        string? size = null;
        while (arguments.Switch() is { } option)
        {
            if (option == "/s")
                size = arguments.Word();
            else
                flags.Append(option.AsSpan(1));
        }
        string pattern = arguments.Rest();
        return pattern.Length > 0 ? new(flags.ToString(), size, pattern) : throw new CommandSyntaxException("Syntax", arguments.Text.Length + 1,
            $"x{arguments.Text}");
    }

    protected override IEnumerable<Node> Run(Arguments arguments, DebuggerSession session)
    {
        int bang = arguments.Pattern.IndexOf('!');
        if (bang < 0)
        {
            foreach (LocalVariable local in session.Walker.Locals().Where(l => Wildcard.Matches(arguments.Pattern, l.Name)))
                yield return new Line(new Text(Row(session, local, arguments.Flags)));
            yield break;
        }
        (string modules, string names) = (arguments.Pattern[..bang], arguments.Pattern[(bang + 1)..]);
        if (!session.Modules.Loaded.Any(m => Wildcard.Matches(modules, m.Name)))
            throw new CommandException($"{new string(' ', session.Prompt.Length + arguments.Pattern.Length + 1)}^ Couldn't resolve 'x {arguments.Pattern}'");
        ulong size = arguments.Size is { } wanted ? session.Evaluate(wanted) : 0;
        foreach (DebuggedModule module in session.Modules.Loaded.Where(m => Wildcard.Matches(modules, m.Name)))
        {
            IEnumerable<ModuleSymbol> symbols = module.Symbols.Matching(n => Wildcard.MatchesSymbol(names, n));
            // Symbols whose size nobody knows are always shown.
            if (size != 0)
                symbols = symbols.Where(s => SizeOf(s) is var known && (known == 0 || known == size));
            if (arguments.Flags.Contains('f'))
                symbols = symbols.Where(IsFunction);
            if (arguments.Flags.Contains('d'))
                symbols = symbols.Where(s => !IsFunction(s) && s.Kind == SymbolKind.Data);
            foreach (ModuleSymbol symbol in Sorted(symbols, arguments.Flags))
                yield return new Line(new Text(Row(session, module, symbol, arguments.Flags)));
        }
    }

    static IEnumerable<ModuleSymbol> Sorted(IEnumerable<ModuleSymbol> symbols, string flags) => flags.FirstOrDefault("aAnNzZ".Contains) switch
    {
        'A' => symbols.OrderByDescending(s => s.Rva),
        'n' => symbols.OrderBy(s => s.Name, StringComparer.Ordinal),
        'N' => symbols.OrderByDescending(s => s.Name, StringComparer.Ordinal),
        'z' => symbols.OrderBy(SizeOf),
        'Z' => symbols.OrderByDescending(SizeOf),
        _ => symbols,
    };

    static bool IsFunction(ModuleSymbol symbol) => symbol.Kind == SymbolKind.Function || symbol.IsCode || symbol.Type?.Kind == TypeKind.Function;

    static ulong SizeOf(ModuleSymbol symbol) => symbol.Size > 0 ? symbol.Size : symbol.Type?.Size ?? 0;

    static string Row(DebuggerSession session, LocalVariable local, string flags)
    {
        string place = session.Walker.AddressOf(local) is { } at ? Addresses.Accent(at)
            : local.Register.Length > 0 ? "@" + local.Register : "<unavailable>";
        string value = session.Walker.Load(local) is { } loaded ? LocalText.Value(session, loaded) : "<value unavailable>";
        string verbose = flags.Contains('v') ? $"prv {(local.IsParameter ? "param" : "local")}  " : "";
        return flags.Contains('0') ? place : flags.Contains('1') ? local.Name : flags.Contains('2') ? $"{place,-AddressWidth} {local.Name}"
            : $"{verbose}{place,-AddressWidth} {(flags.Contains('t') ? local.Type.CName + " " : "")}{local.Name} = {value}";
    }

    static string Row(DebuggerSession session, DebuggedModule module, ModuleSymbol symbol, string flags)
    {
        ulong address = module.Base + symbol.Rva;
        string name = $"{module.Name}!{symbol.Name}";
        if (flags.Contains('q'))
            name = $"@!\"{name}\"";
        if (flags.Contains('0'))
            return Addresses.Accent(address);
        if (flags.Contains('1'))
            return name;
        if (flags.Contains('2'))
            return $"{Addresses.Accent(address)} {name}";
        string verbose = flags.Contains('v') ? $"{(symbol.IsPrivate ? "prv" : "pub")} {(IsFunction(symbol) ? "func  " : "global")} " : "";
        string size = flags.Contains('v') ? $" {SizeOf(symbol),4:x}" : "";
        string type = !flags.Contains('t') ? "" : symbol.Type is { Kind: not TypeKind.Function } t ? t.CName + " "
            : symbol.Type is null ? "<NoType> " : "";
        return $"{verbose}{Addresses.Accent(address)}{size} {type}{name}{What(session, symbol, address, flags.Contains('p') ? "" : " ")}";
    }

    static string What(DebuggerSession session, ModuleSymbol symbol, ulong address, string blank) => symbol switch
    {
        { Type: { Kind: TypeKind.Function } function } => $"{blank}({function.Parameters})",
        { Kind: SymbolKind.Function } or { IsCode: true, Type: null } => $"{blank}(<no parameter info>)",
        { Type: { } type } => $" = {DataValues.Format(session, type, address)}",
        _ => " = <no type information>",
    };
}
