using System.Collections.Immutable;
using KdSim.Nt;

namespace KdSim.Kernel.Scenarios;

/// <summary>Compares what a scenario expects with what user memory holds, and reports differences to the observer.</summary>
public sealed class ScenarioExpectations(NtKernel kernel) : KernelComponent(kernel)
{
    private const int MostShown = 32;

    internal void Check(int thread)
    {
        var expect = (Statement.Expect)Kernel.ScenarioRunner.StepOf(thread).Statement!;
        ulong slot = Kernel.ScenarioMemory.SlotOf(thread, expect.Variable);
        uint status = Kernel.ScenarioMemory.StatusOf(slot);
        bool isPending = Kernel.ScenarioMemory.IsPending(slot);
        ulong transferred = isPending || Memory.ReadU32(slot + ScenarioMemory.Kind) == 0 ? 0 : Memory.ReadU64(slot + ScenarioMemory.StatusBlock + 8);
        switch (expect.What)
        {
            case Expectation.Pending when !isPending:
                Fail(thread, $"expected {expect.Variable} pending, got status {(NtStatus)status}");
                break;
            case Expectation.Done when isPending:
                Fail(thread, $"expected {expect.Variable} done, it is pending");
                break;
            case Expectation.Status when status != (uint)expect.Value:
                Fail(thread, $"expected {expect.Variable} status {(NtStatus)(uint)expect.Value}, got {(NtStatus)status}");
                break;
            case Expectation.Bytes when isPending || transferred != expect.Value:
                Fail(thread, $"expected {expect.Variable} bytes {expect.Value}, got {(isPending ? "no answer yet" : transferred)}");
                break;
            case Expectation.Apcs when Memory.ReadU32(slot + ScenarioMemory.Completions) is var apcs && apcs != expect.Value:
                Fail(thread, $"expected {expect.Variable} apcs {expect.Value}, got {apcs}");
                break;
            case Expectation.Data when isPending || !Read(slot, transferred).SequenceEqual(expect.Data):
                Fail(thread, $"expected {expect.Variable} data {Show(expect.Data)}, got {(isPending ? "no answer yet" : Show(Read(slot, transferred)))}");
                break;
        }
    }

    /// <summary>A statement did not come out as written.</summary>
    internal void Fail(int thread, string text)
    {
        Kernel.ScenarioThreads.CountFailure();
        SourcePlace place = Kernel.ScenarioRunner.StepOf(thread).Statement!.Place;
        Report(place, text);
    }

    internal void Report(SourcePlace place, string text) =>
        Observer?.ExpectationFailed(Cpu.Number, $"{Path.GetFileName(Kernel.Options.Scenario!.Name)}({place.Line},{place.Column}): {text}");

    private ImmutableArray<byte> Read(ulong slot, ulong transferred)
    {
        byte[] bytes = new byte[Math.Min(transferred, Memory.ReadU64(slot + ScenarioMemory.OutputSize))];
        if (bytes.Length != 0)
            Memory.Read(Memory.ReadU64(slot + ScenarioMemory.Output), bytes);
        return [.. bytes];
    }

    private static string Show(ImmutableArray<byte> bytes) => bytes.IsEmpty ? "nothing"
        : string.Join(' ', bytes.Take(MostShown).Select(b => b.ToString("x2"))) + (bytes.Length > MostShown ? " ..." : "");
}
