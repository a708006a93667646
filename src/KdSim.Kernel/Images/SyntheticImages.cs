namespace KdSim.Kernel.Images;

/// <summary>The images that KdSim makes itself: nt, hal and wmilib, at fixed addresses.</summary>
public sealed class SyntheticImages
{
    public const ulong KernelBase = 0xFFFF_F800_0200_0000;
    public const ulong HalBase = 0xFFFF_F800_0180_0000;
    public const ulong WmiLibBase = 0xFFFF_F800_0400_0000;
    public const uint MaxImageSize = 0x0080_0000;

    /// <summary>True for nt and hal.</summary>
    public bool Contains(ulong address) => address - HalBase < KernelBase - HalBase + MaxImageSize;
}
