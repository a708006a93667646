namespace KdSim.Machine.Cpu;

/// <summary>
/// RCPPS and RSQRTPS. The SDM bounds their relative error by 1.5 * 2^-12 and leaves the bits to each processor. Here one rule holds on every
/// host: the exact result cut to 12 bits of fraction. They raise no exception, ignore MXCSR and treat denormals as zero.
/// </summary>
internal static class SimdEstimate
{
    static ref readonly FloatFormat Format => ref FloatFormat.Single;

    /// <summary>Round towards zero, denormals are zero, tiny results are zero, all masked.</summary>
    static SimdContext Fixed =>
        new() { Mxcsr = Mxcsrs.Default | Mxcsrs.DenormalsAreZero | Mxcsrs.FlushToZero | (uint)RoundingMode.Zero << 13 };

    public static uint Reciprocal(uint x)
    {
        SimdContext c = Fixed;
        ulong one = (ulong)Format.Bias << Format.FractionBits;
        return Cut(SimdFloat.Divide(Format, one, x, ref c));
    }

    public static uint ReciprocalRoot(uint x)
    {
        SimdContext c = Fixed;
        if (Format.IsNegative(x) && !Format.IsNaN(x) && (x & Format.Infinity) != 0)
            return (uint)Format.DefaultNaN;
        ulong one = (ulong)Format.Bias << Format.FractionBits;
        return Cut(SimdFloat.Divide(Format, one, SimdFloat.SquareRoot(Format, x, ref c), ref c));
    }

    static uint Cut(ulong x) => Format.IsNaN(x) ? (uint)x : (uint)x & ~0x7FFu;
}
