using Iced.Intel;

namespace KdSim.Machine.Cpu;

internal static unsafe partial class MicroOpDecoder
{
    /// <summary>Every integer mnemonic with all its legacy 64-bit forms, but for those that <see cref="IsSupportedInteger"/> singles out.</summary>
    private static readonly HashSet<Mnemonic> IntegerMnemonics =
    [
        Mnemonic.Add, Mnemonic.Sub, Mnemonic.And, Mnemonic.Or, Mnemonic.Xor, Mnemonic.Adc, Mnemonic.Sbb, Mnemonic.Cmp, Mnemonic.Test,
        Mnemonic.Not, Mnemonic.Neg, Mnemonic.Inc, Mnemonic.Dec, Mnemonic.Shl, Mnemonic.Sal, Mnemonic.Shr, Mnemonic.Sar, Mnemonic.Rol,
        Mnemonic.Ror, Mnemonic.Rcl, Mnemonic.Rcr, Mnemonic.Shld, Mnemonic.Shrd, Mnemonic.Bt, Mnemonic.Bts, Mnemonic.Btr, Mnemonic.Btc,
        Mnemonic.Movnti, Mnemonic.Lea, Mnemonic.Movzx, Mnemonic.Movsx, Mnemonic.Movsxd, Mnemonic.Xchg, Mnemonic.Xadd, Mnemonic.Cmpxchg,
        Mnemonic.Cmpxchg8b, Mnemonic.Cmpxchg16b, Mnemonic.Bswap, Mnemonic.Bsf, Mnemonic.Bsr, Mnemonic.Popcnt, Mnemonic.Imul, Mnemonic.Mul,
        Mnemonic.Div, Mnemonic.Idiv, Mnemonic.Cbw, Mnemonic.Cwde, Mnemonic.Cdqe, Mnemonic.Cwd, Mnemonic.Cdq, Mnemonic.Cqo,
        Mnemonic.Nop, Mnemonic.Pause, Mnemonic.Prefetchnta, Mnemonic.Prefetcht0, Mnemonic.Prefetcht1, Mnemonic.Prefetcht2,
        Mnemonic.Prefetchw, Mnemonic.Prefetch, Mnemonic.Lfence, Mnemonic.Mfence, Mnemonic.Sfence, Mnemonic.Clflush, Mnemonic.Wbinvd,
        Mnemonic.Invd, Mnemonic.Clc, Mnemonic.Stc, Mnemonic.Cmc, Mnemonic.Cld, Mnemonic.Std, Mnemonic.Cli, Mnemonic.Sti, Mnemonic.Hlt,
        Mnemonic.Lahf, Mnemonic.Sahf, Mnemonic.Xlatb, Mnemonic.Pushf, Mnemonic.Pushfq, Mnemonic.Popf, Mnemonic.Popfq, Mnemonic.Int,
        Mnemonic.Int1, Mnemonic.Int3, Mnemonic.Syscall, Mnemonic.Sysretq, Mnemonic.Swapgs, Mnemonic.In, Mnemonic.Out, Mnemonic.Insb,
        Mnemonic.Insw, Mnemonic.Insd, Mnemonic.Outsb, Mnemonic.Outsw, Mnemonic.Outsd, Mnemonic.Movsb, Mnemonic.Movsw, Mnemonic.Movsq,
        Mnemonic.Stosb, Mnemonic.Stosw, Mnemonic.Stosd, Mnemonic.Stosq, Mnemonic.Lodsb, Mnemonic.Lodsw, Mnemonic.Lodsd, Mnemonic.Lodsq,
        Mnemonic.Cmpsb, Mnemonic.Cmpsw, Mnemonic.Cmpsq, Mnemonic.Scasb, Mnemonic.Scasw, Mnemonic.Scasd, Mnemonic.Scasq, Mnemonic.Cpuid,
        Mnemonic.Rdtsc, Mnemonic.Rdtscp, Mnemonic.Rdmsr, Mnemonic.Wrmsr, Mnemonic.Lgdt, Mnemonic.Lidt, Mnemonic.Sgdt, Mnemonic.Sidt,
        Mnemonic.Ltr, Mnemonic.Str, Mnemonic.Lldt, Mnemonic.Sldt, Mnemonic.Invlpg, Mnemonic.Vmcall, Mnemonic.Iretq, Mnemonic.Retf,
        Mnemonic.Ldmxcsr, Mnemonic.Stmxcsr, Mnemonic.Fxsave64, Mnemonic.Fxrstor64, Mnemonic.Fxsave, Mnemonic.Fxrstor,
        Mnemonic.Ud2, Mnemonic.Ud0, Mnemonic.Ud1, Mnemonic.Endbr64,
    ];

