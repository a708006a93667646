using System.Numerics;

namespace KdSim.Machine.Cpu;

/// <summary>The measures of an IEEE 754 binary format, and the bit patterns that follow from them.</summary>
internal readonly struct FloatFormat(int fractionBits, int exponentBits)
{
    public static readonly FloatFormat Single = new(23, 8);
    public static readonly FloatFormat Double = new(52, 11);

    public readonly int FractionBits = fractionBits;
    public readonly int Bias = (1 << exponentBits - 1) - 1;
    public readonly ulong SignBit = 1ul << fractionBits + exponentBits;
    public readonly ulong FractionMask = (1ul << fractionBits) - 1;
    public readonly ulong Infinity = ((1ul << exponentBits) - 1) << fractionBits;
    public readonly ulong QuietBit = 1ul << fractionBits - 1;

    /// <summary>What x86 answers to an invalid operation: the negative quiet NaN without payload.</summary>
    public ulong DefaultNaN => SignBit | Infinity | QuietBit;

    public bool IsNegative(ulong x) => (x & SignBit) != 0;
    public bool IsNaN(ulong x) => (x & ~SignBit) > Infinity;
    public bool IsSignalingNaN(ulong x) => IsNaN(x) && (x & QuietBit) == 0;
    public bool IsInfinity(ulong x) => (x & ~SignBit) == Infinity;
    public bool IsZero(ulong x) => (x & ~SignBit) == 0;
    public bool IsDenormal(ulong x) => (x & Infinity) == 0 && (x & FractionMask) != 0;
}

/// <summary>
/// Floating-point arithmetic in integers, exactly as SSE does it: rounding modes, denormals, NaN operands and exception flags are
/// those of the SDM (volume 1, chapters 4.8 and 11.5), the same on every host. A number travels as the bits of its format.
/// </summary>
internal static class SimdFloat
{
    public static ulong Add(in FloatFormat f, ulong a, ulong b, ref SimdContext c)
    {
        if (f.IsNaN(a) || f.IsNaN(b))
            return PropagateNaN(f, a, b, ref c);
        a = Flush(f, a, c);
        b = Flush(f, b, c);
        if (f.IsInfinity(a) || f.IsInfinity(b))
            return AddInfinity(f, a, b, ref c);
        NoteDenormals(f, a, b, ref c);
        bool down = c.Rounding == RoundingMode.Down;
        if (f.IsZero(a) && f.IsZero(b))
            return a == b ? a : down ? f.SignBit : 0;
        Finite x = new(f, a), y = new(f, b);
        if (y.Exponent > x.Exponent)
            (x, y) = (y, x);
        // 64 spare bits below the larger operand; whatever falls out of them only matters as "not zero".
        UInt128 big = (UInt128)x.Significand << 64;
        UInt128 small = ShiftRightJam((UInt128)y.Significand << 64, x.Exponent - y.Exponent);
        bool negative = x.Negative;
        UInt128 sum;
        if (x.Negative == y.Negative)
            sum = big + small;
        else if (big >= small)
            sum = big - small;
        else
        {
            sum = small - big;
            negative = y.Negative;
        }
        if (sum == 0)
            return down ? f.SignBit : 0;
        return Pack(f, negative, x.Exponent - 64, sum, ref c);
    }

    public static ulong Subtract(in FloatFormat f, ulong a, ulong b, ref SimdContext c) =>
        Add(f, a, f.IsNaN(b) ? b : b ^ f.SignBit, ref c);

    public static ulong Multiply(in FloatFormat f, ulong a, ulong b, ref SimdContext c)
    {
        if (f.IsNaN(a) || f.IsNaN(b))
            return PropagateNaN(f, a, b, ref c);
        a = Flush(f, a, c);
        b = Flush(f, b, c);
        ulong sign = (a ^ b) & f.SignBit;
        bool infinite = f.IsInfinity(a) || f.IsInfinity(b), zero = f.IsZero(a) || f.IsZero(b);
        if (infinite && zero)
            return Invalid(f, ref c);
        NoteDenormals(f, a, b, ref c);
        if (infinite)
            return sign | f.Infinity;
        if (zero)
            return sign;
        Finite x = new(f, a), y = new(f, b);
        return Pack(f, sign != 0, x.Exponent + y.Exponent, (UInt128)x.Significand * y.Significand, ref c);
    }

