using System.Runtime.Intrinsics;

namespace KdSim.Machine.Cpu;

/// <summary>What an SSE operation sees beside its two operands, and what it says beside its result.</summary>
internal struct SimdContext
{
    /// <summary>MXCSR as it was before the instruction.</summary>
    public uint Mxcsr;

    /// <summary>Floating-point exceptions met so far, as the low six bits of MXCSR.</summary>
    public uint Raised;

    /// <summary>Exceptions of earlier steps of an operation in several steps (DPPS), all of them masked.</summary>
    public uint Settled;

    /// <summary>The last immediate operand.</summary>
    public int Immediate;

    /// <summary>ZF, PF and CF of a comparison that answers in RFLAGS; the other arithmetic flags become 0.</summary>
    public ulong Flags;

    /// <summary>XMM0 where it is an implicit operand.</summary>
    public Vector128<byte> Xmm0;

    /// <summary>RAX and RDX, the lengths that explicit-length string comparisons take.</summary>
    public ulong Rax, Rdx;

    public readonly bool DenormalsAreZero => (Mxcsr & Mxcsrs.DenormalsAreZero) != 0;

    public readonly bool FlushToZero => (Mxcsr & Mxcsrs.FlushToZero) != 0;

    public readonly RoundingMode Rounding => (RoundingMode)(Mxcsr >> 13 & 3);

    public readonly bool IsMasked(uint exception) => (Mxcsr & exception << 7) != 0;

    public void Raise(uint exceptions) => Raised |= exceptions;

    /// <summary>Ends a step; false if it met an unmasked exception, which ends the operation.</summary>
    public bool Settle()
    {
        if ((Raised & ~(Mxcsr >> 7)) != 0)
            return false;
        Settled |= Raised;
        Raised = 0;
        return true;
    }
}

/// <summary>Bits of MXCSR (SDM volume 1, 10.2.3). A mask bit stands 7 above its flag.</summary>
internal static class Mxcsrs
{
    public const uint Invalid = 1;
    public const uint Denormal = 2;
    public const uint DivideByZero = 4;
    public const uint Overflow = 8;
    public const uint Underflow = 16;
    public const uint Precision = 32;
    public const uint DenormalsAreZero = 64;
    public const uint Flags = 0x3F;
    public const uint FlushToZero = 0x8000;

    /// <summary>Value at reset: everything masked, round to nearest.</summary>
    public const uint Default = 0x1F80;

    /// <summary>Bits that LDMXCSR accepts.</summary>
    public const uint Writable = 0xFFFF;

    /// <summary>Exceptions that are found before an operation is carried out; if one is unmasked the others are not looked for.</summary>
    public const uint BeforeOperation = Invalid | Denormal | DivideByZero;
}

/// <summary>MXCSR.RC, and the low two bits of a ROUNDSS immediate.</summary>
internal enum RoundingMode
{
    Nearest,
    Down,
    Up,
    Zero,
}
