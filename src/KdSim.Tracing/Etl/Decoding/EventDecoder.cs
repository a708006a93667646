using System.IO.Hashing;
using KdSim.Tracing.Etl.Format;
using KdSim.Tracing.Etl.Reading;

namespace KdSim.Tracing.Etl.Decoding;

/// <summary>
/// Finds what is known of an event: the kernel tables, the manifests in the trace and those given, the metadata that merging left, and what
/// TraceLogging events say of themselves. An answer is found once for each kind of event, then remembered.
/// </summary>
public sealed class EventDecoder
{
    readonly Dictionary<Guid, EventManifest> _manifests = [];
    readonly Dictionary<(Guid Provider, ushort Id, byte Version), EventDescription> _merged = [];
    readonly Dictionary<Key, EventDescription> _known = [];
    readonly List<string> _problems = [];
    Key _lastKey;
    EventDescription? _last;

    readonly record struct Key(Guid Provider, int Number, EventNumbering Numbering, byte Version, ulong Schema);

    /// <summary>Manifests and metadata of a trace that could not be read.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>The providers whose manifests are known.</summary>
    public IEnumerable<EventManifest> Manifests => _manifests.Values;

    /// <summary>A decoder that knows the manifests in a trace.</summary>
    public static EventDecoder Of(EtlFile file)
    {
        var decoder = new EventDecoder();
        var chunks = new ManifestChunks();
        foreach (MetadataRecord record in file.Metadata)
        {
            if (record.Opcode == ManifestChunks.Opcode) decoder.AddChunk(chunks, record.Provider, record.Payload);
            else if (MergedMetadata.Read(record.Payload) is { } merged)
                decoder._merged.TryAdd((merged.Provider, merged.Id, merged.Version), merged.Description);
        }
        return decoder;
    }

    /// <summary>Adds a manifest; a provider that is known already keeps what it has.</summary>
    public void Add(EventManifest manifest)
    {
        _manifests.TryAdd(manifest.Guid, manifest);
        _known.Clear();
        _last = null;
    }

    void AddChunk(ManifestChunks chunks, Guid provider, byte[] payload)
    {
        if (chunks.Add(provider, payload) is not { } xml) return;
        try
        {
            foreach (EventManifest manifest in EventManifest.Parse(new MemoryStream(xml), $"the manifest of provider {provider}")) Add(manifest);
        }
        catch (InvalidDataException error)
        {
            _problems.Add(error.Message);
        }
    }

    /// <summary>Names and template of an event. Allocates only when a kind of event is seen for the first time.</summary>
    public EventDescription Describe(in EventRecord record)
    {
        ulong schema = 0;
        ReadOnlySpan<byte> schemaBytes = default;
        if (record.Numbering == EventNumbering.Id && record.HasItems)
        {
            schemaBytes = Item(record, ExtendedItemType.TraceLoggingSchema);
            if (!schemaBytes.IsEmpty) schema = XxHash3.HashToUInt64(schemaBytes) | 1;
        }
        var key = new Key(record.Provider, record.Number, record.Numbering, record.Version, schema);
        if (_last is not null && key == _lastKey) return _last;
        if (!_known.TryGetValue(key, out EventDescription? description)) _known[key] = description = Find(record, schemaBytes);
        _lastKey = key;
        return _last = description;
    }

    /// <summary>A reader over the event's payload; of an event without a template, one that ends at once.</summary>
    public static PayloadReader Read(in EventRecord record, EventDescription description) =>
        new(description.Template ?? PayloadTemplate.Empty, record.Payload, record.PointerSize);

    EventDescription Find(in EventRecord record, ReadOnlySpan<byte> schema) => record.Numbering switch
    {
        EventNumbering.Opcode => Classic(record),
        EventNumbering.Message => new EventDescription($"{record.Provider}", $"Message({record.Number})", null, DescriptionSource.None),
        _ => Registered(record, schema),
    };

    static EventDescription Classic(in EventRecord record)
    {
        Guid task = record.Provider;
        if (KernelEvents.Find(task, record.Opcode, record.Version) is { } kernel)
            return new EventDescription(KernelEvents.ProviderName, kernel.FullName, kernel.Payload, DescriptionSource.Kernel);
        // The names of TraceEvent for what has no template.
        return KernelEvents.TaskName(task) is { } name
            ? new EventDescription(KernelEvents.ProviderName, $"{name}/{KernelEvents.OpcodeName(task, record.Opcode)}", null, DescriptionSource.None)
            : new EventDescription($"{task}", $"Opcode({record.Opcode})", null, DescriptionSource.None);
    }

    EventDescription Registered(in EventRecord record, ReadOnlySpan<byte> schema)
    {
        Guid provider = record.Provider;
        ushort id = (ushort)record.Number;
        if (!schema.IsEmpty && TraceLogging.Read(schema, Item(record, ExtendedItemType.ProviderTraits)) is { } own)
            return own.Provider.Length > 0 ? own : own with { Provider = ProviderName(provider) };
        if (_manifests.TryGetValue(provider, out EventManifest? manifest) && manifest.Find(id, record.Version) is { } declared) return declared;
        if (_merged.TryGetValue((provider, id, record.Version), out EventDescription? merged)) return merged;
        if (id == ManifestChunks.EventId && record.Opcode == ManifestChunks.Opcode)
            return new EventDescription(ProviderName(provider), "ManifestData", null, DescriptionSource.None);
        return new EventDescription(ProviderName(provider), $"EventID({id})", null, DescriptionSource.None);
    }

    string ProviderName(Guid provider)
    {
        if (_manifests.TryGetValue(provider, out EventManifest? manifest)) return manifest.Name;
        foreach (((Guid known, _, _), EventDescription description) in _merged)
            if (known == provider)
                return description.Provider;
        return $"{provider}";
    }

    static ReadOnlySpan<byte> Item(scoped in EventRecord record, ExtendedItemType type)
    {
        foreach (ExtendedItem item in record.Items)
            if (item.Type == type)
                return item.Data;
        return default;
    }
}