    public static ulong Divide(in FloatFormat f, ulong a, ulong b, ref SimdContext c)
    {
        if (f.IsNaN(a) || f.IsNaN(b))
            return PropagateNaN(f, a, b, ref c);
        a = Flush(f, a, c);
        b = Flush(f, b, c);
        ulong sign = (a ^ b) & f.SignBit;
        if (f.IsZero(a) && f.IsZero(b) || f.IsInfinity(a) && f.IsInfinity(b))
            return Invalid(f, ref c);
        if (f.IsZero(b) && !f.IsInfinity(a))
        {
            c.Raise(Mxcsrs.DivideByZero);
            return sign | f.Infinity;
        }
        NoteDenormals(f, a, b, ref c);
        if (f.IsInfinity(a))
            return sign | f.Infinity;
        if (f.IsZero(a) || f.IsInfinity(b))
            return sign;
        Finite x = new(f, a), y = new(f, b);
        int up = 63 + BitOperations.LeadingZeroCount(x.Significand); // the dividend's top bit becomes bit 126
        (UInt128 quotient, UInt128 rest) = UInt128.DivRem((UInt128)x.Significand << up, y.Significand);
        return Pack(f, sign != 0, x.Exponent - y.Exponent - up, quotient << 1 | (rest != 0 ? 1u : 0u), ref c, lowBits: 1);
    }

    public static ulong SquareRoot(in FloatFormat f, ulong a, ref SimdContext c)
    {
        if (f.IsNaN(a))
            return PropagateNaN(f, a, a, ref c);
        a = Flush(f, a, c);
        if (f.IsZero(a))
            return a;
        if (f.IsNegative(a))
            return Invalid(f, ref c);
        NoteDenormals(f, a, a, ref c);
        if (f.IsInfinity(a))
            return a;
        Finite x = new(f, a);
        // An even exponent, and about 120 bits under the root for 60 in the result.
        int up = 120 - (64 - BitOperations.LeadingZeroCount(x.Significand));
        if (((x.Exponent - up) & 1) != 0)
            up++;
        UInt128 square = (UInt128)x.Significand << up;
        UInt128 root = IntegerRoot(square);
        bool exact = root * root == square;
        return Pack(f, false, (x.Exponent - up) / 2, root << 1 | (exact ? 0u : 1u), ref c, lowBits: 1);
    }

    /// <summary>MIN and MAX answer the second operand when either is a NaN or both are zero (SDM, MINPS).</summary>
    public static ulong Minimum(in FloatFormat f, ulong a, ulong b, ref SimdContext c)
    {
        SimdOrder order = Compare(f, ref a, ref b, quiet: false, ref c);
        return order == SimdOrder.Less ? a : b;
    }

    public static ulong Maximum(in FloatFormat f, ulong a, ulong b, ref SimdContext c)
    {
        SimdOrder order = Compare(f, ref a, ref b, quiet: false, ref c);
        return order == SimdOrder.Greater ? a : b;
    }

    public static SimdOrder Compare(in FloatFormat f, ulong a, ulong b, bool quiet, ref SimdContext c) =>
        Compare(f, ref a, ref b, quiet, ref c);

    /// <summary>
    /// Orders two numbers. A quiet comparison takes offence at signaling NaNs only. Denormals that count as zero come back as zero.
    /// </summary>
    static SimdOrder Compare(in FloatFormat f, ref ulong a, ref ulong b, bool quiet, ref SimdContext c)
    {
        a = Flush(f, a, c);
        b = Flush(f, b, c);
        if (f.IsNaN(a) || f.IsNaN(b))
        {
            if (!quiet || f.IsSignalingNaN(a) || f.IsSignalingNaN(b))
                c.Raise(Mxcsrs.Invalid);
            return SimdOrder.Unordered;
        }
        NoteDenormals(f, a, b, ref c);
        if (f.IsZero(a) && f.IsZero(b) || a == b)
            return SimdOrder.Equal;
        bool less = f.IsNegative(a) != f.IsNegative(b) ? f.IsNegative(a) : f.IsNegative(a) ? a > b : a < b;
        return less ? SimdOrder.Less : SimdOrder.Greater;
    }

    /// <summary>From one format to the other (CVTSS2SD, CVTSD2SS).</summary>
    public static ulong Convert(in FloatFormat from, in FloatFormat to, ulong a, ref SimdContext c)
    {
        ulong sign = from.IsNegative(a) ? to.SignBit : 0;
        int widen = to.FractionBits - from.FractionBits;
        if (from.IsNaN(a))
        {
            if (from.IsSignalingNaN(a))
                c.Raise(Mxcsrs.Invalid);
            ulong payload = a & from.FractionMask;
            return sign | to.Infinity | to.QuietBit | (widen > 0 ? payload << widen : payload >> -widen);
        }
        a = Flush(from, a, c);
        if (from.IsInfinity(a))
            return sign | to.Infinity;
        if (from.IsZero(a))
            return sign;
        NoteDenormals(from, a, a, ref c);
        Finite x = new(from, a);
        return Pack(to, x.Negative, x.Exponent, x.Significand, ref c);
    }

