namespace KdSim.Machine.Cpu;

internal static unsafe partial class Handlers
{
    private const ulong UserFlags = RFlag.Arithmetic | RFlag.Trap | RFlag.Direction | RFlag.NestedTask | RFlag.AlignmentCheck | RFlag.Id;

    public static Flow InvalidOpcode(Processor cpu, Core* c, MicroOp* op) => cpu.Raise(ExceptionVector.InvalidOpcode);

    /// <summary>A valid instruction that is not implemented: the machine stops with its name.</summary>
    public static Flow Unsupported(Processor cpu, Core* c, MicroOp* op) => cpu.StopUnsupported(op);

    /// <summary>Stands before an instruction with a breakpoint; is no instruction itself.</summary>
    public static Flow Breakpoint(Processor cpu, Core* c, MicroOp* op) => cpu.AtBreakpoint(op);

    public static Flow VmCall(Processor cpu, Core* c, MicroOp* op)
    {
        cpu.CallTrap(op);
        return Flow.Leave;
    }

    /// <summary>INT n, INT3 (Imm = 3), INT1; Extra 1 skips the gate's DPL check (INT1).</summary>
    public static Flow SoftwareInterrupt(Processor cpu, Core* c, MicroOp* op) => cpu.SoftwareInterrupt(op, (int)op->Imm, op->Extra == 0);

    public static Flow PushFlags<S>(Processor cpu, Core* c, MicroOp* op)
        where S : struct, IOperandSize
    {
        Flags.Materialize(c);
        return Push<S>(cpu, c, op, c->State.RFlags & ~(RFlag.Resume | (1UL << 17)));
    }

    public static Flow PopFlags<S>(Processor cpu, Core* c, MicroOp* op)
        where S : struct, IOperandSize
    {
        byte* p = MemoryOperand.Read(cpu, c, op, c->State.Rsp, Operand.Bytes<S>());
        if (p == null)
            return Flow.Fault;
        ulong value = Operand.Load<S>(p);
        c->State.Rsp += (ulong)Operand.Bytes<S>();
        ulong allowed = UserFlags | (c->State.Cpl == 0 ? RFlag.Interrupt | RFlag.Iopl : 0);
        if (c->State.Cpl == 3 && (c->State.RFlags & RFlag.Iopl) == RFlag.Iopl)
            allowed |= RFlag.Interrupt;
        if (S.Log2 == 1)
            allowed &= 0xFFFF;
        Flags.Materialize(c);
        c->State.RFlags = (c->State.RFlags & ~(allowed | RFlag.Resume)) | (value & allowed) | RFlag.Reserved1;
        return LeaveNext(c, op);
    }

    /// <summary>CLC, STC, CMC, CLD, STD: Extra 0 to 4.</summary>
    public static Flow ChangeFlag(Processor cpu, Core* c, MicroOp* op)
    {
        Flags.Materialize(c);
        ref ulong flags = ref c->State.RFlags;
        flags = op->Extra switch
        {
            0 => flags & ~RFlag.Carry,
            1 => flags | RFlag.Carry,
            2 => flags ^ RFlag.Carry,
            3 => flags & ~RFlag.Direction,
            _ => flags | RFlag.Direction,
        };
        return Flow.Next;
    }

    public static Flow LoadFlagsToAh(Processor cpu, Core* c, MicroOp* op)
    {
        Flags.Materialize(c);
        *((byte*)&c->State.Rax + 1) = (byte)c->State.RFlags;
        return Flow.Next;
    }

    public static Flow StoreAhToFlags(Processor cpu, Core* c, MicroOp* op)
    {
        Flags.Materialize(c);
        const ulong mask = RFlag.Carry | RFlag.Parity | RFlag.Adjust | RFlag.Zero | RFlag.Sign;
        c->State.RFlags = (c->State.RFlags & ~mask) | (*((byte*)&c->State.Rax + 1) & mask);
        return Flow.Next;
    }

    /// <summary>CLI (Extra 0), STI (Extra 1).</summary>
    public static Flow ChangeInterrupts(Processor cpu, Core* c, MicroOp* op)
    {
        if (c->State.Cpl == 3 && (c->State.RFlags & RFlag.Iopl) != RFlag.Iopl)
            return cpu.Raise(ExceptionVector.GeneralProtection);
        if (op->Extra == 0)
        {
            c->State.RFlags &= ~RFlag.Interrupt;
            return Flow.Next;
        }

        if ((c->State.RFlags & RFlag.Interrupt) == 0)
            cpu.NoteInterruptShadow();
        c->State.RFlags |= RFlag.Interrupt;
        return LeaveNext(c, op);
    }

    public static Flow Halt(Processor cpu, Core* c, MicroOp* op)
    {
        if (c->State.Cpl != 0)
            return cpu.Raise(ExceptionVector.GeneralProtection);
        c->State.Halted = 1;
        return LeaveNext(c, op);
    }

