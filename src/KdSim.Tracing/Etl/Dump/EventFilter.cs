using System.Globalization;
using System.IO.Enumeration;
using KdSim.Tracing.Etl.Decoding;
using KdSim.Tracing.Etl.Format;
using KdSim.Tracing.Etl.Reading;

namespace KdSim.Tracing.Etl.Dump;

/// <summary>Which events are wanted. What is null or empty excludes nothing; everything given must hold.</summary>
public sealed record EventFilter
{
    /// <summary>Name (with * and ?) or GUID of the provider, or the task's GUID.</summary>
    public string? Provider { get; init; }

    /// <summary>Name (with * and ?) or number of the event.</summary>
    public string? Event { get; init; }

    public IReadOnlySet<int> Processors { get; init; } = new HashSet<int>();
    public IReadOnlySet<uint> Processes { get; init; } = new HashSet<uint>();
    public IReadOnlySet<uint> Threads { get; init; } = new HashSet<uint>();

    /// <summary>In ticks of the file; the upper bound is excluded.</summary>
    public long? From { get; init; }

    public long? To { get; init; }

    public IReadOnlyList<FieldCondition> Fields { get; init; } = [];

    /// <summary>The cheap tests come first; the payload is decoded only when a field is asked for.</summary>
    public bool Accepts(in EventRecord record, EventDecoder decoder, out EventDescription description)
    {
        description = null!;
        if (!AcceptsHead(record)) return false;
        description = decoder.Describe(record);
        return AcceptsNames(record, description);
    }

    /// <summary>For an event whose description is known already.</summary>
    public bool Accepts(in EventRecord record, EventDescription description) => AcceptsHead(record) && AcceptsNames(record, description);

    bool AcceptsHead(in EventRecord record)
    {
        if (record.TimeStamp < From || record.TimeStamp >= To) return false;
        if (Processors.Count > 0 && !Processors.Contains(record.Processor)) return false;
        if (Processes.Count > 0 && !Processes.Contains(record.ProcessId)) return false;
        return Threads.Count == 0 || Threads.Contains(record.ThreadId);
    }

    bool AcceptsNames(in EventRecord record, EventDescription description)
    {
        if (Provider is not null && !IsProvider(record, description)) return false;
        if (Event is not null && !IsEvent(record, description)) return false;
        foreach (FieldCondition condition in Fields)
            if (!condition.Holds(record, description))
                return false;
        return true;
    }

    bool IsProvider(in EventRecord record, EventDescription description) =>
        Guid.TryParse(Provider, out Guid guid) ? record.Provider == guid : Matches(Provider!, description.Provider);

    bool IsEvent(in EventRecord record, EventDescription description) =>
        int.TryParse(Event, CultureInfo.InvariantCulture, out int number) ? record.Number == number : Matches(Event!, description.Name);

    static bool Matches(string pattern, string name) => FileSystemName.MatchesSimpleExpression(pattern, name);
}

/// <summary>A comparison with a field of the payload: <c>Vector=0x61</c>, <c>FileName~sys</c>. Numbers are compared as numbers, the rest as text.</summary>
public sealed record FieldCondition(string Field, string Operator, string Value)
{
    /// <summary>Longer ones first; ~ is "contains".</summary>
    static readonly string[] Operators = ["!=", "<=", ">=", "=", "<", ">", "~"];

    /// <exception cref="FormatException">The text has no field, operator and value.</exception>
    public static FieldCondition Parse(string text)
    {
        int at = text.AsSpan().IndexOfAny("!=<>~");
        string? found = at <= 0 ? null : Operators.FirstOrDefault(candidate => string.CompareOrdinal(text, at, candidate, 0, candidate.Length) == 0);
        return found is null
            ? throw new FormatException($"'{text}' is no condition: a field, one of {string.Join(' ', Operators)}, and a value were expected")
            : new FieldCondition(text[..at].Trim(), found, text[(at + found.Length)..].Trim());
    }

    /// <summary>A field that the event does not have fulfils no condition; of an array, one element must.</summary>
    public bool Holds(in EventRecord record, EventDescription description)
    {
        PayloadReader reader = EventDecoder.Read(record, description);
        while (reader.MoveNext())
        {
            if (reader.Token != PayloadToken.Value || !reader.Field.Name.Equals(Field, StringComparison.OrdinalIgnoreCase)) continue;
            for (int i = 0; i < reader.Count; i++)
                if (Compare(reader, i))
                    return true;
        }
        return false;
    }

    bool Compare(scoped in PayloadReader reader, int element)
    {
        string text = ValueText.Of(reader, element);
        if (Operator == "~") return text.Contains(Value, StringComparison.OrdinalIgnoreCase);
        int order = TryNumber(text, out Int128 left) && TryNumber(Value, out Int128 right)
            ? left.CompareTo(right)
            : string.Compare(text, Value, StringComparison.OrdinalIgnoreCase);
        return Operator switch
        {
            "=" => order == 0,
            "!=" => order != 0,
            "<" => order < 0,
            "<=" => order <= 0,
            ">" => order > 0,
            _ => order >= 0,
        };
    }

    static bool TryNumber(string text, out Int128 number) => text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
        ? Int128.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number)
        : Int128.TryParse(text, CultureInfo.InvariantCulture, out number);
}