    public static ulong FromInteger(in FloatFormat f, long value, ref SimdContext c)
    {
        if (value == 0)
            return 0;
        ulong magnitude = value < 0 ? (ulong)-value : (ulong)value;
        return Pack(f, value < 0, 0, magnitude, ref c);
    }

    /// <summary>
    /// To a signed integer of <paramref name="bits"/> bits; what does not fit is invalid and gives the least integer. Denormal
    /// operands are not reported (SDM, CVTSS2SI).
    /// </summary>
    public static ulong ToInteger(in FloatFormat f, ulong a, int bits, RoundingMode rounding, ref SimdContext c)
    {
        ulong indefinite = 1ul << bits - 1;
        a = Flush(f, a, c);
        if (f.IsZero(a))
            return 0;
        Finite x = new(f, a);
        if (f.IsNaN(a) || f.IsInfinity(a) || x.Exponent + f.FractionBits > 64)
        {
            c.Raise(Mxcsrs.Invalid);
            return indefinite;
        }
        UInt128 rounded = RoundShift(x.Significand, -x.Exponent, x.Negative, rounding, out bool inexact);
        if (rounded > (x.Negative ? indefinite : indefinite - 1))
        {
            c.Raise(Mxcsrs.Invalid);
            return indefinite;
        }
        if (inexact)
            c.Raise(Mxcsrs.Precision);
        ulong result = (ulong)rounded;
        return (x.Negative ? 0 - result : result) & ulong.MaxValue >> 64 - bits;
    }

    /// <summary>To an integral number of the same format (ROUNDSS).</summary>
    public static ulong RoundToIntegral(in FloatFormat f, ulong a, RoundingMode rounding, bool exactOnly, ref SimdContext c)
    {
        if (f.IsNaN(a))
            return PropagateNaN(f, a, a, ref c);
        a = Flush(f, a, c);
        if (f.IsInfinity(a) || f.IsZero(a))
            return a;
        Finite x = new(f, a);
        if (x.Exponent >= 0)
            return a;
        ulong rounded = (ulong)RoundShift(x.Significand, -x.Exponent, x.Negative, rounding, out bool inexact);
        if (inexact && exactOnly)
            c.Raise(Mxcsrs.Precision);
        SimdContext nothing = default; // the value is exact: nothing can be raised
        return rounded == 0 ? a & f.SignBit : Pack(f, x.Negative, 0, rounded, ref nothing);
    }

    /// <summary>The first operand if it is a NaN, else the second, made quiet (SDM volume 1, table 4-7).</summary>
    public static ulong PropagateNaN(in FloatFormat f, ulong a, ulong b, ref SimdContext c)
    {
        if (f.IsSignalingNaN(a) || f.IsSignalingNaN(b))
            c.Raise(Mxcsrs.Invalid);
        return (f.IsNaN(a) ? a : b) | f.QuietBit;
    }

    static ulong Invalid(in FloatFormat f, ref SimdContext c)
    {
        c.Raise(Mxcsrs.Invalid);
        return f.DefaultNaN;
    }

    static ulong AddInfinity(in FloatFormat f, ulong a, ulong b, ref SimdContext c)
    {
        if (f.IsInfinity(a) && f.IsInfinity(b) && a != b)
            return Invalid(f, ref c);
        NoteDenormals(f, a, b, ref c);
        return f.IsInfinity(a) ? a : b;
    }

    static ulong Flush(in FloatFormat f, ulong a, in SimdContext c) => c.DenormalsAreZero && f.IsDenormal(a) ? a & f.SignBit : a;

    static void NoteDenormals(in FloatFormat f, ulong a, ulong b, ref SimdContext c)
    {
        if (f.IsDenormal(a) || f.IsDenormal(b))
            c.Raise(Mxcsrs.Denormal);
    }

