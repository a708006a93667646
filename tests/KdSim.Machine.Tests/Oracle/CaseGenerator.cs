using System.Runtime.Intrinsics;
using Iced.Intel;

namespace KdSim.Machine.Tests.Oracle;

/// <summary>
/// Draws cases of one <see cref="Code"/>: operands of every form the encoder accepts (register, memory with each kind of address,
/// immediates at their corners), and a state whose addresses land in the window. The same code and number give the same case for ever.
/// </summary>
sealed class CaseGenerator(Code code)
{
    const int Attempts = 200;

    static readonly Register[] Bytes =
    [
        Register.AL, Register.CL, Register.DL, Register.BL, Register.AH, Register.CH, Register.DH, Register.BH, Register.SPL, Register.BPL,
        Register.SIL, Register.DIL, Register.R8L, Register.R9L, Register.R10L, Register.R11L, Register.R12L, Register.R13L, Register.R14L,
        Register.R15L,
    ];

    static readonly long[] Immediates =
    [
        0, 1, 2, 3, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 0x7F, 0x80, -1, -2, -128, 0x55, 0xAA, 0x1B, 0xE4, 0x7FFF, -0x8000, 0x7FFF_FFFF,
        -0x8000_0000, 0x1234_5678, -0x1234_5678, long.MaxValue, long.MinValue,
    ];

    readonly OpCodeInfo info = code.ToOpCode();
    CaseRandom random;
    Instruction instruction;
    OracleCase made;
    bool setsStack;
    uint lastTarget;

    /// <summary>Case <paramref name="number"/> of this code.</summary>
    /// <param name="number">Any number; it seeds the draw.</param>
    /// <param name="unmasked">Whether SIMD floating-point exceptions may be unmasked and addresses misaligned, so that the case may fault.</param>
    public OracleCase Make(int number, bool unmasked)
    {
        random = new CaseRandom(Hash(code.ToString()) ^ (ulong)number * 0x1000_0000_01B3);
        for (int i = 0; i < Attempts; i++)
            if (TryMake(unmasked))
                return made;
        throw new InvalidOperationException($"no case could be made for {code} ({info.ToInstructionString()})");
    }

    static ulong Hash(string text)
    {
        ulong hash = 0xCBF2_9CE4_8422_2325;
        foreach (char c in text)
            hash = (hash ^ c) * 0x100_0000_01B3;
        return hash;
    }

    bool TryMake(bool mayFault)
    {
        instruction = new Instruction { Code = code };
        setsStack = false;
        for (int i = 0; i < info.OpCount; i++)
            if (!SetOperand(i, info.GetOpKind(i)))
                return false;
        AddPrefixes();
        FillState(mayFault);
        if (!FixAddresses(mayFault) || !FixSpecialOperands())
            return false;
        Encoder encoder = Encoder.Create(64, new CaseCodeWriter(out List<byte> bytes));
        if (!encoder.TryEncode(instruction, OracleLayout.Slot, out _, out _) || bytes.Count > 15)
            return false;
        made.SetInstruction(bytes.ToArray());
        return CaseText.Decode(made).Code == code;
    }

    bool SetOperand(int n, OpCodeOperandKind kind)
    {
        switch (kind)
        {
            case OpCodeOperandKind.r8_reg or OpCodeOperandKind.r8_opcode:
                return Use(n, random.Pick<Register>(Bytes));
            case OpCodeOperandKind.r16_reg or OpCodeOperandKind.r16_rm or OpCodeOperandKind.r16_opcode:
                return Use(n, Register.AX + random.Below(16));
            case OpCodeOperandKind.r32_reg or OpCodeOperandKind.r32_rm or OpCodeOperandKind.r32_opcode:
                return Use(n, Register.EAX + random.Below(16));
            case OpCodeOperandKind.r64_reg or OpCodeOperandKind.r64_rm or OpCodeOperandKind.r64_opcode:
                return Use(n, Register.RAX + random.Below(16));
            case OpCodeOperandKind.xmm_reg or OpCodeOperandKind.xmm_rm:
                return Use(n, Register.XMM0 + random.Below(16));
            case OpCodeOperandKind.r8_or_mem:
                return random.Chance(50) ? UseMemory(n) : SetOperand(n, OpCodeOperandKind.r8_reg);
            case OpCodeOperandKind.r16_or_mem:
                return random.Chance(50) ? UseMemory(n) : SetOperand(n, OpCodeOperandKind.r16_reg);
            case OpCodeOperandKind.r32_or_mem:
                return random.Chance(50) ? UseMemory(n) : SetOperand(n, OpCodeOperandKind.r32_reg);
            case OpCodeOperandKind.r64_or_mem:
                return random.Chance(50) ? UseMemory(n) : SetOperand(n, OpCodeOperandKind.r64_reg);
            case OpCodeOperandKind.xmm_or_mem:
                return random.Chance(50) ? UseMemory(n) : SetOperand(n, OpCodeOperandKind.xmm_reg);
            case OpCodeOperandKind.mem:
                return UseMemory(n);
            case OpCodeOperandKind.mem_offs:
                return UseAbsolute(n);
            case OpCodeOperandKind.al:
                return Use(n, Register.AL);
            case OpCodeOperandKind.cl:
                return Use(n, Register.CL);
            case OpCodeOperandKind.ax:
                return Use(n, Register.AX);
            case OpCodeOperandKind.eax:
                return Use(n, Register.EAX);
            case OpCodeOperandKind.rax:
                return Use(n, Register.RAX);
            case OpCodeOperandKind.seg_rSI:
                instruction.SetOpKind(n, OpKind.MemorySegRSI);
                return true;
            case OpCodeOperandKind.es_rDI:
                instruction.SetOpKind(n, OpKind.MemoryESRDI);
                return true;
            case OpCodeOperandKind.seg_rDI:
                instruction.SetOpKind(n, OpKind.MemorySegRDI);
                return true;
            case OpCodeOperandKind.seg_rBX_al:
                instruction.SetOpKind(n, OpKind.Memory);
                instruction.MemoryBase = Register.RBX;
                instruction.MemoryIndex = Register.AL;
                return true;
            default:
                return SetImmediate(n, kind);
        }
    }

