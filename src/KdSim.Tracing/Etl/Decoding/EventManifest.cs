using System.Collections.Immutable;
using System.Globalization;
using System.Xml;
using System.Xml.Linq;
using KdSim.Tracing.Etl.Format;

namespace KdSim.Tracing.Etl.Decoding;

/// <summary>A provider's manifest (instrumentation XML, or EventSource's): its events by number and version.</summary>
public sealed class EventManifest
{
    readonly Dictionary<(ushort Id, byte Version), EventDescription> _events = [];

    EventManifest(string name, Guid guid) => (Name, Guid) = (name, guid);

    public string Name { get; }

    public Guid Guid { get; }

    public IReadOnlyCollection<EventDescription> Events => _events.Values;

    /// <summary>The event of this version, or of the next lower one; null if there is none.</summary>
    public EventDescription? Find(ushort id, byte version)
    {
        for (int candidate = version; candidate >= 0; candidate--)
            if (_events.TryGetValue((id, (byte)candidate), out EventDescription? found))
                return found;
        return null;
    }

    /// <summary>Reads all providers of a manifest.</summary>
    /// <exception cref="InvalidDataException">It is no XML, or a number or name in it is wrong; the message says where.</exception>
    public static ImmutableArray<EventManifest> Parse(Stream xml, string name)
    {
        try
        {
            using XmlReader reader = XmlReader.Create(xml, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
            XDocument document = XDocument.Load(reader, LoadOptions.SetLineInfo);
            Dictionary<string, string> strings = [];
            foreach (XElement text in Descendants(document.Root!, "string"))
                if ((string?)text.Attribute("id") is { } id)
                    strings.TryAdd(id, (string?)text.Attribute("value") ?? "");
            ImmutableArray<EventManifest> providers =
            [
                .. Descendants(document.Root!, "provider").Where(provider => provider.Attribute("guid") is not null)
                    .Select(provider => Read(provider, strings)),
            ];
            return providers.IsEmpty ? throw new InvalidDataException($"{name}: the manifest declares no provider") : providers;
        }
        catch (Exception error) when (error is XmlException or FormatException or OverflowException or ArgumentException)
        {
            throw new InvalidDataException($"{name}: not a manifest: {error.Message}");
        }
    }

    static EventManifest Read(XElement provider, Dictionary<string, string> strings)
    {
        var manifest = new EventManifest((string?)provider.Attribute("name") ?? "", Guid.Parse((string)provider.Attribute("guid")!));
        Dictionary<string, ValueMap> maps = [];
        foreach (XElement map in Descendants(provider, "valueMap").Concat(Descendants(provider, "bitMap")))
            if ((string?)map.Attribute("name") is { } name)
                maps.TryAdd(name, ReadMap(name, map, strings));
        Dictionary<string, PayloadTemplate> templates = [];
        foreach (XElement template in Descendants(provider, "template"))
            if ((string?)template.Attribute("tid") is { } id)
                templates.TryAdd(id, new TemplateReader(maps).Read(template));
        foreach (XElement declared in Descendants(provider, "event")) manifest.Add(declared, templates);
        return manifest;
    }

    void Add(XElement declared, Dictionary<string, PayloadTemplate> templates)
    {
        if (declared.Attribute("value") is null) return;
        ushort id = (ushort)Number(declared, "value");
        byte version = (byte)Number(declared, "version");
        PayloadTemplate template = PayloadTemplate.Empty;
        if ((string?)declared.Attribute("template") is { } name && !templates.TryGetValue(name, out template!))
            throw new FormatException($"event {id} uses the template {name}, which is not declared");
        _events.TryAdd((id, version), new EventDescription(Name, NameOf(declared, id), template, DescriptionSource.Manifest));
    }

    /// <summary>As TraceEvent names it: the task, with the opcode where that says more than "information".</summary>
    static string NameOf(XElement declared, ushort id)
    {
        string? task = Bare((string?)declared.Attribute("task")), opcode = Bare((string?)declared.Attribute("opcode"));
        string name = task is null or "None" or "" ? (string?)declared.Attribute("symbol") ?? $"EventID({id})" : task;
        return opcode is null or "Info" or "" ? name : $"{name}/{opcode}";
    }

    static string? Bare(string? name) => name?[(name.IndexOf(':') + 1)..];

    static ValueMap ReadMap(string name, XElement map, Dictionary<string, string> strings)
    {
        ImmutableDictionary<ulong, string>.Builder names = ImmutableDictionary.CreateBuilder<ulong, string>();
        foreach (XElement entry in Descendants(map, "map"))
            names[Number(entry, "value")] = Resolve((string?)entry.Attribute("message") ?? (string?)entry.Attribute("symbol") ?? "", strings);
        return new ValueMap(name, map.Name.LocalName == "bitMap", names.ToImmutable());
    }

    /// <summary>A reference to the string table: <c>$(string.ID)</c>.</summary>
    static string Resolve(string text, Dictionary<string, string> strings) =>
        text.StartsWith("$(string.", StringComparison.Ordinal) && text.EndsWith(')') ? strings.GetValueOrDefault(text[9..^1], text) : text;

    static IEnumerable<XElement> Descendants(XElement element, string name) => element.Descendants().Where(inner => inner.Name.LocalName == name);

    static ulong Number(XElement element, string attribute)
    {
        string text = (string?)element.Attribute(attribute) ?? "0";
        bool hex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        if (hex && ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong number)) return number;
        if (!hex && long.TryParse(text, CultureInfo.InvariantCulture, out long plain)) return (ulong)plain;
        if (!hex && ulong.TryParse(text, CultureInfo.InvariantCulture, out number)) return number;
        throw new FormatException($"line {((IXmlLineInfo)element).LineNumber}: {attribute} is '{text}', a number was expected");
    }