    /// <summary>
    /// Rounds significand * 2^exponent into the format. The significand's last <paramref name="lowBits"/> bits are a mere "there is more".
    /// </summary>
    static ulong Pack(in FloatFormat f, bool negative, int exponent, UInt128 significand, ref SimdContext c, int lowBits = 0)
    {
        exponent -= lowBits;
        int top = 127 - (int)UInt128.LeadingZeroCount(significand);
        int least = 1 - f.Bias;
        int magnitude = exponent + top;
        int drop = top - f.FractionBits;
        ulong sign = negative ? f.SignBit : 0;
        ulong rounded = (ulong)RoundShift(significand, drop, negative, c.Rounding, out bool inexact);
        if (rounded >> f.FractionBits == 2)
            magnitude++; // rounded up to the next power of two
        if (magnitude < least)
            return PackTiny(f, negative, exponent, significand, inexact, ref c);
        if (magnitude > f.Bias)
        {
            c.Raise(Mxcsrs.Overflow | (c.IsMasked(Mxcsrs.Overflow) || inexact ? Mxcsrs.Precision : 0));
            bool away = c.Rounding == RoundingMode.Nearest || c.Rounding == (negative ? RoundingMode.Down : RoundingMode.Up);
            return sign | (away ? f.Infinity : f.Infinity - 1);
        }
        if (inexact)
            c.Raise(Mxcsrs.Precision);
        return sign | (ulong)(magnitude + f.Bias) << f.FractionBits | rounded & f.FractionMask;
    }

    /// <summary>A result below the normal range; x86 judges that after rounding as if the exponent had no bound.</summary>
    static ulong PackTiny(in FloatFormat f, bool negative, int exponent, UInt128 significand, bool inexactUnbounded, ref SimdContext c)
    {
        ulong sign = negative ? f.SignBit : 0;
        if (!c.IsMasked(Mxcsrs.Underflow))
        {
            c.Raise(Mxcsrs.Underflow | (inexactUnbounded ? Mxcsrs.Precision : 0));
            return sign;
        }
        if (c.FlushToZero)
        {
            c.Raise(Mxcsrs.Underflow | Mxcsrs.Precision);
            return sign;
        }
        int drop = 1 - f.Bias - f.FractionBits - exponent;
        ulong rounded = (ulong)RoundShift(significand, drop, negative, c.Rounding, out bool inexact);
        if (inexact)
            c.Raise(Mxcsrs.Underflow | Mxcsrs.Precision);
        return sign | rounded; // a carry into the exponent field makes the least normal number, as it should
    }

    /// <summary>value / 2^<paramref name="drop"/>, rounded; a negative drop multiplies.</summary>
    static UInt128 RoundShift(UInt128 value, int drop, bool negative, RoundingMode rounding, out bool inexact)
    {
        inexact = false;
        if (drop <= 0)
            return value << -drop;
        UInt128 kept = drop < 128 ? value >> drop : 0;
        UInt128 lost = drop < 128 ? value - (kept << drop) : value;
        if (lost == 0)
            return kept;
        inexact = true;
        bool up = rounding switch
        {
            RoundingMode.Nearest => drop <= 128 && (lost > UInt128.One << drop - 1 || lost == UInt128.One << drop - 1 && (kept & 1) != 0),
            RoundingMode.Down => negative,
            RoundingMode.Up => !negative,
            _ => false,
        };
        return up ? kept + 1 : kept;
    }

    /// <summary>Shifts right; bits that fall out leave a 1 behind.</summary>
    static UInt128 ShiftRightJam(UInt128 value, int count)
    {
        if (count == 0)
            return value;
        if (count >= 128)
            return value == 0 ? 0u : 1u;
        UInt128 shifted = value >> count;
        return shifted << count == value ? shifted : shifted | 1;
    }

    /// <summary>The integer part of the square root, bit by bit.</summary>
    static UInt128 IntegerRoot(UInt128 value)
    {
        UInt128 root = 0;
        for (int bit = 63; bit >= 0; bit--)
        {
            UInt128 candidate = root | UInt128.One << bit;
            if (candidate * candidate <= value)
                root = candidate;
        }
        return root;
    }

    /// <summary>A finite number as significand * 2^exponent. The significand of a normal number has its leading one.</summary>
    readonly struct Finite
    {
        public readonly bool Negative;
        public readonly int Exponent;
        public readonly ulong Significand;

        public Finite(in FloatFormat f, ulong x)
        {
            Negative = f.IsNegative(x);
            int field = (int)((x & f.Infinity) >> f.FractionBits);
            Significand = x & f.FractionMask | (field != 0 ? f.FractionMask + 1 : 0);
            Exponent = Math.Max(field, 1) - f.Bias - f.FractionBits;
        }
    }
}

/// <summary>How two numbers compare.</summary>
internal enum SimdOrder
{
    Less,
    Equal,
    Greater,
    Unordered,
}
