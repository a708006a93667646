using System.Collections.Immutable;
using System.Globalization;
using KdSim.Tracing.Etl.Format;

namespace KdSim.Tracing.Etl.Providers;

/// <summary>An event of a provider: numbers, names and payload.</summary>
/// <param name="Opcode">0 where the task alone names the event.</param>
public sealed record ProviderEvent(
    EventProvider Provider, ushort Id, byte Version, string Name, ushort Task, byte Opcode, byte Level, ulong Keyword, PayloadTemplate Payload)
{
    /// <summary>The name of the event's task.</summary>
    public string TaskName => Provider.Tasks.FirstOrDefault(task => task.Value == Task).Key ?? Name;
}

/// <summary>
/// A provider whose events are written here, declared as a table: lines <c>id:Name vVERSION [task/opcode] keyword: fields</c>, the fields as in the kernel's
/// tables, with <c>Name:Map</c> where a value map names the values. An id is never used for another event; a changed payload gets a new version.
/// </summary>
public sealed class EventProvider
{
    const byte Informational = 4;

    readonly Dictionary<ushort, ProviderEvent> _events = [];
    readonly Dictionary<string, ProviderEvent> _names = [];
    readonly Lazy<byte[]> _manifest;

    public EventProvider(
        string name, Guid guid, IReadOnlyDictionary<string, ulong> keywords, IReadOnlyDictionary<string, ushort> tasks, IEnumerable<ValueMap> maps,
        string table)
    {
        (Name, Guid, Keywords) = (name, guid, keywords);
        Maps = maps.ToImmutableDictionary(map => map.Name);
        var taskNumbers = new SortedDictionary<string, ushort>(tasks.ToDictionary(), StringComparer.Ordinal);
        foreach (string line in Lines(table)) Add(line, taskNumbers);
        Tasks = taskNumbers;
        _manifest = new(() => ManifestWriter.Write(this));
    }

    /// <summary>As instrumentation XML, in UTF-8.</summary>
    public ReadOnlySpan<byte> Manifest => _manifest.Value;

    public string Name { get; }

    public Guid Guid { get; }

    /// <summary>Bits by name.</summary>
    public IReadOnlyDictionary<string, ulong> Keywords { get; }

    /// <summary>Numbers by name: those given, and for each event without a task one of its own name and number.</summary>
    public IReadOnlyDictionary<string, ushort> Tasks { get; }

    public ImmutableDictionary<string, ValueMap> Maps { get; }

    /// <summary>All events by number.</summary>
    public IEnumerable<ProviderEvent> Events => _events.Values.OrderBy(declared => declared.Id);

    /// <summary>The event of this number, in the version that is written now.</summary>
    public ProviderEvent this[ushort id] => _events[id];

    /// <summary>The event of this name, in the version that is written now.</summary>
    public ProviderEvent Named(string name) => _names[name];

    void Add(string line, SortedDictionary<string, ushort> tasks)
    {
        int colon = line.IndexOf(": ", StringComparison.Ordinal);
        string[] words = (colon < 0 ? line.TrimEnd(':') : line[..colon]).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string[] head = words[0].Split(':');
        ushort id = ushort.Parse(head[0], CultureInfo.InvariantCulture);
        byte version = byte.Parse(words[1].AsSpan(1), CultureInfo.InvariantCulture);
        string[] task = words.Length > 3 ? words[2].Split('/') : [head[1], "Info"];
        if (!tasks.TryGetValue(task[0], out ushort number)) tasks.Add(task[0], number = id);
        byte opcode = task[1] switch { "Info" => 0, "Start" => 1, "Stop" => 2, string other => throw new FormatException($"'{other}' is no opcode") };
        var declared = new ProviderEvent(
            this, id, version, head[1], number, opcode, Informational, Keywords[words[^1]], Fields(colon < 0 ? "" : line[(colon + 2)..]));
        _names.Add(head[1], declared);
        if (!_events.TryAdd(id, declared)) throw new FormatException($"{Name}: the number {id} is used twice");
    }

    PayloadTemplate Fields(string text)
    {
        if (text.Length == 0) return PayloadTemplate.Empty;
        var mapped = new Dictionary<string, ValueMap>();
        string[] items = text.Split(',', StringSplitOptions.TrimEntries);
        for (int i = 0; i < items.Length; i++)
            if (items[i].IndexOf(':') is var colon and >= 0)
            {
                ValueMap map = Maps[items[i][(colon + 1)..]];
                items[i] = items[i][..colon];
                mapped.Add(items[i][(items[i].IndexOf(' ') + 1)..], map);
            }
        PayloadTemplate plain = TemplateText.Parse(string.Join(',', items));
        return new PayloadTemplate([.. plain.Fields.Select(field => field with { Map = mapped.GetValueOrDefault(field.Name) })]);
    }

    static IEnumerable<string> Lines(string table) =>
        table.ReplaceLineEndings("\n").Replace("\n ", " ", StringComparison.Ordinal)
            .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
