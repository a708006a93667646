namespace KdSim.Machine.Cpu;

internal static unsafe partial class Handlers
{
    public static Flow MoveRegister<S>(Processor cpu, Core* c, MicroOp* op)
        where S : struct, IOperandSize
    {
        Operand.SetRegister<S>(Register(c, op->Dst), Source<S>(c, op));
        return Flow.Next;
    }

    public static Flow Load<S>(Processor cpu, Core* c, MicroOp* op)
        where S : struct, IOperandSize
    {
        byte* p = MemoryOperand.Read(cpu, c, op, MemoryOperand.Address(c, op), Operand.Bytes<S>());
        if (p == null)
            return Flow.Fault;
        Operand.SetRegister<S>(Register(c, op->Dst), Operand.Load<S>(p));
        return MemoryOperand.Done(cpu, c, op, p);
    }

    /// <summary>Stores [Src] + Imm.</summary>
    public static Flow Store<S>(Processor cpu, Core* c, MicroOp* op)
        where S : struct, IOperandSize
    {
        byte* p = MemoryOperand.Write(cpu, c, op, MemoryOperand.Address(c, op), Operand.Bytes<S>());
        if (p == null)
            return Flow.Fault;
        Operand.Store<S>(p, Source<S>(c, op));
        return MemoryOperand.Done(cpu, c, op, p);
    }

    /// <summary>MOVZX (Extra 0), MOVSX and MOVSXD (Extra 1) from F to T; the source is memory if Size is not 0.</summary>
    public static Flow Extend<F, T>(Processor cpu, Core* c, MicroOp* op)
        where F : struct, IOperandSize
        where T : struct, IOperandSize
    {
        byte* p = SourcePointer<F>(cpu, c, op);
        if (p == null)
            return Flow.Fault;
        ulong value = Operand.Load<F>(p);
        Operand.SetRegister<T>(Register(c, op->Dst), op->Extra == 0 ? value : (ulong)Operand.Signed<F>(value));
        return MemoryOperand.Done(cpu, c, op, p);
    }

    public static Flow LoadAddress<S>(Processor cpu, Core* c, MicroOp* op)
        where S : struct, IOperandSize
    {
        Operand.SetRegister<S>(Register(c, op->Dst), MemoryOperand.Address(c, op));
        return Flow.Next;
    }

    /// <summary>Puts an address that has a segment base besides base and index, or 32-bit size (Extra 1), into Core.Scratch.</summary>
    public static Flow ComputeAddress(Processor cpu, Core* c, MicroOp* op)
    {
        ulong address = MemoryOperand.Address(c, op);
        c->Scratch = (op->Extra == 1 ? (uint)address : address) + *(ulong*)Register(c, op->Src);
        return Flow.Next;
    }

    /// <summary>CMOVcc; Extra is the condition. The source is read whatever the condition says.</summary>
    public static Flow MoveIf<S>(Processor cpu, Core* c, MicroOp* op)
        where S : struct, IOperandSize
    {
        byte* p = SourcePointer<S>(cpu, c, op);
        if (p == null)
            return Flow.Fault;
        byte* destination = Register(c, op->Dst);
        ulong value = Operand.Load<S>(Flags.Test(c, (int)op->Extra) ? p : destination);
        Operand.SetRegister<S>(destination, value);
        return MemoryOperand.Done(cpu, c, op, p);
    }

    public static Flow SetIf(Processor cpu, Core* c, MicroOp* op)
    {
        byte value = Flags.Test(c, (int)op->Extra) ? (byte)1 : (byte)0;
        if (op->Size == 0)
        {
            *Register(c, op->Dst) = value;
            return Flow.Next;
        }

        byte* p = MemoryOperand.Write(cpu, c, op, MemoryOperand.Address(c, op), 1);
        if (p == null)
            return Flow.Fault;
        *p = value;
        return MemoryOperand.Done(cpu, c, op, p);
    }

