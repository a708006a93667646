using Iced.Intel;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdSim.Debugger.Inspection;

/// <summary>Disassembly in WinDbg's masm style. Decoding and formatting is Iced's; symbols and operand values are the session's.</summary>
public static class Disassembler
{
    const int LongestInstruction = 15;

    /// <summary>The memory operand of an instruction: where, through which segment, how many bytes.</summary>
    public readonly record struct Operand(ulong Address, string Segment, ushort Selector, int Size);

    /// <summary>Decodes one instruction; false when its bytes cannot be read or are none.</summary>
    public static bool TryDecode(DebuggerSession session, ulong address, out Instruction instruction, out byte[] bytes)
    {
        byte[] buffer = new byte[LongestInstruction];
        int length = session.Read(address, buffer);
        Decoder decoder = Decoder.Create(64, new ByteArrayCodeReader(buffer, 0, length));
        decoder.IP = address;
        decoder.Decode(out instruction);
        bool valid = !instruction.IsInvalid;
        bytes = valid ? buffer[..instruction.Length] : buffer[..Math.Min(length, 1)];
        return valid;
    }

    /// <summary>Whether an instruction traps into the simulator: stubs of the simulated nt do so where NT has the routine's code.</summary>
    public static bool IsTrap(in Instruction instruction) => instruction.Mnemonic == Mnemonic.Vmcall;

    /// <summary>One row without a line end: address, bytes, mnemonic, operands.</summary>
    public static string Row(DebuggerSession session, ulong address, out int length)
    {
        if (!TryDecode(session, address, out Instruction instruction, out byte[] bytes))
        {
            length = 1;
            string shown = bytes.Length == 0 ? "??" : bytes[0].ToString("x2");
            return $"{Addresses.Accent(address)} {(session.Options.Asm.NoCodeBytes ? "" : $"{shown,-15} ")}???";
        }
        length = bytes.Length;
        string code = session.Options.Asm.NoCodeBytes ? "" : $"{Convert.ToHexStringLower(bytes),-15} ";
        string line = session.Options.Asm.SourceLine ? $"{session.Modules.LineAt(address)?.Line,5} " : "";
        return $"{line}{Addresses.Accent(address)} {code}{Format(session, instruction)}";
    }

    /// <summary>The row at a stop: with the value of the memory operand, or whether the branch will be taken.</summary>
    public static string RowWithOperand(DebuggerSession session, ulong address)
    {
        string row = Row(session, address, out _);
        if (!TryDecode(session, address, out Instruction instruction, out _))
            return row;
        if (instruction.FlowControl == FlowControl.ConditionalBranch && session.Context.Integer is { } integer)
            return $"{row} [br={(IsTaken(instruction, integer) ? 1 : 0)}]";
        if (EffectiveAddress(session, address) is not { } operand)
            return row;
        if (operand.Size == 16)
            return $"{row} {operand.Segment}:{operand.Selector:x4}:{Addresses.Accent(operand.Address)}={Wide(session, operand.Address)}";
        string value = session.TryReadInteger(operand.Address, Math.Min(operand.Size, 8), out ulong read)
            ? read.ToString("x" + operand.Size * 2)
            : new string('?', operand.Size * 2);
        return $"{row} {operand.Segment}:{operand.Selector:x4}:{Addresses.Accent(operand.Address)}={value}";
    }