    /// <summary>What is neither arithmetic nor a move. True if the block ends behind it.</summary>
    private static bool SetControl(in Instruction instruction, MicroOp* op, int log2, bool toMemory)
    {
        Mnemonic mnemonic = instruction.Mnemonic;
        if (instruction.Code.IsJccShortOrNear())
        {
            int condition = Condition(instruction.ConditionCode);
            op->Extra = (uint)condition;
            op->Code = condition == 4 ? OpCode.JumpZero : condition == 5 ? OpCode.JumpNotZero : OpCode.JumpIf;
            return true;
        }

        switch (mnemonic)
        {
            case Mnemonic.Nop or Mnemonic.Prefetchnta or Mnemonic.Prefetcht0 or Mnemonic.Prefetcht1 or Mnemonic.Prefetcht2 or
                Mnemonic.Prefetchw or Mnemonic.Prefetch or Mnemonic.Lfence or Mnemonic.Mfence or Mnemonic.Sfence or Mnemonic.Clflush or
                Mnemonic.Endbr64:
                op->Code = OpCode.Nop;
                return false;
            case Mnemonic.Jmp:
                return SetJump(instruction, op, toMemory);
            case Mnemonic.Call:
                if (instruction.GetOpKind(0) == OpKind.NearBranch64)
                    op->Code = OpCode.CallNear;
                else if (toMemory)
                    Call(op, &Handlers.CallMemory);
                else
                    Call(op, &Handlers.CallRegister);
                return true;
            case Mnemonic.Ret:
                Call(op, &Handlers.ReturnAndPop);
                if (op->Imm == 0)
                    op->Code = OpCode.Return;
                return true;
            case Mnemonic.Push or Mnemonic.Pop:
                return SetPushPop(instruction, op, toMemory);
            case Mnemonic.Loop or Mnemonic.Loope or Mnemonic.Loopne or Mnemonic.Jrcxz or Mnemonic.Jecxz:
                op->Extra = mnemonic switch { Mnemonic.Loop => 0, Mnemonic.Loope => 1, Mnemonic.Loopne => 2, _ => 3u };
                op->Size = (byte)(instruction.Code is Code.Loop_rel8_64_ECX or Code.Loope_rel8_64_ECX or Code.Loopne_rel8_64_ECX or
                    Code.Jecxz_rel8_64 ? 4 : 8);
                Call(op, &Handlers.Loop);
                return true;
            case Mnemonic.Enter:
                Call(op, &Handlers.Enter);
                return false;
            case Mnemonic.Leave:
                Call(op, &Handlers.LeaveFrame);
                return false;
            case Mnemonic.Xlatb:
                Call(op, &Handlers.TranslateByte);
                return SetTranslate(instruction, op);
            case Mnemonic.Mov:
                return SetSpecialMove(instruction, op, toMemory);
        }

        return SetString(instruction, op) || SetSystem(instruction, op, toMemory, log2);
    }

    private static bool SetJump(in Instruction instruction, MicroOp* op, bool toMemory)
    {
        if (instruction.GetOpKind(0) == OpKind.NearBranch64)
            op->Code = OpCode.Jump;
        else if (toMemory)
            Call(op, &Handlers.JumpMemory);
        else
            Call(op, &Handlers.JumpRegister);
        return true;
    }

