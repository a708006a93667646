namespace KdSim.Machine.Cpu;

/// <summary>Where the operands of an SSE instruction come from and where its result goes.</summary>
internal enum SimdShape : byte
{
    /// <summary>The interpreter does not have this code.</summary>
    None,

    /// <summary>xmm, xmm/mem.</summary>
    Xmm,

    /// <summary>xmm, r/mem.</summary>
    XmmFromGpr,

    /// <summary>xmm/mem, xmm.</summary>
    Store,

    /// <summary>r/mem, xmm.</summary>
    StoreGpr,

    /// <summary>r, xmm/mem or r, r/mem. Results of 32 bits are zero-extended.</summary>
    Gpr,

    /// <summary>Only flags: xmm, xmm/mem.</summary>
    Flags,

    /// <summary>ECX and flags: xmm, xmm/mem.</summary>
    StringIndex,

    /// <summary>XMM0 and flags: xmm, xmm/mem.</summary>
    StringMask,

    /// <summary>A handler of its own.</summary>
    Special,
}

/// <summary>How one Iced code is carried out.</summary>
internal unsafe struct SimdOperation
{
    /// <summary>What an operation computes: destination's old value, source, context; the destination's new value.</summary>
    public delegate*<Vec, Vec, ref SimdContext, Vec> OnRegisters;

    /// <summary>The same for a memory operand, extended with zeros to 16 bytes.</summary>
    public delegate*<Vec, Vec, ref SimdContext, Vec> OnMemory;

    /// <summary>The handler of <see cref="SimdShape.Special"/>.</summary>
    public nint Handler;

    public SimdShape Shape;

    /// <summary>Whether a 16-byte memory operand may lie anywhere.</summary>
    public bool Unaligned;

    /// <summary>Whether it only copies all 16 bytes.</summary>
    public bool IsPlainMove;

    public bool DestinationIsGpr;
    public bool SourceIsGpr;
}