    bool SetImmediate(int n, OpCodeOperandKind kind)
    {
        OpKind form = kind switch
        {
            OpCodeOperandKind.imm8 or OpCodeOperandKind.imm8_const_1 => OpKind.Immediate8,
            OpCodeOperandKind.imm8sex16 => OpKind.Immediate8to16,
            OpCodeOperandKind.imm8sex32 => OpKind.Immediate8to32,
            OpCodeOperandKind.imm8sex64 => OpKind.Immediate8to64,
            OpCodeOperandKind.imm16 => OpKind.Immediate16,
            OpCodeOperandKind.imm32 => OpKind.Immediate32,
            OpCodeOperandKind.imm32sex64 => OpKind.Immediate32to64,
            OpCodeOperandKind.imm64 => OpKind.Immediate64,
            _ => throw new InvalidOperationException($"{code}: the generator does not know operands of kind {kind}"),
        };
        if (instruction.Mnemonic == Mnemonic.Enter && n == 1)
            form = OpKind.Immediate8_2nd;
        instruction.SetOpKind(n, form);
        long value = kind == OpCodeOperandKind.imm8_const_1 ? 1 : random.Chance(60) ? random.Pick<long>(Immediates) : (long)random.Next();
        value = form switch
        {
            OpKind.Immediate8 => (byte)value,
            OpKind.Immediate8to16 or OpKind.Immediate8to32 or OpKind.Immediate8to64 => (sbyte)value,
            OpKind.Immediate16 => (ushort)value,
            OpKind.Immediate32 => (uint)value,
            OpKind.Immediate32to64 => (int)value,
            _ => value,
        };
        if (instruction.Mnemonic == Mnemonic.Enter)
            value = n == 0 ? value & 0x3F : value & 3;
        instruction.SetImmediate(n, value);
        return true;
    }

    bool Use(int n, Register register)
    {
        instruction.SetOpKind(n, OpKind.Register);
        instruction.SetOpRegister(n, register);
        return true;
    }

    bool UseAbsolute(int n)
    {
        instruction.SetOpKind(n, OpKind.Memory);
        instruction.MemoryDisplacement64 = Target(mayFault: false);
        instruction.MemoryDisplSize = 8;
        return true;
    }

    /// <summary>One of the addressing forms; displacements that depend on registers are set when the registers are known.</summary>
    bool UseMemory(int n)
    {
        instruction.SetOpKind(n, OpKind.Memory);
        Register first = random.Chance(12) ? Register.EAX : Register.RAX; // 32-bit addresses wrap at 4 GB
        switch (random.Below(8))
        {
            case 0:
                instruction.MemoryBase = Register.RIP;
                instruction.MemoryDisplSize = 8;
                break;
            case 1:
                instruction.MemoryDisplSize = 4;
                break;
            case 2 or 3:
                instruction.MemoryBase = first + random.Below(16);
                instruction.MemoryDisplSize = random.Pick<int>([0, 1, 4]);
                break;
            default:
                if (random.Chance(85))
                    instruction.MemoryBase = first + random.Below(16);
                do
                    instruction.MemoryIndex = first + random.Below(16);
                while (instruction.MemoryIndex == first + 4);
                instruction.MemoryIndexScale = 1 << random.Below(4);
                instruction.MemoryDisplSize = instruction.MemoryBase == Register.None ? 4 : random.Pick<int>([0, 1, 4]);
                break;
        }
        return true;
    }

