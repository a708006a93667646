using System.Collections.Immutable;
using System.Text;

namespace KdSim.Kernel.Cm;

/// <summary>One key: where it hangs, its subkeys by name in the order that NT enumerates them, its values in the order of creation.</summary>
public sealed record RegistryNode(
    int Number,
    int Parent,
    string Name,
    ImmutableSortedDictionary<string, int> Subkeys,
    ImmutableArray<RegistryValue> Values,
    bool Volatile = false,
    string? LinkTarget = null,
    string ClassName = "",
    long LastWrite = 0)
{
    public RegistryValue? Value(string name)
    {
        foreach (RegistryValue value in Values)
            if (string.Equals(value.Name, name, StringComparison.OrdinalIgnoreCase)) return value;
        return null;
    }
}

/// <summary>
/// The whole registry as one immutable value: each change gives a new registry that shares nearly everything with the old one, so a
/// snapshot keeps a reference and nothing more. Keys are known by number; a number is never used twice. Paths are NT paths
/// (`\Registry\Machine\...`) or relative to a key; names compare without case.
/// </summary>
public sealed class Registry
{
    public const int Root = 0;
    const int MostLinks = 8;

    static readonly ImmutableSortedDictionary<string, int> NoSubkeys =
        ImmutableSortedDictionary.Create<string, int>(StringComparer.OrdinalIgnoreCase);

    readonly ImmutableDictionary<int, RegistryNode> _nodes;
    readonly int _next;

    Registry(ImmutableDictionary<int, RegistryNode> nodes, int next) => (_nodes, _next) = (nodes, next);

    /// <summary>A registry with the keys that exist before any hive is loaded.</summary>
    public static Registry Empty { get; } = CreateEmpty();

    public RegistryNode this[int key] => _nodes[key];
    public bool Exists(int key) => _nodes.ContainsKey(key);
    public int Count => _nodes.Count;

    /// <summary>Finds a key; links on the way are followed (and at the end too, unless it is the link itself that is wanted).</summary>
    public bool TryOpen(int from, string path, out int key, bool openLink = false)
    {
        key = path.StartsWith('\\') ? Root : from;
        var parts = new Stack<string>(Split(path).Reverse());
        int links = 0;
        while (true)
        {
            if (!_nodes.TryGetValue(key, out RegistryNode? node)) return false;
            if (node.LinkTarget is { } target && !(openLink && parts.Count == 0))
            {
                if (++links > MostLinks) return false;
                foreach (string part in Split(target).Reverse()) parts.Push(part);
                key = Root;
                continue;
            }
            if (!parts.TryPop(out string? name)) return true;
            if (!node.Subkeys.TryGetValue(name, out key)) return false;
        }
    }

    public bool TryOpen(string path, out int key) => TryOpen(Root, path, out key);

    public RegistryNode? Find(string path) => TryOpen(Root, path, out int key) ? _nodes[key] : null;

    /// <summary>The value of a key given by path, or null where either is missing.</summary>
    public RegistryValue? Value(string path, string name) => Find(path)?.Value(name);

    /// <summary>Opens a key, making each missing one on the way.</summary>
    public Registry Create(int from, string path, out int key, out bool created, bool isVolatile = false)
    {
        created = false;
        Registry registry = this;
        key = path.StartsWith('\\') ? Root : from;
        if (!registry.TryOpen(key, "", out key)) key = Root;
        foreach (string name in Split(path))
        {
            if (registry.TryOpen(key, name, out int child))
            {
                key = child;
                continue;
            }
            registry = registry.AddChild(key, name, isVolatile, out key);
            created = true;
        }
        return registry;
    }

    public Registry Create(string path, out int key) => Create(Root, path, out key, out _);

    public Registry Set(int key, RegistryValue value)
    {
        RegistryNode node = _nodes[key];
        int at = IndexOf(node, value.Name);
        return With(node with { Values = at < 0 ? node.Values.Add(value) : node.Values.SetItem(at, value with { Name = node.Values[at].Name }) });
    }

    public Registry Set(string path, RegistryValue value) => Create(path, out int key).Set(key, value);

    public Registry DeleteValue(int key, string name)
    {
        RegistryNode node = _nodes[key];
        int at = IndexOf(node, name);
        return at < 0 ? this : With(node with { Values = node.Values.RemoveAt(at) });
    }

    /// <summary>Deletes a key. One that still has subkeys stays, and the answer is this registry itself.</summary>
    public Registry DeleteKey(int key)
    {
        RegistryNode node = _nodes[key];
        if (key == Root || node.Subkeys.Count > 0) return this;
        RegistryNode parent = _nodes[node.Parent];
        return new(_nodes.Remove(key).SetItem(parent.Number, parent with { Subkeys = parent.Subkeys.Remove(node.Name) }), _next);
    }

    public Registry DeleteTree(int key)
    {
        var order = new List<int> { key };
        for (int i = 0; i < order.Count; i++) order.AddRange(_nodes[order[i]].Subkeys.Values);
        Registry registry = this;
        for (int i = order.Count - 1; i >= 0; i--) registry = registry.DeleteKey(order[i]);
        return registry;
    }

