using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Encodings.Web;
using KdSim.Debugging.Output;
using Node = KdSim.Debugging.Output.Node;

namespace KdSim.Debugger.Rendering;

/// <summary>
/// One JSON object a line: an object for each command when it has run, and objects for stops and for the target's text when they happen.
/// Addresses are hex strings. The form only ever grows (<c>"v":1</c>).
/// </summary>
public sealed class JsonRenderer(TextWriter writer) : IRenderer
{
    static readonly JsonSerializerOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    readonly List<Node> _nodes = [];
    string _line = "";
    int _number;

    public void BeginCommand(string line)
    {
        _line = line;
        _nodes.Clear();
    }

    public void Write(Node node) => _nodes.Add(node is Table table ? table with { Rows = table.Rows.ToList() } : node);

    public void EndCommand(string? error)
    {
        JsonObject command = new()
        {
            ["v"] = 1,
            ["n"] = ++_number,
            ["command"] = _line,
            ["ok"] = error is null,
            ["result"] = new JsonObject { ["items"] = Items(_nodes.Where(n => n is not Error)) },
            ["error"] = error?.TrimEnd(),
        };
        Emit(command);
        _nodes.Clear();
    }

    public void TargetText(string text) => Emit(new JsonObject { ["v"] = 1, ["event"] = "output", ["text"] = text });

    public void Stopped(StopReport report) => Emit(new JsonObject
    {
        ["v"] = 1,
        ["event"] = "stop",
        ["reason"] = report.Kind,
        ["cpu"] = report.Processor,
        ["address"] = $"0x{report.Address:x16}",
        ["symbol"] = report.Symbol,
        ["text"] = report.Text,
    });

    void Emit(JsonObject value)
    {
        writer.Write(value.ToJsonString(Options));
        writer.Write('\n');
        writer.Flush();
    }

    /// <summary>Text, lines and small nodes that follow each other become one text item.</summary>
    static JsonArray Items(IEnumerable<Node> nodes)
    {
        JsonArray items = [];
        System.Text.StringBuilder text = new();
        foreach (Node node in nodes)
        {
            JsonObject? item = node switch
            {
                Table table => new JsonObject { ["table"] = Rows(table) },
                Tree tree => new JsonObject { ["tree"] = Branch(tree) },
                _ => null,
            };
            if (item is null)
            {
                TextFormatter.Append(text, node);
                continue;
            }
            Flush();
            items.Add((JsonNode)item);
        }
        Flush();
        return items;

        void Flush()
        {
            if (text.Length > 0)
                items.Add((JsonNode)new JsonObject { ["text"] = text.ToString() });
            text.Clear();
        }
    }

    static JsonArray Rows(Table table)
    {
        JsonArray rows = [];
        foreach (IReadOnlyList<Node> row in table.Rows)
        {
            JsonObject cells = [];
            for (int i = 0; i < row.Count; i++)
                cells[i < table.Columns.Count ? table.Columns[i].Name : $"column{i}"] = Value(row[i]);
            rows.Add((JsonNode)cells);
        }
        return rows;
    }

    static JsonObject Branch(Tree tree) => new()
    {
        ["label"] = Value(tree.Label),
        ["children"] = new JsonArray(tree.Children.Select(c => (JsonNode)Branch(c)).ToArray()),
    };

    static JsonNode Value(Node node) => node switch
    {
        Address address => $"0x{address.Value:x16}",
        Symbol symbol => new JsonObject { ["symbol"] = symbol.Name, ["address"] = $"0x{symbol.Value:x16}" },
        Link link => new JsonObject { ["text"] = link.Value, ["command"] = link.Command },
        _ => TextFormatter.Format(node).TrimEnd('\n'),
    };
}
