using System.Numerics;
using System.Runtime.CompilerServices;

namespace KdSim.Machine.Cpu;

internal static unsafe partial class Handlers
{
    public static Flow BinaryRegister<B, S>(Processor cpu, Core* c, MicroOp* op)
        where B : struct, IBinary
        where S : struct, IOperandSize
    {
        byte* destination = Register(c, op->Dst);
        ulong result = B.Do<S>(c, Operand.Load<S>(destination), Source<S>(c, op));
        if (B.Writes)
            Operand.SetRegister<S>(destination, result);
        return Flow.Next;
    }

    public static Flow BinaryFromMemory<B, S>(Processor cpu, Core* c, MicroOp* op)
        where B : struct, IBinary
        where S : struct, IOperandSize
    {
        byte* p = MemoryOperand.Read(cpu, c, op, MemoryOperand.Address(c, op), Operand.Bytes<S>());
        if (p == null)
            return Flow.Fault;
        byte* destination = Register(c, op->Dst);
        ulong result = B.Do<S>(c, Operand.Load<S>(destination), Operand.Load<S>(p));
        if (B.Writes)
            Operand.SetRegister<S>(destination, result);
        return MemoryOperand.Done(cpu, c, op, p);
    }

    public static Flow BinaryToMemory<B, S>(Processor cpu, Core* c, MicroOp* op)
        where B : struct, IBinary
        where S : struct, IOperandSize
    {
        ulong address = MemoryOperand.Address(c, op);
        byte* p = B.Writes
            ? MemoryOperand.Modify(cpu, c, op, address, Operand.Bytes<S>())
            : MemoryOperand.Read(cpu, c, op, address, Operand.Bytes<S>());
        if (p == null)
            return Flow.Fault;
        ulong result = B.Do<S>(c, Operand.Load<S>(p), Source<S>(c, op));
        if (B.Writes)
            Operand.Store<S>(p, result);
        return MemoryOperand.Done(cpu, c, op, p);
    }

    public static Flow UnaryRegister<U, S>(Processor cpu, Core* c, MicroOp* op)
        where U : struct, IUnary
        where S : struct, IOperandSize
    {
        byte* destination = Register(c, op->Dst);
        Operand.SetRegister<S>(destination, U.Do<S>(c, op, Operand.Load<S>(destination)));
        return Flow.Next;
    }

    public static Flow UnaryMemory<U, S>(Processor cpu, Core* c, MicroOp* op)
        where U : struct, IUnary
        where S : struct, IOperandSize
    {
        byte* p = MemoryOperand.Modify(cpu, c, op, MemoryOperand.Address(c, op), Operand.Bytes<S>());
        if (p == null)
            return Flow.Fault;
        Operand.Store<S>(p, U.Do<S>(c, op, Operand.Load<S>(p)));
        return MemoryOperand.Done(cpu, c, op, p);
    }

    public static Flow BitTestRegister<S>(Processor cpu, Core* c, MicroOp* op)
        where S : struct, IOperandSize
    {
        byte* destination = Register(c, op->Dst);
        int bit = (int)Source<S>(c, op) & (Operand.Bits<S>() - 1);
        ulong result = BitTest.Do(c, op->Extra, Operand.Load<S>(destination), bit);
        if (op->Extra != 0)
            Operand.SetRegister<S>(destination, result);
        return Flow.Next;
    }

    public static Flow BitTestMemory<S>(Processor cpu, Core* c, MicroOp* op)
        where S : struct, IOperandSize
    {
        int bits = Operand.Bits<S>();
        ulong address = MemoryOperand.Address(c, op);
        ulong number = Source<S>(c, op);

        // A bit number in a register reaches beyond the operand (SDM, BT); an immediate is taken modulo the size.
        if (op->Src != (ushort)((byte*)&c->Zero - (byte*)c))
            address += (ulong)((Operand.Signed<S>(number) >> (3 + S.Log2)) * Operand.Bytes<S>());
        int bit = (int)number & (bits - 1);
        byte* p = op->Extra == 0
            ? MemoryOperand.Read(cpu, c, op, address, Operand.Bytes<S>())
            : MemoryOperand.Modify(cpu, c, op, address, Operand.Bytes<S>());
        if (p == null)
            return Flow.Fault;
        ulong result = BitTest.Do(c, op->Extra, Operand.Load<S>(p), bit);
        if (op->Extra != 0)
            Operand.Store<S>(p, result);
        return MemoryOperand.Done(cpu, c, op, p);
    }

