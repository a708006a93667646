using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Rtl;

/// <summary>RTL_BITMAP: bit N is bit N mod 32 of the 32-bit word N / 32. The caller serialises; any IRQL where the bits are resident.</summary>
public sealed class Bitmaps(NtKernel kernel) : KernelComponent(kernel)
{
    const uint NotFound = uint.MaxValue;

    [NtExport("RtlInitializeBitMap")]
    public void RtlInitializeBitMap(Ptr<RTL_BITMAP> BitMapHeader, Ptr<uint> BitMapBuffer, uint SizeOfBitMap) =>
        BitMapHeader.Write(new RTL_BITMAP { SizeOfBitMap = SizeOfBitMap, Buffer = BitMapBuffer });

    [NtExport("RtlClearAllBits")]
    public void RtlClearAllBits(Ptr<RTL_BITMAP> BitMapHeader) => SetRange(BitMapHeader, 0, BitMapHeader.View.SizeOfBitMap, false);

    [NtExport("RtlSetAllBits")]
    public void RtlSetAllBits(Ptr<RTL_BITMAP> BitMapHeader) => SetRange(BitMapHeader, 0, BitMapHeader.View.SizeOfBitMap, true);

    [NtExport("RtlSetBits")]
    public void RtlSetBits(Ptr<RTL_BITMAP> BitMapHeader, uint StartingIndex, uint NumberToSet) => SetRange(BitMapHeader, StartingIndex, NumberToSet, true);

    [NtExport("RtlClearBits")]
    public void RtlClearBits(Ptr<RTL_BITMAP> BitMapHeader, uint StartingIndex, uint NumberToClear) =>
        SetRange(BitMapHeader, StartingIndex, NumberToClear, false);

    [NtExport("RtlSetBit")]
    public void RtlSetBit(Ptr<RTL_BITMAP> BitMapHeader, uint BitNumber) => SetRange(BitMapHeader, BitNumber, 1, true);

    [NtExport("RtlClearBit")]
    public void RtlClearBit(Ptr<RTL_BITMAP> BitMapHeader, uint BitNumber) => SetRange(BitMapHeader, BitNumber, 1, false);

    [NtExport("RtlTestBit")]
    public bool RtlTestBit(Ptr<RTL_BITMAP> BitMapHeader, uint BitNumber) => Test(BitMapHeader.Read(), BitNumber);

    [NtExport("RtlCheckBit")]
    public bool RtlCheckBit(Ptr<RTL_BITMAP> BitMapHeader, uint BitPosition) => Test(BitMapHeader.Read(), BitPosition);

    [NtExport("RtlAreBitsSet")]
    public bool RtlAreBitsSet(Ptr<RTL_BITMAP> BitMapHeader, uint StartingIndex, uint Length) => AreAll(BitMapHeader.Read(), StartingIndex, Length, true);

    [NtExport("RtlAreBitsClear")]
    public bool RtlAreBitsClear(Ptr<RTL_BITMAP> BitMapHeader, uint StartingIndex, uint Length) => AreAll(BitMapHeader.Read(), StartingIndex, Length, false);

    [NtExport("RtlFindClearBits")]
    public uint RtlFindClearBits(Ptr<RTL_BITMAP> BitMapHeader, uint NumberToFind, uint HintIndex) =>
        Find(BitMapHeader.Read(), NumberToFind, HintIndex, false);

    [NtExport("RtlFindSetBits")]
    public uint RtlFindSetBits(Ptr<RTL_BITMAP> BitMapHeader, uint NumberToFind, uint HintIndex) => Find(BitMapHeader.Read(), NumberToFind, HintIndex, true);

    [NtExport("RtlFindClearBitsAndSet")]
    public uint RtlFindClearBitsAndSet(Ptr<RTL_BITMAP> BitMapHeader, uint NumberToFind, uint HintIndex)
    {
        uint found = Find(BitMapHeader.Read(), NumberToFind, HintIndex, false);
        if (found != NotFound) SetRange(BitMapHeader, found, NumberToFind, true);
        return found;
    }

    [NtExport("RtlFindSetBitsAndClear")]
    public uint RtlFindSetBitsAndClear(Ptr<RTL_BITMAP> BitMapHeader, uint NumberToFind, uint HintIndex)
    {
        uint found = Find(BitMapHeader.Read(), NumberToFind, HintIndex, true);
        if (found != NotFound) SetRange(BitMapHeader, found, NumberToFind, false);
        return found;
    }

    [NtExport("RtlNumberOfSetBits")]
    public uint RtlNumberOfSetBits(Ptr<RTL_BITMAP> BitMapHeader) => Count(BitMapHeader.Read());

    [NtExport("RtlNumberOfClearBits")]
    public uint RtlNumberOfClearBits(Ptr<RTL_BITMAP> BitMapHeader) => BitMapHeader.View.SizeOfBitMap - Count(BitMapHeader.Read());

    uint Count(RTL_BITMAP map)
    {
        uint count = 0;
        for (uint i = 0; i < map.SizeOfBitMap; i++)
            if (Test(map, i)) count++;
        return count;
    }

    bool Test(RTL_BITMAP map, uint bit) => (Memory.ReadU32(map.Buffer + bit / 32) >> (int)(bit % 32) & 1) != 0;

    bool AreAll(RTL_BITMAP map, uint start, uint length, bool set)
    {
        if (length == 0 || start >= map.SizeOfBitMap || length > map.SizeOfBitMap - start) return false;
        for (uint i = 0; i < length; i++)
            if (Test(map, start + i) != set) return false;
        return true;
    }

    void SetRange(View<RTL_BITMAP> header, uint start, uint count, bool set)
    {
        RTL_BITMAP map = header.Read();
        if (start >= map.SizeOfBitMap) return;
        count = Math.Min(count, map.SizeOfBitMap - start);
        for (uint i = start; i < start + count; i++)
        {
            ulong word = map.Buffer + i / 32;
            uint mask = 1u << (int)(i % 32), old = Memory.ReadU32(word);
            Memory.WriteU32(word, set ? old | mask : old & ~mask);
        }
    }

    /// <summary>First run of bits at or after the hint, then from the beginning.</summary>
    uint Find(RTL_BITMAP map, uint count, uint hint, bool set)
    {
        if (hint >= map.SizeOfBitMap) hint = 0;
        if (count == 0) return hint & ~7u;
        uint found = Find(map, count, hint, map.SizeOfBitMap, set);
        return found != NotFound || hint == 0 ? found : Find(map, count, 0, Math.Min(map.SizeOfBitMap, hint + count - 1), set);
    }

    uint Find(RTL_BITMAP map, uint count, uint from, uint to, bool set)
    {
        uint run = 0;
        for (uint i = from; i < to; i++)
        {
            run = Test(map, i) == set ? run + 1 : 0;
            if (run == count) return i + 1 - count;
        }
        return NotFound;
    }
}
