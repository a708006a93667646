using System.Runtime.CompilerServices;

namespace KdSim.Machine.Cpu;

/// <summary>
/// The inner interpreter: runs blocks until the budget is used up or something asks to leave. Kept to a size at which the JIT still treats
/// the switch well (a few times more code halves the speed): what is not hot lives in handlers.
/// </summary>
public sealed unsafe partial class Processor
{
    /// <summary>Runs from State.Rip. Afterwards State.Rip is exact, and Core.Budget says how many instructions did not run.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private Flow Execute()
    {
        Core* c = _core;
        MicroOp* op;
        byte* p;
        ulong left;
        ulong right;
        ulong address;
        Block* block;
    lookup:
        block = FindBlock(c->State.Rip);
        if (block == null)
        {
            c->Charged = 0;
            return Flow.Fault;
        }

    enter:
        c->Current = block;
        long charge = block->Count;
        op = block->Ops;
        if ((c->Budget -= charge) < 0)
        {
            c->Budget += charge;
            if (c->Budget == 0)
            {
                c->State.Rip = block->Rip;
                c->Charged = 0;
                return Flow.Leave;
            }

            charge = c->Budget;
            c->Budget = 0;
            op = CutBlock(block, (int)charge);
        }

        c->Charged = charge;
        while (true)
        {
            switch (op->Code)
            {
                case OpCode.Call:
                    {
                        Flow flow = ((delegate*<Processor, Core*, MicroOp*, Flow>)op->Target)(this, c, op);
                        if (flow == Flow.Next)
                            break;
                        if (flow == Flow.Leave)
                            goto leave;
                        if (flow == Flow.Fault)
                            goto fault;
                        c->Budget += c->Charged - op->Ordinal;
                        c->Charged = 0;
                        c->State.Rip = block->Rip + op->Offset;
                        return Flow.Stop;
                    }
                case OpCode.End:
                    goto fallthrough;
                case OpCode.Cut:
                    c->State.Rip = block->Rip + op->Offset;
                    c->Charged = 0;
                    return Flow.Leave;
                case OpCode.Nop:
                    break;
                case OpCode.Mov32:
                    *(ulong*)((byte*)c + op->Dst) = (uint)(*(ulong*)((byte*)c + op->Src) + op->Imm);
                    break;
                case OpCode.Mov64:
                    *(ulong*)((byte*)c + op->Dst) = *(ulong*)((byte*)c + op->Src) + op->Imm;
                    break;
                case OpCode.MovZx8:
                    *(ulong*)((byte*)c + op->Dst) = *((byte*)c + op->Src);
                    break;
                case OpCode.MovZx16:
                    *(ulong*)((byte*)c + op->Dst) = *(ushort*)((byte*)c + op->Src);
                    break;
                case OpCode.MovSx32:
                    *(ulong*)((byte*)c + op->Dst) = (ulong)*(int*)((byte*)c + op->Src);
                    break;
                case OpCode.Lea32:
                    *(ulong*)((byte*)c + op->Dst) = (uint)MemoryOperand.Address(c, op);
                    break;
                case OpCode.Lea64:
                    *(ulong*)((byte*)c + op->Dst) = MemoryOperand.Address(c, op);
                    break;
                case OpCode.Load8:
                    p = MemoryOperand.Read(this, c, op, MemoryOperand.Address(c, op), 1);
                    if (p == null) goto fault;
                    *((byte*)c + op->Dst) = *p;
                    if (p == c->Staging && Commit(op) != Flow.Next)
                        goto leave;
                    break;
                case OpCode.LoadZx8:
                    p = MemoryOperand.Read(this, c, op, MemoryOperand.Address(c, op), 1);
                    if (p == null) goto fault;
                    *(ulong*)((byte*)c + op->Dst) = *p;
                    if (p == c->Staging && Commit(op) != Flow.Next)
                        goto leave;
                    break;
                case OpCode.LoadZx16:
                    p = MemoryOperand.Read(this, c, op, MemoryOperand.Address(c, op), 2);
                    if (p == null) goto fault;
                    *(ulong*)((byte*)c + op->Dst) = *(ushort*)p;
                    if (p == c->Staging && Commit(op) != Flow.Next)
                        goto leave;
                    break;
                case OpCode.Load32:
                    p = MemoryOperand.Read(this, c, op, MemoryOperand.Address(c, op), 4);
                    if (p == null) goto fault;
                    *(ulong*)((byte*)c + op->Dst) = *(uint*)p;
                    if (p == c->Staging && Commit(op) != Flow.Next)
                        goto leave;
                    break;
                case OpCode.Load64:
                    p = MemoryOperand.Read(this, c, op, MemoryOperand.Address(c, op), 8);
                    if (p == null) goto fault;
                    *(ulong*)((byte*)c + op->Dst) = *(ulong*)p;
                    if (p == c->Staging && Commit(op) != Flow.Next)
                        goto leave;
                    break;
                case OpCode.LoadSx32:
                    p = MemoryOperand.Read(this, c, op, MemoryOperand.Address(c, op), 4);
                    if (p == null) goto fault;
                    *(ulong*)((byte*)c + op->Dst) = (ulong)*(int*)p;
                    if (p == c->Staging && Commit(op) != Flow.Next)
                        goto leave;
                    break;
                case OpCode.Store8:
                    p = MemoryOperand.Write(this, c, op, MemoryOperand.Address(c, op), 1);
                    if (p == null) goto fault;
                    *(byte*)p = (byte)(*(ulong*)((byte*)c + op->Src) + op->Imm);
                    if (p == c->Staging && Commit(op) != Flow.Next)
                        goto leave;
                    break;
                case OpCode.Store16:
                    p = MemoryOperand.Write(this, c, op, MemoryOperand.Address(c, op), 2);
                    if (p == null) goto fault;
                    *(ushort*)p = (ushort)(*(ulong*)((byte*)c + op->Src) + op->Imm);
                    if (p == c->Staging && Commit(op) != Flow.Next)
                        goto leave;
                    break;
                case OpCode.Store32:
                    p = MemoryOperand.Write(this, c, op, MemoryOperand.Address(c, op), 4);
                    if (p == null) goto fault;
                    *(uint*)p = (uint)(*(ulong*)((byte*)c + op->Src) + op->Imm);
                    if (p == c->Staging && Commit(op) != Flow.Next)
                        goto leave;
                    break;
                case OpCode.Store64:
                    p = MemoryOperand.Write(this, c, op, MemoryOperand.Address(c, op), 8);
                    if (p == null) goto fault;
                    *(ulong*)p = *(ulong*)((byte*)c + op->Src) + op->Imm;
                    if (p == c->Staging && Commit(op) != Flow.Next)
                        goto leave;
                    break;
                case OpCode.Push64:
                    left = *(ulong*)((byte*)c + op->Src) + op->Imm;
                    p = MemoryOperand.Write(this, c, op, c->State.Rsp - 8, 8);
                    if (p == null) goto fault;
                    *(ulong*)p = left;
                    c->State.Rsp -= 8;
                    if (p == c->Staging && Commit(op) != Flow.Next)
                        goto leave;
                    break;
                case OpCode.Pop64:
                    p = MemoryOperand.Read(this, c, op, c->State.Rsp, 8);
                    if (p == null) goto fault;
                    c->State.Rsp += 8;
                    *(ulong*)((byte*)c + op->Dst) = *(ulong*)p;
                    if (p == c->Staging && Commit(op) != Flow.Next)
                        goto leave;
                    break;
                case OpCode.Add32:
                    left = *(uint*)((byte*)c + op->Dst);
                    right = (uint)(*(ulong*)((byte*)c + op->Src) + op->Imm);
                    Flags.Set(c, (Flags.Add * 4) + 2, (int)(left + right), left, right);
                    *(ulong*)((byte*)c + op->Dst) = (uint)(left + right);
                    break;
                case OpCode.Add64:
                    left = *(ulong*)((byte*)c + op->Dst);
                    right = *(ulong*)((byte*)c + op->Src) + op->Imm;
                    Flags.Set(c, (Flags.Add * 4) + 3, (long)(left + right), left, right);
                    *(ulong*)((byte*)c + op->Dst) = left + right;
                    break;
                case OpCode.Sub32:
                    left = *(uint*)((byte*)c + op->Dst);
                    right = (uint)(*(ulong*)((byte*)c + op->Src) + op->Imm);
                    Flags.Set(c, (Flags.Sub * 4) + 2, (int)(left - right), left, right);
                    *(ulong*)((byte*)c + op->Dst) = (uint)(left - right);
                    break;
                case OpCode.Sub64:
                    left = *(ulong*)((byte*)c + op->Dst);
                    right = *(ulong*)((byte*)c + op->Src) + op->Imm;
                    Flags.Set(c, (Flags.Sub * 4) + 3, (long)(left - right), left, right);
                    *(ulong*)((byte*)c + op->Dst) = left - right;
                    break;
                case OpCode.And32:
                    left = *(uint*)((byte*)c + op->Dst) & (uint)(*(ulong*)((byte*)c + op->Src) + op->Imm);
                    Flags.SetLogic(c, (int)(left), 2);
                    *(ulong*)((byte*)c + op->Dst) = left;
                    break;
                case OpCode.And64:
                    left = *(ulong*)((byte*)c + op->Dst) & (*(ulong*)((byte*)c + op->Src) + op->Imm);
                    Flags.SetLogic(c, (long)(left), 3);
                    *(ulong*)((byte*)c + op->Dst) = left;
                    break;
                case OpCode.Or32:
                    left = *(uint*)((byte*)c + op->Dst) | (uint)(*(ulong*)((byte*)c + op->Src) + op->Imm);
                    Flags.SetLogic(c, (int)(left), 2);
                    *(ulong*)((byte*)c + op->Dst) = left;
                    break;
                case OpCode.Or64:
                    left = *(ulong*)((byte*)c + op->Dst) | (*(ulong*)((byte*)c + op->Src) + op->Imm);
                    Flags.SetLogic(c, (long)(left), 3);
                    *(ulong*)((byte*)c + op->Dst) = left;
                    break;
                case OpCode.Xor32:
                    left = *(uint*)((byte*)c + op->Dst) ^ (uint)(*(ulong*)((byte*)c + op->Src) + op->Imm);
                    Flags.SetLogic(c, (int)(left), 2);
                    *(ulong*)((byte*)c + op->Dst) = left;
                    break;
                case OpCode.Xor64:
                    left = *(ulong*)((byte*)c + op->Dst) ^ (*(ulong*)((byte*)c + op->Src) + op->Imm);
                    Flags.SetLogic(c, (long)(left), 3);
                    *(ulong*)((byte*)c + op->Dst) = left;
                    break;
                case OpCode.Cmp8:
                    left = *(byte*)((byte*)c + op->Dst);
                    right = (byte)(*(ulong*)((byte*)c + op->Src) + op->Imm);
                    Flags.Set(c, (Flags.Sub * 4) + 0, (sbyte)(left - right), left, right);
                    break;
                case OpCode.Cmp32:
                    left = *(uint*)((byte*)c + op->Dst);
                    right = (uint)(*(ulong*)((byte*)c + op->Src) + op->Imm);
                    Flags.Set(c, (Flags.Sub * 4) + 2, (int)(left - right), left, right);
                    break;
                case OpCode.Cmp64:
                    left = *(ulong*)((byte*)c + op->Dst);
                    right = *(ulong*)((byte*)c + op->Src) + op->Imm;
                    Flags.Set(c, (Flags.Sub * 4) + 3, (long)(left - right), left, right);
                    break;
                case OpCode.Test8:
                    left = *(byte*)((byte*)c + op->Dst) & (ulong)(byte)(*(ulong*)((byte*)c + op->Src) + op->Imm);
                    Flags.SetLogic(c, (sbyte)(left), 0);
                    break;
                case OpCode.Test32:
                    left = *(uint*)((byte*)c + op->Dst) & (uint)(*(ulong*)((byte*)c + op->Src) + op->Imm);
                    Flags.SetLogic(c, (int)(left), 2);
                    break;
                case OpCode.Test64:
                    left = *(ulong*)((byte*)c + op->Dst) & (*(ulong*)((byte*)c + op->Src) + op->Imm);
                    Flags.SetLogic(c, (long)(left), 3);
                    break;
                case OpCode.Add32NoFlags:
                    *(ulong*)((byte*)c + op->Dst) = (uint)(*(ulong*)((byte*)c + op->Dst) + (*(ulong*)((byte*)c + op->Src) + op->Imm));
                    break;
                case OpCode.Add64NoFlags:
                    *(ulong*)((byte*)c + op->Dst) += *(ulong*)((byte*)c + op->Src) + op->Imm;
                    break;
                case OpCode.Sub32NoFlags:
                    *(ulong*)((byte*)c + op->Dst) = (uint)(*(ulong*)((byte*)c + op->Dst) - (*(ulong*)((byte*)c + op->Src) + op->Imm));
                    break;
                case OpCode.Sub64NoFlags:
                    *(ulong*)((byte*)c + op->Dst) -= *(ulong*)((byte*)c + op->Src) + op->Imm;
                    break;
                case OpCode.And32NoFlags:
                    *(ulong*)((byte*)c + op->Dst) = (uint)(*(ulong*)((byte*)c + op->Dst) & (*(ulong*)((byte*)c + op->Src) + op->Imm));
                    break;
                case OpCode.And64NoFlags:
                    *(ulong*)((byte*)c + op->Dst) &= *(ulong*)((byte*)c + op->Src) + op->Imm;
                    break;
                case OpCode.Or32NoFlags:
                    *(ulong*)((byte*)c + op->Dst) = (uint)(*(ulong*)((byte*)c + op->Dst) | (*(ulong*)((byte*)c + op->Src) + op->Imm));
                    break;
                case OpCode.Or64NoFlags:
                    *(ulong*)((byte*)c + op->Dst) |= *(ulong*)((byte*)c + op->Src) + op->Imm;
                    break;
                case OpCode.Xor32NoFlags:
                    *(ulong*)((byte*)c + op->Dst) = (uint)(*(ulong*)((byte*)c + op->Dst) ^ (*(ulong*)((byte*)c + op->Src) + op->Imm));
                    break;
                case OpCode.Xor64NoFlags:
                    *(ulong*)((byte*)c + op->Dst) ^= *(ulong*)((byte*)c + op->Src) + op->Imm;
                    break;
                case OpCode.Inc32:
                    right = Flags.CarryBit(c);
                    left = *(uint*)((byte*)c + op->Dst);
                    Flags.Set(c, (Flags.Increment * 4) + 2, (int)(left + 1), left, right);
                    *(ulong*)((byte*)c + op->Dst) = (uint)(left + 1);
                    break;
                case OpCode.Inc64:
                    right = Flags.CarryBit(c);
                    left = *(ulong*)((byte*)c + op->Dst);
                    Flags.Set(c, (Flags.Increment * 4) + 3, (long)(left + 1), left, right);
                    *(ulong*)((byte*)c + op->Dst) = left + 1;
                    break;
                case OpCode.Dec32:
                    right = Flags.CarryBit(c);
                    left = *(uint*)((byte*)c + op->Dst);
                    Flags.Set(c, (Flags.Decrement * 4) + 2, (int)(left - 1), left, right);
                    *(ulong*)((byte*)c + op->Dst) = (uint)(left - 1);
                    break;
                case OpCode.Dec64:
                    right = Flags.CarryBit(c);
                    left = *(ulong*)((byte*)c + op->Dst);
                    Flags.Set(c, (Flags.Decrement * 4) + 3, (long)(left - 1), left, right);
                    *(ulong*)((byte*)c + op->Dst) = left - 1;
                    break;
                case OpCode.Neg32NoFlags:
                    *(ulong*)((byte*)c + op->Dst) = (uint)-(int)*(ulong*)((byte*)c + op->Dst);
                    break;
                case OpCode.Neg64NoFlags:
                    *(ulong*)((byte*)c + op->Dst) = (ulong)-(long)*(ulong*)((byte*)c + op->Dst);
                    break;
                case OpCode.Shl32:
                    left = *(uint*)((byte*)c + op->Dst);
                    right = op->Imm;
                    Flags.Set(c, (Flags.ShiftLeft * 4) + 2, (int)((uint)left << (int)right), left, right);
                    *(ulong*)((byte*)c + op->Dst) = (uint)left << (int)right;
                    break;
                case OpCode.Shl64:
                    left = *(ulong*)((byte*)c + op->Dst);
                    right = op->Imm;
                    Flags.Set(c, (Flags.ShiftLeft * 4) + 3, (long)(left << (int)right), left, right);
                    *(ulong*)((byte*)c + op->Dst) = left << (int)right;
                    break;
                case OpCode.Shr32:
                    left = *(uint*)((byte*)c + op->Dst);
                    right = op->Imm;
                    Flags.Set(c, (Flags.ShiftRight * 4) + 2, (int)((uint)left >> (int)right), left, right);
                    *(ulong*)((byte*)c + op->Dst) = (uint)left >> (int)right;
                    break;
                case OpCode.Shr64:
                    left = *(ulong*)((byte*)c + op->Dst);
                    right = op->Imm;
                    Flags.Set(c, (Flags.ShiftRight * 4) + 3, (long)(left >> (int)right), left, right);
                    *(ulong*)((byte*)c + op->Dst) = left >> (int)right;
                    break;
                case OpCode.Sar32:
                    left = *(uint*)((byte*)c + op->Dst);
                    right = op->Imm;
                    Flags.Set(c, (Flags.ShiftArithmetic * 4) + 2, (int)((uint)((int)left >> (int)right)), left, right);
                    *(ulong*)((byte*)c + op->Dst) = (uint)((int)left >> (int)right);
                    break;
                case OpCode.Sar64:
                    left = *(ulong*)((byte*)c + op->Dst);
                    right = op->Imm;
                    Flags.Set(c, (Flags.ShiftArithmetic * 4) + 3, (long)((ulong)((long)left >> (int)right)), left, right);
                    *(ulong*)((byte*)c + op->Dst) = (ulong)((long)left >> (int)right);
                    break;
                case OpCode.Shl32NoFlags:
                    *(ulong*)((byte*)c + op->Dst) = (uint)*(ulong*)((byte*)c + op->Dst) << (int)op->Imm;
                    break;
                case OpCode.Shl64NoFlags:
                    *(ulong*)((byte*)c + op->Dst) = *(ulong*)((byte*)c + op->Dst) << (int)op->Imm;
                    break;
                case OpCode.Shr32NoFlags:
                    *(ulong*)((byte*)c + op->Dst) = (uint)*(ulong*)((byte*)c + op->Dst) >> (int)op->Imm;
                    break;
                case OpCode.Shr64NoFlags:
                    *(ulong*)((byte*)c + op->Dst) = *(ulong*)((byte*)c + op->Dst) >> (int)op->Imm;
                    break;
                case OpCode.Sar32NoFlags:
                    *(ulong*)((byte*)c + op->Dst) = (uint)((int)*(ulong*)((byte*)c + op->Dst) >> (int)op->Imm);
                    break;
                case OpCode.Sar64NoFlags:
                    *(ulong*)((byte*)c + op->Dst) = (ulong)((long)*(ulong*)((byte*)c + op->Dst) >> (int)op->Imm);
                    break;
                case OpCode.AddLoad32:
                    p = MemoryOperand.Read(this, c, op, MemoryOperand.Address(c, op), 4);
                    if (p == null) goto fault;
                    left = *(uint*)((byte*)c + op->Dst);
                    right = *(uint*)p;
                    Flags.Set(c, (Flags.Add * 4) + 2, (int)(left + right), left, right);
                    *(ulong*)((byte*)c + op->Dst) = (uint)(left + right);
                    if (p == c->Staging && Commit(op) != Flow.Next)
                        goto leave;
                    break;
                case OpCode.AddLoad64:
                    p = MemoryOperand.Read(this, c, op, MemoryOperand.Address(c, op), 8);
                    if (p == null) goto fault;
                    left = *(ulong*)((byte*)c + op->Dst);
                    right = *(ulong*)p;
                    Flags.Set(c, (Flags.Add * 4) + 3, (long)(left + right), left, right);
                    *(ulong*)((byte*)c + op->Dst) = left + right;
                    if (p == c->Staging && Commit(op) != Flow.Next)
                        goto leave;
                    break;
                case OpCode.SubLoad32:
                    p = MemoryOperand.Read(this, c, op, MemoryOperand.Address(c, op), 4);
                    if (p == null) goto fault;
                    left = *(uint*)((byte*)c + op->Dst);
                    right = *(uint*)p;
                    Flags.Set(c, (Flags.Sub * 4) + 2, (int)(left - right), left, right);
                    *(ulong*)((byte*)c + op->Dst) = (uint)(left - right);
                    if (p == c->Staging && Commit(op) != Flow.Next)
                        goto leave;
                    break;
                case OpCode.SubLoad64:
                    p = MemoryOperand.Read(this, c, op, MemoryOperand.Address(c, op), 8);
                    if (p == null) goto fault;
                    left = *(ulong*)((byte*)c + op->Dst);
                    right = *(ulong*)p;
                    Flags.Set(c, (Flags.Sub * 4) + 3, (long)(left - right), left, right);
                    *(ulong*)((byte*)c + op->Dst) = left - right;
                    if (p == c->Staging && Commit(op) != Flow.Next)
                        goto leave;
                    break;
                case OpCode.AndLoad32:
                    p = MemoryOperand.Read(this, c, op, MemoryOperand.Address(c, op), 4);
                    if (p == null) goto fault;
                    left = *(uint*)((byte*)c + op->Dst);
                    right = *(uint*)p;
                    left &= right;
                    Flags.SetLogic(c, (int)(left), 2);
                    *(ulong*)((byte*)c + op->Dst) = left;
                    if (p == c->Staging && Commit(op) != Flow.Next)
                        goto leave;
                    break;
                case OpCode.OrLoad32:
                    p = MemoryOperand.Read(this, c, op, MemoryOperand.Address(c, op), 4);
                    if (p == null) goto fault;
                    left = *(uint*)((byte*)c + op->Dst);
                    right = *(uint*)p;
                    left |= right;
                    Flags.SetLogic(c, (int)(left), 2);
                    *(ulong*)((byte*)c + op->Dst) = left;
                    if (p == c->Staging && Commit(op) != Flow.Next)
                        goto leave;
                    break;
                case OpCode.XorLoad32:
                    p = MemoryOperand.Read(this, c, op, MemoryOperand.Address(c, op), 4);
                    if (p == null) goto fault;
                    left = *(uint*)((byte*)c + op->Dst);
                    right = *(uint*)p;
                    left ^= right;
                    Flags.SetLogic(c, (int)(left), 2);
                    *(ulong*)((byte*)c + op->Dst) = left;
                    if (p == c->Staging && Commit(op) != Flow.Next)
                        goto leave;
                    break;
                case OpCode.XorLoad64:
                    p = MemoryOperand.Read(this, c, op, MemoryOperand.Address(c, op), 8);
                    if (p == null) goto fault;
                    left = *(ulong*)((byte*)c + op->Dst);
                    right = *(ulong*)p;
                    left ^= right;
                    Flags.SetLogic(c, (long)(left), 3);
                    *(ulong*)((byte*)c + op->Dst) = left;
                    if (p == c->Staging && Commit(op) != Flow.Next)
                        goto leave;
                    break;
                case OpCode.CmpLoad32:
                    p = MemoryOperand.Read(this, c, op, MemoryOperand.Address(c, op), 4);
                    if (p == null) goto fault;
                    left = *(uint*)((byte*)c + op->Dst);
                    right = *(uint*)p;
                    Flags.Set(c, (Flags.Sub * 4) + 2, (int)(left - right), left, right);
                    if (p == c->Staging && Commit(op) != Flow.Next)
                        goto leave;
                    break;
                case OpCode.CmpLoad64:
                    p = MemoryOperand.Read(this, c, op, MemoryOperand.Address(c, op), 8);
                    if (p == null) goto fault;
                    left = *(ulong*)((byte*)c + op->Dst);
                    right = *(ulong*)p;
                    Flags.Set(c, (Flags.Sub * 4) + 3, (long)(left - right), left, right);
                    if (p == c->Staging && Commit(op) != Flow.Next)
                        goto leave;
                    break;
                case OpCode.CmpMem8:
                    p = MemoryOperand.Read(this, c, op, MemoryOperand.Address(c, op), 1);
                    if (p == null) goto fault;
                    left = *(byte*)p;
                    right = (byte)(*(ulong*)((byte*)c + op->Src) + op->Imm);
                    Flags.Set(c, (Flags.Sub * 4) + 0, (sbyte)(left - right), left, right);
                    if (p == c->Staging && Commit(op) != Flow.Next)
                        goto leave;
                    break;
                case OpCode.CmpMem16:
                    p = MemoryOperand.Read(this, c, op, MemoryOperand.Address(c, op), 2);
                    if (p == null) goto fault;
                    left = *(ushort*)p;
                    right = (ushort)(*(ulong*)((byte*)c + op->Src) + op->Imm);
                    Flags.Set(c, (Flags.Sub * 4) + 1, (short)(left - right), left, right);
                    if (p == c->Staging && Commit(op) != Flow.Next)
                        goto leave;
                    break;
                case OpCode.CmpMem32:
                    p = MemoryOperand.Read(this, c, op, MemoryOperand.Address(c, op), 4);
                    if (p == null) goto fault;
                    left = *(uint*)p;
                    right = (uint)(*(ulong*)((byte*)c + op->Src) + op->Imm);
                    Flags.Set(c, (Flags.Sub * 4) + 2, (int)(left - right), left, right);
                    if (p == c->Staging && Commit(op) != Flow.Next)
                        goto leave;
                    break;
                case OpCode.CmpMem64:
                    p = MemoryOperand.Read(this, c, op, MemoryOperand.Address(c, op), 8);
                    if (p == null) goto fault;
                    left = *(ulong*)p;
                    right = *(ulong*)((byte*)c + op->Src) + op->Imm;
                    Flags.Set(c, (Flags.Sub * 4) + 3, (long)(left - right), left, right);
                    if (p == c->Staging && Commit(op) != Flow.Next)
                        goto leave;
                    break;
                case OpCode.TestMem8:
                    p = MemoryOperand.Read(this, c, op, MemoryOperand.Address(c, op), 1);
                    if (p == null) goto fault;
                    left = *(byte*)p & (ulong)(byte)(*(ulong*)((byte*)c + op->Src) + op->Imm);
                    Flags.SetLogic(c, (sbyte)(left), 0);
                    if (p == c->Staging && Commit(op) != Flow.Next)
                        goto leave;
                    break;
                case OpCode.TestMem32:
                    p = MemoryOperand.Read(this, c, op, MemoryOperand.Address(c, op), 4);
                    if (p == null) goto fault;
                    left = *(uint*)p & (uint)(*(ulong*)((byte*)c + op->Src) + op->Imm);
                    Flags.SetLogic(c, (int)(left), 2);
                    if (p == c->Staging && Commit(op) != Flow.Next)
                        goto leave;
                    break;
                case OpCode.Jump:
                    goto taken;
                case OpCode.JumpIf:
                    if (Flags.Test(c, (int)op->Extra))
                        goto taken;
                    goto fallthrough;
                case OpCode.JumpZero:
                    if (Flags.IsZero(c))
                        goto taken;
                    goto fallthrough;
                case OpCode.JumpNotZero:
                    if (!Flags.IsZero(c))
                        goto taken;
                    goto fallthrough;
                case OpCode.CallNear:
                    p = MemoryOperand.Write(this, c, op, c->State.Rsp - 8, 8);
                    if (p == null) goto fault;
                    *(ulong*)p = block->End;
                    c->State.Rsp -= 8;
                    if (p == c->Staging && Commit(op) != Flow.Next)
                    {
                        c->State.Rip = op->Imm;
                        goto leave;
                    }
                    
                    goto taken;
                case OpCode.Return:
                    p = MemoryOperand.Read(this, c, op, c->State.Rsp, 8);
                    if (p == null) goto fault;
                    address = *(ulong*)p;
                    if (!IsCanonical(address))
                    {
                        Raise(ExceptionVector.GeneralProtection);
                        goto fault;
                    }
                    
                    c->State.Rsp += 8;
                    c->State.Rip = address;
                    if (c->Exit != 0)
                        return Flow.Leave;
                    goto lookup;
                case OpCode.CmpJe32:
                    left = *(uint*)((byte*)c + op->Dst);
                    right = (uint)(*(ulong*)((byte*)c + op->Src) + op->Imm);
                    Flags.Set(c, (Flags.Sub * 4) + 2, (int)(left - right), left, right);
                    op++;
                    if (left == right)
                        goto taken;
                    goto fallthrough;
                case OpCode.CmpJne32:
                    left = *(uint*)((byte*)c + op->Dst);
                    right = (uint)(*(ulong*)((byte*)c + op->Src) + op->Imm);
                    Flags.Set(c, (Flags.Sub * 4) + 2, (int)(left - right), left, right);
                    op++;
                    if (left != right)
                        goto taken;
                    goto fallthrough;
                case OpCode.CmpJb32:
                    left = *(uint*)((byte*)c + op->Dst);
                    right = (uint)(*(ulong*)((byte*)c + op->Src) + op->Imm);
                    Flags.Set(c, (Flags.Sub * 4) + 2, (int)(left - right), left, right);
                    op++;
                    if (left < right)
                        goto taken;
                    goto fallthrough;
                case OpCode.CmpJae32:
                    left = *(uint*)((byte*)c + op->Dst);
                    right = (uint)(*(ulong*)((byte*)c + op->Src) + op->Imm);
                    Flags.Set(c, (Flags.Sub * 4) + 2, (int)(left - right), left, right);
                    op++;
                    if (left >= right)
                        goto taken;
                    goto fallthrough;
                case OpCode.CmpJbe32:
                    left = *(uint*)((byte*)c + op->Dst);
                    right = (uint)(*(ulong*)((byte*)c + op->Src) + op->Imm);
                    Flags.Set(c, (Flags.Sub * 4) + 2, (int)(left - right), left, right);
                    op++;
                    if (left <= right)
                        goto taken;
                    goto fallthrough;
                case OpCode.CmpJa32:
                    left = *(uint*)((byte*)c + op->Dst);
                    right = (uint)(*(ulong*)((byte*)c + op->Src) + op->Imm);
                    Flags.Set(c, (Flags.Sub * 4) + 2, (int)(left - right), left, right);
                    op++;
                    if (left > right)
                        goto taken;
                    goto fallthrough;
                case OpCode.CmpJl32:
                    left = *(uint*)((byte*)c + op->Dst);
                    right = (uint)(*(ulong*)((byte*)c + op->Src) + op->Imm);
                    Flags.Set(c, (Flags.Sub * 4) + 2, (int)(left - right), left, right);
                    op++;
                    if ((int)left < (int)right)
                        goto taken;
                    goto fallthrough;
                case OpCode.CmpJge32:
                    left = *(uint*)((byte*)c + op->Dst);
                    right = (uint)(*(ulong*)((byte*)c + op->Src) + op->Imm);
                    Flags.Set(c, (Flags.Sub * 4) + 2, (int)(left - right), left, right);
                    op++;
                    if ((int)left >= (int)right)
                        goto taken;
                    goto fallthrough;
                case OpCode.CmpJle32:
                    left = *(uint*)((byte*)c + op->Dst);
                    right = (uint)(*(ulong*)((byte*)c + op->Src) + op->Imm);
                    Flags.Set(c, (Flags.Sub * 4) + 2, (int)(left - right), left, right);
                    op++;
                    if ((int)left <= (int)right)
                        goto taken;
                    goto fallthrough;
                case OpCode.CmpJg32:
                    left = *(uint*)((byte*)c + op->Dst);
                    right = (uint)(*(ulong*)((byte*)c + op->Src) + op->Imm);
                    Flags.Set(c, (Flags.Sub * 4) + 2, (int)(left - right), left, right);
                    op++;
                    if ((int)left > (int)right)
                        goto taken;
                    goto fallthrough;
                case OpCode.CmpJe64:
                    left = *(ulong*)((byte*)c + op->Dst);
                    right = *(ulong*)((byte*)c + op->Src) + op->Imm;
                    Flags.Set(c, (Flags.Sub * 4) + 3, (long)(left - right), left, right);
                    op++;
                    if (left == right)
                        goto taken;
                    goto fallthrough;
                case OpCode.CmpJne64:
                    left = *(ulong*)((byte*)c + op->Dst);
                    right = *(ulong*)((byte*)c + op->Src) + op->Imm;
                    Flags.Set(c, (Flags.Sub * 4) + 3, (long)(left - right), left, right);
                    op++;
                    if (left != right)
                        goto taken;
                    goto fallthrough;
                case OpCode.CmpJb64:
                    left = *(ulong*)((byte*)c + op->Dst);
                    right = *(ulong*)((byte*)c + op->Src) + op->Imm;
                    Flags.Set(c, (Flags.Sub * 4) + 3, (long)(left - right), left, right);
                    op++;
                    if (left < right)
                        goto taken;
                    goto fallthrough;
                case OpCode.CmpJae64:
                    left = *(ulong*)((byte*)c + op->Dst);
                    right = *(ulong*)((byte*)c + op->Src) + op->Imm;
                    Flags.Set(c, (Flags.Sub * 4) + 3, (long)(left - right), left, right);
                    op++;
                    if (left >= right)
                        goto taken;
                    goto fallthrough;
                case OpCode.CmpJbe64:
                    left = *(ulong*)((byte*)c + op->Dst);
                    right = *(ulong*)((byte*)c + op->Src) + op->Imm;
                    Flags.Set(c, (Flags.Sub * 4) + 3, (long)(left - right), left, right);
                    op++;
                    if (left <= right)
                        goto taken;
                    goto fallthrough;
                case OpCode.CmpJa64:
                    left = *(ulong*)((byte*)c + op->Dst);
                    right = *(ulong*)((byte*)c + op->Src) + op->Imm;
                    Flags.Set(c, (Flags.Sub * 4) + 3, (long)(left - right), left, right);
                    op++;
                    if (left > right)
                        goto taken;
                    goto fallthrough;
                case OpCode.CmpJl64:
                    left = *(ulong*)((byte*)c + op->Dst);
                    right = *(ulong*)((byte*)c + op->Src) + op->Imm;
                    Flags.Set(c, (Flags.Sub * 4) + 3, (long)(left - right), left, right);
                    op++;
                    if ((long)left < (long)right)
                        goto taken;
                    goto fallthrough;
                case OpCode.CmpJge64:
                    left = *(ulong*)((byte*)c + op->Dst);
                    right = *(ulong*)((byte*)c + op->Src) + op->Imm;
                    Flags.Set(c, (Flags.Sub * 4) + 3, (long)(left - right), left, right);
                    op++;
                    if ((long)left >= (long)right)
                        goto taken;
                    goto fallthrough;
                case OpCode.CmpJle64:
                    left = *(ulong*)((byte*)c + op->Dst);
                    right = *(ulong*)((byte*)c + op->Src) + op->Imm;
                    Flags.Set(c, (Flags.Sub * 4) + 3, (long)(left - right), left, right);
                    op++;
                    if ((long)left <= (long)right)
                        goto taken;
                    goto fallthrough;
                case OpCode.CmpJg64:
                    left = *(ulong*)((byte*)c + op->Dst);
                    right = *(ulong*)((byte*)c + op->Src) + op->Imm;
                    Flags.Set(c, (Flags.Sub * 4) + 3, (long)(left - right), left, right);
                    op++;
                    if ((long)left > (long)right)
                        goto taken;
                    goto fallthrough;
                case OpCode.TestJe32:
                    left = *(uint*)((byte*)c + op->Dst) & (uint)(*(ulong*)((byte*)c + op->Src) + op->Imm);
                    Flags.SetLogic(c, (int)(left), 2);
                    op++;
                    if (left == 0)
                        goto taken;
                    goto fallthrough;
                case OpCode.TestJne32:
                    left = *(uint*)((byte*)c + op->Dst) & (uint)(*(ulong*)((byte*)c + op->Src) + op->Imm);
                    Flags.SetLogic(c, (int)(left), 2);
                    op++;
                    if (left != 0)
                        goto taken;
                    goto fallthrough;
                case OpCode.TestJs32:
                    left = *(uint*)((byte*)c + op->Dst) & (uint)(*(ulong*)((byte*)c + op->Src) + op->Imm);
                    Flags.SetLogic(c, (int)(left), 2);
                    op++;
                    if ((int)left < 0)
                        goto taken;
                    goto fallthrough;
                case OpCode.TestJns32:
                    left = *(uint*)((byte*)c + op->Dst) & (uint)(*(ulong*)((byte*)c + op->Src) + op->Imm);
                    Flags.SetLogic(c, (int)(left), 2);
                    op++;
                    if ((int)left >= 0)
                        goto taken;
                    goto fallthrough;
                case OpCode.TestJe64:
                    left = *(ulong*)((byte*)c + op->Dst) & (*(ulong*)((byte*)c + op->Src) + op->Imm);
                    Flags.SetLogic(c, (long)(left), 3);
                    op++;
                    if (left == 0)
                        goto taken;
                    goto fallthrough;
                case OpCode.TestJne64:
                    left = *(ulong*)((byte*)c + op->Dst) & (*(ulong*)((byte*)c + op->Src) + op->Imm);
                    Flags.SetLogic(c, (long)(left), 3);
                    op++;
                    if (left != 0)
                        goto taken;
                    goto fallthrough;
                case OpCode.TestJs64:
                    left = *(ulong*)((byte*)c + op->Dst) & (*(ulong*)((byte*)c + op->Src) + op->Imm);
                    Flags.SetLogic(c, (long)(left), 3);
                    op++;
                    if ((long)left < 0)
                        goto taken;
                    goto fallthrough;
                case OpCode.TestJns64:
                    left = *(ulong*)((byte*)c + op->Dst) & (*(ulong*)((byte*)c + op->Src) + op->Imm);
                    Flags.SetLogic(c, (long)(left), 3);
                    op++;
                    if ((long)left >= 0)
                        goto taken;
                    goto fallthrough;
                case OpCode.TestJe8:
                    left = *(byte*)((byte*)c + op->Dst) & (ulong)(byte)(*(ulong*)((byte*)c + op->Src) + op->Imm);
                    Flags.SetLogic(c, (sbyte)(left), 0);
                    op++;
                    if (left == 0)
                        goto taken;
                    goto fallthrough;
                case OpCode.TestJne8:
                    left = *(byte*)((byte*)c + op->Dst) & (ulong)(byte)(*(ulong*)((byte*)c + op->Src) + op->Imm);
                    Flags.SetLogic(c, (sbyte)(left), 0);
                    op++;
                    if (left != 0)
                        goto taken;
                    goto fallthrough;
                case OpCode.DecJne32:
                    right = Flags.CarryBit(c);
                    left = *(uint*)((byte*)c + op->Dst);
                    Flags.Set(c, (Flags.Decrement * 4) + 2, (int)(left - 1), left, right);
                    *(ulong*)((byte*)c + op->Dst) = (uint)(left - 1);
                    op++;
                    if (left != 1)
                        goto taken;
                    goto fallthrough;
                case OpCode.SubJne32:
                    left = *(uint*)((byte*)c + op->Dst);
                    right = (uint)(*(ulong*)((byte*)c + op->Src) + op->Imm);
                    Flags.Set(c, (Flags.Sub * 4) + 2, (int)(left - right), left, right);
                    *(ulong*)((byte*)c + op->Dst) = (uint)(left - right);
                    op++;
                    if (left != right)
                        goto taken;
                    goto fallthrough;
                case OpCode.DecJne64:
                    right = Flags.CarryBit(c);
                    left = *(ulong*)((byte*)c + op->Dst);
                    Flags.Set(c, (Flags.Decrement * 4) + 3, (long)(left - 1), left, right);
                    *(ulong*)((byte*)c + op->Dst) = left - 1;
                    op++;
                    if (left != 1)
                        goto taken;
                    goto fallthrough;
                case OpCode.SubJne64:
                    left = *(ulong*)((byte*)c + op->Dst);
                    right = *(ulong*)((byte*)c + op->Src) + op->Imm;
                    Flags.Set(c, (Flags.Sub * 4) + 3, (long)(left - right), left, right);
                    *(ulong*)((byte*)c + op->Dst) = left - right;
                    op++;
                    if (left != right)
                        goto taken;
                    goto fallthrough;
                default:
                    throw new InvalidOperationException($"micro-op {op->Code} has no case");
            }

            op++;
        }

    taken:
        if (block->TakenEpoch == c->Epoch)
        {
            block = block->Taken;
            goto enter;
        }

        c->State.Rip = op->Imm;
        block = LinkTaken(block);
        if (block != null)
            goto enter;
        c->Charged = 0;
        return Flow.Fault;

    fallthrough:
        if (block->FallthroughEpoch == c->Epoch)
        {
            block = block->Fallthrough;
            goto enter;
        }

        c->State.Rip = block->End;
        block = LinkFallthrough(block);
        if (block != null)
            goto enter;
        c->Charged = 0;
        return Flow.Fault;

    leave:
        c->Budget += c->Charged - op->Ordinal - 1;
        c->Charged = 0;
        if (c->Exit != 0)
            return Flow.Leave;
        goto lookup;

    fault:
        c->Budget += c->Charged - op->Ordinal;
        c->Charged = 0;
        c->State.Rip = block->Rip + op->Offset;
        return Flow.Fault;
    }
}
