using System.Numerics;
using System.Runtime.Intrinsics;

namespace KdSim.Machine.Cpu;

/// <summary>
/// Packed integer and logical operations. Signatures are all alike (<see cref="SimdOperation"/>): destination's old value, source,
/// context; the result is the destination's new value.
/// </summary>
internal static unsafe class SimdInteger
{
    public static Vec And(Vec a, Vec b, ref SimdContext c) => a & b;
    public static Vec AndNot(Vec a, Vec b, ref SimdContext c) => ~a & b;
    public static Vec Or(Vec a, Vec b, ref SimdContext c) => a | b;
    public static Vec Xor(Vec a, Vec b, ref SimdContext c) => a ^ b;

    public static Vec Add8(Vec a, Vec b, ref SimdContext c) => a + b;
    public static Vec Add16(Vec a, Vec b, ref SimdContext c) => (a.AsUInt16() + b.AsUInt16()).AsByte();
    public static Vec Add32(Vec a, Vec b, ref SimdContext c) => (a.AsUInt32() + b.AsUInt32()).AsByte();
    public static Vec Add64(Vec a, Vec b, ref SimdContext c) => (a.AsUInt64() + b.AsUInt64()).AsByte();
    public static Vec Sub8(Vec a, Vec b, ref SimdContext c) => a - b;
    public static Vec Sub16(Vec a, Vec b, ref SimdContext c) => (a.AsUInt16() - b.AsUInt16()).AsByte();
    public static Vec Sub32(Vec a, Vec b, ref SimdContext c) => (a.AsUInt32() - b.AsUInt32()).AsByte();
    public static Vec Sub64(Vec a, Vec b, ref SimdContext c) => (a.AsUInt64() - b.AsUInt64()).AsByte();

    static short Clamp16(int x) => (short)Math.Clamp(x, short.MinValue, short.MaxValue);
    static ushort ClampU16(int x) => (ushort)Math.Clamp(x, 0, ushort.MaxValue);
    static sbyte Clamp8(int x) => (sbyte)Math.Clamp(x, sbyte.MinValue, sbyte.MaxValue);
    static byte ClampU8(int x) => (byte)Math.Clamp(x, 0, byte.MaxValue);

    static sbyte AddClamped(sbyte x, sbyte y) => Clamp8(x + y);
    static short AddClamped(short x, short y) => Clamp16(x + y);
    static byte AddClamped(byte x, byte y) => ClampU8(x + y);
    static ushort AddClamped(ushort x, ushort y) => ClampU16(x + y);
    static sbyte SubClamped(sbyte x, sbyte y) => Clamp8(x - y);
    static short SubClamped(short x, short y) => Clamp16(x - y);
    static byte SubClamped(byte x, byte y) => ClampU8(x - y);
    static ushort SubClamped(ushort x, ushort y) => ClampU16(x - y);

    public static Vec AddS8(Vec a, Vec b, ref SimdContext c) => SimdLanes.Map<sbyte>(a, b, &AddClamped);
    public static Vec AddS16(Vec a, Vec b, ref SimdContext c) => SimdLanes.Map<short>(a, b, &AddClamped);
    public static Vec AddU8(Vec a, Vec b, ref SimdContext c) => SimdLanes.Map<byte>(a, b, &AddClamped);
    public static Vec AddU16(Vec a, Vec b, ref SimdContext c) => SimdLanes.Map<ushort>(a, b, &AddClamped);
    public static Vec SubS8(Vec a, Vec b, ref SimdContext c) => SimdLanes.Map<sbyte>(a, b, &SubClamped);
    public static Vec SubS16(Vec a, Vec b, ref SimdContext c) => SimdLanes.Map<short>(a, b, &SubClamped);
    public static Vec SubU8(Vec a, Vec b, ref SimdContext c) => SimdLanes.Map<byte>(a, b, &SubClamped);
    public static Vec SubU16(Vec a, Vec b, ref SimdContext c) => SimdLanes.Map<ushort>(a, b, &SubClamped);

    static byte Mean(byte x, byte y) => (byte)(x + y + 1 >> 1);
    static ushort Mean(ushort x, ushort y) => (ushort)(x + y + 1 >> 1);

    public static Vec Average8(Vec a, Vec b, ref SimdContext c) => SimdLanes.Map<byte>(a, b, &Mean);
    public static Vec Average16(Vec a, Vec b, ref SimdContext c) => SimdLanes.Map<ushort>(a, b, &Mean);

