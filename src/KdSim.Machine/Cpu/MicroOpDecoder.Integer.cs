using Iced.Intel;

namespace KdSim.Machine.Cpu;

internal static unsafe partial class MicroOpDecoder
{
    private static bool IsSupportedInteger(Code code)
    {
        OpCodeInfo info = code.ToOpCode();
        if (!info.IsInstruction || !info.Mode64 || info.Encoding != EncodingKind.Legacy)
            return false;
        switch (info.Mnemonic)
        {
            case Mnemonic.Iret or Mnemonic.Iretd or Mnemonic.Sysret:
                return false;
            case Mnemonic.Jmp or Mnemonic.Call:
                return code is Code.Jmp_rel8_64 or Code.Jmp_rel32_64 or Code.Jmp_rm64 or Code.Call_rel32_64 or Code.Call_rm64;
            case Mnemonic.Movsd:
                return code == Code.Movsd_m32_m32;
            case Mnemonic.Cmpsd:
                return code == Code.Cmpsd_m32_m32;
            case Mnemonic.Ret:
                return code is Code.Retnq or Code.Retnq_imm16;
            case Mnemonic.Push or Mnemonic.Pop:
                return info.OperandSize != 32;
            case Mnemonic.Retf:
                return code is Code.Retfq or Code.Retfq_imm16;
            case Mnemonic.Enter:
                return code == Code.Enterq_imm16_imm8;
            case Mnemonic.Leave:
                return code == Code.Leaveq;
            case Mnemonic.Loop or Mnemonic.Loope or Mnemonic.Loopne or Mnemonic.Jrcxz or Mnemonic.Jecxz:
                return info.OpCount > 0 && info.GetOpKind(0) == OpCodeOperandKind.br64_1;
            case Mnemonic.Mov:
                for (int i = 0; i < info.OpCount; i++)
                {
                    if (info.GetOpKind(i) is OpCodeOperandKind.tr_reg)
                        return false;
                }

                return true;
        }

        if (code.IsJccShortOrNear())
            return info.GetOpKind(0) is OpCodeOperandKind.br64_1 or OpCodeOperandKind.br64_4;
        return IntegerMnemonics.Contains(info.Mnemonic) || info.Mnemonic.IsSetcc() || info.Mnemonic.IsCmovcc();
    }

    /// <summary>Sets code or handler of a supported integer instruction. True if the block ends behind it.</summary>
    private static bool SetInteger(in Instruction instruction, MicroOp* op)
    {
        int count = instruction.OpCount;
        bool toMemory = count > 0 && instruction.GetOpKind(0) == OpKind.Memory;
        bool fromMemory = count > 1 && instruction.GetOpKind(1) == OpKind.Memory;
        if (toMemory)
        {
            op->Third = op->Src;
            op->Src = op->Dst;
            op->Dst = ZeroOffset;
        }

        int log2 = count > 0 ? SizeOf(instruction, 0) : 3;
        return SetBinary(instruction.Mnemonic, op, log2, toMemory, fromMemory) ||
            SetUnary(instruction, op, log2, toMemory) ||
            SetMove(instruction, op, log2, toMemory, fromMemory)
            ? false
            : SetControl(instruction, op, log2, toMemory);
    }

    private static int SizeOf(in Instruction instruction, int operand) => instruction.GetOpKind(operand) switch
    {
        OpKind.Register => System.Numerics.BitOperations.Log2((uint)instruction.GetOpRegister(operand).GetSize()),
        OpKind.Memory => System.Numerics.BitOperations.Log2((uint)Math.Max(1, instruction.MemorySize.GetSize())),
        _ => 3,
    };

