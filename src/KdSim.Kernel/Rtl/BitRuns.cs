using System.Numerics;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Rtl;

/// <summary>Runs of clear bits in RTL_BITMAPs, and single bits of words. The caller serialises; any IRQL where the bits are resident.</summary>
public sealed class BitRuns(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>A run: RTL_BITMAP_RUN.</summary>
    private readonly record struct Run(uint Start, uint Length);

    /// <summary>The first runs, or with LocateLongestRuns the longest, longest first; answers how many were written.</summary>
    [NtExport("RtlFindClearRuns")]
    public uint RtlFindClearRuns(Ptr<RTL_BITMAP> BitMapHeader, ulong RunArray, uint SizeOfRunArray, bool LocateLongestRuns)
    {
        IEnumerable<Run> runs = Runs(BitMapHeader);
        Run[] chosen = [.. (LocateLongestRuns ? runs.OrderByDescending(run => run.Length) : runs).Take((int)Math.Min(SizeOfRunArray, int.MaxValue))];
        for (int i = 0; i < chosen.Length; i++)
        {
            Memory.WriteU32(RunArray + (ulong)i * 8, chosen[i].Start);
            Memory.WriteU32(RunArray + (ulong)i * 8 + 4, chosen[i].Length);
        }
        return (uint)chosen.Length;
    }

    /// <summary>The length of the longest run, and where it begins; 0 if no bit is clear.</summary>
    [NtExport("RtlFindLongestRunClear")]
    public uint RtlFindLongestRunClear(Ptr<RTL_BITMAP> BitMapHeader, Ptr<uint> StartingIndex) =>
        Answer(Runs(BitMapHeader).OrderByDescending(run => run.Length).FirstOrDefault(), StartingIndex);

    [NtExport("RtlFindFirstRunClear")]
    public uint RtlFindFirstRunClear(Ptr<RTL_BITMAP> BitMapHeader, Ptr<uint> StartingIndex) => Answer(Runs(BitMapHeader).FirstOrDefault(), StartingIndex);

    /// <summary>The run at or behind an index.</summary>
    [NtExport("RtlFindNextForwardRunClear")]
    public uint RtlFindNextForwardRunClear(Ptr<RTL_BITMAP> BitMapHeader, uint FromIndex, Ptr<uint> StartingRunIndex)
    {
        Run run = Runs(BitMapHeader).FirstOrDefault(run => run.Start + run.Length > FromIndex);
        uint start = Math.Max(run.Start, run.Length == 0 ? 0 : FromIndex);
        return Answer(new Run(start, run.Start + run.Length - start), StartingRunIndex);
    }

    /// <summary>The number of the highest bit that is set; -1 for 0.</summary>
    [NtExport("RtlFindMostSignificantBit")]
    public sbyte RtlFindMostSignificantBit(ulong Set) => Set == 0 ? (sbyte)-1 : (sbyte)BitOperations.Log2(Set);

    [NtExport("RtlFindLeastSignificantBit")]
    public sbyte RtlFindLeastSignificantBit(ulong Set) => Set == 0 ? (sbyte)-1 : (sbyte)BitOperations.TrailingZeroCount(Set);

    [NtExport("RtlNumberOfSetBitsUlongPtr")]
    public uint RtlNumberOfSetBitsUlongPtr(ulong Target) => (uint)BitOperations.PopCount(Target);

    private static uint Answer(Run run, Ptr<uint> start)
    {
        start.Write(run.Start);
        return run.Length;
    }

    /// <summary>All runs of clear bits, in order.</summary>
    private List<Run> Runs(View<RTL_BITMAP> bitmap)
    {
        var runs = new List<Run>();
        uint size = bitmap.SizeOfBitMap, start = 0;
        for (uint i = 0; i <= size; i++)
        {
            if (i < size && !Kernel.Bitmaps.RtlTestBit(bitmap, i))
                continue;
            if (i > start)
                runs.Add(new Run(start, i - start));
            start = i + 1;
        }
        return runs;
    }
}
