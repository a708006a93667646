using Iced.Intel;

namespace KdSim.Machine.Cpu;

/// <summary>
/// Turns Iced instructions into micro-ops: operands become byte offsets and addresses, each instruction gets a hot code or a handler.
/// <see cref="BlockOptimizer"/> then fuses and drops dead flags. Knows no processor: the same for all.
/// </summary>
internal static unsafe partial class MicroOpDecoder
{
    private static readonly ushort ZeroOffset = Field(static c => &c->Zero);
    private static readonly ushort ScratchOffset = Field(static c => &c->Scratch);
    private static readonly ushort RspOffset = Field(static c => &c->State.Rsp);
    private static readonly ushort FsBaseOffset = Field(static c => &c->State.Fs.Base);
    private static readonly ushort GsBaseOffset = Field(static c => &c->State.Gs.Base);
    private static readonly ushort XmmOffset = Field(static c => &c->State.Xmm);
    private static readonly ushort SegmentOffset = Field(static c => &c->State.Es);
    private static readonly ushort TrOffset = Field(static c => &c->State.Tr);
    private static readonly ushort LdtrOffset = Field(static c => &c->State.Ldtr);
    private static readonly bool?[] Known = new bool?[IcedConstants.CodeCount];

    private delegate void* FieldOf(Core* core);

    /// <summary>True if the interpreter executes this form in 64-bit mode.</summary>
    public static bool IsSupported(Code code)
    {
        if (Known[(int)code] is { } known)
            return known;
        bool supported = SimdHandlers.Has(code) || IsSupportedInteger(code);
        Known[(int)code] = supported;
        return supported;
    }

    /// <summary>
    /// Appends the micro-ops of one instruction (one or two) at <paramref name="ops"/>; returns how many. Sets Length but not Offset and
    /// Ordinal. <paramref name="ends"/> is true if the block must end behind it.
    /// </summary>
    public static int Decode(in Instruction instruction, MicroOp* ops, out bool ends)
    {
        MicroOp* op = ops;
        *op = Empty(instruction);
        ends = false;
        if (instruction.IsInvalid)
        {
            Call(op, &Handlers.InvalidOpcode);
            ends = true;
            return 1;
        }

        SetOperands(instruction, op);
        int extra = SetAddress(instruction, ref op);
        if (SimdHandlers.Has(instruction.Code))
        {
            op->Target = (void*)SimdHandlers.Prepare(op, instruction);
        }
        else if (!IsSupportedInteger(instruction.Code))
        {
            // AVX, x87 and MMX do not exist on this processor (CPUID says so); the rest exists and is not implemented.
            if (IsAbsent(instruction))
                Call(op, &Handlers.InvalidOpcode);
            else
                Call(op, &Handlers.Unsupported);
            ends = true;
        }
        else
        {
            ends = SetInteger(instruction, op);
        }

        op->Plain = op->Code;
        return extra + 1;
    }

    public static MicroOp Empty(in Instruction instruction) => new()
    {
        Length = (byte)instruction.Length,
        Dst = ZeroOffset,
        Src = ZeroOffset,
        Third = ZeroOffset,
        Base = ZeroOffset,
        Index = ZeroOffset,
    };

    /// <summary>The byte offset of a register from <see cref="Core"/>.</summary>
    public static ushort OffsetOf(Register register)
    {
        if (register is >= Register.AH and <= Register.BH)
            return (ushort)(((register - Register.AH) * 8) + 1);
        if (register is >= Register.AL and <= Register.BL)
            return (ushort)((register - Register.AL) * 8);
        if (register is >= Register.SPL and <= Register.R15L)
            return (ushort)((register - Register.SPL + 4) * 8);
        if (register is >= Register.AX and <= Register.R15W)
            return (ushort)((register - Register.AX) * 8);
        if (register is >= Register.EAX and <= Register.R15D)
            return (ushort)((register - Register.EAX) * 8);
        if (register is >= Register.RAX and <= Register.R15)
            return (ushort)((register - Register.RAX) * 8);
        if (register is >= Register.XMM0 and <= Register.XMM15)
            return (ushort)(XmmOffset + ((register - Register.XMM0) * 16));
        if (register is >= Register.ES and <= Register.GS)
            return (ushort)(SegmentOffset + ((register - Register.ES) * sizeof(SegmentRegister)));
        return ZeroOffset;
    }

    /// <summary>The byte offset of the base that a segment prefix adds; that of a zero where it adds none.</summary>
    public static ushort SegmentBase(Register prefix) =>
        prefix switch { Register.FS => FsBaseOffset, Register.GS => GsBaseOffset, _ => ZeroOffset };

    private static ushort Field(FieldOf field)
    {
        Core core = default;
        return (ushort)((byte*)field(&core) - (byte*)&core);
    }

    private static void Call(MicroOp* op, delegate*<Processor, Core*, MicroOp*, Flow> handler) => op->Target = handler;

