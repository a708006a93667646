using System.Globalization;
using KdSim.Tracing.Etl.Decoding;
using KdSim.Tracing.Etl.Format;
using KdSim.Tracing.Etl.Providers;
using KdSim.Tracing.Etl.Reading;
using KdSim.Tracing.TraceEventRoute;
using Xunit;

namespace KdSim.Tests.Recording;

/// <summary>TraceEvent reads what KdSim records: every event, and by the manifests in the trace every field, with the value that our decoder sees.</summary>
public class TraceEventTests
{
    /// <summary>
    /// What TraceEvent can decode by a manifest: all of KdSim's own provider, and of Windows' all but events with texts that a field counts.
    /// Those have the payload that Windows gives them, and TraceEvent takes every text to end at a NUL.
    /// </summary>
    static readonly HashSet<(Guid, int)> Decodable =
    [
        .. new[] { KdSimProvider.Provider, KernelPnpProvider.Provider, KernelPowerProvider.Provider }.SelectMany(provider => provider.Events
            .Where(declared => declared.Payload.Fields.All(field => field.Length.Kind == ExtentKind.None))
            .Select(declared => (provider.Guid, (int)declared.Id))),
    ];

    [Fact]
    public void Every_event_arrives_and_is_decoded_as_by_our_reader()
    {
        using EtlFile file = EtlFile.Open(TraceBytes.Of(Recorded.Run("g; q", "full")));
        List<string> ours = Ours(file);
        var theirs = new List<string>();
        long all = 0;
        using TraceEventSession session = TraceEventSession.Open(file);
        session.Source.AllEvents += _ => all++;
        session.Source.Dynamic.All += data =>
        {
            if (!Decodable.Contains((data.ProviderGuid, (int)data.ID))) return;
            IEnumerable<string> fields = data.PayloadNames.Select((name, i) => $"{name}={Plain(data.PayloadValue(i))}");
            theirs.Add($"{data.ProviderGuid}/{(int)data.ID} {string.Join(' ', fields)}");
        };
        Assert.True(session.Source.Process());
        Assert.Equal(file.EventCount, all);
        Assert.All(KdSimProvider.Provider.Events, declared => Assert.Contains((KdSimProvider.Provider.Guid, (int)declared.Id), Decodable));
        Assert.InRange(ours.Count, 1000, 1_000_000);
        Assert.Equal(ours, theirs);
    }

    static List<string> Ours(EtlFile file)
    {
        EventDecoder decoder = EventDecoder.Of(file);
        var lines = new List<string>();
        foreach (EventRecord record in file.InTimeOrder())
        {
            if (!Decodable.Contains((record.Provider, record.Number))) continue;
            var fields = new List<string>();
            PayloadReader reader = EventDecoder.Read(record, decoder.Describe(record));
            while (reader.MoveNext())
                fields.Add($"{reader.Field.Name}={Plain(reader.Field.Type == WireType.UnicodeString ? reader.Chars.ToString() : reader.Int64)}");
            Assert.False(reader.IsTruncated);
            lines.Add($"{record.Provider}/{record.Number} {string.Join(' ', fields)}");
        }
        return lines;
    }

    /// <summary>Numbers by their bits: TraceEvent tells signed from unsigned in its own way.</summary>
    static string Plain(object? value) => value switch
    {
        string text => text,
        ulong number => ((long)number).ToString(CultureInfo.InvariantCulture),
        IConvertible number => Convert.ToInt64(number, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture),
        _ => $"{value}",
    };
}
