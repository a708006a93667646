using KdSim.Kernel.Routines;

namespace KdSim.Kernel.Dbg;

/// <summary>The way from a bug check that C# found to nt!KeBugCheckEx. Any IRQL.</summary>
public sealed class BugChecks(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>Makes the trap point call nt!KeBugCheckEx: the return address is pushed, so that the stack is true.</summary>
    internal void Start(GuestBugCheck stop) =>
        throw new NotSupportedException($"bug check {(uint)stop.Code:X8} " +
            $"{{{stop.Parameter1:x}, {stop.Parameter2:x}, {stop.Parameter3:x}, {stop.Parameter4:x}}} before KeBugCheckEx exists");
}