    private static void SetOperands(in Instruction instruction, MicroOp* op)
    {
        int registers = 0;
        for (int i = 0; i < instruction.OpCount; i++)
        {
            OpKind kind = instruction.GetOpKind(i);
            if (kind == OpKind.Register)
            {
                ushort offset = OffsetOf(instruction.GetOpRegister(i));
                if (registers == 0)
                    op->Dst = offset;
                else if (registers == 1)
                    op->Src = offset;
                else
                    op->Third = offset;
                registers++;
            }
            else if (kind is OpKind.NearBranch64)
            {
                op->Imm = instruction.NearBranch64;
            }
            else if (kind == OpKind.Immediate8_2nd)
            {
                op->Extra = instruction.Immediate8_2nd;
            }
            else if (kind is >= OpKind.Immediate8 and <= OpKind.Immediate32to64)
            {
                op->Imm = instruction.GetImmediate(i);
            }
            else if (kind == OpKind.Memory)
            {
                op->Size = (byte)Math.Min(255, instruction.MemorySize.GetSize());
            }
        }
    }

    /// <summary>Fills the address slots; if they do not suffice, puts an address computation before the instruction. Returns 1 then.</summary>
    private static int SetAddress(in Instruction instruction, ref MicroOp* op)
    {
        bool hasMemory = false;
        for (int i = 0; i < instruction.OpCount; i++)
            hasMemory |= instruction.GetOpKind(i) == OpKind.Memory;
        if (!hasMemory)
        {
            // Where the stack is addressed implicitly, a non-canonical address is #SS.
            if (instruction.IsStackInstruction)
                op->Base = RspOffset;
            return 0;
        }

        if (instruction.Mnemonic != Mnemonic.Lea)
        {
            Register segment = instruction.SegmentPrefix;
            if (segment is Register.FS or Register.GS)
                return SetSegmentAddress(instruction, ref op, segment == Register.FS ? FsBaseOffset : GsBaseOffset);
        }

        return SetSegmentAddress(instruction, ref op, ZeroOffset);
    }

    private static int SetSegmentAddress(in Instruction instruction, ref MicroOp* op, ushort segmentBase)
    {
        Register baseRegister = instruction.MemoryBase;
        Register index = instruction.MemoryIndex;
        op->Disp = instruction.MemoryDisplacement64;
        bool relative = baseRegister is Register.RIP or Register.EIP;
        if (!relative && baseRegister != Register.None)
            op->Base = OffsetOf(baseRegister);
        if (index != Register.None)
        {
            op->Index = OffsetOf(index);
            op->Scale = (byte)System.Numerics.BitOperations.Log2((uint)instruction.MemoryIndexScale);
        }

        bool narrow = baseRegister == Register.EIP || (baseRegister != Register.None && !relative && baseRegister.GetSize() == 4) ||
            (index != Register.None && index.GetSize() == 4);
        if (!narrow && segmentBase == ZeroOffset)
            return 0;
        if (!narrow && op->Base == ZeroOffset)
        {
            op->Base = segmentBase;
            return 0;
        }

        if (!narrow && op->Index == ZeroOffset)
        {
            op->Index = segmentBase;
            op->Scale = 0;
            return 0;
        }

        MicroOp* real = op + 1;
        *real = *op;
        op->Code = OpCode.Call;
        op->Plain = OpCode.Call;
        Call(op, &Handlers.ComputeAddress);
        op->Extra = narrow ? 1u : 0;
        op->Src = segmentBase;
        real->Base = ScratchOffset;
        real->Index = ZeroOffset;
        real->Scale = 0;
        real->Disp = 0;
        op = real;
        return 1;
    }

    private static bool IsAbsent(in Instruction instruction) =>
        instruction.Code.Encoding() != EncodingKind.Legacy || instruction.Code.OpCode().IsFpuInstruction() ||
        instruction.Code.CpuidFeatures().Any(static f => f is CpuidFeature.MMX or CpuidFeature.FPU or CpuidFeature.XSAVE or CpuidFeature.RDRAND or
            CpuidFeature.RDSEED or CpuidFeature.BMI1 or CpuidFeature.BMI2 or CpuidFeature.LZCNT or CpuidFeature.MOVBE or
            CpuidFeature.AES or CpuidFeature.PCLMULQDQ or CpuidFeature.SHA or CpuidFeature.VMX or CpuidFeature.SVM or
            CpuidFeature.ADX or CpuidFeature.FSGSBASE or CpuidFeature.SMAP or CpuidFeature.D3NOW);
}

file static class OpCodeInfoExtensions
{
    public static OpCodeInfo OpCode(this Code code) => code.ToOpCode();

    public static bool IsFpuInstruction(this OpCodeInfo info) => info.Mnemonic.ToString() is ['F', ..] and not ("Fxsave" or "Fxsave64" or
        "Fxrstor" or "Fxrstor64" or "Femms");
}
