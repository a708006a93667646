using System.Diagnostics;
using System.Globalization;
using BenchmarkDotNet.Running;
using KdSim.Benchmarks;

if (args is ["--trace", .. var rest])
{
    TraceBenchmark.Run(rest is [var events] ? int.Parse(events, CultureInfo.InvariantCulture) : 5_000_000);
    return;
}

if (args is ["--recording"])
{
    RecordingCost.Run();
    return;
}

if (args is ["--symbols"])
{
    SymbolCost.Run();
    return;
}

if (args is not ["--quick"])
{
    BenchmarkSwitcher.FromAssembly(typeof(CrcBenchmark).Assembly).Run(args);
    return;
}

// Best of several runs: other load on the machine only ever makes a run slower.
foreach (CrcVariant variant in Enum.GetValues<CrcVariant>())
{
    using var computer = new CrcComputer(variant);
    double best = 0;
    for (int i = 0; i < 8; i++)
    {
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        long start = Stopwatch.GetTimestamp();
        ulong steps = computer.Run();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        double mips = steps / seconds / 1e6;
        best = Math.Max(best, mips);
        Console.WriteLine($"{variant}: {steps} instructions, {mips:F0} million a second, {allocated} bytes allocated");
    }

    Console.WriteLine($"{variant}: best {best:F0} million instructions a second");
}

ParseBenchmark parse = new();
foreach ((string line, string expression) in ParseBenchmark.Everyday)
{
    const int Rounds = 2000;
    double best = double.MaxValue;
    for (int i = 0; i < 8; i++)
    {
        long start = Stopwatch.GetTimestamp();
        for (int k = 0; k < Rounds; k++)
            parse.Parse(line, expression);
        best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalMicroseconds / Rounds);
    }

    Console.WriteLine($"parse {best,6:F2} us  {line}");
}
