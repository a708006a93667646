namespace KdSim.Machine.Cpu;

/// <summary>
/// The cases of the run loop's switch: the few operations that make up nearly all of what runs. Binary operations take [Src] + Imm as their
/// right side, so that one case serves registers and immediates. A NoFlags form stands where the flags are overwritten before anybody looks.
/// </summary>
internal enum OpCode : ushort
{
    /// <summary>Call the handler in <see cref="MicroOp.Target"/>: everything that is not hot.</summary>
    Call,

    /// <summary>The block ends and the next one follows.</summary>
    End,

    /// <summary>A block that was cut short ends here.</summary>
    Cut,
    Nop,

    Mov32, Mov64, MovZx8, MovZx16, MovSx32,
    Lea32, Lea64,
    Load8, LoadZx8, LoadZx16, Load32, Load64, LoadSx32,
    Store8, Store16, Store32, Store64,
    Push64, Pop64,

    Add32, Add64, Sub32, Sub64, And32, And64, Or32, Or64, Xor32, Xor64, Cmp8, Cmp32, Cmp64, Test8, Test32, Test64,
    Add32NoFlags, Add64NoFlags, Sub32NoFlags, Sub64NoFlags, And32NoFlags, And64NoFlags, Or32NoFlags, Or64NoFlags,
    Xor32NoFlags, Xor64NoFlags,
    Inc32, Inc64, Dec32, Dec64, Neg32NoFlags, Neg64NoFlags,
    Shl32, Shl64, Shr32, Shr64, Sar32, Sar64,
    Shl32NoFlags, Shl64NoFlags, Shr32NoFlags, Shr64NoFlags, Sar32NoFlags, Sar64NoFlags,

    AddLoad32, AddLoad64, SubLoad32, SubLoad64, AndLoad32, OrLoad32, XorLoad32, XorLoad64, CmpLoad32, CmpLoad64,
    CmpMem8, CmpMem16, CmpMem32, CmpMem64, TestMem8, TestMem32,

    Jump, JumpIf, JumpZero, JumpNotZero, CallNear, Return,

    // Fused pairs: the comparison, with the jump in the next micro-op.
    CmpJe32, CmpJne32, CmpJb32, CmpJae32, CmpJbe32, CmpJa32, CmpJl32, CmpJge32, CmpJle32, CmpJg32,
    CmpJe64, CmpJne64, CmpJb64, CmpJae64, CmpJbe64, CmpJa64, CmpJl64, CmpJge64, CmpJle64, CmpJg64,
    TestJe32, TestJne32, TestJs32, TestJns32, TestJe64, TestJne64, TestJs64, TestJns64, TestJe8, TestJne8,
    DecJne32, DecJne64, SubJne32, SubJne64,
}

internal static class OpCodeExtensions
{
    /// <summary>The code a few places on: families are listed by operand size.</summary>
    public static OpCode Plus(this OpCode code, int places) => (OpCode)((int)code + places);
}
