namespace KdSim.Debugging.Targets;

/// <summary>Images of user mode, which belong to an address space: <see cref="ITarget.Modules"/> has those of the current one.</summary>
public interface IUserModules
{
    /// <summary>The images in an address space, as its loader lists them.</summary>
    IReadOnlyList<TargetModule> UserModules(AddressSpace space);
}

/// <summary>Writing memory: an input with a time stamp in the machine's journal.</summary>
public interface IMemoryWriter
{
    /// <summary>Writes virtual memory past all page protection; returns the number of bytes written before the first page that is not there.</summary>
    int Write(AddressSpace space, ulong address, ReadOnlySpan<byte> data);

    /// <summary>Writes physical memory; returns the number of bytes written.</summary>
    int WritePhysical(ulong address, ReadOnlySpan<byte> data);
}

/// <summary>Writing registers.</summary>
public interface IRegisterWriter
{
    /// <summary>Replaces the parts of the context that are not null. False when the target refuses.</summary>
    bool TrySetContext(int processor, ProcessorContext context);
}

/// <summary>Booting the machine anew; the next <see cref="IRunControl.Go"/> runs from the start.</summary>
public interface IReboot
{
    /// <summary>Boots the machine anew; it stands before its first instruction.</summary>
    void Reboot();
}

/// <summary>Stopping the system with MANUALLY_INITIATED_CRASH.</summary>
public interface ICrash
{
    /// <summary>Stops the system now; the answer is the bug check.</summary>
    StopEvent Crash();
}

/// <summary>The target's virtual clock.</summary>
public interface ITargetClock
{
    /// <summary>Nanoseconds since the machine started.</summary>
    ulong Ticks { get; }

    /// <summary>The target's idea of the date, UTC.</summary>
    DateTime UtcNow { get; }
}

/// <summary>One recorded event, ready to be shown.</summary>
public sealed record TargetEvent(ulong Ticks, int Processor, string Name, string Text);

/// <summary>How often and how long a routine ran, in nanoseconds.</summary>
public sealed record RoutineStatistics(string Kind, ulong Routine, ulong Count, ulong Minimum, ulong Mean, ulong Maximum);

/// <summary>The recorder of the target.</summary>
public interface IEventSource
{
    /// <summary>The newest events, oldest first.</summary>
    IReadOnlyList<TargetEvent> Latest(int count);

    /// <summary>ISRs and DPCs by routine.</summary>
    IReadOnlyList<RoutineStatistics> RoutineStatistics();
}

/// <summary>Looking at devices without side effects.</summary>
public interface IDeviceAccess
{
    /// <summary>Reads a port; <paramref name="size"/> is 1, 2 or 4 bytes. False when no device answers.</summary>
    bool TryReadPort(ushort port, int size, out uint value);

    /// <summary>Writes a port; <paramref name="size"/> is 1, 2 or 4 bytes. False when no device answers.</summary>
    bool TryWritePort(ushort port, int size, uint value);
}

/// <summary>One complaint of the simulated verifier.</summary>
public sealed record Finding(ulong Ticks, int Processor, string Rule, string Text, ulong Address);

/// <summary>What the kernel's own checks found.</summary>
public interface IFindings
{
    /// <summary>All findings since the machine started, oldest first.</summary>
    IReadOnlyList<Finding> Findings { get; }
}

/// <summary>A suspended routine of the simulated kernel.</summary>
public sealed record KernelFrame(string Routine, ulong StackPointer, IReadOnlyList<KeyValuePair<string, string>> Locals);

/// <summary>The suspended kernel routines of a thread (its ETHREAD; 0: the current one), innermost first.</summary>
public interface IKernelFrames
{
    /// <summary>The frames of a thread; empty when none of its routines waits.</summary>
    IReadOnlyList<KernelFrame> Frames(int processor, ulong thread);
}

/// <summary>PDBs that the target hands over as bytes, so that nothing is written to disk for them.</summary>
public interface ISymbolBytes
{
    /// <summary>A PDB by its identity; false when the target has none of that identity.</summary>
    bool TryGetPdb(Guid guid, uint age, string fileName, out ReadOnlyMemory<byte> pdb);
}

/// <summary>Text that the target prints (DbgPrint). The session takes it at each stop and while the target runs.</summary>
public interface ITargetOutput
{
    /// <summary>Called on the session thread, inside <see cref="IRunControl.Go"/> and <see cref="IRunControl.Step"/>.</summary>
    Action<string>? Printed { get; set; }
}
