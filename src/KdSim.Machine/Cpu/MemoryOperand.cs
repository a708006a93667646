using System.Runtime.CompilerServices;

namespace KdSim.Machine.Cpu;

/// <summary>
/// Memory operands for micro-ops. The fast way is one TLB compare; an access that crosses a page, misses, touches a device or a watched
/// page goes through the processor, which may hand out a staging buffer instead of RAM. Protocol: Read or Write or Modify gives a pointer or
/// null (return Flow.Fault). Change no state before the pointer is there. Every handler that used memory ends with <c>return
/// MemoryOperand.Done(cpu, c, op, p)</c>.
/// </summary>
internal static unsafe class MemoryOperand
{
    private const ulong PageMask = ~0xFFFUL;
    private const ulong TlbMask = 1023;

    /// <summary>The linear address of the memory operand.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Address(Core* c, MicroOp* op) =>
        *(ulong*)((byte*)c + op->Base) + (*(ulong*)((byte*)c + op->Index) << op->Scale) + op->Disp;

    /// <summary>A pointer from which <paramref name="size"/> bytes can be read, or null after a fault.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Read(Processor cpu, Core* c, MicroOp* op, ulong address, int size)
    {
        TlbEntry* entry = c->Tlb + ((address >> 12) & TlbMask);
        return entry->Read == ((address + (ulong)size - 1) & PageMask)
            ? (byte*)(entry->Addend + address)
            : cpu.ReadSlow(op, address, size);
    }

    /// <summary>A pointer to which <paramref name="size"/> bytes can be written, or null after a fault.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Write(Processor cpu, Core* c, MicroOp* op, ulong address, int size)
    {
        TlbEntry* entry = c->Tlb + ((address >> 12) & TlbMask);
        return entry->Write == ((address + (ulong)size - 1) & PageMask)
            ? (byte*)(entry->Addend + address)
            : cpu.WriteSlow(op, address, size, modify: false);
    }

    /// <summary>A pointer to <paramref name="size"/> bytes that can be read and then written, or null after a fault.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Modify(Processor cpu, Core* c, MicroOp* op, ulong address, int size)
    {
        TlbEntry* entry = c->Tlb + ((address >> 12) & TlbMask);
        return entry->Write == ((address + (ulong)size - 1) & PageMask)
            ? (byte*)(entry->Addend + address)
            : cpu.WriteSlow(op, address, size, modify: true);
    }

    /// <summary>Ends the use of a pointer: writes staged bytes back (a write that was only staged must not be forgotten).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Flow Done(Processor cpu, Core* c, MicroOp* op, byte* pointer) =>
        pointer == c->Staging ? cpu.Commit(op) : Flow.Next;
}