    public static Flow Pause(Processor cpu, Core* c, MicroOp* op)
    {
        c->State.Clock += Processor.PauseTicks - 1;
        return LeaveNext(c, op);
    }

    /// <summary>IN to AL, AX, EAX: the port is [Src] + Imm.</summary>
    public static Flow In(Processor cpu, Core* c, MicroOp* op)
    {
        if (!cpu.MayUsePorts())
            return cpu.Raise(ExceptionVector.GeneralProtection);
        uint value = cpu.ReadPort(op, (ushort)(*(ushort*)Register(c, op->Src) + op->Imm), (int)op->Extra);
        if (op->Extra == 1)
            *(byte*)&c->State.Rax = (byte)value;
        else if (op->Extra == 2)
            *(ushort*)&c->State.Rax = (ushort)value;
        else
            c->State.Rax = value;
        return LeaveNext(c, op);
    }

    public static Flow Out(Processor cpu, Core* c, MicroOp* op)
    {
        if (!cpu.MayUsePorts())
            return cpu.Raise(ExceptionVector.GeneralProtection);
        uint value = (uint)c->State.Rax & (uint)(uint.MaxValue >> (32 - (8 * (int)op->Extra)));
        cpu.WritePort(op, (ushort)(*(ushort*)Register(c, op->Dst) + op->Imm), (int)op->Extra, value);
        return LeaveNext(c, op);
    }

    public static Flow Cpuid(Processor cpu, Core* c, MicroOp* op)
    {
        ref CpuState s = ref c->State;
        (uint a, uint b, uint cx, uint d) = CpuidTable.Look((uint)s.Rax, (uint)s.Rcx, cpu.Number);
        s.Rax = a;
        s.Rbx = b;
        s.Rcx = cx;
        s.Rdx = d;
        return Flow.Next;
    }

    /// <summary>RDTSC, RDTSCP (Extra 1).</summary>
    public static Flow ReadTimeStamp(Processor cpu, Core* c, MicroOp* op)
    {
        ref CpuState s = ref c->State;
        if (s.Cpl != 0 && (s.Cr4 & ControlBits.Cr4TimeStampDisable) != 0)
            return cpu.Raise(ExceptionVector.GeneralProtection);
        ulong value = cpu.ClockAt(op) + s.TscOffset;
        s.Rax = (uint)value;
        s.Rdx = value >> 32;
        if (op->Extra == 1)
            s.Rcx = (uint)s.TscAux;
        return Flow.Next;
    }

    public static Flow ReadMsr(Processor cpu, Core* c, MicroOp* op)
    {
        if (c->State.Cpl != 0 || !cpu.TryReadMsr(op, (uint)c->State.Rcx, out ulong value))
            return cpu.Raise(ExceptionVector.GeneralProtection);
        c->State.Rax = (uint)value;
        c->State.Rdx = value >> 32;
        return LeaveNext(c, op);
    }

    public static Flow WriteMsr(Processor cpu, Core* c, MicroOp* op)
    {
        ulong value = (c->State.Rdx << 32) | (uint)c->State.Rax;
        if (c->State.Cpl != 0 || !cpu.TryWriteMsr(op, (uint)c->State.Rcx, value))
            return cpu.Raise(ExceptionVector.GeneralProtection);
        return LeaveNext(c, op);
    }

    /// <summary>MOV r64, CRn: Extra is n.</summary>
    public static Flow ReadControl(Processor cpu, Core* c, MicroOp* op)
    {
        if (c->State.Cpl != 0)
            return cpu.Raise(ExceptionVector.GeneralProtection);
        ref CpuState s = ref c->State;
        *(ulong*)Register(c, op->Dst) = op->Extra switch
        {
            0 => s.Cr0,
            2 => s.Cr2,
            3 => s.Cr3,
            4 => s.Cr4,
            _ => s.Cr8,
        };
        return Flow.Next;
    }

    public static Flow WriteControl(Processor cpu, Core* c, MicroOp* op)
    {
        ulong value = *(ulong*)Register(c, op->Src);
        if (c->State.Cpl != 0 || !cpu.TryWriteControl(op, (int)op->Extra, value))
            return cpu.Raise(ExceptionVector.GeneralProtection);
        return LeaveNext(c, op);
    }

    public static Flow ReadDebug(Processor cpu, Core* c, MicroOp* op)
    {
        if (c->State.Cpl != 0)
            return cpu.Raise(ExceptionVector.GeneralProtection);
        ref CpuState s = ref c->State;
        *(ulong*)Register(c, op->Dst) = op->Extra switch
        {
            0 => s.Dr0,
            1 => s.Dr1,
            2 => s.Dr2,
            3 => s.Dr3,
            4 or 6 => s.Dr6,
            _ => s.Dr7,
        };
        return Flow.Next;
    }

