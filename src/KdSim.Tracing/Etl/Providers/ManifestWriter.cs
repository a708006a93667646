using System.Globalization;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using KdSim.Tracing.Etl.Format;

namespace KdSim.Tracing.Etl.Providers;

/// <summary>The manifest of a provider as instrumentation XML, in the shape in which EventSource writes it into a trace.</summary>
public static class ManifestWriter
{
    static readonly XNamespace Events = "http://schemas.microsoft.com/win/2004/08/events";
    static readonly XNamespace Windows = "http://manifests.microsoft.com/win/2004/08/windows/events";
    static readonly XNamespace Schema = "http://www.w3.org/2001/XMLSchema";

    /// <summary>UTF-8, without a byte order mark and with line ends as LF: the same bytes for the same declarations.</summary>
    public static byte[] Write(EventProvider provider)
    {
        var strings = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var element = new XElement(Events + "instrumentationManifest",
            new XElement(Events + "instrumentation",
                new XAttribute(XNamespace.Xmlns + "xs", Schema.NamespaceName), new XAttribute(XNamespace.Xmlns + "win", Windows.NamespaceName),
                new XElement(Events + "events", Provider(provider, strings))),
            new XElement(Events + "localization",
                new XElement(Events + "resources", new XAttribute("culture", "en-US"),
                    new XElement(Events + "stringTable", strings.Select(pair =>
                        new XElement(Events + "string", new XAttribute("id", pair.Key), new XAttribute("value", pair.Value)))))));
        var text = new MemoryStream();
        var settings = new XmlWriterSettings
        {
            Encoding = new UTF8Encoding(false), OmitXmlDeclaration = true, NewLineChars = "\n",
        };
        using (var writer = XmlWriter.Create(text, settings)) element.WriteTo(writer);
        return text.ToArray();
    }

    static XElement Provider(EventProvider provider, SortedDictionary<string, string> strings)
    {
        strings["event_ProviderName"] = provider.Name;
        foreach ((string name, _) in provider.Keywords) strings[$"keyword_{name}"] = name;
        foreach ((string name, _) in provider.Tasks) strings[$"task_{name}"] = name;
        return new XElement(Events + "provider",
            new XAttribute("name", provider.Name), new XAttribute("guid", provider.Guid.ToString("B")), new XAttribute("resourceFileName", provider.Name),
            new XAttribute("messageFileName", provider.Name), new XAttribute("symbol", provider.Name.Replace("-", "", StringComparison.Ordinal)),
            new XElement(Events + "tasks", provider.Tasks.OrderBy(task => task.Value).Select(task => new XElement(Events + "task",
                new XAttribute("name", task.Key), new XAttribute("message", $"$(string.task_{task.Key})"), new XAttribute("value", task.Value)))),
            new XElement(Events + "maps", provider.Maps.Values.OrderBy(map => map.Name, StringComparer.Ordinal).Select(map => Map(map, strings))),
            new XElement(Events + "keywords", provider.Keywords.OrderBy(keyword => keyword.Value).Select(keyword => new XElement(Events + "keyword",
                new XAttribute("name", keyword.Key), new XAttribute("message", $"$(string.keyword_{keyword.Key})"),
                new XAttribute("mask", Hex(keyword.Value))))),
            new XElement(Events + "events", provider.Events.Select(Event)),
            new XElement(Events + "templates", provider.Events.Where(declared => declared.Payload.Fields.Length > 0).Select(Template)));
    }

    static XElement Map(ValueMap map, SortedDictionary<string, string> strings)
    {
        var element = new XElement(Events + (map.IsBits ? "bitMap" : "valueMap"), new XAttribute("name", map.Name));
        foreach ((ulong value, string name) in map.Names.OrderBy(pair => pair.Key))
        {
            string id = $"map_{map.Name}{name}";
            strings[id] = name;
            element.Add(new XElement(Events + "map", new XAttribute("value", Hex(value)), new XAttribute("message", $"$(string.{id})")));
        }
        return element;
    }

    static XElement Event(ProviderEvent declared)
    {
        var element = new XElement(Events + "event", new XAttribute("value", declared.Id), new XAttribute("version", declared.Version),
            new XAttribute("level", "win:Informational"), new XAttribute("symbol", declared.Name), new XAttribute("task", declared.TaskName));
        if (declared.Opcode != 0) element.Add(new XAttribute("opcode", declared.Opcode == 1 ? "win:Start" : "win:Stop"));
        element.Add(new XAttribute("keywords", declared.Provider.Keywords.Single(keyword => keyword.Value == declared.Keyword).Key));
        if (declared.Payload.Fields.Length > 0) element.Add(new XAttribute("template", $"{declared.Name}Args"));
        return element;
    }

    static XElement Template(ProviderEvent declared) => new(Events + "template", new XAttribute("tid", $"{declared.Name}Args"),
        declared.Payload.Fields.Select(field =>
        {
            var data = new XElement(Events + "data", new XAttribute("name", field.Name), new XAttribute("inType", InType(field)));
            if (OutType(field) is { } outType) data.Add(new XAttribute("outType", outType));
            if (field.Map is { } map) data.Add(new XAttribute("map", map.Name));
            // A text without a NUL is as long as the field before it says.
            if (field.Length.Kind == ExtentKind.Rest) data.Add(new XAttribute("length", $"{field.Name}Length"));
            return data;
        }));

    static string InType(PayloadField field) => field.Type switch
    {
        WireType.UInt8 or WireType.UInt16 or WireType.UInt32 or WireType.UInt64 or WireType.Int32 or WireType.Int64 or WireType.Pointer
            or WireType.UnicodeString => $"win:{field.Type}",
        _ => throw new InvalidOperationException($"{field.Name}: {field.Type} is not for manifests written here"),
    };

    /// <summary>How a number is shown. Not by win:HexInt32 as its inType: TraceEvent does not know that, and drops the field and all behind it.</summary>
    static string? OutType(PayloadField field) => (field.Type, field.Out) switch
    {
        (WireType.UInt32, Format.OutType.NtStatus) => "win:NTSTATUS",
        (WireType.UInt32, Format.OutType.Hex) => "win:HexInt32",
        (WireType.UInt64, Format.OutType.Hex) => "win:HexInt64",
        _ => null,
    };

    static string Hex(ulong value) => string.Create(CultureInfo.InvariantCulture, $"0x{value:x}");
}
