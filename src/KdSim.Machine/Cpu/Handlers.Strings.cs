namespace KdSim.Machine.Cpu;

/// <summary>What one string instruction does with its operands.</summary>
internal enum StringKind : uint
{
    Move,
    Store,
    Load,
    Compare,
    Scan,
    In,
    Out,
}

/// <summary>
/// String instructions. Each iteration of a rep is one step, and retires by itself: a fault, a stop or an interrupt between two iterations
/// leaves RCX, RSI and RDI exact. Extra: kind in bits 0-7, rep prefix in 8-9 (1 REP/REPE, 2 REPNE). Src is the source's segment base;
/// Imm is the mask of the address size.
/// </summary>
internal static unsafe partial class Handlers
{
    public static Flow String<S>(Processor cpu, Core* c, MicroOp* op)
        where S : struct, IOperandSize
    {
        uint rep = (op->Extra >> 8) & 3;
        if (rep == 0)
        {
            Flow flow = StringOnce<S>(cpu, c, op);
            return flow == Flow.Next ? LeaveIfAsked(c, op) : flow;
        }

        ulong mask = op->Imm;
        ulong rcx = c->State.Rcx & mask;
        if (rcx == 0)
        {
            c->State.Rip = NextRip(c, op);
            return Flow.Leave;
        }

        var kind = (StringKind)(op->Extra & 0xFF);
        bool compares = kind is StringKind.Compare or StringKind.Scan;
        while (true)
        {
            if (StringOnce<S>(cpu, c, op) == Flow.Fault)
                return Flow.Fault;
            rcx--;
            c->State.Rcx = mask == uint.MaxValue ? (uint)rcx : rcx;
            bool ends = rcx == 0 || (compares && Flags.Test(c, 4) != (rep == 1));
            if (ends)
            {
                c->State.Rip = NextRip(c, op);
                return Flow.Leave;
            }

            if (c->Exit != 0 || c->Budget <= 0)
            {
                c->State.Rip = c->Current->Rip + op->Offset;
                cpu.NoteRepContinues();
                return Flow.Leave;
            }

            // This iteration has retired with the instruction's own charge; the next takes one more.
            c->Budget--;
        }
    }

    private static Flow StringOnce<S>(Processor cpu, Core* c, MicroOp* op)
        where S : struct, IOperandSize
    {
        ulong mask = op->Imm;
        ulong source = (c->State.Rsi & mask) + *(ulong*)Register(c, op->Src);
        ulong destination = c->State.Rdi & mask;
        int size = Operand.Bytes<S>();
        byte* p;
        byte* q;
        ulong value;
        switch ((StringKind)(op->Extra & 0xFF))
        {
            case StringKind.Move:
                p = MemoryOperand.Read(cpu, c, op, source, size);
                if (p == null)
                    return Flow.Fault;
                value = Operand.Load<S>(p);
                q = MemoryOperand.Write(cpu, c, op, destination, size);
                if (q == null)
                    return Flow.Fault;
                Operand.Store<S>(q, value);
                MemoryOperand.Done(cpu, c, op, q);
                Advance(c, mask, size, moveSource: true, moveDestination: true);
                break;
            case StringKind.Store:
                q = MemoryOperand.Write(cpu, c, op, destination, size);
                if (q == null)
                    return Flow.Fault;
                Operand.Store<S>(q, c->State.Rax);
                MemoryOperand.Done(cpu, c, op, q);
                Advance(c, mask, size, moveSource: false, moveDestination: true);
                break;
            case StringKind.Load:
                p = MemoryOperand.Read(cpu, c, op, source, size);
                if (p == null)
                    return Flow.Fault;
                Operand.SetRegister<S>(&c->State.Rax, Operand.Load<S>(p));
                Advance(c, mask, size, moveSource: true, moveDestination: false);
                break;
            case StringKind.Compare:
                p = MemoryOperand.Read(cpu, c, op, source, size);
                if (p == null)
                    return Flow.Fault;
                value = Operand.Load<S>(p);
                q = MemoryOperand.Read(cpu, c, op, destination, size);
                if (q == null)
                    return Flow.Fault;
                AluSub.Do<S>(c, value, Operand.Load<S>(q));
                Advance(c, mask, size, moveSource: true, moveDestination: true);
                break;
            case StringKind.Scan:
                q = MemoryOperand.Read(cpu, c, op, destination, size);
                if (q == null)
                    return Flow.Fault;
                AluSub.Do<S>(c, Operand.Load<S>(&c->State.Rax), Operand.Load<S>(q));
                Advance(c, mask, size, moveSource: false, moveDestination: true);
                break;
            case StringKind.In:
                if (!cpu.MayUsePorts())
                    return cpu.Raise(ExceptionVector.GeneralProtection);
                q = MemoryOperand.Write(cpu, c, op, destination, size);
                if (q == null)
                    return Flow.Fault;
                value = cpu.ReadPort(op, (ushort)c->State.Rdx, size);
                Operand.Store<S>(q, value);
                MemoryOperand.Done(cpu, c, op, q);
                Advance(c, mask, size, moveSource: false, moveDestination: true);
                break;
            default:
                if (!cpu.MayUsePorts())
                    return cpu.Raise(ExceptionVector.GeneralProtection);
                p = MemoryOperand.Read(cpu, c, op, source, size);
                if (p == null)
                    return Flow.Fault;
                cpu.WritePort(op, (ushort)c->State.Rdx, size, (uint)Operand.Load<S>(p));
                Advance(c, mask, size, moveSource: true, moveDestination: false);
                break;
        }

        return Flow.Next;
    }

    private static void Advance(Core* c, ulong mask, int size, bool moveSource, bool moveDestination)
    {
        ulong step = (c->State.RFlags & RFlag.Direction) == 0 ? (ulong)size : (ulong)-size;
        if (moveSource)
            c->State.Rsi = mask == uint.MaxValue ? (uint)(c->State.Rsi + step) : c->State.Rsi + step;
        if (moveDestination)
            c->State.Rdi = mask == uint.MaxValue ? (uint)(c->State.Rdi + step) : c->State.Rdi + step;
    }
}