    public static Flow WriteDebug(Processor cpu, Core* c, MicroOp* op)
    {
        ulong value = *(ulong*)Register(c, op->Src);
        ref CpuState s = ref c->State;
        if (s.Cpl != 0 || (op->Extra >= 4 && value > uint.MaxValue))
            return cpu.Raise(ExceptionVector.GeneralProtection);
        switch (op->Extra)
        {
            case 0:
                s.Dr0 = value;
                break;
            case 1:
                s.Dr1 = value;
                break;
            case 2:
                s.Dr2 = value;
                break;
            case 3:
                s.Dr3 = value;
                break;
            case 4 or 6:
                s.Dr6 = (value & 0xE00F) | 0xFFFF0FF0;
                break;
            default:
                s.Dr7 = (value & 0xFFFF2BFF) | 0x400;
                break;
        }

        return LeaveNext(c, op);
    }

    /// <summary>LGDT, LIDT (Extra 0, 1) and SGDT, SIDT (2, 3).</summary>
    public static Flow DescriptorTable(Processor cpu, Core* c, MicroOp* op)
    {
        ulong address = MemoryOperand.Address(c, op);
        ref DescriptorTableRegister register = ref (op->Extra & 1) == 0 ? ref c->State.Gdtr : ref c->State.Idtr;
        bool load = op->Extra < 2;
        if (load && c->State.Cpl != 0)
            return cpu.Raise(ExceptionVector.GeneralProtection);
        byte* p = load ? MemoryOperand.Read(cpu, c, op, address, 10) : MemoryOperand.Write(cpu, c, op, address, 10);
        if (p == null)
            return Flow.Fault;
        if (load)
        {
            register.Limit = *(ushort*)p;
            register.Base = *(ulong*)(p + 2);
        }
        else
        {
            *(ushort*)p = register.Limit;
            *(ulong*)(p + 2) = register.Base;
        }

        return MemoryOperand.Done(cpu, c, op, p);
    }

    /// <summary>MOV Sreg, r/m16, LLDT (Extra 6), LTR (Extra 7): Extra is the segment register's number.</summary>
    public static Flow LoadSegment(Processor cpu, Core* c, MicroOp* op)
    {
        byte* p = op->Size == 0 ? Register(c, op->Src) : MemoryOperand.Read(cpu, c, op, MemoryOperand.Address(c, op), 2);
        if (p == null)
            return Flow.Fault;
        ushort selector = *(ushort*)p;
        return cpu.TryLoadSegment((int)op->Extra, selector) ? LeaveNext(c, op) : Flow.Fault;
    }

    public static Flow PopSegment(Processor cpu, Core* c, MicroOp* op)
    {
        byte* p = MemoryOperand.Read(cpu, c, op, c->State.Rsp, 8);
        if (p == null)
            return Flow.Fault;
        if (!cpu.TryLoadSegment((int)op->Extra, *(ushort*)p))
            return Flow.Fault;
        c->State.Rsp += 8;
        return LeaveNext(c, op);
    }

    /// <summary>MOV r/m, Sreg, STR, SLDT: Src is the selector; a register takes it zero-extended to the operand size in Imm.</summary>
    public static Flow StoreSegment(Processor cpu, Core* c, MicroOp* op)
    {
        ushort selector = *(ushort*)Register(c, op->Src);
        if (op->Size == 0)
        {
            if (op->Extra == 2)
                *(ushort*)Register(c, op->Dst) = selector;
            else
                *(ulong*)Register(c, op->Dst) = selector;
            return Flow.Next;
        }

        byte* p = MemoryOperand.Write(cpu, c, op, MemoryOperand.Address(c, op), 2);
        if (p == null)
            return Flow.Fault;
        *(ushort*)p = selector;
        return MemoryOperand.Done(cpu, c, op, p);
    }

    public static Flow PushSegment(Processor cpu, Core* c, MicroOp* op) =>
        Push<Size64>(cpu, c, op, *(ushort*)Register(c, op->Src));

    public static Flow InvalidatePage(Processor cpu, Core* c, MicroOp* op)
    {
        if (c->State.Cpl != 0)
            return cpu.Raise(ExceptionVector.GeneralProtection);
        cpu.FlushTranslations();
        return LeaveNext(c, op);
    }

    public static Flow PrivilegedNothing(Processor cpu, Core* c, MicroOp* op) =>
        c->State.Cpl == 0 ? Flow.Next : cpu.Raise(ExceptionVector.GeneralProtection);

    public static Flow SwapGs(Processor cpu, Core* c, MicroOp* op)
    {
        if (c->State.Cpl != 0)
            return cpu.Raise(ExceptionVector.GeneralProtection);
        (c->State.Gs.Base, c->State.KernelGsBase) = (c->State.KernelGsBase, c->State.Gs.Base);
        return Flow.Next;
    }