    public static Vec MinS8(Vec a, Vec b, ref SimdContext c) => Vector128.Min(a.AsSByte(), b.AsSByte()).AsByte();
    public static Vec MinS16(Vec a, Vec b, ref SimdContext c) => Vector128.Min(a.AsInt16(), b.AsInt16()).AsByte();
    public static Vec MinS32(Vec a, Vec b, ref SimdContext c) => Vector128.Min(a.AsInt32(), b.AsInt32()).AsByte();
    public static Vec MinU8(Vec a, Vec b, ref SimdContext c) => Vector128.Min(a, b);
    public static Vec MinU16(Vec a, Vec b, ref SimdContext c) => Vector128.Min(a.AsUInt16(), b.AsUInt16()).AsByte();
    public static Vec MinU32(Vec a, Vec b, ref SimdContext c) => Vector128.Min(a.AsUInt32(), b.AsUInt32()).AsByte();
    public static Vec MaxS8(Vec a, Vec b, ref SimdContext c) => Vector128.Max(a.AsSByte(), b.AsSByte()).AsByte();
    public static Vec MaxS16(Vec a, Vec b, ref SimdContext c) => Vector128.Max(a.AsInt16(), b.AsInt16()).AsByte();
    public static Vec MaxS32(Vec a, Vec b, ref SimdContext c) => Vector128.Max(a.AsInt32(), b.AsInt32()).AsByte();
    public static Vec MaxU8(Vec a, Vec b, ref SimdContext c) => Vector128.Max(a, b);
    public static Vec MaxU16(Vec a, Vec b, ref SimdContext c) => Vector128.Max(a.AsUInt16(), b.AsUInt16()).AsByte();
    public static Vec MaxU32(Vec a, Vec b, ref SimdContext c) => Vector128.Max(a.AsUInt32(), b.AsUInt32()).AsByte();

    public static Vec Equal8(Vec a, Vec b, ref SimdContext c) => Vector128.Equals(a, b);
    public static Vec Equal16(Vec a, Vec b, ref SimdContext c) => Vector128.Equals(a.AsInt16(), b.AsInt16()).AsByte();
    public static Vec Equal32(Vec a, Vec b, ref SimdContext c) => Vector128.Equals(a.AsInt32(), b.AsInt32()).AsByte();
    public static Vec Equal64(Vec a, Vec b, ref SimdContext c) => Vector128.Equals(a.AsInt64(), b.AsInt64()).AsByte();
    public static Vec Greater8(Vec a, Vec b, ref SimdContext c) =>
        Vector128.GreaterThan(a.AsSByte(), b.AsSByte()).AsByte();
    public static Vec Greater16(Vec a, Vec b, ref SimdContext c) =>
        Vector128.GreaterThan(a.AsInt16(), b.AsInt16()).AsByte();
    public static Vec Greater32(Vec a, Vec b, ref SimdContext c) =>
        Vector128.GreaterThan(a.AsInt32(), b.AsInt32()).AsByte();
    public static Vec Greater64(Vec a, Vec b, ref SimdContext c) =>
        Vector128.GreaterThan(a.AsInt64(), b.AsInt64()).AsByte();

    public static Vec MultiplyLow16(Vec a, Vec b, ref SimdContext c) => (a.AsInt16() * b.AsInt16()).AsByte();
    public static Vec MultiplyLow32(Vec a, Vec b, ref SimdContext c) => (a.AsInt32() * b.AsInt32()).AsByte();

    static short HighProduct(short x, short y) => (short)(x * y >> 16);
    static ushort HighProduct(ushort x, ushort y) => (ushort)((uint)x * y >> 16);
    static short RoundedHighProduct(short x, short y) => (short)((x * y >> 14) + 1 >> 1);
    static ulong LowProduct(ulong x, ulong y) => (ulong)(uint)x * (uint)y;
    static long LowProduct(long x, long y) => (long)(int)x * (int)y;

    public static Vec MultiplyHighS16(Vec a, Vec b, ref SimdContext c) => SimdLanes.Map<short>(a, b, &HighProduct);
    public static Vec MultiplyHighU16(Vec a, Vec b, ref SimdContext c) => SimdLanes.Map<ushort>(a, b, &HighProduct);
    public static Vec MultiplyRounded(Vec a, Vec b, ref SimdContext c) =>
        SimdLanes.Map<short>(a, b, &RoundedHighProduct);
    public static Vec MultiplyEvenU32(Vec a, Vec b, ref SimdContext c) => SimdLanes.Map<ulong>(a, b, &LowProduct);
    public static Vec MultiplyEvenS32(Vec a, Vec b, ref SimdContext c) => SimdLanes.Map<long>(a, b, &LowProduct);

