using System.Text.Encodings.Web;
using System.Text.Json;

namespace KdSim.Tracing.Export;

/// <summary>
/// Writes a timeline in the JSON of chrome://tracing: groups are its processes, tracks its threads, slices complete events; times are microseconds.
/// </summary>
public static class ChromeTraceWriter
{
    public static void Write(IReadOnlyList<TimelineTrack> tracks, Stream output)
    {
        using var json = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        json.WriteString("displayTimeUnit", "ns");
        json.WriteStartArray("traceEvents");
        string[] groups = [.. tracks.Select(track => track.Group).Distinct()];
        for (int group = 0; group < groups.Length; group++) WriteName(json, "process_name", group + 1, 0, groups[group]);
        var flows = new Dictionary<ulong, List<(long Time, int Group, int Track)>>();
        for (int i = 0; i < tracks.Count; i++)
        {
            int group = Array.IndexOf(groups, tracks[i].Group) + 1;
            WriteName(json, "thread_name", group, i + 1, tracks[i].Name);
            foreach (TimelineSlice slice in tracks[i].Slices)
            {
                WriteSlice(json, group, i + 1, slice);
                if (slice.Flow == 0) continue;
                if (!flows.TryGetValue(slice.Flow, out var steps)) flows[slice.Flow] = steps = [];
                steps.Add((slice.Start, group, i + 1));
            }
        }
        foreach ((ulong flow, var steps) in flows.OrderBy(pair => pair.Key)) WriteFlow(json, flow, [.. steps.OrderBy(step => step.Time)]);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    static void WriteName(Utf8JsonWriter json, string kind, int group, int track, string name)
    {
        json.WriteStartObject();
        json.WriteString("ph", "M");
        json.WriteString("name", kind);
        WritePlace(json, group, track);
        json.WriteStartObject("args");
        json.WriteString("name", name);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    static void WriteSlice(Utf8JsonWriter json, int group, int track, TimelineSlice slice)
    {
        json.WriteStartObject();
        json.WriteString("ph", "X");
        json.WriteString("name", slice.Name);
        json.WriteString("cat", slice.Category);
        WritePlace(json, group, track);
        json.WriteNumber("ts", slice.Start / 1000.0);
        json.WriteNumber("dur", (slice.End - slice.Start) / 1000.0);
        json.WriteStartObject("args");
        foreach ((string name, object value) in slice.Arguments)
        {
            if (value is string text) json.WriteString(name, text);
            else json.WriteNumber(name, Convert.ToInt64(value, null));
        }
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>Start, steps, end: each binds to the slice of its track that begins at its time.</summary>
    static void WriteFlow(Utf8JsonWriter json, ulong flow, (long Time, int Group, int Track)[] steps)
    {
        if (steps.Length < 2) return;
        for (int i = 0; i < steps.Length; i++)
        {
            json.WriteStartObject();
            json.WriteString("ph", i == 0 ? "s" : i == steps.Length - 1 ? "f" : "t");
            json.WriteString("name", "flow");
            json.WriteString("cat", "flow");
            json.WriteNumber("id", flow);
            WritePlace(json, steps[i].Group, steps[i].Track);
            json.WriteNumber("ts", steps[i].Time / 1000.0);
            if (i == steps.Length - 1) json.WriteString("bp", "e");
            json.WriteEndObject();
        }
    }

    static void WritePlace(Utf8JsonWriter json, int group, int track)
    {
        json.WriteNumber("pid", group);
        json.WriteNumber("tid", track);
    }
}
