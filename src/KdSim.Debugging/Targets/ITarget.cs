namespace KdSim.Debugging.Targets;

/// <summary>
/// What every target can answer: a live machine, a wire, a dump. Everything beyond that is a capability (<see cref="Capability{T}"/>).
/// All calls come from the one session thread; the only call allowed from another is <see cref="IRunControl.RequestBreak"/>.
/// </summary>
public interface ITarget
{
    /// <summary>One line saying what this target is, as <c>vertarget</c> shows it.</summary>
    string Description { get; }

    /// <summary>Processors are numbered from 0.</summary>
    int ProcessorCount { get; }

    /// <summary>Grows whenever memory, registers or modules may have changed; caches are good for one generation.</summary>
    long Generation { get; }

    /// <summary>Where to start looking.</summary>
    KernelHints Hints { get; }

    /// <summary>Modules in load order; unloaded ones follow, marked so.</summary>
    IReadOnlyList<TargetModule> Modules { get; }

    /// <summary>Reads virtual memory. Returns the length of the readable prefix (0 when the first byte is not); never throws.</summary>
    int Read(AddressSpace space, ulong address, Span<byte> buffer);

    /// <summary>Reads physical memory; returns the length of the readable prefix; never throws.</summary>
    int ReadPhysical(ulong address, Span<byte> buffer);

    /// <summary>The registers of a processor, as far as the target has them.</summary>
    bool TryGetContext(int processor, out ProcessorContext context);

    /// <summary>A capability of this target, or null when it has none of that kind.</summary>
    T? Capability<T>() where T : class;
}

/// <summary>Where a debugger starts to look: 0 where the target does not know.</summary>
public sealed record KernelHints(ulong KernelBase, ulong DebuggerDataBlock, ulong DirectoryBase, int CurrentProcessor);

/// <summary>An image in the target's address space.</summary>
/// <param name="Name">The name that symbols are qualified by: <c>nt</c>, <c>pulse</c>.</param>
/// <param name="ImageName">The file name: <c>ntkrnlmp.exe</c>, <c>pulse.sys</c>.</param>
/// <param name="HostPath">The file on the host that the image came from, or null.</param>
public sealed record TargetModule(
    ulong Base, uint Size, string Name, string ImageName, string ImagePath, uint TimeDateStamp, uint CheckSum,
    bool Unloaded = false, string? HostPath = null)
{
    /// <summary>The first address after the image.</summary>
    public ulong End => Base + Size;

    /// <summary>Whether an address lies in the image.</summary>
    public bool Contains(ulong address) => address - Base < Size;
}