    /// <summary>BSF, BSR, POPCNT: Extra is 0 BSF, 1 BSR, 2 POPCNT; the source is memory if Size is not 0.</summary>
    public static Flow BitScan<S>(Processor cpu, Core* c, MicroOp* op)
        where S : struct, IOperandSize
    {
        byte* p = SourcePointer<S>(cpu, c, op);
        if (p == null)
            return Flow.Fault;
        ulong value = Operand.Load<S>(p);
        byte* destination = Register(c, op->Dst);
        if (op->Extra == 2)
            Operand.SetRegister<S>(destination, (ulong)BitOperations.PopCount(value));
        else if (value != 0)
            Operand.SetRegister<S>(destination, (ulong)(op->Extra == 0 ? BitOperations.TrailingZeroCount(value) : BitOperations.Log2(value)));
        Flags.SetExact(c, value == 0 ? RFlag.Zero : 0);
        return MemoryOperand.Done(cpu, c, op, p);
    }

    /// <summary>IMUL with two or three operands: Dst = source * (Dst, or Imm if Extra is 1).</summary>
    public static Flow MultiplyTo<S>(Processor cpu, Core* c, MicroOp* op)
        where S : struct, IOperandSize
    {
        byte* p = SourcePointer<S>(cpu, c, op);
        if (p == null)
            return Flow.Fault;
        byte* destination = Register(c, op->Dst);
        long left = Operand.Signed<S>(Operand.Load<S>(p));
        long right = op->Extra == 1 ? Operand.Signed<S>(op->Imm) : Operand.Signed<S>(Operand.Load<S>(destination));
        long high = Math.BigMul(left, right, out long low);
        ulong result = (ulong)Operand.Signed<S>((ulong)low);
        bool overflow = high != low >> 63 || (long)result != low;
        Operand.SetRegister<S>(destination, result);
        Flags.SetExact(c, Flags.OfResult(result) | (overflow ? RFlag.Carry | RFlag.Overflow : 0));
        return MemoryOperand.Done(cpu, c, op, p);
    }

    /// <summary>MUL (Extra 0) and IMUL (Extra 1) of RAX by a register (Dst) or memory.</summary>
    public static Flow MultiplyWide<S>(Processor cpu, Core* c, MicroOp* op)
        where S : struct, IOperandSize
    {
        byte* p = WidePointer<S>(cpu, c, op);
        if (p == null)
            return Flow.Fault;
        ulong left = Operand.Load<S>(&c->State.Rax);
        ulong right = Operand.Load<S>(p);
        ulong low;
        ulong high;
        bool overflow;
        if (op->Extra == 0)
        {
            high = Math.BigMul(left, right, out low);
            if (S.Log2 != 3)
            {
                high = low >> Operand.Bits<S>();
                low &= Operand.Mask<S>();
            }

            overflow = high != 0;
        }
        else
        {
            long signedHigh = Math.BigMul(Operand.Signed<S>(left), Operand.Signed<S>(right), out long signedLow);
            low = (ulong)signedLow;
            high = S.Log2 == 3 ? (ulong)signedHigh : (ulong)(signedLow >> Operand.Bits<S>());
            overflow = S.Log2 == 3 ? signedHigh != signedLow >> 63 : Operand.Signed<S>(low) != signedLow;
        }

        SetWide<S>(c, low, high);
        Flags.SetExact(c, Flags.OfResult((ulong)Operand.Signed<S>(low)) | (overflow ? RFlag.Carry | RFlag.Overflow : 0));
        return MemoryOperand.Done(cpu, c, op, p);
    }

