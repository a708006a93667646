using Iced.Intel;

namespace KdSim.Machine.Tests.Oracle;

/// <summary>
/// The flags, and now and then the results, that the SDM (volume 2, each instruction's "Flags Affected") leaves undefined. Processors
/// of different makers differ there, so they are not compared.
/// </summary>
static class UndefinedFlags
{
    const ulong CF = 1, PF = 4, AF = 0x10, ZF = 0x40, SF = 0x80, OF = 0x800;

    /// <summary>Every flag that an application instruction can change: the status flags and DF.</summary>
    public const ulong Compared = CF | PF | AF | ZF | SF | 0x400 | OF;

    /// <summary>The flags that <paramref name="instruction"/> leaves undefined when it starts from <paramref name="before"/>.</summary>
    public static ulong Of(in Instruction instruction, in OracleCase before)
    {
        switch (instruction.Mnemonic)
        {
            case Mnemonic.And or Mnemonic.Or or Mnemonic.Xor or Mnemonic.Test:
                return AF;
            case Mnemonic.Mul or Mnemonic.Imul:
                return SF | ZF | AF | PF;
            case Mnemonic.Div or Mnemonic.Idiv:
                return CF | OF | SF | ZF | AF | PF;
            case Mnemonic.Bt or Mnemonic.Bts or Mnemonic.Btr or Mnemonic.Btc:
                return OF | SF | AF | PF;
            case Mnemonic.Bsf or Mnemonic.Bsr:
                return CF | OF | SF | AF | PF;
            case Mnemonic.Lzcnt or Mnemonic.Tzcnt:
                return OF | SF | AF | PF;
            case Mnemonic.Shl or Mnemonic.Sal or Mnemonic.Shr or Mnemonic.Sar:
                return OfShift(instruction, before);
            case Mnemonic.Rol or Mnemonic.Ror or Mnemonic.Rcl or Mnemonic.Rcr:
                return Count(instruction, before) is 0 or 1 ? 0 : OF;
            case Mnemonic.Shld or Mnemonic.Shrd:
                return Count(instruction, before) switch { 0 => 0, 1 => AF, _ => AF | OF };
            default:
                return 0;
        }
    }

    /// <summary>Whether the destination itself is undefined, so that the case says nothing.</summary>
    public static bool ResultOf(in Instruction instruction, in OracleCase before, in OracleCase after) => instruction.Mnemonic switch
    {
        Mnemonic.Bsf or Mnemonic.Bsr => (after.Flags & ZF) != 0,
        Mnemonic.Shld or Mnemonic.Shrd => Count(instruction, before) > Width(instruction),
        // When the comparison fails, Intel's processors write the register back (and so clear its upper half), AMD's do not.
        Mnemonic.Cmpxchg => instruction.Op0Register.IsGPR32() && (after.Flags & ZF) == 0,
        Mnemonic.Bswap => instruction.Op0Register.GetSize() == 2,
        _ => false,
    };

    static ulong OfShift(in Instruction instruction, in OracleCase before)
    {
        int count = Count(instruction, before);
        if (count == 0)
            return 0;
        ulong undefined = count == 1 ? AF : AF | OF;
        bool carryLost = count >= Width(instruction) && instruction.Mnemonic != Mnemonic.Sar;
        return carryLost ? undefined | CF : undefined;
    }

    /// <summary>The masked shift count, from the last operand: CL or an immediate.</summary>
    static int Count(in Instruction instruction, in OracleCase before)
    {
        int last = instruction.OpCount - 1;
        ulong count = instruction.GetOpKind(last) == OpKind.Register ? before.Gpr[1] : instruction.GetImmediate(last);
        return (int)(count & (Width(instruction) == 64 ? 63u : 31u));
    }

    static int Width(in Instruction instruction) =>
        8 * (instruction.Op0Kind == OpKind.Register ? instruction.Op0Register.GetSize() : instruction.MemorySize.GetSize());
}