    /// <summary>Reads a template's data and structs; counts and lengths may name an earlier field.</summary>
    sealed class TemplateReader(Dictionary<string, ValueMap> maps)
    {
        readonly Dictionary<string, int> _slots = [];

        public PayloadTemplate Read(XElement template)
        {
            foreach (XElement element in template.Descendants())
            {
                Reserve((string?)element.Attribute("count"));
                Reserve((string?)element.Attribute("length"));
            }
            return new PayloadTemplate(Fields(template));
        }

        void Reserve(string? extent)
        {
            if (extent is null || ushort.TryParse(extent, CultureInfo.InvariantCulture, out _) || _slots.ContainsKey(extent)) return;
            if (_slots.Count == PayloadTemplate.MostSlots) throw new FormatException($"more than {PayloadTemplate.MostSlots} fields are counts or lengths");
            _slots.Add(extent, _slots.Count);
        }

        ImmutableArray<PayloadField> Fields(XElement parent) =>
            [.. parent.Elements().Where(element => element.Name.LocalName is "data" or "struct").Select(Field)];

        PayloadField Field(XElement element)
        {
            string name = (string?)element.Attribute("name") ?? "";
            Extent count = ExtentOf((string?)element.Attribute("count")), length = ExtentOf((string?)element.Attribute("length"));
            if (element.Name.LocalName == "struct") return new PayloadField(name, WireType.Struct) { Count = count, Members = Fields(element) };
            string inType = (string?)element.Attribute("inType") ?? "win:UnicodeString";
            if (TdhTypes.In(inType) is not { } type)
                throw new FormatException($"line {((IXmlLineInfo)element).LineNumber}: {name} is of type {inType}, which is not known");
            OutType shown = TdhTypes.Out((string?)element.Attribute("outType"), type.Out);
            // The 16 bytes of an IPv6 address need no length.
            if (type.Wire == WireType.Binary && shown == OutType.Ipv6 && length.Kind == ExtentKind.None) length = Extent.Fixed(16);
            // A binary without length takes the rest.
            if (type.Wire == WireType.Binary && length.Kind == ExtentKind.None) length = Extent.Rest;
            return new PayloadField(name, type.Wire, shown)
            {
                Count = count,
                Length = length,
                Slot = _slots.GetValueOrDefault(name, -1),
                Map = (string?)element.Attribute("map") is { } map ? maps.GetValueOrDefault(map) : null,
            };
        }

        Extent ExtentOf(string? text) =>
            text is null ? Extent.None
            : ushort.TryParse(text, CultureInfo.InvariantCulture, out ushort number) ? Extent.Fixed(number)
            : Extent.OfSlot(_slots[text]);
    }
}