    /// <summary>DIV (Extra 0) and IDIV (Extra 1) of RDX:RAX by a register (Dst) or memory.</summary>
    public static Flow Divide<S>(Processor cpu, Core* c, MicroOp* op)
        where S : struct, IOperandSize
    {
        byte* p = WidePointer<S>(cpu, c, op);
        if (p == null)
            return Flow.Fault;
        ulong divisor = Operand.Load<S>(p);
        ulong low = S.Log2 == 0 ? c->State.Rax & 0xFF : Operand.Load<S>(&c->State.Rax);
        ulong high = S.Log2 == 0 ? (c->State.Rax >> 8) & 0xFF : Operand.Load<S>(&c->State.Rdx);
        int bits = Operand.Bits<S>();
        if (divisor == 0)
            return cpu.Raise(ExceptionVector.DivideError);
        ulong quotient;
        ulong remainder;
        if (op->Extra == 0)
        {
            if (high >= divisor)
                return cpu.Raise(ExceptionVector.DivideError);
            UInt128 dividend = ((UInt128)high << bits) | low;
            quotient = (ulong)(dividend / divisor);
            remainder = (ulong)(dividend % divisor);
        }
        else
        {
            Int128 dividend = ((Int128)Operand.Signed<S>(high) << bits) | low;
            Int128 signedDivisor = Operand.Signed<S>(divisor);
            if (signedDivisor == -1 && dividend == Int128.MinValue)
                return cpu.Raise(ExceptionVector.DivideError);
            Int128 signedQuotient = dividend / signedDivisor;
            quotient = (ulong)signedQuotient;
            if (Operand.Signed<S>(quotient) != signedQuotient)
                return cpu.Raise(ExceptionVector.DivideError);
            remainder = (ulong)(dividend % signedDivisor);
        }

        SetWide<S>(c, quotient, remainder);
        return MemoryOperand.Done(cpu, c, op, p);
    }

    public static Flow ByteSwap<S>(Processor cpu, Core* c, MicroOp* op)
        where S : struct, IOperandSize
    {
        ulong* destination = (ulong*)Register(c, op->Dst);
        *destination = S.Log2 == 3
            ? System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(*destination)
            : System.Buffers.Binary.BinaryPrimitives.ReverseEndianness((uint)*destination);
        return Flow.Next;
    }

    /// <summary>CBW, CWDE, CDQE: the lower half of RAX sign-extended to the operand size.</summary>
    public static Flow ExtendAccumulator<S>(Processor cpu, Core* c, MicroOp* op)
        where S : struct, IOperandSize
    {
        int half = Operand.Bits<S>() / 2;
        long value = (long)(c->State.Rax << (64 - half)) >> (64 - half);
        Operand.SetRegister<S>(&c->State.Rax, (ulong)value);
        return Flow.Next;
    }

    /// <summary>CWD, CDQ, CQO: RDX filled with the sign of RAX.</summary>
    public static Flow ExtendToData<S>(Processor cpu, Core* c, MicroOp* op)
        where S : struct, IOperandSize
    {
        Operand.SetRegister<S>(&c->State.Rdx, (ulong)(Operand.Signed<S>(c->State.Rax) >> 63));
        return Flow.Next;
    }

    /// <summary>A pointer to the source operand: memory if Size is not 0, else the register Src.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* SourcePointer<S>(Processor cpu, Core* c, MicroOp* op)
        where S : struct, IOperandSize => op->Size == 0
            ? Register(c, op->Src)
            : MemoryOperand.Read(cpu, c, op, MemoryOperand.Address(c, op), Operand.Bytes<S>());

    private static byte* WidePointer<S>(Processor cpu, Core* c, MicroOp* op)
        where S : struct, IOperandSize => op->Size == 0
            ? Register(c, op->Dst)
            : MemoryOperand.Read(cpu, c, op, MemoryOperand.Address(c, op), Operand.Bytes<S>());

    private static void SetWide<S>(Core* c, ulong low, ulong high)
        where S : struct, IOperandSize
    {
        if (S.Log2 == 0)
        {
            *(ushort*)&c->State.Rax = (ushort)((low & 0xFF) | (high << 8));
            return;
        }

        Operand.SetRegister<S>(&c->State.Rax, low);
        Operand.SetRegister<S>(&c->State.Rdx, high);
    }
}
