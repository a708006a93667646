using KdSim.Kernel.Routines;

namespace KdSim.Kernel.Dbg;

/// <summary>The way from a bug check that C# found to nt!KeBugCheckEx. Any IRQL.</summary>
public sealed class BugChecks(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>Makes the trap point call nt!KeBugCheckEx: the return address is pushed, so that the stack is true.</summary>
    internal void Start(GuestBugCheck bugCheck) =>
        Kernel.Fail(new NotSupportedException(
            $"bug check {(uint)bugCheck.Code:X8} {{{bugCheck.Parameter1:x}, {bugCheck.Parameter2:x}, {bugCheck.Parameter3:x}, {bugCheck.Parameter4:x}}} before KeBugCheckEx exists"));
}
