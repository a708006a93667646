using System.Numerics;
using System.Runtime.CompilerServices;

namespace KdSim.Machine.Cpu;

/// <summary>
/// Arithmetic flags, computed when somebody looks. Core.FlagKind says how: 0 = State.RFlags is exact, else operation * 4 + log2(size), with
/// FlagResult sign-extended and FlagLeft, FlagRight zero-extended from the operand size.
/// <para>The rule for flags that Intel leaves undefined: AF after logic, shifts, multiplications and divisions is 0. OF after a shift or rotate by
/// more than one is that of its last single-bit step (SHR: bit before last; SHLD/SHRD: sign change in the last step). A count of 0 changes
/// nothing. MUL and IMUL: SF, ZF, PF of the low half. DIV and IDIV change nothing. BSF and BSR of 0: ZF = 1, destination unchanged, the other
/// flags 0; else all but ZF are 0. BT family: only CF changes.</para>
/// </summary>
internal static unsafe class Flags
{
    public const int Exact = 0;
    public const int Logic = 1;
    public const int Add = 2;
    public const int Sub = 3;
    public const int Increment = 4;
    public const int Decrement = 5;
    public const int ShiftLeft = 6;
    public const int ShiftRight = 7;
    public const int ShiftArithmetic = 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetLogic(Core* c, long result, int log2)
    {
        c->FlagResult = (ulong)result;
        c->FlagKind = (Logic * 4) + log2;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Set(Core* c, int kind, long result, ulong left, ulong right)
    {
        c->FlagResult = (ulong)result;
        c->FlagLeft = left;
        c->FlagRight = right;
        c->FlagKind = kind;
    }

    /// <summary>Makes State.RFlags exact.</summary>
    public static void Materialize(Core* c)
    {
        if (c->FlagKind != Exact)
            MaterializeLazy(c);
    }

    /// <summary>Replaces the arithmetic flags by these.</summary>
    public static void SetExact(Core* c, ulong flags)
    {
        c->State.RFlags = (c->State.RFlags & ~RFlag.Arithmetic) | flags;
        c->FlagKind = Exact;
    }

    /// <summary>SF, ZF and PF of a sign-extended result.</summary>
    public static ulong OfResult(ulong result) => (result == 0 ? RFlag.Zero : 0) | ((long)result < 0 ? RFlag.Sign : 0) |
        ((BitOperations.PopCount((uint)(byte)result) & 1) == 0 ? RFlag.Parity : 0);

    public static bool Carry(Core* c)
    {
        Materialize(c);
        return (c->State.RFlags & RFlag.Carry) != 0;
    }

    /// <summary>CF as 0 or 1, without making the other flags exact where that is easy.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong CarryBit(Core* c)
    {
        int kind = c->FlagKind >> 2;
        if (kind == Logic)
            return 0;
        if (kind == Sub)
            return c->FlagLeft < c->FlagRight ? 1UL : 0;
        if (kind is Increment or Decrement)
            return c->FlagRight;
        return Carry(c) ? 1UL : 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsZero(Core* c) => c->FlagKind != Exact ? c->FlagResult == 0 : (c->State.RFlags & RFlag.Zero) != 0;

    /// <summary>The condition with the hardware's number (0 = O, 1 = NO, 2 = B ... 15 = G).</summary>
    public static bool Test(Core* c, int condition)
    {
        bool result;
        int operation = c->FlagKind >> 2;
        if (operation == Sub)
        {
            int shift = 64 - (8 << (c->FlagKind & 3));
            long left = (long)(c->FlagLeft << shift);
            long right = (long)(c->FlagRight << shift);
            switch (condition >> 1)
            {
                case 1:
                    result = (ulong)left < (ulong)right;
                    return result != ((condition & 1) != 0);
                case 2:
                    result = left == right;
                    return result != ((condition & 1) != 0);
                case 3:
                    result = (ulong)left <= (ulong)right;
                    return result != ((condition & 1) != 0);
                case 6:
                    result = left < right;
                    return result != ((condition & 1) != 0);
                case 7:
                    result = left <= right;
                    return result != ((condition & 1) != 0);
            }
        }

        if (operation != Exact)
        {
            if (condition >> 1 == 2)
                return (c->FlagResult == 0) != ((condition & 1) != 0);
            if (condition >> 1 == 4)
                return ((long)c->FlagResult < 0) != ((condition & 1) != 0);
            MaterializeLazy(c);
        }

        ulong flags = c->State.RFlags;
        result = (condition >> 1) switch
        {
            0 => (flags & RFlag.Overflow) != 0,
            1 => (flags & RFlag.Carry) != 0,
            2 => (flags & RFlag.Zero) != 0,
            3 => (flags & (RFlag.Carry | RFlag.Zero)) != 0,
            4 => (flags & RFlag.Sign) != 0,
            5 => (flags & RFlag.Parity) != 0,
            6 => SignDiffers(flags),
            _ => (flags & RFlag.Zero) != 0 || SignDiffers(flags),
        };
        return result != ((condition & 1) != 0);
    }

    private static bool SignDiffers(ulong flags) => ((flags & RFlag.Sign) != 0) != ((flags & RFlag.Overflow) != 0);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void MaterializeLazy(Core* c)
    {
        int bits = 8 << (c->FlagKind & 3);
        ulong result = c->FlagResult;
        ulong left = c->FlagLeft;
        ulong right = c->FlagRight;
        ulong mask = ulong.MaxValue >> (64 - bits);
        ulong sign = 1UL << (bits - 1);
        ulong flags = OfResult(result);
        switch (c->FlagKind >> 2)
        {
            case Add:
                flags |= ((result & mask) < left ? RFlag.Carry : 0) | ((left ^ right ^ result) & RFlag.Adjust) |
                    (((left ^ result) & (right ^ result) & sign) != 0 ? RFlag.Overflow : 0);
                break;
            case Sub:
                flags |= (left < right ? RFlag.Carry : 0) | ((left ^ right ^ result) & RFlag.Adjust) |
                    (((left ^ right) & (left ^ result) & sign) != 0 ? RFlag.Overflow : 0);
                break;
            case Increment:
                flags |= (right & RFlag.Carry) | ((left ^ 1 ^ result) & RFlag.Adjust) | ((result & mask) == sign ? RFlag.Overflow : 0);
                break;
            case Decrement:
                flags |= (right & RFlag.Carry) | ((left ^ 1 ^ result) & RFlag.Adjust) | (left == sign ? RFlag.Overflow : 0);
                break;
            case ShiftLeft:
                {
                    // right = count, 1 to 63; counts above the size shift zeros through CF.
                    ulong carry = (int)right > bits ? 0 : (left >> (bits - (int)right)) & 1;
                    flags |= (carry != 0 ? RFlag.Carry : 0) | ((carry != 0) != ((result & sign) != 0) ? RFlag.Overflow : 0);
                    break;
                }

            case ShiftRight:
                {
                    ulong beforeLast = left >> ((int)right - 1);
                    flags |= (beforeLast & 1) | ((beforeLast & sign) != 0 ? RFlag.Overflow : 0);
                    break;
                }

            case ShiftArithmetic:
                {
                    long extended = (long)(left << (64 - bits)) >> (64 - bits);
                    flags |= (ulong)(extended >> ((int)right - 1)) & RFlag.Carry;
                    break;
                }
        }

        SetExact(c, flags);
    }
}
