using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Iced.Intel;

namespace KdSim.Machine.Cpu;

/// <summary>
/// Runs SSE instructions: fetches the operands as the shape of the instruction says, calls the operation, and stores. Operands follow the
/// rules of <see cref="MicroOp"/>; an XMM register operand is the byte offset of its 16 bytes from <see cref="Core"/>. What an operation
/// computes is in SimdInteger, SimdShuffle, SimdArithmetic, SimdConvert and SimdStrings; which code is which operation, in
/// <see cref="SimdOperations"/>. Nothing changes before every access and check has succeeded.
/// </summary>
internal static unsafe class SimdHandlers
{
    public static bool Has(Code code) => SimdOperations.Has(code);

    /// <summary>
    /// Completes a decoded micro-op, whose operands are set: the handler to call, and in Extra which operation it runs.
    /// </summary>
    public static nint Prepare(MicroOp* op, in Instruction instruction)
    {
        ref readonly SimdOperation operation = ref SimdOperations.Get(instruction.Code);
        bool memory = instruction.Op0Kind == OpKind.Memory || instruction.Op1Kind == OpKind.Memory;
        op->Size = (byte)(memory ? Math.Min(instruction.MemorySize.GetSize(), 16) : 0);
        op->Extra = (uint)instruction.Code;
        if (instruction.Code == Code.Maskmovdqu_rDI_xmm_xmm)
        {
            op->Base = MicroOpDecoder.SegmentBase(instruction.SegmentPrefix);
            op->Imm = instruction.Op0Kind == OpKind.MemorySegEDI ? 1u : 0;
        }

        return operation.Shape switch
        {
            SimdShape.Xmm when operation.IsPlainMove => (nint)(delegate*<Processor, Core*, MicroOp*, Flow>)(memory ? &LoadXmm : &MoveXmm),
            SimdShape.Store when operation.IsPlainMove => (nint)(delegate*<Processor, Core*, MicroOp*, Flow>)(memory ? &StoreXmm : &MoveXmm),
            SimdShape.Xmm or SimdShape.XmmFromGpr => (nint)(delegate*<Processor, Core*, MicroOp*, Flow>)&ToXmm,
            SimdShape.Store when memory => (nint)(delegate*<Processor, Core*, MicroOp*, Flow>)&ToMemory,
            SimdShape.Store => (nint)(delegate*<Processor, Core*, MicroOp*, Flow>)&ToXmm,
            SimdShape.StoreGpr when memory => (nint)(delegate*<Processor, Core*, MicroOp*, Flow>)&ToMemory,
            SimdShape.StoreGpr or SimdShape.Gpr => (nint)(delegate*<Processor, Core*, MicroOp*, Flow>)&ToGpr,
            SimdShape.Flags => (nint)(delegate*<Processor, Core*, MicroOp*, Flow>)&ToFlags,
            SimdShape.StringIndex => (nint)(delegate*<Processor, Core*, MicroOp*, Flow>)&ToRcx,
            SimdShape.StringMask => (nint)(delegate*<Processor, Core*, MicroOp*, Flow>)&ToXmm0,
            _ => operation.Handler,
        };
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ref Vec Xmm(Core* c, ushort offset) => ref *(Vec*)((byte*)c + offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ref ulong Gpr(Core* c, ushort offset) => ref *(ulong*)((byte*)c + offset);

    static Flow MoveXmm(Processor cpu, Core* c, MicroOp* op)
    {
        Xmm(c, op->Dst) = Xmm(c, op->Src);
        return Flow.Next;
    }

    static Flow LoadXmm(Processor cpu, Core* c, MicroOp* op)
    {
        byte* source = Source(cpu, c, op);
        if (source == null)
            return Flow.Fault;
        Xmm(c, op->Dst) = *(Vec*)source;
        return MemoryOperand.Done(cpu, c, op, source);
    }

    static Flow StoreXmm(Processor cpu, Core* c, MicroOp* op)
    {
        byte* target = Target(cpu, c, op);
        if (target == null)
            return Flow.Fault;
        *(Vec*)target = Xmm(c, op->Dst);
        return MemoryOperand.Done(cpu, c, op, target);
    }

    static Flow ToXmm(Processor cpu, Core* c, MicroOp* op)
    {
        SimdContext context = Context(c, op);
        if (!Compute(cpu, c, op, ref context, out Vec result, out byte* source))
            return Flow.Fault;
        Xmm(c, op->Dst) = result;
        return Finish(cpu, c, op, source);
    }

    static Flow ToGpr(Processor cpu, Core* c, MicroOp* op)
    {
        SimdContext context = Context(c, op);
        if (!Compute(cpu, c, op, ref context, out Vec result, out byte* source))
            return Flow.Fault;
        Gpr(c, op->Dst) = *(ulong*)&result; // 32-bit results are zero-extended already
        return Finish(cpu, c, op, source);
    }

    static Flow ToFlags(Processor cpu, Core* c, MicroOp* op)
    {
        SimdContext context = Context(c, op);
        if (!Compute(cpu, c, op, ref context, out _, out byte* source))
            return Flow.Fault;
        SetFlags(c, context.Flags);
        return Finish(cpu, c, op, source);
    }

    static Flow ToRcx(Processor cpu, Core* c, MicroOp* op)
    {
        SimdContext context = Context(c, op);
        if (!Compute(cpu, c, op, ref context, out Vec result, out byte* source))
            return Flow.Fault;
        c->State.Rcx = *(ulong*)&result;
        SetFlags(c, context.Flags);
        return Finish(cpu, c, op, source);
    }

    static Flow ToXmm0(Processor cpu, Core* c, MicroOp* op)
    {
        SimdContext context = Context(c, op);
        if (!Compute(cpu, c, op, ref context, out Vec result, out byte* source))
            return Flow.Fault;
        c->State.Xmm[0] = result;
        SetFlags(c, context.Flags);
        return Finish(cpu, c, op, source);
    }

    /// <summary>A store of 1 to 16 bytes from the XMM register that is the only register operand.</summary>
    static Flow ToMemory(Processor cpu, Core* c, MicroOp* op)
    {
        SimdContext context = Context(c, op);
        ref readonly SimdOperation operation = ref SimdOperations.Get(op);
        Vec result = operation.OnMemory(default, Xmm(c, op->Dst), ref context);
        byte* target = Target(cpu, c, op);
        if (target == null)
            return Flow.Fault;
        switch (op->Size)
        {
            case 1:
                *target = *(byte*)&result;
                break;
            case 2:
                *(ushort*)target = *(ushort*)&result;
                break;
            case 4:
                *(uint*)target = *(uint*)&result;
                break;
            case 8:
                *(ulong*)target = *(ulong*)&result;
                break;
            default:
                *(Vec*)target = result;
                break;
        }

        return MemoryOperand.Done(cpu, c, op, target);
    }

    static void SetFlags(Core* c, ulong flags)
    {
        c->State.RFlags = c->State.RFlags & ~RFlag.Arithmetic | flags;
        c->FlagKind = 0;
    }

    static SimdContext Context(Core* c, MicroOp* op) => new()
    {
        Mxcsr = c->State.Mxcsr,
        Immediate = (byte)op->Imm,
        Xmm0 = c->State.Xmm[0],
        Rax = c->State.Rax,
        Rdx = c->State.Rdx,
    };

    /// <summary>Operands, operation, exceptions. <paramref name="source"/> is null for register forms; false means that a fault is recorded.</summary>
    static bool Compute(Processor cpu, Core* c, MicroOp* op, ref SimdContext context, out Vec result, out byte* source)
    {
        ref readonly SimdOperation operation = ref SimdOperations.Get(op);
        result = default;
        source = null;
        Vec a = operation.DestinationIsGpr ? Vector128.CreateScalar(Gpr(c, op->Dst)).AsByte() : Xmm(c, op->Dst);
        if (op->Size == 0)
        {
            Vec b = operation.SourceIsGpr ? FromGpr(c, op) : Xmm(c, op->Src);
            result = operation.OnRegisters(a, b, ref context);
        }
        else
        {
            source = Source(cpu, c, op);
            if (source == null)
                return false;
            result = operation.OnMemory(a, Load(source, op->Size), ref context);
        }

        return (context.Raised | context.Settled) == 0 || Report(cpu, c, context);
    }

    static Vec FromGpr(Core* c, MicroOp* op)
    {
        // A byte register may lie in the middle of its quadword (AH), so no more than the low byte is asked for there.
        byte* at = (byte*)c + op->Src;
        ulong value = (op->Src & 7) != 0 ? *at : *(ulong*)at;
        return Vector128.CreateScalar(value).AsByte();
    }

    static Vec Load(byte* source, int size) => size switch
    {
        16 => *(Vec*)source,
        8 => Vector128.CreateScalar(*(ulong*)source).AsByte(),
        4 => Vector128.CreateScalar(*(uint*)source).AsByte(),
        2 => Vector128.CreateScalar(*(ushort*)source).AsByte(),
        _ => Vector128.CreateScalar(*source),
    };

    /// <summary>
    /// Adds what was raised to MXCSR. If an exception is unmasked the instruction faults; one found before the operation hides those of its result
    /// (SDM volume 1, 11.5.3 and 4.9.2).
    /// </summary>
    static bool Report(Processor cpu, Core* c, in SimdContext context)
    {
        uint raised = context.Raised;
        uint unmasked = raised & ~(context.Mxcsr >> 7);
        if ((unmasked & Mxcsrs.BeforeOperation) != 0)
            raised &= Mxcsrs.BeforeOperation;
        c->State.Mxcsr |= raised | context.Settled;
        if (unmasked == 0)
            return true;
        cpu.Raise((c->State.Cr4 & ControlBits.Cr4XmmExceptions) != 0 ? ExceptionVector.SimdFloat : ExceptionVector.InvalidOpcode);
        return false;
    }

    static Flow Finish(Processor cpu, Core* c, MicroOp* op, byte* source) =>
        source == null ? Flow.Next : MemoryOperand.Done(cpu, c, op, source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static byte* Source(Processor cpu, Core* c, MicroOp* op)
    {
        ulong address = MemoryOperand.Address(c, op);
        if (op->Size == 16 && (address & 15) != 0 && !MayBeUnaligned(cpu, op))
            return null;
        return MemoryOperand.Read(cpu, c, op, address, op->Size);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static byte* Target(Processor cpu, Core* c, MicroOp* op)
    {
        ulong address = MemoryOperand.Address(c, op);
        if (op->Size == 16 && (address & 15) != 0 && !MayBeUnaligned(cpu, op))
            return null;
        return MemoryOperand.Write(cpu, c, op, address, op->Size);
    }

    /// <summary>16-byte operands must be aligned, but for the moves that say "unaligned" and string comparisons.</summary>
    static bool MayBeUnaligned(Processor cpu, MicroOp* op)
    {
        if (SimdOperations.Get(op).Unaligned)
            return true;
        cpu.Raise(ExceptionVector.GeneralProtection);
        return false;
    }
}
