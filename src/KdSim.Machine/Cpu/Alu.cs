using System.Runtime.CompilerServices;

namespace KdSim.Machine.Cpu;

/// <summary>A two-operand operation: gives the result and records the flags.</summary>
internal unsafe interface IBinary
{
    /// <summary>False for CMP and TEST.</summary>
    static abstract bool Writes { get; }

    static abstract ulong Do<S>(Core* c, ulong left, ulong right)
        where S : struct, IOperandSize;
}

internal unsafe struct AluAdd : IBinary
{
    public static bool Writes => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Do<S>(Core* c, ulong left, ulong right)
        where S : struct, IOperandSize
    {
        ulong result = left + right;
        Flags.Set(c, (Flags.Add * 4) + S.Log2, Operand.Signed<S>(result), left, right);
        return result;
    }
}

internal unsafe struct AluSub : IBinary
{
    public static bool Writes => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Do<S>(Core* c, ulong left, ulong right)
        where S : struct, IOperandSize
    {
        ulong result = left - right;
        Flags.Set(c, (Flags.Sub * 4) + S.Log2, Operand.Signed<S>(result), left, right);
        return result;
    }
}

internal unsafe struct AluCmp : IBinary
{
    public static bool Writes => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Do<S>(Core* c, ulong left, ulong right)
        where S : struct, IOperandSize => AluSub.Do<S>(c, left, right);
}

internal unsafe struct AluAnd : IBinary
{
    public static bool Writes => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Do<S>(Core* c, ulong left, ulong right)
        where S : struct, IOperandSize
    {
        ulong result = left & right;
        Flags.SetLogic(c, Operand.Signed<S>(result), S.Log2);
        return result;
    }
}

internal unsafe struct AluTest : IBinary
{
    public static bool Writes => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Do<S>(Core* c, ulong left, ulong right)
        where S : struct, IOperandSize => AluAnd.Do<S>(c, left, right);
}

internal unsafe struct AluOr : IBinary
{
    public static bool Writes => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Do<S>(Core* c, ulong left, ulong right)
        where S : struct, IOperandSize
    {
        ulong result = left | right;
        Flags.SetLogic(c, Operand.Signed<S>(result), S.Log2);
        return result;
    }
}

internal unsafe struct AluXor : IBinary
{
    public static bool Writes => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Do<S>(Core* c, ulong left, ulong right)
        where S : struct, IOperandSize
    {
        ulong result = left ^ right;
        Flags.SetLogic(c, Operand.Signed<S>(result), S.Log2);
        return result;
    }
}

internal unsafe struct AluAdc : IBinary
{
    public static bool Writes => true;

    public static ulong Do<S>(Core* c, ulong left, ulong right)
        where S : struct, IOperandSize
    {
        ulong carry = Flags.Carry(c) ? 1UL : 0;
        ulong result = (left + right + carry) & Operand.Mask<S>();
        bool carryOut = result < left || (carry != 0 && result == left);
        ulong sign = 1UL << (Operand.Bits<S>() - 1);
        Flags.SetExact(c, Flags.OfResult((ulong)Operand.Signed<S>(result)) | (carryOut ? RFlag.Carry : 0) |
            ((left ^ right ^ result) & RFlag.Adjust) | (((left ^ result) & (right ^ result) & sign) != 0 ? RFlag.Overflow : 0));
        return result;
    }
}

internal unsafe struct AluSbb : IBinary
{
    public static bool Writes => true;

    public static ulong Do<S>(Core* c, ulong left, ulong right)
        where S : struct, IOperandSize
    {
        ulong carry = Flags.Carry(c) ? 1UL : 0;
        ulong result = (left - right - carry) & Operand.Mask<S>();
        bool carryOut = left < right || (carry != 0 && left == right);
        ulong sign = 1UL << (Operand.Bits<S>() - 1);
        Flags.SetExact(c, Flags.OfResult((ulong)Operand.Signed<S>(result)) | (carryOut ? RFlag.Carry : 0) |
            ((left ^ right ^ result) & RFlag.Adjust) | (((left ^ right) & (left ^ result) & sign) != 0 ? RFlag.Overflow : 0));
        return result;
    }
}
