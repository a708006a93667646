using Iced.Intel;

namespace KdSim.Machine.Cpu;

/// <summary>
/// The handlers of SSE instructions, by Iced code: <c>delegate*&lt;Processor, Core*, MicroOp*, Flow&gt;</c>. Operands follow the rules of
/// <see cref="MicroOp"/>: an XMM register operand is the byte offset of its 16 bytes from <see cref="Core"/>. Memory operands come from
/// <see cref="MemoryOperand"/>; #GP for misalignment and other exceptions by <see cref="Processor.Raise"/>.
/// </summary>
internal static unsafe partial class SimdHandlers
{
    private static readonly nint[] Table = Build();

    public static bool Has(Code code) => Table[(int)code] != 0;

    public static nint Get(Code code) => Table[(int)code];

    private static nint[] Build()
    {
        var table = new nint[IcedConstants.CodeCount];
        Register(table);
        return table;
    }

    static partial void Register(nint[] table);
}
