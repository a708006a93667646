using KdSim.Tracing.Etl.Decoding;
using KdSim.Tracing.Etl.Format;
using KdSim.Tracing.Etl.Reading;

namespace KdSim.Tracing.Tables;

/// <summary>
/// Takes the fields of an event that a table wants, by name, in one walk through the payload. Where they stand is looked up once for each
/// description. Allocates nothing but the texts that are asked for.
/// </summary>
sealed class FieldPicker(params string[] names)
{
    readonly Dictionary<EventDescription, int[]> _places = new(ReferenceEqualityComparer.Instance);
    readonly long[] _numbers = new long[names.Length];
    readonly string?[] _texts = new string?[names.Length];
    readonly bool[] _present = new bool[names.Length];

    /// <summary>Reads an event; the values stay until the next one is read.</summary>
    public PickedFields Read(in EventRecord record, EventDescription description)
    {
        Array.Clear(_numbers);
        Array.Clear(_texts);
        Array.Clear(_present);
        if (!_places.TryGetValue(description, out int[]? places)) _places[description] = places = PlacesIn(description);
        PayloadReader reader = EventDecoder.Read(record, description);
        int field = -1;
        PayloadField? last = null;
        while (reader.MoveNext())
        {
            if (reader.Depth > 0 || reader.Token != PayloadToken.Value) continue;
            if (!ReferenceEquals(reader.Field, last)) field = description.Template!.Fields.IndexOf(last = reader.Field, field + 1);
            if (field < 0) break;
            if (places[field] is var place && place >= 0) Take(reader, place);
        }
        return new PickedFields(_numbers, _texts, _present);
    }

    void Take(in PayloadReader reader, int place)
    {
        _present[place] = true;
        switch (reader.Field.Type)
        {
            case WireType.UnicodeString or WireType.CountedUnicodeString:
                _texts[place] = reader.Chars.ToString();
                break;
            case WireType.AnsiString or WireType.CountedAnsiString:
                _texts[place] = System.Text.Encoding.UTF8.GetString(reader.Text);
                break;
            case WireType.Guid:
                _texts[place] = reader.GuidAt(0).ToString();
                break;
            default:
                if (reader.IsSingle) _numbers[place] = reader.Int64;
                break;
        }
    }

    int[] PlacesIn(EventDescription description)
    {
        if (description.Template is not { } template) return [];
        int[] places = new int[template.Fields.Length];
        for (int i = 0; i < places.Length; i++) places[i] = Array.IndexOf(names, template.Fields[i].Name);
        return places;
    }
}

/// <summary>Values in the order in which the picker names them; a field that the event lacks is 0 or empty.</summary>
readonly ref struct PickedFields(long[] numbers, string?[] texts, bool[] present)
{
    public long this[int field] => numbers[field];

    public ulong Address(int field) => (ulong)numbers[field];

    public string Text(int field) => texts[field] ?? "";

    public bool Has(int field) => present[field];
}
