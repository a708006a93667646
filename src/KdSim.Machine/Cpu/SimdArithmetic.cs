using System.Runtime.Intrinsics;

namespace KdSim.Machine.Cpu;

/// <summary>Floating-point instructions over lanes; the arithmetic of one lane is <see cref="SimdFloat"/>'s.</summary>
internal static unsafe class SimdArithmetic
{
    static Vec Packed32(Vec a, Vec b, delegate*<in FloatFormat, ulong, ulong, ref SimdContext, ulong> lane, ref SimdContext c)
    {
        Vec result = default;
        for (int i = 0; i < 4; i++)
            ((uint*)&result)[i] = (uint)lane(FloatFormat.Single, ((uint*)&a)[i], ((uint*)&b)[i], ref c);
        return result;
    }

    static Vec Packed64(Vec a, Vec b, delegate*<in FloatFormat, ulong, ulong, ref SimdContext, ulong> lane, ref SimdContext c)
    {
        Vec result = default;
        for (int i = 0; i < 2; i++)
            ((ulong*)&result)[i] = lane(FloatFormat.Double, ((ulong*)&a)[i], ((ulong*)&b)[i], ref c);
        return result;
    }

    static Vec Scalar32(Vec a, Vec b, delegate*<in FloatFormat, ulong, ulong, ref SimdContext, ulong> lane, ref SimdContext c)
    {
        *(uint*)&a = (uint)lane(FloatFormat.Single, *(uint*)&a, *(uint*)&b, ref c);
        return a;
    }

    static Vec Scalar64(Vec a, Vec b, delegate*<in FloatFormat, ulong, ulong, ref SimdContext, ulong> lane, ref SimdContext c)
    {
        *(ulong*)&a = lane(FloatFormat.Double, *(ulong*)&a, *(ulong*)&b, ref c);
        return a;
    }

    public static Vec AddPs(Vec a, Vec b, ref SimdContext c) => Packed32(a, b, &SimdFloat.Add, ref c);
    public static Vec AddPd(Vec a, Vec b, ref SimdContext c) => Packed64(a, b, &SimdFloat.Add, ref c);
    public static Vec AddSs(Vec a, Vec b, ref SimdContext c) => Scalar32(a, b, &SimdFloat.Add, ref c);
    public static Vec AddSd(Vec a, Vec b, ref SimdContext c) => Scalar64(a, b, &SimdFloat.Add, ref c);
    public static Vec SubPs(Vec a, Vec b, ref SimdContext c) => Packed32(a, b, &SimdFloat.Subtract, ref c);
    public static Vec SubPd(Vec a, Vec b, ref SimdContext c) => Packed64(a, b, &SimdFloat.Subtract, ref c);
    public static Vec SubSs(Vec a, Vec b, ref SimdContext c) => Scalar32(a, b, &SimdFloat.Subtract, ref c);
    public static Vec SubSd(Vec a, Vec b, ref SimdContext c) => Scalar64(a, b, &SimdFloat.Subtract, ref c);
    public static Vec MulPs(Vec a, Vec b, ref SimdContext c) => Packed32(a, b, &SimdFloat.Multiply, ref c);
    public static Vec MulPd(Vec a, Vec b, ref SimdContext c) => Packed64(a, b, &SimdFloat.Multiply, ref c);
    public static Vec MulSs(Vec a, Vec b, ref SimdContext c) => Scalar32(a, b, &SimdFloat.Multiply, ref c);
    public static Vec MulSd(Vec a, Vec b, ref SimdContext c) => Scalar64(a, b, &SimdFloat.Multiply, ref c);
    public static Vec DivPs(Vec a, Vec b, ref SimdContext c) => Packed32(a, b, &SimdFloat.Divide, ref c);
    public static Vec DivPd(Vec a, Vec b, ref SimdContext c) => Packed64(a, b, &SimdFloat.Divide, ref c);
    public static Vec DivSs(Vec a, Vec b, ref SimdContext c) => Scalar32(a, b, &SimdFloat.Divide, ref c);
    public static Vec DivSd(Vec a, Vec b, ref SimdContext c) => Scalar64(a, b, &SimdFloat.Divide, ref c);
    public static Vec MinPs(Vec a, Vec b, ref SimdContext c) => Packed32(a, b, &SimdFloat.Minimum, ref c);
    public static Vec MinPd(Vec a, Vec b, ref SimdContext c) => Packed64(a, b, &SimdFloat.Minimum, ref c);
    public static Vec MinSs(Vec a, Vec b, ref SimdContext c) => Scalar32(a, b, &SimdFloat.Minimum, ref c);
    public static Vec MinSd(Vec a, Vec b, ref SimdContext c) => Scalar64(a, b, &SimdFloat.Minimum, ref c);
    public static Vec MaxPs(Vec a, Vec b, ref SimdContext c) => Packed32(a, b, &SimdFloat.Maximum, ref c);
    public static Vec MaxPd(Vec a, Vec b, ref SimdContext c) => Packed64(a, b, &SimdFloat.Maximum, ref c);
    public static Vec MaxSs(Vec a, Vec b, ref SimdContext c) => Scalar32(a, b, &SimdFloat.Maximum, ref c);
    public static Vec MaxSd(Vec a, Vec b, ref SimdContext c) => Scalar64(a, b, &SimdFloat.Maximum, ref c);

