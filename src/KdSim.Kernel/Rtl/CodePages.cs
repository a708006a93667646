using System.Text;

namespace KdSim.Kernel.Rtl;

/// <summary>
/// The 8-bit code pages of the simulated Windows: 1252 for ANSI, 437 for OEM. What has no character there becomes its best fit, or a question mark.
/// </summary>
public static class CodePages
{
    public static Encoding Ansi { get; } = Get(1252);

    public static Encoding Oem { get; } = Get(437);

    private static Encoding Get(int number) =>
        CodePagesEncodingProvider.Instance.GetEncoding(number) ?? throw new InvalidOperationException($"the runtime does not know code page {number}");
}
