using System.Runtime.Intrinsics;

namespace KdSim.Machine.Cpu;

/// <summary>The CVT family: between the formats, and between numbers and integers. General registers travel in the low lane.</summary>
internal static unsafe class SimdConvert
{
    static ref readonly FloatFormat Single => ref FloatFormat.Single;
    static ref readonly FloatFormat Double => ref FloatFormat.Double;

    public static Vec SsToSd(Vec a, Vec b, ref SimdContext c) =>
        a.AsUInt64().WithElement(0, SimdFloat.Convert(Single, Double, b.AsUInt32()[0], ref c)).AsByte();

    public static Vec SdToSs(Vec a, Vec b, ref SimdContext c) =>
        a.AsUInt32().WithElement(0, (uint)SimdFloat.Convert(Double, Single, b.AsUInt64()[0], ref c)).AsByte();

    public static Vec PsToPd(Vec a, Vec b, ref SimdContext c)
    {
        ulong low = SimdFloat.Convert(Single, Double, b.AsUInt32()[0], ref c);
        return Vector128.Create(low, SimdFloat.Convert(Single, Double, b.AsUInt32()[1], ref c)).AsByte();
    }

    public static Vec PdToPs(Vec a, Vec b, ref SimdContext c)
    {
        uint low = (uint)SimdFloat.Convert(Double, Single, b.AsUInt64()[0], ref c);
        return Vector128.Create(low, (uint)SimdFloat.Convert(Double, Single, b.AsUInt64()[1], ref c), 0, 0).AsByte();
    }

    public static Vec I32ToSs(Vec a, Vec b, ref SimdContext c) => ToSingle(a, b.AsInt32()[0], ref c);
    public static Vec I64ToSs(Vec a, Vec b, ref SimdContext c) => ToSingle(a, b.AsInt64()[0], ref c);
    public static Vec I32ToSd(Vec a, Vec b, ref SimdContext c) => ToDouble(a, b.AsInt32()[0], ref c);
    public static Vec I64ToSd(Vec a, Vec b, ref SimdContext c) => ToDouble(a, b.AsInt64()[0], ref c);

    static Vec ToSingle(Vec a, long value, ref SimdContext c) =>
        a.AsUInt32().WithElement(0, (uint)SimdFloat.FromInteger(Single, value, ref c)).AsByte();

    static Vec ToDouble(Vec a, long value, ref SimdContext c) =>
        a.AsUInt64().WithElement(0, SimdFloat.FromInteger(Double, value, ref c)).AsByte();

    public static Vec I32ToPs(Vec a, Vec b, ref SimdContext c)
    {
        Vec result = default;
        for (int i = 0; i < 4; i++)
            ((uint*)&result)[i] = (uint)SimdFloat.FromInteger(Single, ((int*)&b)[i], ref c);
        return result;
    }

    public static Vec I32ToPd(Vec a, Vec b, ref SimdContext c)
    {
        ulong low = SimdFloat.FromInteger(Double, b.AsInt32()[0], ref c);
        return Vector128.Create(low, SimdFloat.FromInteger(Double, b.AsInt32()[1], ref c)).AsByte();
    }

    static Vec SingleToInteger(Vec b, int bits, RoundingMode rounding, ref SimdContext c) =>
        Vector128.CreateScalar(SimdFloat.ToInteger(Single, b.AsUInt32()[0], bits, rounding, ref c)).AsByte();

    static Vec DoubleToInteger(Vec b, int bits, RoundingMode rounding, ref SimdContext c) =>
        Vector128.CreateScalar(SimdFloat.ToInteger(Double, b.AsUInt64()[0], bits, rounding, ref c)).AsByte();

    public static Vec SsToI32(Vec a, Vec b, ref SimdContext c) => SingleToInteger(b, 32, c.Rounding, ref c);
    public static Vec SsToI64(Vec a, Vec b, ref SimdContext c) => SingleToInteger(b, 64, c.Rounding, ref c);
    public static Vec SdToI32(Vec a, Vec b, ref SimdContext c) => DoubleToInteger(b, 32, c.Rounding, ref c);
    public static Vec SdToI64(Vec a, Vec b, ref SimdContext c) => DoubleToInteger(b, 64, c.Rounding, ref c);
    public static Vec SsToI32Truncated(Vec a, Vec b, ref SimdContext c) => SingleToInteger(b, 32, RoundingMode.Zero, ref c);
    public static Vec SsToI64Truncated(Vec a, Vec b, ref SimdContext c) => SingleToInteger(b, 64, RoundingMode.Zero, ref c);
    public static Vec SdToI32Truncated(Vec a, Vec b, ref SimdContext c) => DoubleToInteger(b, 32, RoundingMode.Zero, ref c);
    public static Vec SdToI64Truncated(Vec a, Vec b, ref SimdContext c) => DoubleToInteger(b, 64, RoundingMode.Zero, ref c);

    static Vec PsToI32(Vec b, RoundingMode rounding, ref SimdContext c)
    {
        Vec result = default;
        for (int i = 0; i < 4; i++)
            ((uint*)&result)[i] = (uint)SimdFloat.ToInteger(Single, ((uint*)&b)[i], 32, rounding, ref c);
        return result;
    }

    static Vec PdToI32(Vec b, RoundingMode rounding, ref SimdContext c)
    {
        uint low = (uint)SimdFloat.ToInteger(Double, b.AsUInt64()[0], 32, rounding, ref c);
        return Vector128.Create(low, (uint)SimdFloat.ToInteger(Double, b.AsUInt64()[1], 32, rounding, ref c), 0, 0).AsByte();
    }

    public static Vec PsToI32(Vec a, Vec b, ref SimdContext c) => PsToI32(b, c.Rounding, ref c);
    public static Vec PsToI32Truncated(Vec a, Vec b, ref SimdContext c) => PsToI32(b, RoundingMode.Zero, ref c);
    public static Vec PdToI32(Vec a, Vec b, ref SimdContext c) => PdToI32(b, c.Rounding, ref c);
    public static Vec PdToI32Truncated(Vec a, Vec b, ref SimdContext c) => PdToI32(b, RoundingMode.Zero, ref c);
}
