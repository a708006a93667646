namespace KdSim.Debugging.Targets;

/// <summary>The registers of one processor. A part that the target cannot give is null.</summary>
public sealed record ProcessorContext
{
    /// <summary>General registers, rip and flags.</summary>
    public IntegerState? Integer { get; init; }
    /// <summary>Selectors and segment bases.</summary>
    public SegmentState? Segments { get; init; }
    /// <summary>Control registers.</summary>
    public ControlState? Control { get; init; }
    /// <summary>SSE registers.</summary>
    public XmmState? Xmm { get; init; }
    /// <summary>Debug registers.</summary>
    public DebugState? Debug { get; init; }
}

/// <summary>General registers in encoding order (rax rcx rdx rbx rsp rbp rsi rdi r8..r15), instruction pointer and flags.</summary>
public sealed record IntegerState(ulong[] General, ulong Rip, ulong Rflags)
{
    /// <summary>The register rax.</summary>
    public ulong Rax => General[0];
    /// <summary>The register rcx.</summary>
    public ulong Rcx => General[1];
    /// <summary>The register rdx.</summary>
    public ulong Rdx => General[2];
    /// <summary>The register rbx.</summary>
    public ulong Rbx => General[3];
    /// <summary>The register rsp.</summary>
    public ulong Rsp => General[4];
    /// <summary>The register rbp.</summary>
    public ulong Rbp => General[5];
    /// <summary>The register rsi.</summary>
    public ulong Rsi => General[6];
    /// <summary>The register rdi.</summary>
    public ulong Rdi => General[7];

    /// <summary>The same state with one general register changed; arrays are never shared with a changed state.</summary>
    public IntegerState WithGeneral(int index, ulong value)
    {
        ulong[] copy = (ulong[])General.Clone();
        copy[index] = value;
        return this with { General = copy };
    }
}

/// <summary>Segment selectors, and the bases that long mode uses.</summary>
public sealed record SegmentState(ushort Cs, ushort Ss, ushort Ds, ushort Es, ushort Fs, ushort Gs, ulong FsBase, ulong GsBase,
    ulong KernelGsBase);

/// <summary>Control registers and descriptor tables. CR8 is the IRQL.</summary>
public sealed record ControlState(
    ulong Cr0, ulong Cr2, ulong Cr3, ulong Cr4, ulong Cr8, ulong Efer, ulong GdtBase, ushort GdtLimit, ulong IdtBase, ushort IdtLimit,
        ushort Tr, ushort Ldtr);

/// <summary>xmm0 to xmm15 and MXCSR.</summary>
public sealed record XmmState(UInt128[] Registers, uint Mxcsr);

/// <summary>dr0 to dr3, dr6, dr7.</summary>
public sealed record DebugState(ulong Dr0, ulong Dr1, ulong Dr2, ulong Dr3, ulong Dr6, ulong Dr7);