    private static bool SetBinary(Mnemonic mnemonic, MicroOp* op, int log2, bool toMemory, bool fromMemory)
    {
        switch (mnemonic)
        {
            case Mnemonic.Add:
                Binary<AluAdd>(op, log2, toMemory, fromMemory, OpCode.Add32, OpCode.AddLoad32, default);
                return true;
            case Mnemonic.Sub:
                Binary<AluSub>(op, log2, toMemory, fromMemory, OpCode.Sub32, OpCode.SubLoad32, default);
                return true;
            case Mnemonic.And:
                Binary<AluAnd>(op, log2, toMemory, fromMemory, OpCode.And32, log2 == 2 ? OpCode.AndLoad32 : default, default);
                return true;
            case Mnemonic.Or:
                Binary<AluOr>(op, log2, toMemory, fromMemory, OpCode.Or32, log2 == 2 ? OpCode.OrLoad32 : default, default);
                return true;
            case Mnemonic.Xor:
                Binary<AluXor>(op, log2, toMemory, fromMemory, OpCode.Xor32, OpCode.XorLoad32, default);
                return true;
            case Mnemonic.Adc:
                Binary<AluAdc>(op, log2, toMemory, fromMemory, default, default, default);
                return true;
            case Mnemonic.Sbb:
                Binary<AluSbb>(op, log2, toMemory, fromMemory, default, default, default);
                return true;
            case Mnemonic.Cmp:
                Binary<AluCmp>(op, log2, toMemory, fromMemory, OpCode.Cmp32, OpCode.CmpLoad32, OpCode.CmpMem8.Plus(log2));
                if (log2 == 0 && !toMemory && !fromMemory)
                    op->Code = OpCode.Cmp8;
                return true;
            case Mnemonic.Test:
                OpCode memory = log2 == 0 ? OpCode.TestMem8 : log2 == 2 ? OpCode.TestMem32 : default;
                Binary<AluTest>(op, log2, toMemory, fromMemory, OpCode.Test32, default, memory);
                if (log2 == 0 && !toMemory && !fromMemory)
                    op->Code = OpCode.Test8;
                return true;
            default:
                return false;
        }
    }

    /// <summary>The hot code given is that of 32 bits; the one of 64 bits follows it.</summary>
    private static void Binary<B>(MicroOp* op, int log2, bool toMemory, bool fromMemory, OpCode register, OpCode load, OpCode memory)
        where B : struct, IBinary
    {
        if (toMemory)
        {
            op->Target = HandlerTable.BinaryToMemory<B>(log2);
            op->Code = memory;
        }
        else if (fromMemory)
        {
            op->Target = HandlerTable.BinaryFromMemory<B>(log2);
            op->Code = log2 >= 2 && load != default ? load.Plus(log2 - 2) : default;
        }
        else
        {
            op->Target = HandlerTable.BinaryRegister<B>(log2);
            op->Code = log2 >= 2 && register != default ? register.Plus(log2 - 2) : default;
        }
    }

