using KdSim.Debugger.Control;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;
using KdSim.Debugging.Targets;

namespace KdSim.Debugger.Commands;

/// <summary><c>wt</c>: traces a whole function and counts.</summary>
[Command("wt", "wt [-l depth] [-m module] [-i module] [-ni] [-nc] [-ns] [-nw] [-oa] [-or] [-oR] [=start] [end]",
    "Trace a function and everything it calls, and count instructions", Example = "wt -nc")]
public sealed class TraceFunction : EngineCommand<TraceFunction.Arguments>
{
    public sealed record Arguments(int Depth, IReadOnlyList<string> Only, IReadOnlyList<string> Ignored, IReadOnlySet<string> Flags, string Rest);

    static readonly string[] Flags = ["-ni", "-nc", "-ns", "-nw", "-oa", "-or", "-oR"];

    protected override Arguments Parse(ArgumentReader reader)
    {
        int depth = int.MaxValue;
        List<string> only = [], ignored = [];
        HashSet<string> flags = new(StringComparer.Ordinal);
        while (reader.Peek == '-' && reader.Switch() is { } option)
            switch (option)
            {
                case "-l" when int.TryParse(reader.Word(), out int levels): depth = levels; break;
                case "-m": only.Add(reader.Word()); break;
                case "-i": ignored.Add(reader.Word()); break;
                case var flag when Flags.Contains(flag): flags.Add(flag); break;
                default: throw new Language.CommandSyntaxException("Syntax", 3, $"wt {reader.Text.Trim()}");
            }
        return new(depth, only, ignored, flags, reader.Rest());
    }

    protected override IEnumerable<Node> Run(Arguments arguments, DebuggerSession session)
    {
        string text = arguments.Rest;
        if (text.StartsWith('='))
        {
            ulong start = session.Masm.EvaluatePrefix(text[1..], out int used);
            session.RunNested($"r rip = 0x{start:x}");
            text = text[(1 + used)..].TrimStart();
        }
        bool atStart = session.Symbols.TryGetName(session.Rip, out string name, out ulong displacement) && displacement == 0;
        ulong? end = text.Length > 0 ? session.Evaluate(text) : atStart ? session.ReturnAddress : null;
        if (end is not { } target)
        {
            session.RunNested("p");
            yield break;
        }
        if (text.Length == 0)
            yield return new Line(new Text($"Tracing {name} to return address {Addresses.Accent(target)}"));
        List<string> rows = [];
        WatchTrace trace = new(session)
        {
            DeepestTraced = arguments.Depth,
            IsShown = (module, caller) => arguments.Only.Count > 0 ? IsIn(arguments.Only, module) || IsIn(arguments.Only, caller)
                : !IsIn(arguments.Ignored, module),
            Left = (activation, isDone) => rows.Add(Row(session, activation, isDone, arguments.Flags)),
        };
        bool done = trace.Run(target);
        foreach (string row in arguments.Flags.Contains("-nc") ? [] : rows)
            yield return new Line(new Text(row));
        if (!arguments.Flags.Contains("-ns"))
            foreach (Node node in Summary(trace))
                yield return node;
        if (done)
            session.Stops.Report(new StopEvent.Stepped(session.CurrentProcessor));
    }

    static bool IsIn(IReadOnlyList<string> modules, string module) => modules.Any(m => Language.Wildcard.Matches(m, module));

    /// <summary>Own instructions, those of callees, depth, name; where it was called and what it returned if that was asked for.</summary>
    static string Row(DebuggerSession session, WatchTrace.Activation activation, bool isDone, IReadOnlySet<string> flags)
    {
        string row = $"{activation.Own,5} {activation.Callees,5} [{activation.Depth,3}] {new string(' ', activation.Depth * 2)}{activation.Name}";
        if (flags.Contains("-oa") && activation.CallSite != 0)
            row += $" [call @ {Addresses.Accent(activation.CallSite)}]";
        if (isDone && (flags.Contains("-or") || flags.Contains("-oR")) && session.Context.Integer is { } integer)
            row += $" rax = {ReturnText(session, activation, integer.Rax, flags.Contains("-oR"))}";
        return row;
    }

    static string ReturnText(DebuggerSession session, WatchTrace.Activation activation, ulong value, bool typed)
    {
        int bang = activation.Name.IndexOf('!');
        TypeInfo? type = typed && bang > 0 ? session.Modules.Named(activation.Name[..bang])?.Symbols.Find(activation.Name[(bang + 1)..])?.Type?.Element : null;
        return type is { Kind: not TypeKind.Void } ? Inspection.DataValues.Scalar(session, type, value) : value.ToString("x");
    }

    static IEnumerable<Node> Summary(WatchTrace trace)
    {
        yield return new Text("\n");
        yield return new Line(new Text($"{trace.Instructions} instructions were executed in {trace.Events} events (0 from other threads)"));
        yield return new Text("\n");
        yield return new Line(new Text($"{"Function Name",-50}Invocations MinInst MaxInst AvgInst"));
        foreach (FunctionCount count in trace.Counts)
        {
            ulong average = count.Total / (ulong)count.Invocations;
            yield return new Line(new Text($"{count.Name,-50}{count.Invocations,11} {count.Least,7} {count.Most,7} {average,7}"));
        }
        yield return new Text("\n");
        int calls = trace.SystemCalls.Values.Sum();
        yield return new Line(new Text($"{calls} system call{(calls == 1 ? " was" : "s were")} executed"));
        if (calls > 0)
            yield return new Text("\nCalls  System Call\n" + string.Concat(trace.SystemCalls.Select(c => $"{c.Value,5}  {c.Key}\n")));
        yield return new Text("\n");
    }
}
