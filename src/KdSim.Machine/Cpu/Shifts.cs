namespace KdSim.Machine.Cpu;

/// <summary>A one-operand (or counted) operation that reads, changes and writes its operand; further operands come from the micro-op.</summary>
internal unsafe interface IUnary
{
    static abstract ulong Do<S>(Core* c, MicroOp* op, ulong value)
        where S : struct, IOperandSize;
}

internal unsafe struct UnaryNot : IUnary
{
    public static ulong Do<S>(Core* c, MicroOp* op, ulong value)
        where S : struct, IOperandSize => ~value;
}

internal unsafe struct UnaryNeg : IUnary
{
    public static ulong Do<S>(Core* c, MicroOp* op, ulong value)
        where S : struct, IOperandSize => AluSub.Do<S>(c, 0, value);
}

internal unsafe struct UnaryInc : IUnary
{
    public static ulong Do<S>(Core* c, MicroOp* op, ulong value)
        where S : struct, IOperandSize
    {
        ulong carry = Flags.Carry(c) ? 1UL : 0;
        Flags.Set(c, (Flags.Increment * 4) + S.Log2, Operand.Signed<S>(value + 1), value, carry);
        return value + 1;
    }
}

internal unsafe struct UnaryDec : IUnary
{
    public static ulong Do<S>(Core* c, MicroOp* op, ulong value)
        where S : struct, IOperandSize
    {
        ulong carry = Flags.Carry(c) ? 1UL : 0;
        Flags.Set(c, (Flags.Decrement * 4) + S.Log2, Operand.Signed<S>(value - 1), value, carry);
        return value - 1;
    }
}

/// <summary>Shift counts: CL or an immediate, modulo 32 or 64.</summary>
internal static unsafe class ShiftCount
{
    public static int Of<S>(Core* c, MicroOp* op)
        where S : struct, IOperandSize => (int)(*((byte*)c + op->Src) + op->Imm) & (S.Log2 == 3 ? 63 : 31);
}

internal unsafe struct ShiftShl : IUnary
{
    public static ulong Do<S>(Core* c, MicroOp* op, ulong value)
        where S : struct, IOperandSize
    {
        int count = ShiftCount.Of<S>(c, op);
        if (count == 0)
            return value;
        ulong result = value << count;
        Flags.Set(c, (Flags.ShiftLeft * 4) + S.Log2, Operand.Signed<S>(result), value, (ulong)count);
        return result;
    }
}

internal unsafe struct ShiftShr : IUnary
{
    public static ulong Do<S>(Core* c, MicroOp* op, ulong value)
        where S : struct, IOperandSize
    {
        int count = ShiftCount.Of<S>(c, op);
        if (count == 0)
            return value;
        ulong result = value >> count;
        Flags.Set(c, (Flags.ShiftRight * 4) + S.Log2, Operand.Signed<S>(result), value, (ulong)count);
        return result;
    }
}

internal unsafe struct ShiftSar : IUnary
{
    public static ulong Do<S>(Core* c, MicroOp* op, ulong value)
        where S : struct, IOperandSize
    {
        int count = ShiftCount.Of<S>(c, op);
        if (count == 0)
            return value;
        ulong result = (ulong)(Operand.Signed<S>(value) >> count);
        Flags.Set(c, (Flags.ShiftArithmetic * 4) + S.Log2, Operand.Signed<S>(result), value, (ulong)count);
        return result;
    }
}

internal unsafe struct RotateLeft : IUnary
{
    public static ulong Do<S>(Core* c, MicroOp* op, ulong value)
        where S : struct, IOperandSize
    {
        int count = ShiftCount.Of<S>(c, op);
        if (count == 0)
            return value;
        int bits = Operand.Bits<S>();
        int turn = count & (bits - 1);
        ulong result = turn == 0 ? value : ((value << turn) | (value >> (bits - turn))) & Operand.Mask<S>();
        Rotation.SetFlags(c, (result & 1) != 0, ((result >> (bits - 1)) & 1) != (result & 1));
        return result;
    }
}

internal unsafe struct RotateRight : IUnary
{
    public static ulong Do<S>(Core* c, MicroOp* op, ulong value)
        where S : struct, IOperandSize
    {
        int count = ShiftCount.Of<S>(c, op);
        if (count == 0)
            return value;
        int bits = Operand.Bits<S>();
        int turn = count & (bits - 1);
        ulong result = turn == 0 ? value : ((value >> turn) | (value << (bits - turn))) & Operand.Mask<S>();
        ulong top = (result >> (bits - 1)) & 1;
        Rotation.SetFlags(c, top != 0, top != ((result >> (bits - 2)) & 1));
        return result;
    }
}