    public Registry Link(string path, string target)
    {
        Registry registry = Create(path, out int key);
        return registry.With(registry._nodes[key] with { LinkTarget = target });
    }

    public Registry Touch(int key, long time) => With(_nodes[key] with { LastWrite = time });

    public Registry SetClass(int key, string className) => With(_nodes[key] with { ClassName = className });

    /// <summary>The full path of a key, as ObQueryNameString gives it.</summary>
    public string PathOf(int key)
    {
        var parts = new Stack<string>();
        for (RegistryNode node = _nodes[key]; node.Number != Root; node = _nodes[node.Parent]) parts.Push(node.Name);
        return "\\" + string.Join('\\', parts);
    }

    /// <summary>Writes the content in one fixed order: what a machine's hash takes in.</summary>
    public void WriteTo(BinaryWriter writer)
    {
        writer.Write(_next);
        foreach (int number in _nodes.Keys.Order())
        {
            RegistryNode node = _nodes[number];
            writer.Write(node.Number);
            writer.Write(node.Parent);
            writer.Write(node.Name);
            writer.Write(node.Volatile);
            writer.Write(node.LinkTarget ?? "");
            writer.Write(node.ClassName);
            writer.Write(node.LastWrite);
            foreach (RegistryValue value in node.Values)
            {
                writer.Write(value.Name);
                writer.Write((uint)value.Type);
                writer.Write(value.Data.Length);
                writer.Write(value.Data.AsSpan());
            }
        }
    }

    /// <summary>A text picture of a subtree, for transcripts and tests.</summary>
    public string Describe(string path)
    {
        var text = new StringBuilder();
        if (TryOpen(path, out int top)) Describe(text, top, path);
        return text.ToString();
    }

    void Describe(StringBuilder text, int key, string path)
    {
        // Keys in depth-first order on an explicit stack: how deep the tree is was decided by whoever wrote the keys.
        var stack = new Stack<(int Key, string Path)>([(key, path)]);
        while (stack.TryPop(out (int Key, string Path) item))
        {
            RegistryNode node = _nodes[item.Key];
            text.Append('[').Append(item.Path).Append("]\n");
            foreach (RegistryValue value in node.Values)
                text.Append("  ").Append(value.Name.Length == 0 ? "@" : value.Name).Append(" = ").Append(Show(value)).Append('\n');
            foreach ((string name, int child) in node.Subkeys.Reverse()) stack.Push((child, item.Path + "\\" + name));
        }
    }

    static string Show(RegistryValue value) => value.Type switch
    {
        RegistryValueType.DWord when value.AsNumber() is { } number => $"dword:{number:x8}",
        RegistryValueType.MultiString => string.Join(", ", value.AsTexts().Select(text => $"\"{text}\"")),
        _ => value.AsText() is { } text ? $"\"{text}\"" : $"hex({(uint)value.Type:x}):{Convert.ToHexString(value.Data.AsSpan())}",
    };

    Registry AddChild(int parent, string name, bool isVolatile, out int key)
    {
        key = _next;
        RegistryNode above = _nodes[parent];
        var node = new RegistryNode(key, parent, name, NoSubkeys, [], isVolatile || above.Volatile && parent != Root);
        return new(_nodes.Add(key, node).SetItem(parent, above with { Subkeys = above.Subkeys.Add(name, key) }), _next + 1);
    }

    Registry With(RegistryNode node) => new(_nodes.SetItem(node.Number, node), _next);

    static int IndexOf(RegistryNode node, string name)
    {
        for (int i = 0; i < node.Values.Length; i++)
            if (string.Equals(node.Values[i].Name, name, StringComparison.OrdinalIgnoreCase)) return i;
        return -1;
    }

    static string[] Split(string path) => path.Split('\\', StringSplitOptions.RemoveEmptyEntries);

    static Registry CreateEmpty()
    {
        var root = new RegistryNode(Root, Root, "", NoSubkeys, []);
        var registry = new Registry(ImmutableDictionary<int, RegistryNode>.Empty.Add(Root, root), Root + 1);
        registry = registry.Create(@"\Registry\Machine\SYSTEM\ControlSet001\Services", out _)
            .Create(@"\Registry\Machine\SYSTEM\ControlSet001\Enum", out _)
            .Create(@"\Registry\Machine\SYSTEM\ControlSet001\Control\Class", out _)
            .Create(@"\Registry\Machine\SOFTWARE\Microsoft\Windows NT\CurrentVersion", out _)
            .Create(@"\Registry\Machine\HARDWARE\DESCRIPTION\System", out _)
            .Create(@"\Registry\Machine\HARDWARE\DEVICEMAP", out _)
            .Create(@"\Registry\Machine\HARDWARE\RESOURCEMAP", out _)
            .Create(@"\Registry\User\.DEFAULT", out _);
        return registry.Link(@"\Registry\Machine\SYSTEM\CurrentControlSet", @"\Registry\Machine\SYSTEM\ControlSet001");
    }
}