    /// <summary>XCHG (Extra 0), XADD (Extra 1): operand 0 is memory if Size is not 0.</summary>
    public static Flow Exchange<S>(Processor cpu, Core* c, MicroOp* op)
        where S : struct, IOperandSize
    {
        byte* p = op->Size == 0
            ? Register(c, op->Dst)
            : MemoryOperand.Modify(cpu, c, op, MemoryOperand.Address(c, op), Operand.Bytes<S>());
        if (p == null)
            return Flow.Fault;
        byte* source = Register(c, op->Src);
        ulong old = Operand.Load<S>(p);
        ulong value = Operand.Load<S>(source);
        if (op->Extra == 1)
            value = AluAdd.Do<S>(c, old, value);
        Operand.SetRegister<S>(source, old);
        if (op->Size == 0)
            Operand.SetRegister<S>(p, value);
        else
            Operand.Store<S>(p, value);
        return MemoryOperand.Done(cpu, c, op, p);
    }

    public static Flow CompareExchange<S>(Processor cpu, Core* c, MicroOp* op)
        where S : struct, IOperandSize
    {
        byte* p = op->Size == 0
            ? Register(c, op->Dst)
            : MemoryOperand.Modify(cpu, c, op, MemoryOperand.Address(c, op), Operand.Bytes<S>());
        if (p == null)
            return Flow.Fault;
        ulong old = Operand.Load<S>(p);
        ulong accumulator = Operand.Load<S>(&c->State.Rax);
        AluSub.Do<S>(c, accumulator, old);
        bool equal = accumulator == old;
        if (!equal)
            Operand.SetRegister<S>(&c->State.Rax, old);

        // A destination register is written either way: its upper half is cleared in 32-bit size (as the hardware does when equal).
        if (op->Size == 0)
        {
            if (equal)
                Operand.SetRegister<S>(p, Operand.Load<S>(Register(c, op->Src)));
            else if (S.Log2 == 2)
                Operand.SetRegister<S>(p, old);
        }
        else if (equal)
            Operand.Store<S>(p, Operand.Load<S>(Register(c, op->Src)));
        return MemoryOperand.Done(cpu, c, op, p);
    }

    public static Flow CompareExchange8(Processor cpu, Core* c, MicroOp* op)
    {
        byte* p = MemoryOperand.Modify(cpu, c, op, MemoryOperand.Address(c, op), 8);
        if (p == null)
            return Flow.Fault;
        ref CpuState s = ref c->State;
        ulong old = *(ulong*)p;
        bool equal = old == ((s.Rdx << 32) | (uint)s.Rax);
        if (equal)
        {
            *(ulong*)p = (s.Rcx << 32) | (uint)s.Rbx;
        }
        else
        {
            s.Rax = (uint)old;
            s.Rdx = old >> 32;
        }

        SetZero(c, equal);
        return MemoryOperand.Done(cpu, c, op, p);
    }

    public static Flow CompareExchange16(Processor cpu, Core* c, MicroOp* op)
    {
        ulong address = MemoryOperand.Address(c, op);
        if ((address & 15) != 0)
            return cpu.Raise(ExceptionVector.GeneralProtection);
        byte* p = MemoryOperand.Modify(cpu, c, op, address, 16);
        if (p == null)
            return Flow.Fault;
        ref CpuState s = ref c->State;
        ulong* old = (ulong*)p;
        bool equal = old[0] == s.Rax && old[1] == s.Rdx;
        if (equal)
        {
            old[0] = s.Rbx;
            old[1] = s.Rcx;
        }
        else
        {
            s.Rax = old[0];
            s.Rdx = old[1];
        }

        SetZero(c, equal);
        return MemoryOperand.Done(cpu, c, op, p);
    }

    /// <summary>XLAT: AL = [RBX + AL]; the memory operand holds all but AL.</summary>
    public static Flow TranslateByte(Processor cpu, Core* c, MicroOp* op)
    {
        byte* p = MemoryOperand.Read(cpu, c, op, MemoryOperand.Address(c, op) + (byte)c->State.Rax, 1);
        if (p == null)
            return Flow.Fault;
        *(byte*)&c->State.Rax = *p;
        return MemoryOperand.Done(cpu, c, op, p);
    }

    public static Flow Nothing(Processor cpu, Core* c, MicroOp* op) => Flow.Next;

    private static void SetZero(Core* c, bool zero)
    {
        Flags.Materialize(c);
        c->State.RFlags = zero ? c->State.RFlags | RFlag.Zero : c->State.RFlags & ~RFlag.Zero;
    }
}
