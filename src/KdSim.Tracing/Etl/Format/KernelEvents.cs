using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;

namespace KdSim.Tracing.Etl.Format;

/// <summary>
/// The classic events that are known, declared once in the tables beside this file. Names of tasks, events and fields are TraceEvent's
/// where it has them, else those of the kernel's headers. A declaration holds from its version up to the next one of the same opcode.
/// </summary>
public static partial class KernelEvents
{
    static readonly FrozenDictionary<(Guid Task, byte Opcode), ImmutableArray<KernelEvent>> ByOpcode = Load();

    /// <summary>All declarations, by task, opcode and version.</summary>
    public static IEnumerable<KernelEvent> All =>
        ByOpcode.Values.SelectMany(versions => versions)
            .OrderBy(known => known.Task, StringComparer.Ordinal).ThenBy(known => known.Opcode).ThenBy(known => known.Version);

    /// <summary>The declaration for an event; null if none is known for that opcode, or only later ones.</summary>
    public static KernelEvent? Find(in Guid task, byte opcode, byte version)
    {
        if (!ByOpcode.TryGetValue((task, opcode), out ImmutableArray<KernelEvent> versions)) return null;
        for (int i = versions.Length - 1; i >= 0; i--)
            if (versions[i].Version <= version)
                return versions[i];
        return null;
    }

    public static KernelEvent? Find(KernelGroup group, byte opcode, byte version) => Find(KernelGroups.GuidOf(group, opcode), opcode, version);

    /// <summary>The newest declaration of an event, by its full name (<c>PerfInfo/ISR</c>) and, where opcodes share a name, its opcode.</summary>
    public static KernelEvent Named(string fullName, byte? opcode = null) =>
        ByOpcode.Values.Select(versions => versions[^1]).SingleOrDefault(known => known.FullName == fullName && (opcode ?? known.Opcode) == known.Opcode)
        ?? throw new InvalidOperationException($"no single kernel event is called {fullName}");

    /// <summary>The name under which TraceEvent lists classic kernel events.</summary>
    public const string ProviderName = "Windows Kernel";

    /// <summary>The name of an opcode in any version; as TraceEvent writes it where none is known.</summary>
    public static string OpcodeName(in Guid task, byte opcode) =>
        ByOpcode.TryGetValue((task, opcode), out ImmutableArray<KernelEvent> versions) ? versions[^1].Name : $"Opcode({opcode})";

    /// <summary>The task's name; null for a GUID that no table declares.</summary>
    public static string? TaskName(in Guid task) => TaskNames.GetValueOrDefault(task);

    static readonly FrozenDictionary<Guid, string> TaskNames = Tables().Select(table => (table.Task, table.Name)).Concat(UndeclaredTasks())
        .ToFrozenDictionary(pair => pair.Task, pair => pair.Name);

    /// <summary>
    /// A table: a task's GUID and name, and lines <c>opcode:Name opcode:Name vVERSION: fields</c>. A name with a slash brings its own task.
    /// </summary>
    readonly record struct Table(Guid Task, KernelGroup? Group, string Name, string Lines)
    {
        public Table(KernelGroup group, string name, string lines) : this(KernelGroups.GuidOf(group), group, name, lines) { }
    }

    static IEnumerable<Table> Tables() => [.. SystemTables(), .. SchedulingTables(), .. InputOutputTables(), .. MemoryAndNetworkTables()];

    static IEnumerable<(Guid Task, string Name)> UndeclaredTasks()
    {
        HashSet<Guid> declared = [.. Tables().Select(table => table.Task)];
        return Enum.GetValues<KernelGroup>().Select(group => (KernelGroups.GuidOf(group), group.ToString()))
            .Append((ClassicProviders.MetaData, "MetaData")).Where(task => !declared.Contains(task.Item1));
    }

    static FrozenDictionary<(Guid Task, byte Opcode), ImmutableArray<KernelEvent>> Load()
    {
        var all = new List<KernelEvent>();
        foreach (Table table in Tables())
            foreach (string line in LinesOf(table.Lines))
                AddLine(table, line, all);
        return all.GroupBy(known => (known.TaskGuid, known.Opcode))
            .ToFrozenDictionary(group => group.Key, group => group.OrderBy(known => known.Version).ToImmutableArray());
    }

    /// <summary>A line that begins with a blank goes on with the one before it.</summary>
    static IEnumerable<string> LinesOf(string text) =>
        text.ReplaceLineEndings("\n").Replace("\n ", " ", StringComparison.Ordinal)
            .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    static void AddLine(Table table, string line, List<KernelEvent> all)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        int last = Array.FindIndex(words, word => word.StartsWith('v') && word.EndsWith(':'));
        if (last < 1) throw new FormatException($"'{line}' of {table.Name} has no version");
        byte version = byte.Parse(words[last].AsSpan(1, words[last].Length - 2), CultureInfo.InvariantCulture);
        PayloadTemplate payload = TemplateText.Parse(string.Join(' ', words[(last + 1)..]));
        foreach (string word in words[..last])
        {
            string[] parts = word.Split(':');
            byte opcode = byte.Parse(parts[0], CultureInfo.InvariantCulture);
            string[] names = parts[1].Split('/');
            KernelGroup? group = table.Group == KernelGroup.Image && opcode == KernelGroups.ImageLoadOpcode ? KernelGroup.Process : table.Group;
            all.Add(new KernelEvent(table.Task, group, opcode, version, names.Length > 1 ? names[0] : table.Name, names[^1], payload));
        }
    }
}
