using System.Runtime.Intrinsics;

namespace KdSim.Machine.Cpu;

/// <summary>Operations that move lanes about: moves, unpacks, shuffles, blends, inserts, extracts, masks.</summary>
internal static unsafe class SimdShuffle
{
    /// <summary>The plain move; a source narrower than the register has been extended with zeros.</summary>
    public static Vec Move(Vec a, Vec b, ref SimdContext c) => b;

    public static Vec MoveLow32(Vec a, Vec b, ref SimdContext c) => a.AsUInt32().WithElement(0, b.AsUInt32()[0]).AsByte();
    public static Vec MoveLow64(Vec a, Vec b, ref SimdContext c) => a.AsUInt64().WithElement(0, b.AsUInt64()[0]).AsByte();

    /// <summary>MOVQ between registers: the upper half becomes zero.</summary>
    public static Vec MoveQuad(Vec a, Vec b, ref SimdContext c) => Vector128.CreateScalar(b.AsUInt64()[0]).AsByte();

    /// <summary>MOVD: only the low doubleword, the rest becomes zero.</summary>
    public static Vec MoveDouble(Vec a, Vec b, ref SimdContext c) => Vector128.CreateScalar(b.AsUInt32()[0]).AsByte();

    /// <summary>MOVHPS load and MOVLHPS: the source's low half becomes the high half.</summary>
    public static Vec LowToHigh(Vec a, Vec b, ref SimdContext c) => a.AsUInt64().WithElement(1, b.AsUInt64()[0]).AsByte();

    /// <summary>MOVHLPS: the source's high half becomes the low half.</summary>
    public static Vec HighToLow(Vec a, Vec b, ref SimdContext c) => a.AsUInt64().WithElement(0, b.AsUInt64()[1]).AsByte();

    /// <summary>MOVHPS store: what is written is the high half.</summary>
    public static Vec High(Vec a, Vec b, ref SimdContext c) => Vector128.CreateScalar(b.AsUInt64()[1]).AsByte();

    public static Vec DuplicateLow64(Vec a, Vec b, ref SimdContext c) => Vector128.Create(b.AsUInt64()[0]).AsByte();
    public static Vec DuplicateEven32(Vec a, Vec b, ref SimdContext c) => SimdLanes.Shuffle4<uint>(b, 0xA0, 0);
    public static Vec DuplicateOdd32(Vec a, Vec b, ref SimdContext c) => SimdLanes.Shuffle4<uint>(b, 0xF5, 0);

    public static Vec UnpackLow8(Vec a, Vec b, ref SimdContext c) => SimdLanes.Interleave<byte>(a, b, high: false);
    public static Vec UnpackLow16(Vec a, Vec b, ref SimdContext c) => SimdLanes.Interleave<ushort>(a, b, high: false);
    public static Vec UnpackLow32(Vec a, Vec b, ref SimdContext c) => SimdLanes.Interleave<uint>(a, b, high: false);
    public static Vec UnpackLow64(Vec a, Vec b, ref SimdContext c) => SimdLanes.Interleave<ulong>(a, b, high: false);
    public static Vec UnpackHigh8(Vec a, Vec b, ref SimdContext c) => SimdLanes.Interleave<byte>(a, b, high: true);
    public static Vec UnpackHigh16(Vec a, Vec b, ref SimdContext c) => SimdLanes.Interleave<ushort>(a, b, high: true);
    public static Vec UnpackHigh32(Vec a, Vec b, ref SimdContext c) => SimdLanes.Interleave<uint>(a, b, high: true);
    public static Vec UnpackHigh64(Vec a, Vec b, ref SimdContext c) => SimdLanes.Interleave<ulong>(a, b, high: true);

    public static Vec Shuffle32(Vec a, Vec b, ref SimdContext c) => SimdLanes.Shuffle4<uint>(b, c.Immediate, 0);
    public static Vec ShuffleLow16(Vec a, Vec b, ref SimdContext c) => SimdLanes.Shuffle4<ushort>(b, c.Immediate, 0);
    public static Vec ShuffleHigh16(Vec a, Vec b, ref SimdContext c) => SimdLanes.Shuffle4<ushort>(b, c.Immediate, 4);

    /// <summary>SHUFPS: two lanes of the destination, then two of the source.</summary>
    public static Vec ShuffleSingle(Vec a, Vec b, ref SimdContext c)
    {
        Vector128<uint> x = a.AsUInt32(), y = b.AsUInt32();
        int order = c.Immediate;
        return Vector128.Create(x[order & 3], x[order >> 2 & 3], y[order >> 4 & 3], y[order >> 6 & 3]).AsByte();
    }

    public static Vec ShuffleDouble(Vec a, Vec b, ref SimdContext c) =>
        Vector128.Create(a.AsUInt64()[c.Immediate & 1], b.AsUInt64()[c.Immediate >> 1 & 1]).AsByte();

