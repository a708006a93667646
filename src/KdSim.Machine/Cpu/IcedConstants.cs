using Iced.Intel;

namespace KdSim.Machine.Cpu;

/// <summary>Sizes of Iced's enumerations.</summary>
internal static class IcedConstants
{
    public static readonly int CodeCount = (int)Enum.GetValues<Code>().Max() + 1;
}
