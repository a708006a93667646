using Iced.Intel;

namespace KdSim.Machine.Cpu;

/// <summary>Every Iced <see cref="Code"/> that the interpreter claims to execute: what the differential test enumerates.</summary>
public static class SupportedCodes
{
    private static readonly Lazy<Code[]> Codes = new(() => [.. Enum.GetValues<Code>().Where(MicroOpDecoder.IsSupported)]);

    /// <summary>In the order of the enumeration.</summary>
    public static IReadOnlyList<Code> All => Codes.Value;

    public static bool Contains(Code code) => MicroOpDecoder.IsSupported(code);
}