    void AddPrefixes()
    {
        bool memoryDestination = info.OpCount > 0 && instruction.Op0Kind == OpKind.Memory;
        if (info.CanUseLockPrefix && memoryDestination && random.Chance(30))
            instruction.HasLockPrefix = true;
        if ((info.CanUseRepPrefix || info.CanUseRepnePrefix) && instruction.IsStringInstruction)
        {
            int choice = random.Below(3);
            instruction.HasRepPrefix = choice == 1 && info.CanUseRepPrefix;
            instruction.HasRepnePrefix = choice == 2 && info.CanUseRepnePrefix;
        }
    }

    void FillState(bool mayFault)
    {
        made = default;
        for (int i = 0; i < 16; i++)
        {
            made.Gpr[i] = random.Integer();
            made.Xmm[i] = random.Vector();
        }
        for (int i = 0; i < OracleLayout.WindowSize; i += 16)
            random.Vector().CopyTo(((Span<byte>)made.Memory)[i..]);
        bool backwards = instruction.IsStringInstruction && random.Chance(40);
        made.Flags = 0x202 | random.Next() & 0x8D5 | (backwards ? 0x400u : 0);
        uint masks = mayFault && random.Chance(50) ? (uint)random.Next() & 0x1F80 : 0x1F80;
        made.Mxcsr = masks | (uint)random.Next() & (random.Chance(50) ? 0x603Fu : 0xE07F);
    }

    /// <summary>An address in the window, leaving room for bit offsets and string steps on both sides.</summary>
    uint Target(bool mayFault)
    {
        const int Margin = 72;
        uint target = OracleLayout.Window + Margin + (uint)random.Below(OracleLayout.WindowSize - 2 * Margin - 16);
        bool aligned = instruction.MemorySize.GetSize() >= 16 && !(mayFault && random.Chance(30));
        lastTarget = aligned ? target & ~15u : target;
        return lastTarget;
    }

    bool FixAddresses(bool mayFault)
    {
        if (instruction.IsStringInstruction || instruction.Mnemonic == Mnemonic.Maskmovdqu)
        {
            made.Gpr[6] = Target(mayFault);
            made.Gpr[7] = Target(mayFault);
            if (instruction.IsStringInstruction && (instruction.HasRepPrefix || instruction.HasRepnePrefix))
                made.Gpr[1] = (ulong)random.Below(9);
            return true;
        }
        if (instruction.Mnemonic == Mnemonic.Xlatb)
        {
            made.Gpr[3] = Target(mayFault) - (made.Gpr[0] & 0xFF);
            return true;
        }
        if (instruction.StackPointerIncrement != 0 || instruction.Mnemonic is Mnemonic.Leave or Mnemonic.Enter)
        {
            setsStack = true;
            made.Gpr[4] = Target(mayFault);
            // ENTER copies pointers from below RBP while it pushes: in any real frame that is above RSP.
            made.Gpr[5] = instruction.Mnemonic == Mnemonic.Enter ? made.Gpr[4] + 32 + (ulong)random.Below(16) : Target(mayFault);
        }
        for (int i = 0; i < instruction.OpCount; i++)
            if (instruction.GetOpKind(i) == OpKind.Memory && instruction.MemoryDisplSize != 8)
                return FixMemory(mayFault);
            else if (instruction.GetOpKind(i) == OpKind.Memory && instruction.MemoryBase == Register.RIP)
                instruction.MemoryDisplacement64 = Target(mayFault);
        return true;
    }

    /// <summary>Sets base, index or displacement so that the sum is a target in the window.</summary>
    bool FixMemory(bool mayFault)
    {
        ulong target = Target(mayFault);
        Register baseRegister = instruction.MemoryBase, index = instruction.MemoryIndex;
        bool narrow = baseRegister.IsGPR32() || index.IsGPR32();
        int scale = instruction.MemoryIndexScale;
        if (setsStack && (Number(baseRegister) is 4 or 5 || Number(index) is 4 or 5))
            return false;
        if (baseRegister == Register.None && index == Register.None)
        {
            instruction.MemoryDisplacement64 = target;
            return true;
        }
        if (baseRegister == index || baseRegister == Register.None)
        {
            int factor = baseRegister == index ? scale + 1 : scale;
            ulong value = (ulong)random.Below(0x1_0000);
            made.Gpr[Number(index)] = value;
            instruction.MemoryDisplSize = 4;
            instruction.MemoryDisplacement64 = target - value * (ulong)factor;
            return !narrow || instruction.MemoryDisplacement64 <= uint.MaxValue;
        }
        long displacement = instruction.MemoryDisplSize switch { 0 => 0, 1 => (sbyte)random.Next(), _ => (int)random.Next() };
        ulong rest = target - (ulong)displacement;
        if (index != Register.None)
            rest -= made.Gpr[Number(index)] * (ulong)scale;
        made.Gpr[Number(baseRegister)] = narrow ? rest & 0xFFFF_FFFF | random.Next() << 32 : rest;
        instruction.MemoryDisplacement64 = narrow ? (uint)displacement : (ulong)displacement;
        return true;
    }