    private static bool SetTranslate(in Instruction instruction, MicroOp* op)
    {
        // Iced gives XLAT the memory operand [RBX+AL]; AL is added by the handler.
        op->Index = ZeroOffset;
        op->Base = OffsetOf(instruction.MemoryBase);
        op->Disp = 0;
        if (instruction.SegmentPrefix is Register.FS or Register.GS)
            op->Index = instruction.SegmentPrefix == Register.FS ? FsBaseOffset : GsBaseOffset;
        op->Scale = 0;
        return false;
    }

    private static bool SetPushPop(in Instruction instruction, MicroOp* op, bool toMemory)
    {
        bool push = instruction.Mnemonic == Mnemonic.Push;
        int log2 = instruction.StackPointerIncrement is 2 or -2 ? 1 : 3;
        if (instruction.GetOpKind(0) == OpKind.Register && instruction.GetOpRegister(0).IsSegmentRegister())
        {
            op->Extra = (uint)(instruction.GetOpRegister(0) - Register.ES);
            op->Src = op->Dst;
            if (push)
                Call(op, &Handlers.PushSegment);
            else
                Call(op, &Handlers.PopSegment);
            return true;
        }

        if (toMemory)
        {
            op->Target = push ? HandlerTable.PushMemory(log2) : HandlerTable.PopMemory(log2);
        }
        else if (push)
        {
            op->Src = op->Dst;
            op->Target = HandlerTable.PushRegister(log2);
            op->Code = log2 == 3 ? OpCode.Push64 : default;
        }
        else
        {
            op->Target = HandlerTable.PopRegister(log2);
            op->Code = log2 == 3 ? OpCode.Pop64 : default;
        }

        return false;
    }

    private static bool SetSpecialMove(in Instruction instruction, MicroOp* op, bool toMemory)
    {
        Register target = toMemory ? Register.None : instruction.GetOpRegister(0);
        Register source = instruction.GetOpKind(1) == OpKind.Register ? instruction.GetOpRegister(1) : Register.None;
        if (target.IsSegmentRegister())
        {
            op->Extra = (uint)(target - Register.ES);
            Call(op, &Handlers.LoadSegment);
        }
        else if (source.IsSegmentRegister())
        {
            op->Extra = (uint)(target == Register.None ? 2 : target.GetSize());
            Call(op, &Handlers.StoreSegment);
        }
        else if (target.IsCR())
        {
            op->Extra = (uint)(target - Register.CR0);
            Call(op, &Handlers.WriteControl);
        }
        else if (source.IsCR())
        {
            op->Extra = (uint)(source - Register.CR0);
            Call(op, &Handlers.ReadControl);
        }
        else if (target.IsDR())
        {
            op->Extra = (uint)(target - Register.DR0);
            Call(op, &Handlers.WriteDebug);
        }
        else
        {
            op->Extra = (uint)(source - Register.DR0);
            Call(op, &Handlers.ReadDebug);
        }

        return true;
    }