    static ulong SquareRoot(in FloatFormat f, ulong a, ulong b, ref SimdContext c) => SimdFloat.SquareRoot(f, b, ref c);
    static ulong Reciprocal(in FloatFormat f, ulong a, ulong b, ref SimdContext c) => SimdEstimate.Reciprocal((uint)b);
    static ulong ReciprocalRoot(in FloatFormat f, ulong a, ulong b, ref SimdContext c) => SimdEstimate.ReciprocalRoot((uint)b);

    public static Vec SqrtPs(Vec a, Vec b, ref SimdContext c) => Packed32(a, b, &SquareRoot, ref c);
    public static Vec SqrtPd(Vec a, Vec b, ref SimdContext c) => Packed64(a, b, &SquareRoot, ref c);
    public static Vec SqrtSs(Vec a, Vec b, ref SimdContext c) => Scalar32(a, b, &SquareRoot, ref c);
    public static Vec SqrtSd(Vec a, Vec b, ref SimdContext c) => Scalar64(a, b, &SquareRoot, ref c);
    public static Vec RcpPs(Vec a, Vec b, ref SimdContext c) => Packed32(a, b, &Reciprocal, ref c);
    public static Vec RcpSs(Vec a, Vec b, ref SimdContext c) => Scalar32(a, b, &Reciprocal, ref c);
    public static Vec RsqrtPs(Vec a, Vec b, ref SimdContext c) => Packed32(a, b, &ReciprocalRoot, ref c);
    public static Vec RsqrtSs(Vec a, Vec b, ref SimdContext c) => Scalar32(a, b, &ReciprocalRoot, ref c);

    /// <summary>CMPPS: predicates 0 to 3 are equal, less, less or equal, unordered; 4 to 7 their negations. LT and LE object to quiet NaNs.</summary>
    static ulong Compare(in FloatFormat f, ulong a, ulong b, ref SimdContext c)
    {
        int predicate = c.Immediate & 3;
        SimdOrder order = SimdFloat.Compare(f, a, b, quiet: predicate is 0 or 3, ref c);
        bool holds = predicate switch
        {
            0 => order == SimdOrder.Equal,
            1 => order == SimdOrder.Less,
            2 => order is SimdOrder.Less or SimdOrder.Equal,
            _ => order == SimdOrder.Unordered,
        };
        return holds != ((c.Immediate & 4) != 0) ? ulong.MaxValue : 0;
    }

    public static Vec ComparePs(Vec a, Vec b, ref SimdContext c) => Packed32(a, b, &Compare, ref c);
    public static Vec ComparePd(Vec a, Vec b, ref SimdContext c) => Packed64(a, b, &Compare, ref c);
    public static Vec CompareSs(Vec a, Vec b, ref SimdContext c) => Scalar32(a, b, &Compare, ref c);
    public static Vec CompareSd(Vec a, Vec b, ref SimdContext c) => Scalar64(a, b, &Compare, ref c);

    static Vec CompareToFlags(Vec a, ulong x, ulong y, in FloatFormat f, bool quiet, ref SimdContext c)
    {
        c.Flags = SimdFloat.Compare(f, x, y, quiet, ref c) switch
        {
            SimdOrder.Less => RFlag.Carry,
            SimdOrder.Equal => RFlag.Zero,
            SimdOrder.Greater => 0,
            _ => RFlag.Zero | RFlag.Parity | RFlag.Carry,
        };
        return a;
    }

    public static Vec Comiss(Vec a, Vec b, ref SimdContext c) =>
        CompareToFlags(a, a.AsUInt32()[0], b.AsUInt32()[0], FloatFormat.Single, quiet: false, ref c);
    public static Vec Comisd(Vec a, Vec b, ref SimdContext c) =>
        CompareToFlags(a, a.AsUInt64()[0], b.AsUInt64()[0], FloatFormat.Double, quiet: false, ref c);
    public static Vec Ucomiss(Vec a, Vec b, ref SimdContext c) =>
        CompareToFlags(a, a.AsUInt32()[0], b.AsUInt32()[0], FloatFormat.Single, quiet: true, ref c);
    public static Vec Ucomisd(Vec a, Vec b, ref SimdContext c) =>
        CompareToFlags(a, a.AsUInt64()[0], b.AsUInt64()[0], FloatFormat.Double, quiet: true, ref c);

    /// <summary>ROUNDSS: bit 2 takes the mode from MXCSR, bit 3 silences the precision exception.</summary>
    static ulong Round(in FloatFormat f, ulong a, ulong b, ref SimdContext c)
    {
        RoundingMode mode = (c.Immediate & 4) != 0 ? c.Rounding : (RoundingMode)(c.Immediate & 3);
        return SimdFloat.RoundToIntegral(f, b, mode, exactOnly: (c.Immediate & 8) == 0, ref c);
    }

