using System.Globalization;
using KdSim.Debugger.DataModel;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;

namespace KdSim.Debugger.Commands;

/// <summary><c>dx</c>: expressions of the data model.</summary>
[Command("dx", "dx [-g|-gc N] [-c N] [-n|-v] [-r[N]] expression[,format]", "Display an expression of the data model, with LINQ",
    Example = "dx @$cursession.Modules.Select(m => m.Name)")]
public sealed class DisplayModel : EngineCommand<DisplayModel.Arguments>, IExplained
{
    const int DefaultDepth = 1;
    const int AllLevels = 8;

    /// <param name="Cut">Width of the grid's cells; 0: no limit.</param>
    public sealed record Arguments(string Expression, int Depth, bool Grid, int Cut, int Skip, bool Verbose);

    protected override Arguments Parse(ArgumentReader reader)
    {
        int depth = DefaultDepth, cut = 0, skip = 0;
        bool grid = false, verbose = false;
        while (reader.Peek == '-' && !IsNumber(reader) && reader.Switch() is { } option)
            switch (option)
            {
                case "-g": grid = true; break;
                case "-gc": (grid, cut) = (true, Count(reader)); break;
                case "-c": skip = Count(reader); break;
                case "-v": verbose = true; break;
                case "-n": break;
                case ['-', 'r', .. var digits]:
                    depth = digits.Length == 0 ? AllLevels : int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int levels)
                        ? Math.Min(levels, AllLevels) : throw Wrong(reader);
                    break;
                default: throw Wrong(reader);
            }
        string expression = reader.Rest();
        return expression.Length > 0 ? new(expression, depth, grid, cut, skip, verbose) : throw Wrong(reader);
    }

    /// <summary><c>-1</c> is an expression, not a switch.</summary>
    static bool IsNumber(ArgumentReader reader) => reader.Position + 1 < reader.Text.Length && char.IsDigit(reader.Text[reader.Position + 1]);

    static Language.CommandSyntaxException Wrong(ArgumentReader reader) => new("Syntax", 3, $"dx {reader.Text.Trim()}");

    static int Count(ArgumentReader reader) =>
        int.TryParse(reader.Word(), NumberStyles.None, CultureInfo.InvariantCulture, out int count) ? count : throw Wrong(reader);

    protected override IEnumerable<Node> Run(Arguments arguments, DebuggerSession session)
    {
        DxCode code = new DxParser(session.Model, session.Cpp, arguments.Expression).Parse(out string specifiers);
        ModelValue value = code(null);
        DxText text = new(DxFormats.Parse(specifiers), arguments.Verbose, arguments.Skip);
        return arguments.Grid ? text.Grid(value, arguments.Cut) : text.Tree(arguments.Expression, value, arguments.Depth);
    }

    public IEnumerable<Node> Explain()
    {
        foreach (string line in (string[])
        [
            "    Roots: Debugger.Sessions, Debugger.State, Debugger.Utility; @$cursession with Processes, Threads, Modules, Devices, Drivers,",
            "    Irps, Dpcs, Processors (their names alone mean the same); @$curprocess, @$curthread, @$curstack, @$curframe, @$vars;",
            "    user variables: dx @$name = expression.",
        ])
            yield return new Line(new Text(line));
        yield return new Line(new Text("    Methods of what can be iterated:"));
        foreach (ModelMethod method in ModelMethods.Of(new ModelSequence(() => [])))
            yield return new Line(new Text($"      {method.Syntax}"));
        yield return new Line(new Text("    Methods of text:"));
        foreach (ModelMethod method in ModelMethods.Of(new ModelText("")))
            yield return new Line(new Text($"      {method.Syntax}"));
    }
}