internal unsafe struct RotateCarryLeft : IUnary
{
    public static ulong Do<S>(Core* c, MicroOp* op, ulong value)
        where S : struct, IOperandSize
    {
        int bits = Operand.Bits<S>();
        int count = ShiftCount.Of<S>(c, op) % (bits + 1);
        if (count == 0)
            return value;
        bool carry = Flags.Carry(c);
        for (int i = 0; i < count; i++)
        {
            bool top = ((value >> (bits - 1)) & 1) != 0;
            value = ((value << 1) | (carry ? 1UL : 0)) & Operand.Mask<S>();
            carry = top;
        }

        Rotation.SetFlags(c, carry, carry != (((value >> (bits - 1)) & 1) != 0));
        return value;
    }
}

internal unsafe struct RotateCarryRight : IUnary
{
    public static ulong Do<S>(Core* c, MicroOp* op, ulong value)
        where S : struct, IOperandSize
    {
        int bits = Operand.Bits<S>();
        int count = ShiftCount.Of<S>(c, op) % (bits + 1);
        if (count == 0)
            return value;
        bool carry = Flags.Carry(c);
        for (int i = 0; i < count; i++)
        {
            bool low = (value & 1) != 0;
            value = (value >> 1) | (carry ? 1UL << (bits - 1) : 0);
            carry = low;
        }

        Rotation.SetFlags(c, carry, ((value >> (bits - 1)) & 1) != ((value >> (bits - 2)) & 1));
        return value;
    }
}

/// <summary>Rotates change CF and OF only.</summary>
internal static unsafe class Rotation
{
    public static void SetFlags(Core* c, bool carry, bool overflow)
    {
        Flags.Materialize(c);
        c->State.RFlags = (c->State.RFlags & ~(RFlag.Carry | RFlag.Overflow)) | (carry ? RFlag.Carry : 0) | (overflow ? RFlag.Overflow : 0);
    }
}

/// <summary>SHLD: bits of Src come in from the right. The count is Third (CL) plus Imm.</summary>
internal unsafe struct DoubleShiftLeft : IUnary
{
    public static ulong Do<S>(Core* c, MicroOp* op, ulong value)
        where S : struct, IOperandSize
    {
        int bits = Operand.Bits<S>();
        int count = (int)(*((byte*)c + op->Third) + op->Imm) & (S.Log2 == 3 ? 63 : 31);
        if (count == 0)
            return value;
        ulong filler = Operand.Load<S>((byte*)c + op->Src);
        bool carry = false;
        ulong before = value;
        for (int i = 0; i < count; i++)
        {
            before = value;
            carry = ((value >> (bits - 1)) & 1) != 0;
            value = ((value << 1) | ((filler >> (bits - 1)) & 1)) & Operand.Mask<S>();
            filler = (filler << 1) | ((filler >> (bits - 1)) & 1);
        }

        DoubleShift.SetFlags<S>(c, value, carry, before);
        return value;
    }
}

/// <summary>SHRD: bits of Src come in from the left.</summary>
internal unsafe struct DoubleShiftRight : IUnary
{
    public static ulong Do<S>(Core* c, MicroOp* op, ulong value)
        where S : struct, IOperandSize
    {
        int bits = Operand.Bits<S>();
        int count = (int)(*((byte*)c + op->Third) + op->Imm) & (S.Log2 == 3 ? 63 : 31);
        if (count == 0)
            return value;
        ulong filler = Operand.Load<S>((byte*)c + op->Src);
        bool carry = false;
        ulong before = value;
        for (int i = 0; i < count; i++)
        {
            before = value;
            carry = (value & 1) != 0;
            value = (value >> 1) | ((filler & 1) << (bits - 1));
            filler = (filler >> 1) | ((filler & 1) << (bits - 1));
        }

        DoubleShift.SetFlags<S>(c, value, carry, before);
        return value;
    }
}

internal static unsafe class DoubleShift
{
    public static void SetFlags<S>(Core* c, ulong result, bool carry, ulong before)
        where S : struct, IOperandSize
    {
        ulong sign = 1UL << (Operand.Bits<S>() - 1);
        Flags.SetExact(c, Flags.OfResult((ulong)Operand.Signed<S>(result)) | (carry ? RFlag.Carry : 0) |
            (((before ^ result) & sign) != 0 ? RFlag.Overflow : 0));
    }
}

/// <summary>BTS, BTR, BTC with the bit number already reduced to the operand: Extra is 0 BT, 1 BTS, 2 BTR, 3 BTC.</summary>
internal static unsafe class BitTest
{
    public static ulong Do(Core* c, uint kind, ulong value, int bit)
    {
        Flags.Materialize(c);
        ulong mask = 1UL << bit;
        c->State.RFlags = (c->State.RFlags & ~RFlag.Carry) | ((value & mask) != 0 ? RFlag.Carry : 0);
        return kind switch
        {
            1 => value | mask,
            2 => value & ~mask,
            3 => value ^ mask,
            _ => value,
        };
    }
}
