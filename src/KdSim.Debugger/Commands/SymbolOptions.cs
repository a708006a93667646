using System.Globalization;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;

namespace KdSim.Debugger.Commands;

/// <summary><c>.symopt</c>: the symbol options that this debugger has, in WinDbg's numbers.</summary>
[Command(".symopt", ".symopt[+|-] [flags]", "Show or set symbol options", Example = ".symopt")]
public sealed class SymbolOptions : TextCommand
{
    const uint DeferredLoads = 0x4, LoadLines = 0x10, LoadAnything = 0x40, Debug = 0x80000000;

    static readonly (uint Bit, string Name)[] Names =
        [(DeferredLoads, "SYMOPT_DEFERRED_LOADS"), (LoadLines, "SYMOPT_LOAD_LINES"), (LoadAnything, "SYMOPT_LOAD_ANYTHING"), (Debug, "SYMOPT_DEBUG")];

    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        SessionOptions options = session.Options;
        uint now = (options.EagerSymbols ? 0 : DeferredLoads) | (options.LoadLines ? LoadLines : 0) | (options.AllowMismatch ? LoadAnything : 0) |
            (options.NoisySymbols ? Debug : 0);
        if (arguments.Text.Length > 0)
        {
            char sign = arguments.Text[0];
            if (!uint.TryParse(arguments.Text.TrimStart('+', '-').Trim().Replace("0x", ""), NumberStyles.HexNumber, CultureInfo.InvariantCulture,
                out uint flags))
                throw arguments.Wrong("Syntax", arguments.Text.Length);
            uint known = Names.Aggregate(0u, (all, n) => all | n.Bit);
            if ((flags & ~known) != 0)
            {
                string all = string.Join(", ", Names.Select(n => $"0x{n.Bit:x}"));
                throw new CommandException($"Symbol option 0x{flags & ~known:x} is not supported; there are {all}");
            }
            now = sign == '+' ? now | flags : sign == '-' ? now & ~flags : flags;
            (options.EagerSymbols, options.LoadLines) = ((now & DeferredLoads) == 0, (now & LoadLines) != 0);
            (options.AllowMismatch, options.NoisySymbols) = ((now & LoadAnything) != 0, (now & Debug) != 0);
            session.Loader.Noise = options.NoisySymbols ? session.Notice : null;
        }
        yield return new Line(new Text($"Symbol options are 0x{now:X}:"));
        foreach ((uint bit, string name) in Names)
            if ((now & bit) != 0)
                yield return new Line(new Text($"  0x{bit:x8} - {name}"));
    }
}
