using KdSim.Kernel.Routines;

namespace KdSim.Kernel.Hal;

/// <summary>HalMakeBeep: this machine has no timer channel behind a speaker, which the routine says as on hardware without one.</summary>
public sealed class Speaker(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>False: no sound. Frequency 0 turns the sound off, which always succeeds.</summary>
    [NtExport("HalMakeBeep", Image = ImageNames.Hal)]
    public bool HalMakeBeep(uint Frequency) => Frequency == 0;
}
