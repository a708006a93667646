using System.Runtime.CompilerServices;

namespace KdSim.Machine.Cpu;

/// <summary>
/// Handlers of integer instructions. Operands stand by position: Dst, Src, Third are operands 0, 1, 2 where they are registers (else the zero
/// slot); the last source is [Src] + Imm. A handler that returns Flow.Fault has changed nothing.
/// </summary>
internal static unsafe partial class Handlers
{
    /// <summary>Address behind the instruction.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong NextRip(Core* c, MicroOp* op) => c->Current->Rip + op->Offset + op->Length;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* Register(Core* c, ushort offset) => (byte*)c + offset;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Source<S>(Core* c, MicroOp* op)
        where S : struct, IOperandSize => (Operand.Load<S>((byte*)c + op->Src) + op->Imm) & Operand.Mask<S>();

    private static Flow JumpTo(Processor cpu, Core* c, ulong target)
    {
        if (!Processor.IsCanonical(target))
            return cpu.Raise(ExceptionVector.GeneralProtection);
        c->State.Rip = target;
        return Flow.Leave;
    }

    /// <summary>Leaves the block behind this instruction, for those that change what the run loop caches.</summary>
    private static Flow LeaveNext(Core* c, MicroOp* op)
    {
        c->State.Rip = NextRip(c, op);
        c->Exit = 1;
        return Flow.Leave;
    }
}
