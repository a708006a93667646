using Iced.Intel;
using KdSim.Machine.Cpu;
using Xunit;

namespace KdSim.Machine.Tests.Oracle;

/// <summary>CPUID offers what the interpreter has, no more and no less.</summary>
public class CpuidTests
{
    [Theory]
    [InlineData(CpuidFeature.SSE, false, 25)]
    [InlineData(CpuidFeature.SSE2, false, 26)]
    [InlineData(CpuidFeature.SSE3, true, 0)]
    [InlineData(CpuidFeature.SSSE3, true, 9)]
    [InlineData(CpuidFeature.SSE4_1, true, 19)]
    [InlineData(CpuidFeature.SSE4_2, true, 20)]
    [InlineData(CpuidFeature.POPCNT, true, 23)]
    [InlineData(CpuidFeature.CMPXCHG16B, true, 13)]
    [InlineData(CpuidFeature.FXSR, false, 24)]
    [InlineData(CpuidFeature.MMX, false, 23)]
    [InlineData(CpuidFeature.AES, true, 25)]
    [InlineData(CpuidFeature.PCLMULQDQ, true, 1)]
    [InlineData(CpuidFeature.MOVBE, true, 22)]
    [InlineData(CpuidFeature.RDRAND, true, 30)]
    public void A_feature_is_offered_if_all_its_instructions_exist(CpuidFeature feature, bool inEcx, int bit)
    {
        OracleCase one = new() { Flags = 0x202, Mxcsr = 0x1F80 };
        one.SetInstruction([0x0F, 0xA2]);
        one.Gpr[0] = 1;
        using SimulatedProcessor simulated = new();
        simulated.Run(ref one, stepwise: false);
        bool offered = (one.Gpr[inEcx ? 1 : 2] >> bit & 1) != 0;
        foreach (Code code in Enum.GetValues<Code>().Where(code => Needs(code, feature)))
            Assert.True(SupportedCodes.Contains(code) == offered, $"{code} {(offered ? "is missing" : "is there")}, {feature} is offered: {offered}");
    }

    /// <summary>Whether the code exists with this feature alone (not those on MMX registers or of the x87).</summary>
    static bool Needs(Code code, CpuidFeature feature)
    {
        OpCodeInfo info = code.ToOpCode();
        if (!info.IsInstruction || !info.Mode64 || info.Encoding != EncodingKind.Legacy || !code.CpuidFeatures().SequenceEqual([feature]))
            return false;
        bool mmx = Enumerable.Range(0, info.OpCount).Any(i => info.GetOpKind(i) is OpCodeOperandKind.mm_reg or OpCodeOperandKind.mm_or_mem
            or OpCodeOperandKind.mm_rm);
        return feature == CpuidFeature.MMX || !mmx;
    }
}
