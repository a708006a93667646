namespace KdSim.Machine.Cpu;

internal static unsafe partial class Handlers
{
    /// <summary>Pushes [Src] + Imm, sign-extended by the decoder.</summary>
    public static Flow PushRegister<S>(Processor cpu, Core* c, MicroOp* op)
        where S : struct, IOperandSize => Push<S>(cpu, c, op, Source<S>(c, op));

    public static Flow PushMemory<S>(Processor cpu, Core* c, MicroOp* op)
        where S : struct, IOperandSize
    {
        byte* p = MemoryOperand.Read(cpu, c, op, MemoryOperand.Address(c, op), Operand.Bytes<S>());
        if (p == null)
            return Flow.Fault;
        ulong value = Operand.Load<S>(p);
        Flow pushed = Push<S>(cpu, c, op, value);
        return pushed == Flow.Next ? LeaveIfAsked(c, op) : pushed;
    }

    public static Flow PopRegister<S>(Processor cpu, Core* c, MicroOp* op)
        where S : struct, IOperandSize
    {
        byte* p = MemoryOperand.Read(cpu, c, op, c->State.Rsp, Operand.Bytes<S>());
        if (p == null)
            return Flow.Fault;
        ulong value = Operand.Load<S>(p);
        c->State.Rsp += (ulong)Operand.Bytes<S>();
        Operand.SetRegister<S>(Register(c, op->Dst), value);
        return MemoryOperand.Done(cpu, c, op, p);
    }

    public static Flow PopMemory<S>(Processor cpu, Core* c, MicroOp* op)
        where S : struct, IOperandSize
    {
        byte* p = MemoryOperand.Read(cpu, c, op, c->State.Rsp, Operand.Bytes<S>());
        if (p == null)
            return Flow.Fault;
        ulong value = Operand.Load<S>(p);
        c->State.Rsp += (ulong)Operand.Bytes<S>();
        p = MemoryOperand.Write(cpu, c, op, MemoryOperand.Address(c, op), Operand.Bytes<S>());
        if (p == null)
        {
            c->State.Rsp -= (ulong)Operand.Bytes<S>();
            return Flow.Fault;
        }

        Operand.Store<S>(p, value);
        Flow done = MemoryOperand.Done(cpu, c, op, p);
        return done == Flow.Next ? LeaveIfAsked(c, op) : done;
    }

    public static Flow CallRegister(Processor cpu, Core* c, MicroOp* op) => CallTo(cpu, c, op, *(ulong*)Register(c, op->Dst));

    public static Flow CallMemory(Processor cpu, Core* c, MicroOp* op)
    {
        byte* p = MemoryOperand.Read(cpu, c, op, MemoryOperand.Address(c, op), 8);
        return p == null ? Flow.Fault : CallTo(cpu, c, op, *(ulong*)p);
    }

    public static Flow JumpRegister(Processor cpu, Core* c, MicroOp* op) => JumpTo(cpu, c, *(ulong*)Register(c, op->Dst));

    public static Flow JumpMemory(Processor cpu, Core* c, MicroOp* op)
    {
        byte* p = MemoryOperand.Read(cpu, c, op, MemoryOperand.Address(c, op), 8);
        return p == null ? Flow.Fault : JumpTo(cpu, c, *(ulong*)p);
    }

    /// <summary>LOOP (Extra 0), LOOPE (1), LOOPNE (2), JRCXZ (3); Size 4 counts in ECX. Imm is the target.</summary>
    public static Flow Loop(Processor cpu, Core* c, MicroOp* op)
    {
        ref ulong counter = ref c->State.Rcx;
        bool taken;
        if (op->Extra == 3)
        {
            taken = op->Size == 4 ? (uint)counter == 0 : counter == 0;
        }
        else
        {
            counter = op->Size == 4 ? (uint)(counter - 1) : counter - 1;
            taken = counter != 0 && (op->Extra == 0 || Flags.Test(c, 4) == (op->Extra == 1));
        }

        c->State.Rip = taken ? op->Imm : NextRip(c, op);
        return Flow.Leave;
    }

    public static Flow ReturnAndPop(Processor cpu, Core* c, MicroOp* op)
    {
        byte* p = MemoryOperand.Read(cpu, c, op, c->State.Rsp, 8);
        if (p == null)
            return Flow.Fault;
        ulong target = *(ulong*)p;
        if (!Processor.IsCanonical(target))
            return cpu.Raise(ExceptionVector.GeneralProtection);
        c->State.Rsp += 8 + op->Imm;
        c->State.Rip = target;
        return Flow.Leave;
    }

    /// <summary>ENTER size, level.</summary>
    public static Flow Enter(Processor cpu, Core* c, MicroOp* op)
    {
        int level = (int)op->Extra & 31;
        int size = 8 * (level == 0 ? 1 : level + 1);
        ulong frame = c->State.Rsp - 8;
        byte* buffer = stackalloc byte[8 * 33];
        ulong* words = (ulong*)buffer;

        // From the top down: old RBP, the display, the frame's own address.
        words[(size / 8) - 1] = c->State.Rbp;
        for (int i = 1; i < level; i++)
        {
            byte* q = MemoryOperand.Read(cpu, c, op, c->State.Rbp - (ulong)(8 * i), 8);
            if (q == null)
                return Flow.Fault;
            words[(size / 8) - 1 - i] = *(ulong*)q;
        }

        if (level > 0)
            words[0] = frame;
        byte* p = MemoryOperand.Write(cpu, c, op, c->State.Rsp - (ulong)size, size);
        if (p == null)
            return Flow.Fault;
        new ReadOnlySpan<byte>(buffer, size).CopyTo(new Span<byte>(p, size));
        c->State.Rbp = frame;
        c->State.Rsp -= (ulong)size + op->Imm;
        Flow done = MemoryOperand.Done(cpu, c, op, p);
        return done == Flow.Next ? LeaveIfAsked(c, op) : done;
    }

    public static Flow LeaveFrame(Processor cpu, Core* c, MicroOp* op)
    {
        byte* p = MemoryOperand.Read(cpu, c, op, c->State.Rbp, 8);
        if (p == null)
            return Flow.Fault;
        c->State.Rsp = c->State.Rbp + 8;
        c->State.Rbp = *(ulong*)p;
        return MemoryOperand.Done(cpu, c, op, p);
    }

    private static Flow Push<S>(Processor cpu, Core* c, MicroOp* op, ulong value)
        where S : struct, IOperandSize
    {
        byte* p = MemoryOperand.Write(cpu, c, op, c->State.Rsp - (ulong)Operand.Bytes<S>(), Operand.Bytes<S>());
        if (p == null)
            return Flow.Fault;
        Operand.Store<S>(p, value);
        c->State.Rsp -= (ulong)Operand.Bytes<S>();
        return MemoryOperand.Done(cpu, c, op, p);
    }

    private static Flow CallTo(Processor cpu, Core* c, MicroOp* op, ulong target)
    {
        if (!Processor.IsCanonical(target))
            return cpu.Raise(ExceptionVector.GeneralProtection);
        if (Push<Size64>(cpu, c, op, NextRip(c, op)) == Flow.Fault)
            return Flow.Fault;
        c->State.Rip = target;
        return Flow.Leave;
    }

    /// <summary>For instructions with two memory operands, whose first may have asked to leave the block.</summary>
    private static Flow LeaveIfAsked(Core* c, MicroOp* op) => c->Exit == 0 ? Flow.Next : LeaveNext(c, op);
}