    public static Flow SystemCall(Processor cpu, Core* c, MicroOp* op)
    {
        ref CpuState s = ref c->State;
        if ((s.Efer & ControlBits.EferSyscall) == 0)
            return cpu.Raise(ExceptionVector.InvalidOpcode);
        Flags.Materialize(c);
        s.Rcx = NextRip(c, op);
        s.R11 = s.RFlags & ~RFlag.Resume;
        s.RFlags = (s.RFlags & ~(s.Fmask | RFlag.Resume)) | RFlag.Reserved1;
        ushort selector = (ushort)((s.Star >> 32) & 0xFFFC);
        cpu.SetFlatCode(selector, cpl: 0);
        cpu.SetFlatStack((ushort)(selector + 8), cpl: 0);
        cpu.SuppressTrap();
        s.Rip = s.Lstar;
        c->Exit = 1;
        return Flow.Leave;
    }

    /// <summary>SYSRETQ. (To compatibility mode: not supported.)</summary>
    public static Flow SystemReturn(Processor cpu, Core* c, MicroOp* op)
    {
        ref CpuState s = ref c->State;
        if ((s.Efer & ControlBits.EferSyscall) == 0)
            return cpu.Raise(ExceptionVector.InvalidOpcode);
        if (s.Cpl != 0 || !Processor.IsCanonical(s.Rcx))
            return cpu.Raise(ExceptionVector.GeneralProtection);
        Flags.Materialize(c);
        s.RFlags = (s.R11 & 0x3C7FD7 & ~RFlag.Resume) | RFlag.Reserved1;
        ushort selector = (ushort)(s.Star >> 48);
        cpu.SetFlatCode((ushort)((selector + 16) | 3), cpl: 3);
        cpu.SetFlatStack((ushort)((selector + 8) | 3), cpl: 3);
        s.Rip = s.Rcx;
        c->Exit = 1;
        return Flow.Leave;
    }

    /// <summary>IRETQ and RETFQ.</summary>
    public static Flow InterruptReturn(Processor cpu, Core* c, MicroOp* op) => cpu.InterruptReturn(op);

    public static Flow FarReturn(Processor cpu, Core* c, MicroOp* op) => cpu.FarReturn(op, op->Imm);

    /// <summary>LDMXCSR (Extra 0), STMXCSR (1).</summary>
    public static Flow Mxcsr(Processor cpu, Core* c, MicroOp* op)
    {
        ulong address = MemoryOperand.Address(c, op);
        byte* p = op->Extra == 0 ? MemoryOperand.Read(cpu, c, op, address, 4) : MemoryOperand.Write(cpu, c, op, address, 4);
        if (p == null)
            return Flow.Fault;
        if (op->Extra == 1)
        {
            *(uint*)p = c->State.Mxcsr;
        }
        else
        {
            if ((*(uint*)p & 0xFFFF0000) != 0)
                return cpu.Raise(ExceptionVector.GeneralProtection);
            c->State.Mxcsr = *(uint*)p;
        }

        return MemoryOperand.Done(cpu, c, op, p);
    }

    /// <summary>FXSAVE and FXSAVE64 (Extra 0), FXRSTOR and FXRSTOR64 (1): the x87 part, all that differs, is that of an initialised unit.</summary>
    public static Flow FxState(Processor cpu, Core* c, MicroOp* op)
    {
        ulong address = MemoryOperand.Address(c, op);
        if ((address & 15) != 0)
            return cpu.Raise(ExceptionVector.GeneralProtection);
        byte* p = op->Extra == 0 ? MemoryOperand.Modify(cpu, c, op, address, 512) : MemoryOperand.Read(cpu, c, op, address, 512);
        if (p == null)
            return Flow.Fault;
        if (op->Extra == 1)
        {
            if ((*(uint*)(p + 24) & 0xFFFF0000) != 0)
                return cpu.Raise(ExceptionVector.GeneralProtection);
            c->State.Mxcsr = *(uint*)(p + 24);
            new ReadOnlySpan<byte>(p + 160, 256).CopyTo(new Span<byte>(&c->State.Xmm, 256));
        }
        else
        {
            // The last 96 bytes belong to software: they keep what they held, so only 416 are written.
            new Span<byte>(p, 416).Clear();
            *(ushort*)p = 0x37F;
            *(uint*)(p + 24) = c->State.Mxcsr;
            *(uint*)(p + 28) = 0xFFFF;
            new ReadOnlySpan<byte>(&c->State.Xmm, 256).CopyTo(new Span<byte>(p + 160, 256));
        }

        return MemoryOperand.Done(cpu, c, op, p);
    }
}