    public static Vec RoundPs(Vec a, Vec b, ref SimdContext c) => Packed32(a, b, &Round, ref c);
    public static Vec RoundPd(Vec a, Vec b, ref SimdContext c) => Packed64(a, b, &Round, ref c);
    public static Vec RoundSs(Vec a, Vec b, ref SimdContext c) => Scalar32(a, b, &Round, ref c);
    public static Vec RoundSd(Vec a, Vec b, ref SimdContext c) => Scalar64(a, b, &Round, ref c);

    static Vec Horizontal32(Vec a, Vec b, delegate*<in FloatFormat, ulong, ulong, ref SimdContext, ulong> lane, ref SimdContext c)
    {
        Vector128<uint> x = a.AsUInt32(), y = b.AsUInt32();
        Vec even = Vector128.Create(x[0], x[2], y[0], y[2]).AsByte();
        Vec odd = Vector128.Create(x[1], x[3], y[1], y[3]).AsByte();
        return Packed32(even, odd, lane, ref c);
    }

    static Vec Horizontal64(Vec a, Vec b, delegate*<in FloatFormat, ulong, ulong, ref SimdContext, ulong> lane, ref SimdContext c)
    {
        Vector128<ulong> x = a.AsUInt64(), y = b.AsUInt64();
        return Packed64(Vector128.Create(x[0], y[0]).AsByte(), Vector128.Create(x[1], y[1]).AsByte(), lane, ref c);
    }

    public static Vec HAddPs(Vec a, Vec b, ref SimdContext c) => Horizontal32(a, b, &SimdFloat.Add, ref c);
    public static Vec HAddPd(Vec a, Vec b, ref SimdContext c) => Horizontal64(a, b, &SimdFloat.Add, ref c);
    public static Vec HSubPs(Vec a, Vec b, ref SimdContext c) => Horizontal32(a, b, &SimdFloat.Subtract, ref c);
    public static Vec HSubPd(Vec a, Vec b, ref SimdContext c) => Horizontal64(a, b, &SimdFloat.Subtract, ref c);

    /// <summary>Even lanes subtract, odd lanes add.</summary>
    public static Vec AddSubPs(Vec a, Vec b, ref SimdContext c)
    {
        uint* x = (uint*)&a, y = (uint*)&b;
        for (int i = 0; i < 4; i += 2)
        {
            x[i] = (uint)SimdFloat.Subtract(FloatFormat.Single, x[i], y[i], ref c);
            x[i + 1] = (uint)SimdFloat.Add(FloatFormat.Single, x[i + 1], y[i + 1], ref c);
        }
        return a;
    }

    public static Vec AddSubPd(Vec a, Vec b, ref SimdContext c)
    {
        ulong* x = (ulong*)&a, y = (ulong*)&b;
        x[0] = SimdFloat.Subtract(FloatFormat.Double, x[0], y[0], ref c);
        x[1] = SimdFloat.Add(FloatFormat.Double, x[1], y[1], ref c);
        return a;
    }

    /// <summary>DPPS: the high four bits choose products, the low four where the sum goes; the sum is made pairwise.</summary>
    public static Vec DotPs(Vec a, Vec b, ref SimdContext c)
    {
        uint* x = (uint*)&a, y = (uint*)&b;
        uint* product = stackalloc uint[4];
        for (int i = 0; i < 4; i++)
            product[i] = (c.Immediate >> 4 + i & 1) == 0 ? 0 : (uint)SimdFloat.Multiply(FloatFormat.Single, x[i], y[i], ref c);
        if (!c.Settle())
            return a;
        ulong low = SimdFloat.Add(FloatFormat.Single, product[0], product[1], ref c);
        ulong high = SimdFloat.Add(FloatFormat.Single, product[2], product[3], ref c);
        if (!c.Settle())
            return a;
        uint sum = (uint)SimdFloat.Add(FloatFormat.Single, low, high, ref c);
        return SimdLanes.Blend<uint>(default, Vector128.Create(sum).AsByte(), c.Immediate);
    }

    public static Vec DotPd(Vec a, Vec b, ref SimdContext c)
    {
        ulong* x = (ulong*)&a, y = (ulong*)&b;
        ulong low = (c.Immediate & 0x10) == 0 ? 0 : SimdFloat.Multiply(FloatFormat.Double, x[0], y[0], ref c);
        ulong high = (c.Immediate & 0x20) == 0 ? 0 : SimdFloat.Multiply(FloatFormat.Double, x[1], y[1], ref c);
        if (!c.Settle())
            return a;
        ulong sum = SimdFloat.Add(FloatFormat.Double, low, high, ref c);
        return SimdLanes.Blend<ulong>(default, Vector128.Create(sum).AsByte(), c.Immediate);
    }
}