    /// <summary>PMADDWD: sums of two products. -32768 squared twice wraps.</summary>
    public static Vec MultiplyAdd16(Vec a, Vec b, ref SimdContext c)
    {
        Vec result = default;
        short* x = (short*)&a, y = (short*)&b;
        for (int i = 0; i < 4; i++)
            ((int*)&result)[i] = unchecked(x[2 * i] * y[2 * i] + x[2 * i + 1] * y[2 * i + 1]);
        return result;
    }

    /// <summary>PMADDUBSW: the destination's bytes are unsigned, the source's signed.</summary>
    public static Vec MultiplyAdd8(Vec a, Vec b, ref SimdContext c)
    {
        Vec result = default;
        byte* x = (byte*)&a;
        sbyte* y = (sbyte*)&b;
        for (int i = 0; i < 8; i++)
            ((short*)&result)[i] = Clamp16(x[2 * i] * y[2 * i] + x[2 * i + 1] * y[2 * i + 1]);
        return result;
    }

    /// <summary>PSADBW.</summary>
    public static Vec SumOfDifferences(Vec a, Vec b, ref SimdContext c)
    {
        Vector128<ulong> result = default;
        for (int i = 0; i < 16; i++)
            ((ulong*)&result)[i / 8] += (ulong)Math.Abs(((byte*)&a)[i] - ((byte*)&b)[i]);
        return result.AsByte();
    }

    /// <summary>MPSADBW: eight sums over four bytes, a sliding along, one block of b.</summary>
    public static Vec SlidingSums(Vec a, Vec b, ref SimdContext c)
    {
        Vec result = default;
        byte* x = (byte*)&a + (c.Immediate >> 2 & 1) * 4, y = (byte*)&b + (c.Immediate & 3) * 4;
        for (int i = 0; i < 8; i++)
        {
            int sum = 0;
            for (int j = 0; j < 4; j++)
                sum += Math.Abs(x[i + j] - y[j]);
            ((ushort*)&result)[i] = (ushort)sum;
        }
        return result;
    }

    /// <summary>PHMINPOSUW: the least word and where it is.</summary>
    public static Vec LeastWord(Vec a, Vec b, ref SimdContext c)
    {
        ushort* x = (ushort*)&b;
        int least = 0;
        for (int i = 1; i < 8; i++)
            if (x[i] < x[least])
                least = i;
        return Vector128.CreateScalar((uint)x[least] | (uint)least << 16).AsByte();
    }

    static short Sum(short x, short y) => (short)(x + y);
    static int Sum(int x, int y) => unchecked(x + y);
    static short Difference(short x, short y) => (short)(x - y);
    static int Difference(int x, int y) => unchecked(x - y);

    public static Vec HAdd16(Vec a, Vec b, ref SimdContext c) => SimdLanes.Horizontal<short>(a, b, &Sum);
    public static Vec HAdd32(Vec a, Vec b, ref SimdContext c) => SimdLanes.Horizontal<int>(a, b, &Sum);
    public static Vec HAddS16(Vec a, Vec b, ref SimdContext c) => SimdLanes.Horizontal<short>(a, b, &AddClamped);
    public static Vec HSub16(Vec a, Vec b, ref SimdContext c) => SimdLanes.Horizontal<short>(a, b, &Difference);
    public static Vec HSub32(Vec a, Vec b, ref SimdContext c) => SimdLanes.Horizontal<int>(a, b, &Difference);
    public static Vec HSubS16(Vec a, Vec b, ref SimdContext c) => SimdLanes.Horizontal<short>(a, b, &SubClamped);

    static sbyte WithSign(sbyte x, sbyte sign) => (sbyte)(sign < 0 ? -x : sign == 0 ? 0 : x);
    static short WithSign(short x, short sign) => (short)(sign < 0 ? -x : sign == 0 ? 0 : x);
    static int WithSign(int x, int sign) => unchecked(sign < 0 ? -x : sign == 0 ? 0 : x);

