using System.Numerics;
using System.Runtime.Intrinsics;

namespace KdSim.Machine.Cpu;

/// <summary>PCMPISTRI and its three brothers (SDM volume 2, 4.1: how the immediate chooses format, aggregation, polarity and output).</summary>
internal static unsafe class SimdStrings
{
    public static Vec ImplicitIndex(Vec a, Vec b, ref SimdContext c) => Index(ImplicitMask(a, b, ref c), c.Immediate);
    public static Vec ImplicitMaskVector(Vec a, Vec b, ref SimdContext c) => Mask(ImplicitMask(a, b, ref c), c.Immediate);
    public static Vec ExplicitIndex32(Vec a, Vec b, ref SimdContext c) =>
        Index(ExplicitMask(a, b, (int)c.Rax, (int)c.Rdx, ref c), c.Immediate);
    public static Vec ExplicitIndex64(Vec a, Vec b, ref SimdContext c) =>
        Index(ExplicitMask(a, b, (long)c.Rax, (long)c.Rdx, ref c), c.Immediate);
    public static Vec ExplicitMask32(Vec a, Vec b, ref SimdContext c) =>
        Mask(ExplicitMask(a, b, (int)c.Rax, (int)c.Rdx, ref c), c.Immediate);
    public static Vec ExplicitMask64(Vec a, Vec b, ref SimdContext c) =>
        Mask(ExplicitMask(a, b, (long)c.Rax, (long)c.Rdx, ref c), c.Immediate);

    static int Count(int immediate) => (immediate & 1) != 0 ? 8 : 16;

    static int Element(Vec v, int i, int immediate) => (immediate & 3) switch
    {
        0 => v[i],
        1 => v.AsUInt16()[i],
        2 => (sbyte)v[i],
        _ => v.AsInt16()[i],
    };

    static int ImplicitLength(Vec v, int immediate)
    {
        int count = Count(immediate), length = 0;
        while (length < count && Element(v, length, immediate) != 0)
            length++;
        return length;
    }

    static int ImplicitMask(Vec a, Vec b, ref SimdContext c) =>
        Compare(a, b, ImplicitLength(a, c.Immediate), ImplicitLength(b, c.Immediate), ref c);

    static int ExplicitMask(Vec a, Vec b, long lengthA, long lengthB, ref SimdContext c)
    {
        int count = Count(c.Immediate);
        return Compare(a, b, Length(lengthA, count), Length(lengthB, count), ref c);
    }

    /// <summary>The magnitude of a register, at most the number of elements.</summary>
    static int Length(long value, int count) => value == long.MinValue ? count : (int)Math.Min(Math.Abs(value), count);

    static int Compare(Vec a, Vec b, int lengthA, int lengthB, ref SimdContext c)
    {
        int count = Count(c.Immediate), mask = 0;
        for (int i = 0; i < count; i++)
            if (Holds(a, b, lengthA, lengthB, i, c.Immediate))
                mask |= 1 << i;
        int all = (1 << count) - 1;
        mask ^= (c.Immediate >> 4 & 3) switch { 1 => all, 3 => (1 << lengthB) - 1, _ => 0 };
        c.Flags = (mask != 0 ? RFlag.Carry : 0) | (lengthB < count ? RFlag.Zero : 0) | (lengthA < count ? RFlag.Sign : 0)
            | ((mask & 1) != 0 ? RFlag.Overflow : 0);
        return mask;
    }

    /// <summary>The aggregated comparison at element <paramref name="at"/> of b, before polarity.</summary>
    static bool Holds(Vec a, Vec b, int lengthA, int lengthB, int at, int immediate)
    {
        switch (immediate >> 2 & 3)
        {
            case 0: // equal to any element of a
                for (int i = 0; i < lengthA && at < lengthB; i++)
                    if (Element(a, i, immediate) == Element(b, at, immediate))
                        return true;
                return false;
            case 1: // within any range that two neighbours of a make
                for (int i = 0; i + 1 < lengthA && at < lengthB; i += 2)
                    if (Element(b, at, immediate) >= Element(a, i, immediate) && Element(b, at, immediate) <= Element(a, i + 1, immediate))
                        return true;
                return false;
            case 2: // equal element by element; both past their ends counts as equal
                bool insideA = at < lengthA, insideB = at < lengthB;
                return insideA && insideB ? Element(a, at, immediate) == Element(b, at, immediate) : insideA == insideB;
            default: // a begins here
                for (int i = 0; i < lengthA && at + i < Count(immediate); i++)
                    if (at + i >= lengthB || Element(a, i, immediate) != Element(b, at + i, immediate))
                        return false;
                return true;
        }
    }

    /// <summary>The index goes to ECX: of the least or greatest set bit, or the number of elements.</summary>
    static Vec Index(int mask, int immediate)
    {
        int index = mask == 0 ? Count(immediate)
            : (immediate & 0x40) != 0 ? 31 - BitOperations.LeadingZeroCount((uint)mask) : BitOperations.TrailingZeroCount(mask);
        return Vector128.CreateScalar((ulong)index).AsByte();
    }

    /// <summary>The mask goes to XMM0: as bits, or spread over the elements.</summary>
    static Vec Mask(int mask, int immediate)
    {
        if ((immediate & 0x40) == 0)
            return Vector128.CreateScalar((ulong)mask).AsByte();
        Vec result = default;
        int count = Count(immediate), size = 16 / count;
        for (int i = 0; i < 16; i++)
            ((byte*)&result)[i] = (mask >> i / size & 1) != 0 ? (byte)0xFF : (byte)0;
        return result;
    }
}