    private static bool SetString(in Instruction instruction, MicroOp* op)
    {
        (StringKind kind, int log2)? shape = instruction.Mnemonic switch
        {
            Mnemonic.Movsb => (StringKind.Move, 0),
            Mnemonic.Movsw => (StringKind.Move, 1),
            Mnemonic.Movsd => (StringKind.Move, 2),
            Mnemonic.Movsq => (StringKind.Move, 3),
            Mnemonic.Stosb => (StringKind.Store, 0),
            Mnemonic.Stosw => (StringKind.Store, 1),
            Mnemonic.Stosd => (StringKind.Store, 2),
            Mnemonic.Stosq => (StringKind.Store, 3),
            Mnemonic.Lodsb => (StringKind.Load, 0),
            Mnemonic.Lodsw => (StringKind.Load, 1),
            Mnemonic.Lodsd => (StringKind.Load, 2),
            Mnemonic.Lodsq => (StringKind.Load, 3),
            Mnemonic.Cmpsb => (StringKind.Compare, 0),
            Mnemonic.Cmpsw => (StringKind.Compare, 1),
            Mnemonic.Cmpsd => (StringKind.Compare, 2),
            Mnemonic.Cmpsq => (StringKind.Compare, 3),
            Mnemonic.Scasb => (StringKind.Scan, 0),
            Mnemonic.Scasw => (StringKind.Scan, 1),
            Mnemonic.Scasd => (StringKind.Scan, 2),
            Mnemonic.Scasq => (StringKind.Scan, 3),
            Mnemonic.Insb => (StringKind.In, 0),
            Mnemonic.Insw => (StringKind.In, 1),
            Mnemonic.Insd => (StringKind.In, 2),
            Mnemonic.Outsb => (StringKind.Out, 0),
            Mnemonic.Outsw => (StringKind.Out, 1),
            Mnemonic.Outsd => (StringKind.Out, 2),
            _ => null,
        };
        if (shape is not { } found)
            return false;
        bool compares = found.kind is StringKind.Compare or StringKind.Scan;
        uint rep = instruction.HasRepePrefix ? 1u : instruction.HasRepnePrefix ? (compares ? 2u : 1u) : 0;
        bool narrow = false;
        for (int i = 0; i < instruction.OpCount; i++)
            narrow |= instruction.GetOpKind(i) is OpKind.MemorySegESI or OpKind.MemorySegEDI or OpKind.MemoryESEDI;
        op->Extra = (uint)found.kind | (rep << 8);
        op->Imm = narrow ? uint.MaxValue : ulong.MaxValue;
        op->Dst = ZeroOffset;
        op->Src = instruction.SegmentPrefix switch
        {
            Register.FS => FsBaseOffset,
            Register.GS => GsBaseOffset,
            _ => ZeroOffset,
        };
        op->Target = HandlerTable.String(found.log2);
        return true;
    }

    private static bool SetSystem(in Instruction instruction, MicroOp* op, bool toMemory, int log2)
    {
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Clc or Mnemonic.Stc or Mnemonic.Cmc or Mnemonic.Cld or Mnemonic.Std:
                op->Extra = instruction.Mnemonic switch
                {
                    Mnemonic.Clc => 0,
                    Mnemonic.Stc => 1,
                    Mnemonic.Cmc => 2,
                    Mnemonic.Cld => 3,
                    _ => 4u,
                };
                Call(op, &Handlers.ChangeFlag);
                return false;
            case Mnemonic.Lahf:
                Call(op, &Handlers.LoadFlagsToAh);
                return false;
            case Mnemonic.Sahf:
                Call(op, &Handlers.StoreAhToFlags);
                return false;
            case Mnemonic.Ldmxcsr or Mnemonic.Stmxcsr:
                op->Extra = instruction.Mnemonic == Mnemonic.Ldmxcsr ? 0u : 1;
                Call(op, &Handlers.Mxcsr);
                return false;
            case Mnemonic.Fxsave64 or Mnemonic.Fxrstor64 or Mnemonic.Fxsave or Mnemonic.Fxrstor:
                op->Extra = instruction.Mnemonic is Mnemonic.Fxsave64 or Mnemonic.Fxsave ? 0u : 1;
                Call(op, &Handlers.FxState);
                return false;
            case Mnemonic.Cpuid:
                Call(op, &Handlers.Cpuid);
                return false;
            case Mnemonic.Rdtsc or Mnemonic.Rdtscp:
                op->Extra = instruction.Mnemonic == Mnemonic.Rdtscp ? 1u : 0;
                Call(op, &Handlers.ReadTimeStamp);
                return false;
            case Mnemonic.Swapgs:
                Call(op, &Handlers.SwapGs);
                return false;
            case Mnemonic.Wbinvd or Mnemonic.Invd:
                Call(op, &Handlers.PrivilegedNothing);
                return false;
            case Mnemonic.Pushf or Mnemonic.Pushfq:
                op->Target = HandlerTable.PushFlags(instruction.Mnemonic == Mnemonic.Pushf ? 1 : 3);
                return false;
        }

