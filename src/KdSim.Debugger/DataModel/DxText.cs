using System.Text;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;

namespace KdSim.Debugger.DataModel;

/// <summary>Values of the model as <c>dx</c> shows them: a line each, children indented, or a grid.</summary>
sealed class DxText(ModelFormat format, bool verbose, int skip)
{
    const int NameWidth = 16;

    /// <summary>The value itself, then its children down to a depth.</summary>
    public IEnumerable<Node> Tree(string name, ModelValue value, int depth)
    {
        // Values of the target stand behind a second column; those of the model follow their name.
        string head = value is ModelNative ? name + new string(' ', NameWidth) : name.PadRight(NameWidth);
        if (value is ModelRecord or ModelSequence && value.Display(format).Length == 0)
            head = name + new string(' ', NameWidth);
        yield return new Line(new Text(head + Shown(value)));
        foreach (Node node in Children(value, 1, depth))
            yield return node;
    }

    IEnumerable<Node> Children(ModelValue value, int level, int depth)
    {
        if (level > depth || value is ModelNative { IsNull: true } && level > 1)
            yield break;
        string indent = new(' ', level * 4);
        foreach (ModelMember member in value.Members.Where(m => m.Label != ModelRoots.Hidden))
        {
            ModelValue? child = Read(member, out string problem);
            yield return new Line(new Text($"{indent}{member.Label}{member.Name,-NameWidth}{(child is null ? $" : {problem}" : Shown(child))}"));
            // A pointer opens at the first level only: structures point at each other.
            if (child is not null && !(child is ModelNative { Value.Type.Kind: Debugging.Structures.TypeKind.Pointer } && level + 1 > depth))
                foreach (Node node in Children(child, level + 1, depth))
                    yield return node;
        }
        if (value.Elements is { } elements)
        {
            int left = format.Most;
            foreach (ModelElement element in elements.Skip(skip))
            {
                if (left-- <= 0)
                {
                    yield return new Line(new Text($"{indent}{"[...]",-NameWidth}"));
                    break;
                }
                yield return new Line(new Text($"{indent}{Key(element),-NameWidth}{Shown(element.Value)}"));
                foreach (Node node in Children(element.Value, level + 1, depth))
                    yield return node;
            }
        }
        if (verbose && level == 1)
            foreach (ModelMethod method in ModelMethods.Of(value))
                yield return new Line(new Text($"{indent}{method.Syntax}"));
    }

    string Key(ModelElement element) => element.Key is ModelText text ? $"[\"{text.Text.Replace("\\", "\\\\").Replace("\"", "\\\"")}\"]"
        : $"[{element.Key.Display(format.Radix == 0 ? format with { Radix = 16 } : format)}]";

    /// <summary><c> : value [Type: name]</c>.</summary>
    string Shown(ModelValue value)
    {
        string text;
        try
        {
            text = value.Display(format);
        }
        catch (CommandException problem)
        {
            text = problem.Message;
        }
        string type = value.TypeName.Length > 0 ? $" [Type: {value.TypeName}]" : "";
        return text.Length > 0 ? $" : {text}{type}" : type;
    }

    static ModelValue? Read(ModelMember member, out string problem)
    {
        problem = "";
        try
        {
            return member.Value();
        }
        catch (CommandException unreadable)
        {
            problem = unreadable.Message;
            return null;
        }
    }

    /// <summary>A row for each element, a column for each member that an element has.</summary>
    /// <param name="widest">Cells are cut to this many characters; 0: as long as they are.</param>
    public IEnumerable<Node> Grid(ModelValue value, int widest)
    {
        IEnumerable<ModelElement> elements = value.Elements ?? throw new CommandException("Error: Object does not have an iterator: -g needs one");
        List<ModelElement> rows = elements.Skip(skip).Take(format.Most + 1).ToList();
        bool more = rows.Count > format.Most;
        List<string> columns = [];
        foreach (ModelMember member in rows.SelectMany(r => Plain(r.Value)))
            if (!columns.Contains(member.Name))
                columns.Add(member.Name);
        List<string[]> cells = [["", .. columns.Count == 0 ? [""] : columns.Select(c => c)]];
        foreach (ModelElement row in rows.Take(format.Most))
        {
            ILookup<string, ModelMember> members = Plain(row.Value).ToLookup(m => m.Name);
            cells.Add([Key(row), .. columns.Count == 0 ? [Cell(row.Value)] : columns.Select(c => members[c].FirstOrDefault() is { } m
                ? Read(m, out string problem) is { } read ? Cell(read) : problem : "")]);
        }
        if (widest > 0)
            cells = cells.Select(r => r.Select(c => c.Length > widest ? c[..widest] : c).ToArray()).ToList();
        int[] widths = Enumerable.Range(0, cells[0].Length).Select(i => cells.Max(r => r[i].Length)).ToArray();
        string rule = new('=', widths.Sum(w => w + 3) + 1);
        for (int i = 0; i < cells.Count; i++)
        {
            if (i < 2)
                yield return new Line(new Text(rule));
            StringBuilder line = new("= ");
            for (int c = 0; c < widths.Length; c++)
                line.Append(cells[i][c].PadRight(widths[c])).Append(c == widths.Length - 1 ? " =" : i == 0 ? " = " : " - ");
            yield return new Line(new Text(line.ToString()));
        }
        yield return new Line(new Text(rule));
        if (more)
            yield return new Line(new Text("[...]"));
    }

    static IEnumerable<ModelMember> Plain(ModelValue value) => value.Members.Where(m => m.Label != ModelRoots.Hidden);

    string Cell(ModelValue value)
    {
        try
        {
            return value.Display(format) is { Length: > 0 } text ? text : value.TypeName.Length > 0 ? $"[Type: {value.TypeName}]" : "{...}";
        }
        catch (CommandException problem)
        {
            return problem.Message;
        }
    }
}