    /// <summary>PSHUFB: a source byte with its top bit set gives zero, else its low four bits choose.</summary>
    public static Vec ShuffleBytes(Vec a, Vec b, ref SimdContext c)
    {
        Vec result = default;
        for (int i = 0; i < 16; i++)
        {
            byte choice = ((byte*)&b)[i];
            ((byte*)&result)[i] = (choice & 0x80) != 0 ? (byte)0 : ((byte*)&a)[choice & 15];
        }
        return result;
    }

    /// <summary>16 bytes of the 48 that are b, a and zeros, from <paramref name="from"/> on.</summary>
    static Vec Window(Vec b, Vec a, int from)
    {
        byte* bytes = stackalloc byte[48];
        *(Vec*)bytes = b;
        *(Vec*)(bytes + 16) = a;
        *(Vec*)(bytes + 32) = default;
        return *(Vec*)(bytes + Math.Min(from, 32));
    }

    public static Vec Align(Vec a, Vec b, ref SimdContext c) => Window(b, a, c.Immediate);
    public static Vec ShiftBytesRight(Vec a, Vec b, ref SimdContext c) => Window(a, default, Math.Min(c.Immediate, 16));
    public static Vec ShiftBytesLeft(Vec a, Vec b, ref SimdContext c) => Window(default, a, 16 - Math.Min(c.Immediate, 16));

    public static Vec Blend16(Vec a, Vec b, ref SimdContext c) => SimdLanes.Blend<ushort>(a, b, c.Immediate);
    public static Vec Blend32(Vec a, Vec b, ref SimdContext c) => SimdLanes.Blend<uint>(a, b, c.Immediate);
    public static Vec Blend64(Vec a, Vec b, ref SimdContext c) => SimdLanes.Blend<ulong>(a, b, c.Immediate);
    public static Vec BlendByMask8(Vec a, Vec b, ref SimdContext c) =>
        SimdLanes.Blend<byte>(a, b, (int)c.Xmm0.ExtractMostSignificantBits());
    public static Vec BlendByMask32(Vec a, Vec b, ref SimdContext c) =>
        SimdLanes.Blend<uint>(a, b, (int)c.Xmm0.AsUInt32().ExtractMostSignificantBits());
    public static Vec BlendByMask64(Vec a, Vec b, ref SimdContext c) =>
        SimdLanes.Blend<ulong>(a, b, (int)c.Xmm0.AsUInt64().ExtractMostSignificantBits());

    public static Vec Mask8(Vec a, Vec b, ref SimdContext c) => Vector128.CreateScalar((ulong)b.ExtractMostSignificantBits()).AsByte();
    public static Vec Mask32(Vec a, Vec b, ref SimdContext c) =>
        Vector128.CreateScalar((ulong)b.AsUInt32().ExtractMostSignificantBits()).AsByte();
    public static Vec Mask64(Vec a, Vec b, ref SimdContext c) =>
        Vector128.CreateScalar((ulong)b.AsUInt64().ExtractMostSignificantBits()).AsByte();

    public static Vec Insert8(Vec a, Vec b, ref SimdContext c) => a.WithElement(c.Immediate & 15, b[0]);
    public static Vec Insert16(Vec a, Vec b, ref SimdContext c) => a.AsUInt16().WithElement(c.Immediate & 7, b.AsUInt16()[0]).AsByte();
    public static Vec Insert32(Vec a, Vec b, ref SimdContext c) => a.AsUInt32().WithElement(c.Immediate & 3, b.AsUInt32()[0]).AsByte();
    public static Vec Insert64(Vec a, Vec b, ref SimdContext c) => a.AsUInt64().WithElement(c.Immediate & 1, b.AsUInt64()[0]).AsByte();

    public static Vec Extract8(Vec a, Vec b, ref SimdContext c) => Vector128.CreateScalar((ulong)b[c.Immediate & 15]).AsByte();
    public static Vec Extract16(Vec a, Vec b, ref SimdContext c) => Vector128.CreateScalar((ulong)b.AsUInt16()[c.Immediate & 7]).AsByte();
    public static Vec Extract32(Vec a, Vec b, ref SimdContext c) => Vector128.CreateScalar((ulong)b.AsUInt32()[c.Immediate & 3]).AsByte();
    public static Vec Extract64(Vec a, Vec b, ref SimdContext c) => Vector128.CreateScalar(b.AsUInt64()[c.Immediate & 1]).AsByte();

    /// <summary>INSERTPS: source lane, destination lane, and lanes to clear. From memory there is one lane, whatever the immediate says.</summary>
    public static Vec InsertSingle(Vec a, Vec b, ref SimdContext c) => InsertSingle(a, b.AsUInt32()[c.Immediate >> 6 & 3], c.Immediate);
    public static Vec InsertSingleFromMemory(Vec a, Vec b, ref SimdContext c) => InsertSingle(a, b.AsUInt32()[0], c.Immediate);

    static Vec InsertSingle(Vec a, uint lane, int order)
    {
        Vec inserted = a.AsUInt32().WithElement(order >> 4 & 3, lane).AsByte();
        return SimdLanes.Blend<uint>(inserted, default, order);
    }
}
