namespace KdSim.Machine.Cpu;

/// <summary>
/// Makes a decoded block faster without changing what can be seen. Flags are dropped only where no operation that can fault, call out or stop
/// stands before their overwriting, so EFLAGS are exact at every such point; a block that is cut short runs its plain codes. A comparison
/// and the jump behind it become one.
/// </summary>
internal static unsafe class BlockOptimizer
{
    public static void Optimize(MicroOp* ops, int count)
    {
        DropDeadFlags(ops, count);
        if (count >= 2)
            Fuse(ops + count - 2, ops + count - 1);
    }

    private static void DropDeadFlags(MicroOp* ops, int count)
    {
        bool dead = false;
        for (int i = count - 1; i >= 0; i--)
        {
            MicroOp* op = ops + i;
            if (WritesAllFlags(op->Code))
            {
                if (dead)
                    op->Code = WithoutFlags(op->Code);
                dead = true;
            }
            else if (op->Code is OpCode.Inc32 or OpCode.Inc64 or OpCode.Dec32 or OpCode.Dec64)
            {
                if (dead)
                    DropIncrement(op);
            }
            else if (op->Code == OpCode.Call && IsNegation(op))
            {
                if (dead)
                    op->Code = op->Target == HandlerTable.UnaryRegister<UnaryNeg>(2) ? OpCode.Neg32NoFlags : OpCode.Neg64NoFlags;
                dead = true;
            }
            else if (op->Code is not (>= OpCode.Nop and <= OpCode.Lea64))
            {
                dead = false;
            }
        }
    }

    private static bool WritesAllFlags(OpCode code) =>
        code is (>= OpCode.Add32 and <= OpCode.Test64) or (>= OpCode.Shl32 and <= OpCode.Sar64);

    private static OpCode WithoutFlags(OpCode code) => code switch
    {
        >= OpCode.Cmp8 and <= OpCode.Test64 => OpCode.Nop,
        >= OpCode.Add32 and <= OpCode.Xor64 => OpCode.Add32NoFlags.Plus(code - OpCode.Add32),
        _ => OpCode.Shl32NoFlags.Plus(code - OpCode.Shl32),
    };

    private static bool IsNegation(MicroOp* op) =>
        op->Target == HandlerTable.UnaryRegister<UnaryNeg>(2) || op->Target == HandlerTable.UnaryRegister<UnaryNeg>(3);

    private static void DropIncrement(MicroOp* op)
    {
        // [Src] is zero: the plain code ignores Imm.
        op->Imm = 1;
        op->Code = op->Code switch
        {
            OpCode.Inc32 => OpCode.Add32NoFlags,
            OpCode.Inc64 => OpCode.Add64NoFlags,
            OpCode.Dec32 => OpCode.Sub32NoFlags,
            _ => OpCode.Sub64NoFlags,
        };
    }

    private static void Fuse(MicroOp* first, MicroOp* jump)
    {
        if (jump->Code is not (OpCode.JumpIf or OpCode.JumpZero or OpCode.JumpNotZero))
            return;
        int condition = (int)jump->Extra;
        OpCode fused = first->Code switch
        {
            OpCode.Cmp32 => Compare(condition, OpCode.CmpJe32),
            OpCode.Cmp64 => Compare(condition, OpCode.CmpJe64),
            OpCode.Test8 => Test(condition, OpCode.TestJe8, signs: false),
            OpCode.Test32 => Test(condition, OpCode.TestJe32, signs: true),
            OpCode.Test64 => Test(condition, OpCode.TestJe64, signs: true),
            OpCode.Dec32 when condition == 5 => OpCode.DecJne32,
            OpCode.Dec64 when condition == 5 => OpCode.DecJne64,
            OpCode.Sub32 when condition == 5 => OpCode.SubJne32,
            OpCode.Sub64 when condition == 5 => OpCode.SubJne64,
            _ => OpCode.Call,
        };
        if (fused != OpCode.Call)
            first->Code = fused;
    }

    private static OpCode Compare(int condition, OpCode first) => condition switch
    {
        4 => first,
        5 => first.Plus(1),
        2 => first.Plus(2),
        3 => first.Plus(3),
        6 => first.Plus(4),
        7 => first.Plus(5),
        12 => first.Plus(6),
        13 => first.Plus(7),
        14 => first.Plus(8),
        15 => first.Plus(9),
        _ => OpCode.Call,
    };

    private static OpCode Test(int condition, OpCode first, bool signs) => condition switch
    {
        4 => first,
        5 => first.Plus(1),
        8 when signs => first.Plus(2),
        9 when signs => first.Plus(3),
        _ => OpCode.Call,
    };
}