    /// <summary>Registers whose values would send an access out of the window, or make a comparison never succeed.</summary>
    bool FixSpecialOperands()
    {
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Bt or Mnemonic.Bts or Mnemonic.Btr or Mnemonic.Btc
                when instruction.Op0Kind == OpKind.Memory && instruction.Op1Kind == OpKind.Register:
                if (IsAddress(instruction.Op1Register))
                    return false;
                made.Gpr[Number(instruction.Op1Register)] = (ulong)(random.Below(1024) - 512);
                return true;
            case Mnemonic.Shl or Mnemonic.Sal or Mnemonic.Shr or Mnemonic.Sar or Mnemonic.Rol or Mnemonic.Ror or Mnemonic.Rcl or Mnemonic.Rcr
                or Mnemonic.Shld or Mnemonic.Shrd when !IsAddress(Register.RCX) && random.Chance(60):
                made.Gpr[1] = (ulong)random.Below(70);
                return true;
            case Mnemonic.Cmpxchg when instruction.Op0Kind == OpKind.Register && random.Chance(40):
                made.Gpr[0] = made.Gpr[Number(instruction.Op0Register)];
                return true;
            case Mnemonic.Cmpxchg or Mnemonic.Cmpxchg8b or Mnemonic.Cmpxchg16b when instruction.Op0Kind == OpKind.Memory:
                return FixCompareExchange();
            case Mnemonic.Div or Mnemonic.Idiv:
                return FixDivide();
            case Mnemonic.Ldmxcsr:
                ((Span<byte>)made.Memory)[(int)(lastTarget - OracleLayout.Window) + 2] &= 0xFD; // bit 17 exists on AMD's processors only
                return true;
            default:
                return true;
        }
    }

    /// <summary>Makes every second comparison with memory succeed: the whole window repeats what is compared.</summary>
    bool FixCompareExchange()
    {
        if (random.Chance(50))
            return true;
        Span<byte> memory = made.Memory;
        byte fill = (byte)random.Next();
        ulong filled = fill * 0x0101_0101_0101_0101ul;
        if (IsAddress(Register.RAX) || IsAddress(Register.RDX))
            return true;
        memory.Fill(fill);
        made.Gpr[0] = filled;
        made.Gpr[2] = filled;
        return true;
    }

    /// <summary>Keeps most quotients in range; the rest raise #DE.</summary>
    bool FixDivide()
    {
        if (random.Chance(15) || IsAddress(Register.RDX) || IsAddress(Register.RAX))
            return true;
        int width = instruction.Op0Kind == OpKind.Register ? instruction.Op0Register.GetSize() : instruction.MemorySize.GetSize();
        bool negative = instruction.Mnemonic == Mnemonic.Idiv && random.Chance(50);
        if (width == 1)
            made.Gpr[0] = made.Gpr[0] & ~0xFFFFul | (negative ? 0xFF80u | (uint)random.Below(128) : (uint)random.Below(128));
        else
        {
            made.Gpr[2] = negative ? ulong.MaxValue : 0;
            ulong sign = 1ul << width * 8 - 1;
            made.Gpr[0] = negative ? made.Gpr[0] | sign : made.Gpr[0] & ~sign;
        }
        return true;
    }

    bool IsAddress(Register register) =>
        Array.Exists([0, 1, 2, 3, 4], i => i < instruction.OpCount && instruction.GetOpKind(i) == OpKind.Memory)
        && (Number(instruction.MemoryBase) == Number(register) || Number(instruction.MemoryIndex) == Number(register));

    /// <summary>The number of the 64-bit register that holds <paramref name="register"/>; -1 for none and RIP.</summary>
    static int Number(Register register) => register.IsGPR() ? register.GetFullRegister() - Register.RAX : -1;

    sealed class CaseCodeWriter : CodeWriter
    {
        readonly List<byte> bytes = [];

        public CaseCodeWriter(out List<byte> written) => written = bytes;

        public override void WriteByte(byte value) => bytes.Add(value);
    }
}
