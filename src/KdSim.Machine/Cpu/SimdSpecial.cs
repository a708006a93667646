namespace KdSim.Machine.Cpu;

/// <summary>SSE instructions that fit no shape.</summary>
internal static unsafe class SimdSpecial
{
    /// <summary>MASKMOVDQU: bytes whose mask has its top bit set go to [RDI] (EDI if Imm is 1). An all-zero mask touches no memory.</summary>
    public static Flow MaskedStore(Processor cpu, Core* c, MicroOp* op)
    {
        byte* value = (byte*)c + op->Dst, mask = (byte*)c + op->Src;
        if (*(Vec*)mask == default)
            return Flow.Next;
        ulong address = op->Imm == 1 ? (uint)c->State.Rdi : c->State.Rdi;
        byte* target = MemoryOperand.Modify(cpu, c, op, address + *(ulong*)((byte*)c + op->Base), 16);
        if (target == null)
            return Flow.Fault;
        for (int i = 0; i < 16; i++)
            if ((mask[i] & 0x80) != 0)
                target[i] = value[i];
        return MemoryOperand.Done(cpu, c, op, target);
    }
}