    public static Vec Sign8(Vec a, Vec b, ref SimdContext c) => SimdLanes.Map<sbyte>(a, b, &WithSign);
    public static Vec Sign16(Vec a, Vec b, ref SimdContext c) => SimdLanes.Map<short>(a, b, &WithSign);
    public static Vec Sign32(Vec a, Vec b, ref SimdContext c) => SimdLanes.Map<int>(a, b, &WithSign);

    static sbyte Magnitude(sbyte x) => (sbyte)(x < 0 ? -x : x);
    static short Magnitude(short x) => (short)(x < 0 ? -x : x);
    static int Magnitude(int x) => unchecked(x < 0 ? -x : x);

    public static Vec Abs8(Vec a, Vec b, ref SimdContext c) => SimdLanes.Map<sbyte>(b, &Magnitude);
    public static Vec Abs16(Vec a, Vec b, ref SimdContext c) => SimdLanes.Map<short>(b, &Magnitude);
    public static Vec Abs32(Vec a, Vec b, ref SimdContext c) => SimdLanes.Map<int>(b, &Magnitude);

    /// <summary>A shift count is the whole low quadword of the source; one that is too large clears the lanes (or fills them with the sign).</summary>
    static int Count(Vec b, int width) => (int)Math.Min(b.AsUInt64()[0], (ulong)width);

    static Vec Left16(Vec a, int n) => n > 15 ? default : (a.AsUInt16() << n).AsByte();
    static Vec Left32(Vec a, int n) => n > 31 ? default : (a.AsUInt32() << n).AsByte();
    static Vec Left64(Vec a, int n) => n > 63 ? default : (a.AsUInt64() << n).AsByte();
    static Vec Right16(Vec a, int n) => n > 15 ? default : (a.AsUInt16() >> n).AsByte();
    static Vec Right32(Vec a, int n) => n > 31 ? default : (a.AsUInt32() >> n).AsByte();
    static Vec Right64(Vec a, int n) => n > 63 ? default : (a.AsUInt64() >> n).AsByte();
    static Vec Signed16(Vec a, int n) => (a.AsInt16() >> Math.Min(n, 15)).AsByte();
    static Vec Signed32(Vec a, int n) => (a.AsInt32() >> Math.Min(n, 31)).AsByte();

    public static Vec ShiftLeft16(Vec a, Vec b, ref SimdContext c) => Left16(a, Count(b, 16));
    public static Vec ShiftLeft32(Vec a, Vec b, ref SimdContext c) => Left32(a, Count(b, 32));
    public static Vec ShiftLeft64(Vec a, Vec b, ref SimdContext c) => Left64(a, Count(b, 64));
    public static Vec ShiftRight16(Vec a, Vec b, ref SimdContext c) => Right16(a, Count(b, 16));
    public static Vec ShiftRight32(Vec a, Vec b, ref SimdContext c) => Right32(a, Count(b, 32));
    public static Vec ShiftRight64(Vec a, Vec b, ref SimdContext c) => Right64(a, Count(b, 64));
    public static Vec ShiftSigned16(Vec a, Vec b, ref SimdContext c) => Signed16(a, Count(b, 16));
    public static Vec ShiftSigned32(Vec a, Vec b, ref SimdContext c) => Signed32(a, Count(b, 32));

    public static Vec ShiftLeft16By(Vec a, Vec b, ref SimdContext c) => Left16(a, c.Immediate);
    public static Vec ShiftLeft32By(Vec a, Vec b, ref SimdContext c) => Left32(a, c.Immediate);
    public static Vec ShiftLeft64By(Vec a, Vec b, ref SimdContext c) => Left64(a, c.Immediate);
    public static Vec ShiftRight16By(Vec a, Vec b, ref SimdContext c) => Right16(a, c.Immediate);
    public static Vec ShiftRight32By(Vec a, Vec b, ref SimdContext c) => Right32(a, c.Immediate);
    public static Vec ShiftRight64By(Vec a, Vec b, ref SimdContext c) => Right64(a, c.Immediate);
    public static Vec ShiftSigned16By(Vec a, Vec b, ref SimdContext c) => Signed16(a, c.Immediate);
    public static Vec ShiftSigned32By(Vec a, Vec b, ref SimdContext c) => Signed32(a, c.Immediate);

