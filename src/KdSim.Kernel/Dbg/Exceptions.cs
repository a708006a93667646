using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Dbg;

/// <summary>
/// The way from an exception to guest exception dispatch, and the loading of contexts. Handlers are not searched yet: each exception is unhandled.
/// </summary>
public sealed class Exceptions(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>An exception of C# code: starts dispatch at the current RIP (the stub's trap).</summary>
    internal void Raise(GuestException exception)
    {
        Observer?.ExceptionRaised(Cpu.Number, (uint)exception.Status, Cpu.TrapRip, isFirstChance: true);
        ulong first = exception.Parameters.Length > 0 ? exception.Parameters[0] : 0;
        ulong second = exception.Parameters.Length > 1 ? exception.Parameters[1] : 0;
        Unhandled(exception.Status, Cpu.TrapRip, first, second);
    }

    /// <summary>An exception of guest code whose trap frame is filled: starts dispatch.</summary>
    internal void Dispatch(View<KTRAP_FRAME> frame, NtStatus status, ulong address, ulong parameter1 = 0, ulong parameter2 = 0)
    {
        Observer?.ExceptionRaised(Cpu.Number, (uint)status, address, isFirstChance: true);
        Unhandled(status, address, parameter1, parameter2);
    }

    /// <summary>Loads the registers of a CONTEXT in guest memory.</summary>
    internal void LoadContext(ulong context) => throw new NotSupportedException($"resuming the context at {context:x} is not implemented yet");

    private void Unhandled(NtStatus status, ulong address, ulong parameter1, ulong parameter2) =>
        Kernel.BugChecks.Start(
            new GuestBugCheck(BugCheckCode.KMODE_EXCEPTION_NOT_HANDLED, (uint)status | 0xFFFF_FFFF_0000_0000, address, parameter1, parameter2));
}