    private static bool SetUnary(in Instruction instruction, MicroOp* op, int log2, bool toMemory)
    {
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Not:
                Unary<UnaryNot>(op, log2, toMemory, default);
                return true;
            case Mnemonic.Neg:
                Unary<UnaryNeg>(op, log2, toMemory, default);
                return true;
            case Mnemonic.Inc:
                Unary<UnaryInc>(op, log2, toMemory, OpCode.Inc32);
                return true;
            case Mnemonic.Dec:
                Unary<UnaryDec>(op, log2, toMemory, OpCode.Dec32);
                return true;
            case Mnemonic.Shl or Mnemonic.Sal:
                Shift<ShiftShl>(instruction, op, log2, toMemory, OpCode.Shl32);
                return true;
            case Mnemonic.Shr:
                Shift<ShiftShr>(instruction, op, log2, toMemory, OpCode.Shr32);
                return true;
            case Mnemonic.Sar:
                Shift<ShiftSar>(instruction, op, log2, toMemory, OpCode.Sar32);
                return true;
            case Mnemonic.Rol:
                Shift<RotateLeft>(instruction, op, log2, toMemory, default);
                return true;
            case Mnemonic.Ror:
                Shift<RotateRight>(instruction, op, log2, toMemory, default);
                return true;
            case Mnemonic.Rcl:
                Shift<RotateCarryLeft>(instruction, op, log2, toMemory, default);
                return true;
            case Mnemonic.Rcr:
                Shift<RotateCarryRight>(instruction, op, log2, toMemory, default);
                return true;
            case Mnemonic.Shld:
                Unary<DoubleShiftLeft>(op, log2, toMemory, default);
                return true;
            case Mnemonic.Shrd:
                Unary<DoubleShiftRight>(op, log2, toMemory, default);
                return true;
            case Mnemonic.Bt or Mnemonic.Bts or Mnemonic.Btr or Mnemonic.Btc:
                op->Extra = instruction.Mnemonic switch { Mnemonic.Bt => 0, Mnemonic.Bts => 1, Mnemonic.Btr => 2, _ => 3u };
                op->Target = toMemory ? HandlerTable.BitTestMemory(log2) : HandlerTable.BitTestRegister(log2);
                return true;
            default:
                return false;
        }
    }

    private static void Unary<U>(MicroOp* op, int log2, bool toMemory, OpCode hot)
        where U : struct, IUnary
    {
        op->Target = toMemory ? HandlerTable.UnaryMemory<U>(log2) : HandlerTable.UnaryRegister<U>(log2);
        op->Code = !toMemory && log2 >= 2 && hot != default ? hot.Plus(log2 - 2) : default;
    }

    private static void Shift<U>(in Instruction instruction, MicroOp* op, int log2, bool toMemory, OpCode hot)
        where U : struct, IUnary
    {
        bool byRegister = instruction.GetOpKind(1) == OpKind.Register;
        if (!byRegister)
            op->Imm &= log2 == 3 ? 63u : 31u;
        Unary<U>(op, log2, toMemory, !byRegister && op->Imm != 0 ? hot : default);
    }

    private static bool SetMove(in Instruction instruction, MicroOp* op, int log2, bool toMemory, bool fromMemory)
    {
        Mnemonic mnemonic = instruction.Mnemonic;
        switch (mnemonic)
        {
            case Mnemonic.Mov when instruction.GetOpKind(0) != OpKind.Register || instruction.GetOpRegister(0).IsGPR():
                if (instruction.OpCount > 1 && instruction.GetOpKind(1) == OpKind.Register && !instruction.GetOpRegister(1).IsGPR())
                    return false;
                SetPlainMove(op, log2, toMemory, fromMemory);
                return true;
            case Mnemonic.Movnti:
                op->Target = HandlerTable.Store(log2);
                return true;
            case Mnemonic.Lea:
                op->Target = HandlerTable.LoadAddress(log2);
                op->Code = log2 == 2 ? OpCode.Lea32 : log2 == 3 ? OpCode.Lea64 : default;
                return true;
            case Mnemonic.Movzx or Mnemonic.Movsx or Mnemonic.Movsxd:
                SetExtend(op, mnemonic, SizeOf(instruction, 1), log2, fromMemory);
                return true;
            case Mnemonic.Xchg or Mnemonic.Xadd:
                op->Extra = mnemonic == Mnemonic.Xadd ? 1u : 0;
                op->Target = HandlerTable.Exchange(log2);
                return true;
            case Mnemonic.Cmpxchg:
                op->Target = HandlerTable.CompareExchange(log2);
                return true;
            case Mnemonic.Cmpxchg8b:
                Call(op, &Handlers.CompareExchange8);
                return true;
            case Mnemonic.Cmpxchg16b:
                Call(op, &Handlers.CompareExchange16);
                return true;
            case Mnemonic.Bswap:
                op->Target = HandlerTable.ByteSwap(log2);
                return true;
            case Mnemonic.Bsf or Mnemonic.Bsr or Mnemonic.Popcnt:
                op->Extra = mnemonic switch { Mnemonic.Bsf => 0, Mnemonic.Bsr => 1, _ => 2u };
                op->Target = HandlerTable.BitScan(log2);
                return true;
            case Mnemonic.Imul when instruction.OpCount > 1:
                op->Extra = instruction.OpCount == 3 ? 1u : 0;
                op->Target = HandlerTable.MultiplyTo(log2);
                return true;
            case Mnemonic.Mul or Mnemonic.Imul:
                op->Extra = mnemonic == Mnemonic.Imul ? 1u : 0;
                op->Target = HandlerTable.MultiplyWide(log2);
                return true;
            case Mnemonic.Div or Mnemonic.Idiv:
                op->Extra = mnemonic == Mnemonic.Idiv ? 1u : 0;
                op->Target = HandlerTable.Divide(log2);
                return true;
            case Mnemonic.Cbw or Mnemonic.Cwde or Mnemonic.Cdqe:
                op->Target = HandlerTable.ExtendAccumulator(mnemonic == Mnemonic.Cbw ? 1 : mnemonic == Mnemonic.Cwde ? 2 : 3);
                return true;
            case Mnemonic.Cwd or Mnemonic.Cdq or Mnemonic.Cqo:
                op->Target = HandlerTable.ExtendToData(mnemonic == Mnemonic.Cwd ? 1 : mnemonic == Mnemonic.Cdq ? 2 : 3);
                return true;
        }

        if (mnemonic.IsCmovcc())
        {
            op->Extra = (uint)Condition(instruction.ConditionCode);
            op->Target = HandlerTable.MoveIf(log2);
            return true;
        }

        if (!mnemonic.IsSetcc())
            return false;
        op->Extra = (uint)Condition(instruction.ConditionCode);
        Call(op, &Handlers.SetIf);
        return true;
    }

    private static void SetPlainMove(MicroOp* op, int log2, bool toMemory, bool fromMemory)
    {
        if (toMemory)
        {
            op->Target = HandlerTable.Store(log2);
            op->Code = OpCode.Store8.Plus(log2);
        }
        else if (fromMemory)
        {
            op->Target = HandlerTable.Load(log2);
            op->Code = log2 switch { 0 => OpCode.Load8, 2 => OpCode.Load32, 3 => OpCode.Load64, _ => default };
        }
        else
        {
            op->Target = HandlerTable.MoveRegister(log2);
            op->Code = log2 switch { 2 => OpCode.Mov32, 3 => OpCode.Mov64, _ => default };
        }
    }

    private static void SetExtend(MicroOp* op, Mnemonic mnemonic, int from, int to, bool fromMemory)
    {
        bool signed = mnemonic != Mnemonic.Movzx;
        op->Extra = signed ? 1u : 0;
        op->Target = HandlerTable.Extend(from, to);
        if (!signed && to >= 2 && from <= 1)
            op->Code = (fromMemory ? OpCode.LoadZx8 : OpCode.MovZx8).Plus(from);
        else if (signed && from == 2 && to == 3)
            op->Code = fromMemory ? OpCode.LoadSx32 : OpCode.MovSx32;
    }

    /// <summary>The hardware's number of a condition.</summary>
    private static int Condition(ConditionCode code) => code switch
    {
        ConditionCode.o => 0,
        ConditionCode.no => 1,
        ConditionCode.b => 2,
        ConditionCode.ae => 3,
        ConditionCode.e => 4,
        ConditionCode.ne => 5,
        ConditionCode.be => 6,
        ConditionCode.a => 7,
        ConditionCode.s => 8,
        ConditionCode.ns => 9,
        ConditionCode.p => 10,
        ConditionCode.np => 11,
        ConditionCode.l => 12,
        ConditionCode.ge => 13,
        ConditionCode.le => 14,
        ConditionCode.g => 15,
        _ => throw new InvalidOperationException($"no condition {code}"),
    };
}

file static class MnemonicExtensions
{
    public static bool IsSetcc(this Mnemonic mnemonic) => mnemonic is Mnemonic.Seto or Mnemonic.Setno or Mnemonic.Setb or Mnemonic.Setae or
        Mnemonic.Sete or Mnemonic.Setne or Mnemonic.Setbe or Mnemonic.Seta or Mnemonic.Sets or Mnemonic.Setns or Mnemonic.Setp or
        Mnemonic.Setnp or Mnemonic.Setl or Mnemonic.Setge or Mnemonic.Setle or Mnemonic.Setg;

    public static bool IsCmovcc(this Mnemonic mnemonic) => mnemonic is Mnemonic.Cmovo or Mnemonic.Cmovno or Mnemonic.Cmovb or
        Mnemonic.Cmovae or Mnemonic.Cmove or Mnemonic.Cmovne or Mnemonic.Cmovbe or Mnemonic.Cmova or Mnemonic.Cmovs or Mnemonic.Cmovns or
        Mnemonic.Cmovp or Mnemonic.Cmovnp or Mnemonic.Cmovl or Mnemonic.Cmovge or Mnemonic.Cmovle or Mnemonic.Cmovg;
}
