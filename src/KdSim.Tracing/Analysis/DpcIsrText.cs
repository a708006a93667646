using System.Globalization;
using System.Text;
using KdSim.Tracing.Tables;

namespace KdSim.Tracing.Analysis;

/// <summary>The text of `xperf -a dpcisr`, as far as its layout is public: usage by module, histograms, usage by second, bands of usage.</summary>
static class DpcIsrText
{
    const long BandInterval = 2_000_000_000;

    static readonly int[] Bands = [0, 1, 2, 3, 4, 5, 10, 15, 20, 25, 50, 75, 100];

    public static string Of(TraceTables tables, RoutineRun[] isrs, RoutineRun[] dpcs)
    {
        var text = new StringBuilder();
        Section(text, tables, "DPC Info", dpcs);
        Section(text, tables, "Interrupt Info", isrs);
        BandsOfUsage(text, tables, [.. isrs, .. dpcs]);
        return text.ToString();
    }

    static void Section(StringBuilder text, TraceTables tables, string title, RoutineRun[] runs)
    {
        Rule(text, title);
        Line(text, "CPU Usage Summing By Module For the Whole Trace\n");
        long length = Math.Max(1, tables.End - tables.Start);
        Line(text, $"CPU Usage from {0} ms to {length / 1_000_000} ms:\n");
        CpuHeading(text, tables, "", "Module");
        foreach (IGrouping<string, RoutineRun> module in ByModule(runs))
            UsageLine(text, tables, "", cpu => module.Where(run => run.Cpu == cpu).Sum(run => run.Duration), length, Quoted(module.Key));
        Line(text, "");
        int total = Histogram(text, "", runs);
        Line(text, "");
        int modules = 0;
        foreach (IGrouping<string, RoutineRun> module in ByModule(runs))
        {
            modules += Histogram(text, $" for module {Quoted(module.Key)}", [.. module]);
            Line(text, "");
        }
        Line(text, $"All Module = {modules}, Total = {total}, {(modules == total ? "EQUAL" : "NOT EQUAL")}\n");
        Line(text, $"Usage From {0} ms to {length / 1_000_000} ms, Summing In 1 second intervals:\n");
        CpuHeading(text, tables, "  Start (ms)     End (ms),", "");
        foreach (IGrouping<long, IntervalRow> interval in DpcIsrAnalysis.Intervals(tables, runs, DpcIsrAnalysis.Interval).GroupBy(row => row.Start))
        {
            IntervalRow[] rows = [.. interval];
            long start = interval.Key - tables.Start, end = rows[0].End - tables.Start;
            UsageLine(text, tables, $"{start / 1_000_000,12} {Milliseconds(end),12},", cpu => rows.Where(row => row.Cpu == cpu).Sum(row => row.Dpc + row.Isr),
                Math.Max(1, end - start), "");
        }
        Line(text, "");
    }

    static IEnumerable<IGrouping<string, RoutineRun>> ByModule(RoutineRun[] runs) =>
        runs.GroupBy(run => run.Module).OrderByDescending(module => module.Sum(run => run.Duration)).ThenBy(module => module.Key, StringComparer.Ordinal);

    static int Histogram(StringBuilder text, string whose, RoutineRun[] runs)
    {
        Line(text, $"Total = {runs.Length}{whose}");
        int[] classes = DpcIsrAnalysis.DistributionOf(runs).Histogram();
        int last = Array.FindLastIndex(classes, count => count > 0);
        for (int i = 0; i <= last; i++)
        {
            long above = i == 0 ? 0 : Distribution.Bounds[i - 1];
            string to = i < Distribution.Bounds.Length ? Inv($" AND <= {Distribution.Bounds[i],6} usecs") : "";
            Line(text, Inv($"Elapsed Time, > {above,6} usecs{to}, {classes[i],6}, or {Percent(classes[i], runs.Length),6}%"));
        }
        Line(text, $"Total, {runs.Length,6}");
        return runs.Length;
    }

    /// <summary>How many intervals of two seconds had how much of a processor's time in DPCs, ISRs and both.</summary>
    static void BandsOfUsage(StringBuilder text, TraceTables tables, RoutineRun[] runs)
    {
        Rule(text, "Distribution of number of 2000 ms intervals w.r.t. DPC/ISR usage");
        int intervals = (int)((Math.Max(1, tables.End - tables.Start) + BandInterval - 1) / BandInterval);
        int[,,] counts = new int[tables.Processors, Bands.Length, 3];
        int[,] quiet = new int[tables.Processors, 3];
        for (int cpu = 0; cpu < tables.Processors; cpu++)
            for (int kind = 0; kind < 3; kind++)
                quiet[cpu, kind] = intervals;
        foreach (IntervalRow row in DpcIsrAnalysis.Intervals(tables, runs, BandInterval))
        {
            long length = Math.Max(1, row.End - row.Start);
            long[] times = [row.Dpc, row.Isr, row.Dpc + row.Isr];
            for (int kind = 0; kind < 3; kind++)
            {
                quiet[row.Cpu, kind]--;
                counts[row.Cpu, BandOf(times[kind], length), kind]++;
            }
        }
        Line(text, "  Usage (%)   ," + Each(tables, cpu => Inv($" CPU {cpu,-3} DPC,    ISR,   Combined,")));
        for (int band = 0; band < Bands.Length; band++)
        {
            string name = band == 0 ? "= 0" : $"> {Bands[band - 1]} <= {Bands[band]}";
            Line(text, Inv($"{name,14},") + Each(tables, cpu =>
                Inv($" {At(cpu, 0),11}, {At(cpu, 1),6}, {At(cpu, 2),10},")));

            int At(int cpu, int kind) => counts[cpu, band, kind] + (band == 0 ? quiet[cpu, kind] : 0);
        }
    }

    /// <summary>The first band that the usage does not exceed; nested runs may add up to more than all.</summary>
    static int BandOf(long time, long length)
    {
        int band = 0;
        while (band < Bands.Length - 1 && time * 100 > Bands[band] * length) band++;
        return band;
    }

    static void CpuHeading(StringBuilder text, TraceTables tables, string left, string right)
    {
        Line(text, new string(' ', left.Length) + Each(tables, cpu => $"{Inv($"CPU {cpu} Usage"),20},"));
        Line(text, left + Each(tables, _ => Inv($"{"usec",12} {"%",7},")) + (right.Length > 0 ? " " + right : ""));
    }

    static void UsageLine(StringBuilder text, TraceTables tables, string left, Func<int, long> time, long length, string right) =>
        Line(text, left + Each(tables, cpu => Inv($"{time(cpu) / 1000,12} {Percent(time(cpu), length),7},")) + (right.Length > 0 ? " " + right : ""));

    static string Each(TraceTables tables, Func<int, string> cell) => string.Concat(Enumerable.Range(0, tables.Processors).Select(cell));

    static string Percent(long part, long whole) => whole == 0 ? "0.00" : Inv($"{100.0 * part / whole:F2}");

    static string Milliseconds(long nanoseconds) => Inv($"{nanoseconds / 1_000_000.0:0.###}");

    static string Quoted(string module) => module.Length == 0 ? "\"Unknown\"" : module;

    static void Rule(StringBuilder text, string title)
    {
        string rule = new('-', Math.Max(26, title.Length));
        Line(text, $"{rule}\n{title}\n{rule}");
    }

    static string Inv(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    static void Line(StringBuilder text, string line) => text.Append(line).Append('\n');
}
