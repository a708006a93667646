using Iced.Intel;

namespace KdSim.Machine.Cpu;

/// <summary>The handlers of the integer instructions, by Iced code.</summary>
internal static unsafe partial class Handlers
{
    private static readonly nint[] Table = new nint[IcedConstants.CodeCount];

    public static bool Has(Code code) => Table[(int)code] != 0;

    public static nint Get(Code code) => Table[(int)code];
}

/// <summary>Sizes of Iced's enumerations.</summary>
internal static class IcedConstants
{
    public static readonly int CodeCount = (int)Enum.GetValues<Code>().Max() + 1;
}