    /// <summary>Sixteen bytes, the highest first.</summary>
    static string Wide(DebuggerSession session, ulong address)
    {
        byte[] bytes = new byte[16];
        if (session.Read(address, bytes) != bytes.Length)
            return new string('?', 32);
        Array.Reverse(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    public static Operand? EffectiveAddress(DebuggerSession session, ulong address)
    {
        Debugging.Targets.ProcessorContext context = session.Context;
        if (context.Integer is null || !TryDecode(session, address, out Instruction instruction, out _))
            return null;
        if (instruction.MemoryBase == Register.None && instruction.MemoryIndex == Register.None && instruction.MemoryDisplSize == 0)
            return null;
        if (instruction.Mnemonic is Mnemonic.Lea or Mnemonic.Nop || !HasMemory(instruction))
            return null;
        ulong effective = instruction.GetVirtualAddress(MemoryIndexOf(instruction), 0, (register, _, _) => ValueOf(register, context));
        bool stack = instruction.MemoryBase is Register.RSP or Register.RBP or Register.ESP or Register.EBP;
        string name = instruction.SegmentPrefix switch { Register.GS => "gs", Register.FS => "fs", _ => stack ? "ss" : "ds" };
        Registers.TryGet(context, name, out ulong selector);
        int size = instruction.MemorySize.GetSize();
        return new Operand(effective, name, (ushort)selector, size is 1 or 2 or 4 or 8 or 16 ? size : 8);
    }

    static bool HasMemory(in Instruction instruction) => MemoryIndexOf(instruction) >= 0;

    static int MemoryIndexOf(in Instruction instruction)
    {
        for (int i = 0; i < instruction.OpCount; i++)
            if (instruction.GetOpKind(i) == OpKind.Memory)
                return i;
        return -1;
    }

    static ulong ValueOf(Register register, Debugging.Targets.ProcessorContext context) => register switch
    {
        Register.GS => context.Segments is { } segments ? Processors.Pcr(segments) : 0,
        Register.FS => context.Segments?.FsBase ?? 0,
        Register.DS or Register.ES or Register.SS or Register.CS => 0,
        _ => Registers.TryGet(context, register.ToString().ToLowerInvariant(), out ulong value) ? value : 0,
    };

    static bool IsTaken(in Instruction instruction, Debugging.Targets.IntegerState integer)
    {
        bool Flag(int bit) => (integer.Rflags >> bit & 1) != 0;
        (bool cf, bool pf, bool zf, bool sf, bool of) = (Flag(0), Flag(2), Flag(6), Flag(7), Flag(11));
        return instruction.ConditionCode switch
        {
            ConditionCode.o => of,
            ConditionCode.no => !of,
            ConditionCode.b => cf,
            ConditionCode.ae => !cf,
            ConditionCode.e => zf,
            ConditionCode.ne => !zf,
            ConditionCode.be => cf || zf,
            ConditionCode.a => !cf && !zf,
            ConditionCode.s => sf,
            ConditionCode.ns => !sf,
            ConditionCode.p => pf,
            ConditionCode.np => !pf,
            ConditionCode.l => sf != of,
            ConditionCode.ge => sf == of,
            ConditionCode.le => zf || sf != of,
            ConditionCode.g => !zf && sf == of,
            _ => integer.Rcx == 0,
        };
    }

    static string Format(DebuggerSession session, in Instruction instruction)
    {
        MasmFormatter formatter = new(new FormatterOptions
        {
            FirstOperandCharIndex = 8,
            SpaceAfterOperandSeparator = false,
            MemorySizeOptions = MemorySizeOptions.Always,
            UppercaseHex = true,
            HexSuffix = "h",
            AddLeadingZeroToHexNumbers = true,
            SmallHexNumbersInDecimal = true,
            BranchLeadingZeros = false,
            ShowBranchSize = false,
            SignedMemoryDisplacements = true,
            RipRelativeAddresses = false,
            MasmSymbolDisplInBrackets = true,
            MasmDisplInBrackets = true,
        }, new Names(session));
        StringOutput output = new();
        formatter.Format(instruction, output);
        return output.ToStringAndReset().TrimEnd();
    }

    /// <summary>Targets of branches and of RIP-relative operands: <c>symbol (address)</c>.</summary>
    sealed class Names(DebuggerSession session) : ISymbolResolver
    {
        public bool TryGetSymbol(in Instruction instruction, int operand, int instructionOperand, ulong address, int addressSize,
            out SymbolResult symbol)
        {
            symbol = default;
            if (operand < 0)
                return false;
            bool branch = instruction.GetOpKind(operand) is OpKind.NearBranch16 or OpKind.NearBranch32 or OpKind.NearBranch64;
            if (!branch && !(instruction.GetOpKind(operand) == OpKind.Memory && instruction.IsIPRelativeMemoryOperand))
                return false;
            string text = session.Symbols.TryGetName(address, out string name, out ulong displacement)
                ? $"{name}{(displacement == 0 ? "" : $"+0x{displacement:x}")} ({Addresses.Accent(address)})"
                : Addresses.Accent(address);
            symbol = new SymbolResult(address, text);
            return true;
        }
    }

    /// <summary><c>module!symbol+0x1c [file @ line]:</c>, the line that labels code.</summary>
    public static string Label(DebuggerSession session, ulong address)
    {
        System.Text.StringBuilder label = new(session.SymbolAt(address));
        if (session.Options.LoadLines && session.Modules.LineAt(address) is { } line)
            label.Append($" [{line.File} @ {line.Line}]");
        return label.Append(':').ToString();
    }
}