        SetEndingSystem(instruction, op, toMemory, log2);
        return true;
    }

    private static void SetEndingSystem(in Instruction instruction, MicroOp* op, bool toMemory, int log2)
    {
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Popf or Mnemonic.Popfq:
                op->Target = HandlerTable.PopFlags(instruction.Mnemonic == Mnemonic.Popf ? 1 : 3);
                break;
            case Mnemonic.Cli or Mnemonic.Sti:
                op->Extra = instruction.Mnemonic == Mnemonic.Sti ? 1u : 0;
                Call(op, &Handlers.ChangeInterrupts);
                break;
            case Mnemonic.Hlt:
                Call(op, &Handlers.Halt);
                break;
            case Mnemonic.Pause:
                Call(op, &Handlers.Pause);
                break;
            case Mnemonic.Int or Mnemonic.Int3 or Mnemonic.Int1:
                if (instruction.Mnemonic != Mnemonic.Int)
                    op->Imm = instruction.Mnemonic == Mnemonic.Int3 ? 3u : 1;
                op->Extra = instruction.Mnemonic == Mnemonic.Int1 ? 1u : 0;
                Call(op, &Handlers.SoftwareInterrupt);
                break;
            case Mnemonic.Vmcall:
                Call(op, &Handlers.VmCall);
                break;
            case Mnemonic.Syscall:
                Call(op, &Handlers.SystemCall);
                break;
            case Mnemonic.Sysretq:
                Call(op, &Handlers.SystemReturn);
                break;
            case Mnemonic.Iretq:
                Call(op, &Handlers.InterruptReturn);
                break;
            case Mnemonic.Retf:
                Call(op, &Handlers.FarReturn);
                break;
            case Mnemonic.In:
                op->Extra = 1u << SizeOf(instruction, 0);
                Call(op, &Handlers.In);
                break;
            case Mnemonic.Out:
                op->Extra = 1u << SizeOf(instruction, 1);
                if (instruction.GetOpKind(0) != OpKind.Register)
                    op->Dst = ZeroOffset;
                Call(op, &Handlers.Out);
                break;
            case Mnemonic.Rdmsr:
                Call(op, &Handlers.ReadMsr);
                break;
            case Mnemonic.Wrmsr:
                Call(op, &Handlers.WriteMsr);
                break;
            case Mnemonic.Lgdt or Mnemonic.Lidt or Mnemonic.Sgdt or Mnemonic.Sidt:
                op->Extra = instruction.Mnemonic switch { Mnemonic.Lgdt => 0, Mnemonic.Lidt => 1, Mnemonic.Sgdt => 2, _ => 3u };
                Call(op, &Handlers.DescriptorTable);
                break;
            case Mnemonic.Ltr or Mnemonic.Lldt:
                op->Extra = instruction.Mnemonic == Mnemonic.Ltr ? 7u : 6;
                op->Src = toMemory ? op->Src : op->Dst;
                Call(op, &Handlers.LoadSegment);
                break;
            case Mnemonic.Str or Mnemonic.Sldt:
                op->Src = instruction.Mnemonic == Mnemonic.Str ? TrOffset : LdtrOffset;
                op->Extra = toMemory ? 2u : 1u << log2;
                Call(op, &Handlers.StoreSegment);
                break;
            case Mnemonic.Invlpg:
                Call(op, &Handlers.InvalidatePage);
                break;
            case Mnemonic.Ud2 or Mnemonic.Ud0 or Mnemonic.Ud1:
                Call(op, &Handlers.InvalidOpcode);
                break;
            default:
                throw new InvalidOperationException($"{instruction.Code} is claimed but has no handler");
        }
    }
}
