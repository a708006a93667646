namespace KdSim.Debugging.Targets;

/// <summary>The registers of one processor. A part that the target cannot give is null.</summary>
public sealed record ProcessorContext
{
    public IntegerState? Integer { get; init; }
    public SegmentState? Segments { get; init; }
    public ControlState? Control { get; init; }
    public XmmState? Xmm { get; init; }
    public DebugState? Debug { get; init; }
}

/// <summary>General registers in encoding order (rax rcx rdx rbx rsp rbp rsi rdi r8..r15), instruction pointer and flags.</summary>
public sealed record IntegerState(ulong[] General, ulong Rip, ulong Rflags)
{
    public ulong Rax => General[0];
    public ulong Rcx => General[1];
    public ulong Rdx => General[2];
    public ulong Rbx => General[3];
    public ulong Rsp => General[4];
    public ulong Rbp => General[5];
    public ulong Rsi => General[6];
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
