using BenchmarkDotNet.Attributes;
using KdSim.Debugger.Expressions;
using KdSim.Debugger.Language;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;

namespace KdSim.Benchmarks;

/// <summary>
/// Taking a typed line apart, nothing kept: statements, the command's name, its arguments, and the expression it begins with. The target is
/// less than 50 microseconds a line, warm.
/// </summary>
[MemoryDiagnoser]
public class ParseBenchmark
{
    /// <summary>Twenty everyday commands, and how much of each is an expression.</summary>
    public static readonly (string Line, string Expression)[] Everyday =
    [
        ("? 1+2*3", "1+2*3"), ("? poi(@rsp+8) & 0xfff", "poi(@rsp+8) & 0xfff"), ("?? sizeof(nt!_IRP)", ""), ("r rax, rbx, rcx", ""),
        ("r $t0 = @$t0 + 1", "@$t0 + 1"), ("k", ""), ("kb 20", "20"), ("u nt!IofCompleteRequest L10", "nt!IofCompleteRequest"), ("db @rsp L40", "@rsp"),
        ("dps @rsp", "@rsp"), ("dt nt!_DEVICE_OBJECT ffffb10c77f0a060", "ffffb10c77f0a060"), ("x pulse!Pulse*", ""), ("lm m nt", ""),
        ("bp pulse!PulseIsr \"r $t0 = @$t0 + 1; gc\"", "pulse!PulseIsr"), ("bl", ""), ("g", ""), ("p 5", "5"),
        (".if (@$t0 > 5) { .echo more } .else { gc }", "(@$t0 > 5)"), (".printf \"%y %p\\n\", @rip, @rsp", "@rip"),
        (".foreach (m { lm1m }) { .echo m }", ""),
    ];

    readonly CommandTable _commands = new();

    public ParseBenchmark() => _commands.Add("", CommandEntry.DeclaredIn(typeof(DebuggerSession).Assembly));

    [ParamsSource(nameof(Lines))]
    public string Line { get; set; } = "";

    public static IEnumerable<string> Lines => Everyday.Select(e => e.Line);

    [Benchmark]
    public int Parse() => Parse(Line, Everyday.First(e => e.Line == Line).Expression);

    /// <summary>How many statements the line has.</summary>
    public int Parse(string line, string expression)
    {
        CommandProgram program = ProgramParser.Parse(line);
        foreach (Statement statement in program.Statements)
            if (statement is Statement.Simple simple)
            {
                (CommandEntry? entry, int length) = _commands.Resolve(simple.Text);
                entry!.Command.Parse(new ArgumentReader(entry.Name, simple.Text[length..]));
            }
        if (expression.Length > 0)
            MasmParser.For(16).Parse(expression);
        return program.Statements.Count;
    }
}
