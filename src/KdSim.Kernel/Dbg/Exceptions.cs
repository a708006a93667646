using KdSim.Kernel.Routines;

namespace KdSim.Kernel.Dbg;

/// <summary>The way from an exception that C# raised to guest exception dispatch, and the loading of contexts.</summary>
public sealed class Exceptions(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>Starts guest exception dispatch at the current RIP (the stub's trap).</summary>
    internal void Raise(GuestException exception) =>
        throw new NotSupportedException($"{exception.Message} at {Cpu.State.Rip:x} before exception dispatch exists");

    /// <summary>Loads the registers of a CONTEXT in guest memory.</summary>
    internal void LoadContext(ulong context) => throw new NotSupportedException($"resuming the context at {context:x} is not implemented yet");
}
