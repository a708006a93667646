using Iced.Intel;
using KdSim.Machine.Cpu;

namespace KdSim.Machine.Tests.Oracle;

/// <summary>
/// Draws short runs of register instructions with conditional jumps over some of them, and now and then a loop around all: what single
/// instructions cannot show (lazy flags, flags dropped as dead, compare and jump fused, links between blocks).
/// </summary>
sealed class SequenceGenerator
{
    const int MaximumLength = OracleCase.CodeBytes.Length;

    static readonly HashSet<Mnemonic> Common =
    [
        Mnemonic.Add, Mnemonic.Sub, Mnemonic.And, Mnemonic.Or, Mnemonic.Xor, Mnemonic.Cmp, Mnemonic.Test, Mnemonic.Inc, Mnemonic.Dec,
        Mnemonic.Neg, Mnemonic.Not, Mnemonic.Mov, Mnemonic.Movzx, Mnemonic.Movsx, Mnemonic.Movsxd, Mnemonic.Adc, Mnemonic.Sbb,
        Mnemonic.Shl, Mnemonic.Shr, Mnemonic.Sar, Mnemonic.Cmp, Mnemonic.Test,
    ];

    static readonly HashSet<Mnemonic> Unfit =
    [
        // They fault, need memory or RSP in the window, or leave a result to the maker.
        Mnemonic.Div, Mnemonic.Idiv, Mnemonic.Bsf, Mnemonic.Bsr, Mnemonic.Shld, Mnemonic.Shrd, Mnemonic.Bswap, Mnemonic.Cmpxchg, Mnemonic.Enter, Mnemonic.Leave,
        Mnemonic.Maskmovdqu, Mnemonic.Xlatb, Mnemonic.Ldmxcsr,
    ];

    readonly Code[] common;
    readonly Code[] all;
    CaseRandom random;

    public SequenceGenerator()
    {
        all = [.. SupportedCodes.All.Where(code => !NotCompared.Contains(code) && !Unfit.Contains(code.Mnemonic()) && IsFit(code))];
        common = [.. all.Where(code => Common.Contains(code.Mnemonic()))];
    }

    static bool IsFit(Code code)
    {
        Instruction instruction = new() { Code = code };
        OpCodeInfo info = code.ToOpCode();
        bool memoryOnly = Enumerable.Range(0, info.OpCount).Any(i => info.GetOpKind(i) is OpCodeOperandKind.mem or OpCodeOperandKind.mem_offs
            or OpCodeOperandKind.seg_rSI or OpCodeOperandKind.seg_rDI or OpCodeOperandKind.es_rDI);
        return !memoryOnly && !instruction.IsStackInstruction && !instruction.IsStringInstruction;
    }

    /// <summary>Sequence <paramref name="number"/>, and the flags that are undefined at its end.</summary>
    public OracleCase Make(int number, out ulong undefined)
    {
        random = new CaseRandom((ulong)number * 0x9E37_79B9 + 77);
        OracleCase start = new CaseGenerator(Code.Nopd).Make(number, unmasked: false);
        List<byte> code = [];
        undefined = 0;
        bool loops = random.Chance(20);
        if (loops)
            start.Gpr[1] = 1 + (ulong)random.Below(5);
        while (code.Count < MaximumLength - 20 && !random.Chance(4))
        {
            if (!random.Chance(25))
            {
                code.AddRange(Draw(ref undefined, avoidRcx: loops));
                continue;
            }
            // A jump over the instruction. Whatever either way leaves undefined is undefined behind it.
            ulong before = undefined;
            byte condition = (byte)random.Below(16);
            if (ConditionReads(condition, undefined))
                continue;
            byte[] skipped = Draw(ref undefined, avoidRcx: loops);
            undefined |= before;
            code.AddRange([(byte)(0x70 + condition), (byte)skipped.Length, .. skipped]);
        }
        if (loops)
        {
            code.AddRange(random.Chance(50) ? [0xFF, 0xC9] : [0x48, 0x83, 0xE9, 0x01]); // dec ecx, or sub rcx, 1
            code.AddRange([0x75, (byte)-(code.Count + 2)]);
            undefined &= 1; // the counter's flags are defined; DEC keeps CF
        }
        start.SetInstruction(code.ToArray());
        return start;
    }

    /// <summary>One instruction without memory operand that reads no undefined flag.</summary>
    byte[] Draw(ref ulong undefined, bool avoidRcx)
    {
        while (true)
        {
            Code code = random.Pick<Code>(random.Chance(75) ? common : all);
            OracleCase one = new CaseGenerator(code).Make((int)(random.Next() >> 40), unmasked: false);
            Instruction instruction = CaseText.Decode(one);
            if (HasMemory(instruction) || ToFlags(instruction.RflagsRead, undefined) || avoidRcx && UsesRcx(instruction))
                continue;
            if (code.Mnemonic() is Mnemonic.Shl or Mnemonic.Sal or Mnemonic.Shr or Mnemonic.Sar or Mnemonic.Rol or Mnemonic.Ror or Mnemonic.Rcl or Mnemonic.Rcr
                && instruction.Op1Kind == OpKind.Register)
                continue; // which flags a count in CL leaves undefined is not known beforehand
            undefined = undefined & ~Bits(instruction.RflagsModified) | UndefinedFlags.Of(instruction, one);
            return one.Instruction.ToArray();
        }
    }

    static bool HasMemory(in Instruction instruction)
    {
        for (int i = 0; i < instruction.OpCount; i++)
            if (instruction.GetOpKind(i) == OpKind.Memory)
                return true;
        return false;
    }

    static bool UsesRcx(in Instruction instruction)
    {
        for (int i = 0; i < instruction.OpCount; i++)
            if (instruction.GetOpKind(i) == OpKind.Register && instruction.GetOpRegister(i).GetFullRegister() == Register.RCX)
                return true;
        return instruction.Mnemonic is Mnemonic.Pcmpestri or Mnemonic.Pcmpistri or Mnemonic.Pcmpestri64;
    }

    static bool ConditionReads(int condition, ulong undefined) => (condition >> 1) switch
    {
        0 => (undefined & 0x800) != 0,
        1 => (undefined & 1) != 0,
        2 => (undefined & 0x40) != 0,
        3 => (undefined & 0x41) != 0,
        4 => (undefined & 0x80) != 0,
        5 => (undefined & 4) != 0,
        _ => (undefined & 0x8C0) != 0,
    };

    static bool ToFlags(RflagsBits read, ulong undefined) => (Bits(read) & undefined) != 0;

    /// <summary>Iced's flag bits as bits of RFLAGS.</summary>
    static ulong Bits(RflagsBits bits) =>
        ((bits & RflagsBits.CF) != 0 ? 1u : 0) | ((bits & RflagsBits.PF) != 0 ? 4u : 0) | ((bits & RflagsBits.AF) != 0 ? 0x10u : 0)
        | ((bits & RflagsBits.ZF) != 0 ? 0x40u : 0) | ((bits & RflagsBits.SF) != 0 ? 0x80u : 0) | ((bits & RflagsBits.OF) != 0 ? 0x800u : 0);
}
