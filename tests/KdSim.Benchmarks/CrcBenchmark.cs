using BenchmarkDotNet.Attributes;

namespace KdSim.Benchmarks;

/// <summary>CRC-32 over 4 MB of guest memory, with paging, permissions and exact counts on. Operations are guest instructions of one run.</summary>
[MemoryDiagnoser]
public class CrcBenchmark : IDisposable
{
    private CrcComputer? _computer;

    [ParamsAllValues]
    public CrcVariant Variant { get; set; }

    [GlobalSetup]
    public void Setup() => _computer = new CrcComputer(Variant);

    [Benchmark]
    public ulong Crc32() => _computer!.Run();

    [GlobalCleanup]
    public void Dispose() => _computer?.Dispose();
}