    /// <summary>PTEST: ZF if no bit of the source is in the destination, CF if all are.</summary>
    public static Vec Test(Vec a, Vec b, ref SimdContext c)
    {
        c.Flags = ((a & b) == default ? RFlag.Zero : 0) | ((~a & b) == default ? RFlag.Carry : 0);
        return a;
    }

    public static Vec Crc8(Vec a, Vec b, ref SimdContext c) => Crc(a, b.AsUInt64()[0], 8);
    public static Vec Crc16(Vec a, Vec b, ref SimdContext c) => Crc(a, b.AsUInt64()[0], 16);
    public static Vec Crc32(Vec a, Vec b, ref SimdContext c) => Crc(a, b.AsUInt64()[0], 32);
    public static Vec Crc64(Vec a, Vec b, ref SimdContext c) => Crc(a, b.AsUInt64()[0], 64);

    /// <summary>CRC32 with the Castagnoli polynomial, bits reflected.</summary>
    static Vec Crc(Vec a, ulong data, int bits)
    {
        uint crc = a.AsUInt32()[0];
        for (int i = 0; i < bits; i += 8)
            crc = BitOperations.Crc32C(crc, (byte)(data >> i));
        return Vector128.CreateScalar((ulong)crc).AsByte();
    }

    static sbyte NarrowS8(short x) => Clamp8(x);
    static byte NarrowU8(short x) => ClampU8(x);
    static short NarrowS16(int x) => Clamp16(x);
    static ushort NarrowU16(int x) => ClampU16(x);

    public static Vec PackS16(Vec a, Vec b, ref SimdContext c) => SimdLanes.Pack<short, sbyte>(a, b, &NarrowS8);
    public static Vec PackU16(Vec a, Vec b, ref SimdContext c) => SimdLanes.Pack<short, byte>(a, b, &NarrowU8);
    public static Vec PackS32(Vec a, Vec b, ref SimdContext c) => SimdLanes.Pack<int, short>(a, b, &NarrowS16);
    public static Vec PackU32(Vec a, Vec b, ref SimdContext c) => SimdLanes.Pack<int, ushort>(a, b, &NarrowU16);

    static short S8To16(sbyte x) => x;
    static int S8To32(sbyte x) => x;
    static long S8To64(sbyte x) => x;
    static int S16To32(short x) => x;
    static long S16To64(short x) => x;
    static long S32To64(int x) => x;
    static ushort U8To16(byte x) => x;
    static uint U8To32(byte x) => x;
    static ulong U8To64(byte x) => x;
    static uint U16To32(ushort x) => x;
    static ulong U16To64(ushort x) => x;
    static ulong U32To64(uint x) => x;

    public static Vec WidenS8To16(Vec a, Vec b, ref SimdContext c) => SimdLanes.Widen<sbyte, short>(b, &S8To16);
    public static Vec WidenS8To32(Vec a, Vec b, ref SimdContext c) => SimdLanes.Widen<sbyte, int>(b, &S8To32);
    public static Vec WidenS8To64(Vec a, Vec b, ref SimdContext c) => SimdLanes.Widen<sbyte, long>(b, &S8To64);
    public static Vec WidenS16To32(Vec a, Vec b, ref SimdContext c) => SimdLanes.Widen<short, int>(b, &S16To32);
    public static Vec WidenS16To64(Vec a, Vec b, ref SimdContext c) => SimdLanes.Widen<short, long>(b, &S16To64);
    public static Vec WidenS32To64(Vec a, Vec b, ref SimdContext c) => SimdLanes.Widen<int, long>(b, &S32To64);
    public static Vec WidenU8To16(Vec a, Vec b, ref SimdContext c) => SimdLanes.Widen<byte, ushort>(b, &U8To16);
    public static Vec WidenU8To32(Vec a, Vec b, ref SimdContext c) => SimdLanes.Widen<byte, uint>(b, &U8To32);
    public static Vec WidenU8To64(Vec a, Vec b, ref SimdContext c) => SimdLanes.Widen<byte, ulong>(b, &U8To64);
    public static Vec WidenU16To32(Vec a, Vec b, ref SimdContext c) => SimdLanes.Widen<ushort, uint>(b, &U16To32);
    public static Vec WidenU16To64(Vec a, Vec b, ref SimdContext c) => SimdLanes.Widen<ushort, ulong>(b, &U16To64);
    public static Vec WidenU32To64(Vec a, Vec b, ref SimdContext c) => SimdLanes.Widen<uint, ulong>(b, &U32To64);
}
