using System.Runtime.CompilerServices;

namespace KdSim.Machine.Cpu;

/// <summary>An operand size as a type, so that one generic handler compiles to exact code for each.</summary>
internal unsafe interface IOperandSize
{
    static abstract int Log2 { get; }
}

internal struct Size8 : IOperandSize
{
    public static int Log2 => 0;
}

internal struct Size16 : IOperandSize
{
    public static int Log2 => 1;
}

internal struct Size32 : IOperandSize
{
    public static int Log2 => 2;
}

internal struct Size64 : IOperandSize
{
    public static int Log2 => 3;
}

/// <summary>Values of an operand size, held zero-extended in 64 bits.</summary>
internal static unsafe class Operand
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Bytes<S>()
        where S : struct, IOperandSize => 1 << S.Log2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Bits<S>()
        where S : struct, IOperandSize => 8 << S.Log2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Mask<S>()
        where S : struct, IOperandSize => ulong.MaxValue >> (64 - (8 << S.Log2));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Load<S>(void* p)
        where S : struct, IOperandSize => S.Log2 switch
        {
            0 => *(byte*)p,
            1 => *(ushort*)p,
            2 => *(uint*)p,
            _ => *(ulong*)p,
        };

    /// <summary>Writes memory: exactly the operand's bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<S>(void* p, ulong value)
        where S : struct, IOperandSize
    {
        switch (S.Log2)
        {
            case 0:
                *(byte*)p = (byte)value;
                break;
            case 1:
                *(ushort*)p = (ushort)value;
                break;
            case 2:
                *(uint*)p = (uint)value;
                break;
            default:
                *(ulong*)p = value;
                break;
        }
    }

    /// <summary>Writes a register: 32-bit results clear the upper half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetRegister<S>(void* p, ulong value)
        where S : struct, IOperandSize
    {
        if (S.Log2 == 2)
            *(ulong*)p = (uint)value;
        else
            Store<S>(p, value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Signed<S>(ulong value)
        where S : struct, IOperandSize => S.Log2 switch
        {
            0 => (sbyte)value,
            1 => (short)value,
            2 => (int)value,
            _ => (long)value,
        };
}
