namespace KdSim.Machine.Cpu;

/// <summary>
/// Exceptions and interrupts through the guest's IDT (SDM volume 3, 6.14): gates, privilege, the stack from the TSS, error codes, and what a
/// fault during delivery becomes.
/// </summary>
public sealed unsafe partial class Processor
{
    private int _faultVector;
    private uint _faultCode;
    private ulong _faultAddress;

    /// <summary>For handlers: <c>return cpu.Raise(vector)</c> makes the instruction fault instead of retiring.</summary>
    internal Flow Raise(int vector, uint errorCode = 0)
    {
        _faultVector = vector;
        _faultCode = errorCode;
        return Flow.Fault;
    }

    /// <summary>INT n: delivers at once, as part of this instruction.</summary>
    internal Flow SoftwareInterrupt(MicroOp* op, int vector, bool checkPrivilege)
    {
        SyncBefore(op);
        ulong rip = _core->State.Rip;
        ulong next = Handlers.NextRip(_core, op);
        if (vector is ExceptionVector.Breakpoint or ExceptionVector.Debug)
            _host.ExceptionRaised(this, vector, 0);
        AfterCallback();
        if (!TryDeliver(vector, 0, hasCode: false, next, checkPrivilege))
        {
            _core->State.Rip = rip;
            return Flow.Fault;
        }

        return Flow.Leave;
    }

    internal Flow InterruptReturn(MicroOp* op)
    {
        Core* c = _core;
        ref CpuState s = ref c->State;
        byte* p = MemoryOperand.Read(this, c, op, s.Rsp, 40);
        if (p == null)
            return Flow.Fault;
        ulong* frame = (ulong*)p;
        ulong rip = frame[0];
        ushort cs = (ushort)frame[1];
        ulong flags = frame[2];
        ulong rsp = frame[3];
        ushort ss = (ushort)frame[4];
        int cpl = s.Cpl;
        if (!CheckReturn(cs, rip, cpl, out SegmentRegister code))
            return Flow.Fault;
        int newCpl = cs & 3;
        SegmentRegister stack = new() { Selector = ss };
        if ((ss & ~3) != 0)
        {
            if (!TryReadDescriptor(ss, out ulong descriptor, out _))
                return Flow.Fault;
            if ((ss & 3) != newCpl || ((descriptor >> 40) & 0x1A) != 0x12 || (int)((descriptor >> 45) & 3) != newCpl)
                return Raise(ExceptionVector.GeneralProtection, ss & 0xFFFCu);
            if ((descriptor & (1UL << 47)) == 0)
                return Raise(ExceptionVector.StackFault, ss & 0xFFFCu);
            stack = FromDescriptor(ss, descriptor);
        }
        else if (newCpl == 3 || (ss & 3) != newCpl)
        {
            return Raise(ExceptionVector.GeneralProtection);
        }

        Flags.Materialize(c);
        ulong allowed = RFlag.Arithmetic | RFlag.Trap | RFlag.Direction | RFlag.NestedTask | RFlag.AlignmentCheck | RFlag.Id | RFlag.Resume;
        if (cpl == 0)
            allowed |= RFlag.Interrupt | RFlag.Iopl;
        else if ((s.RFlags & RFlag.Iopl) == RFlag.Iopl)
            allowed |= RFlag.Interrupt;
        s.RFlags = (s.RFlags & ~allowed) | (flags & allowed) | RFlag.Reserved1;
        s.Rip = rip;
        s.Rsp = rsp;
        s.Cs = code;
        s.Ss = stack;
        c->Tlb = newCpl == 3 ? _userTlb : _supervisorTlb;
        c->Exit = 1;
        return Flow.Leave;
    }

    internal Flow FarReturn(MicroOp* op, ulong pop)
    {
        Core* c = _core;
        ref CpuState s = ref c->State;
        byte* p = MemoryOperand.Read(this, c, op, s.Rsp, 16);
        if (p == null)
            return Flow.Fault;
        ulong rip = ((ulong*)p)[0];
        ushort cs = (ushort)((ulong*)p)[1];
        if ((cs & 3) != s.Cpl)
            return StopUnsupported(op);
        if (!CheckReturn(cs, rip, s.Cpl, out SegmentRegister code))
            return Flow.Fault;
        s.Rip = rip;
        s.Cs = code;
        s.Rsp += 16 + pop;
        c->Exit = 1;
        return Flow.Leave;
    }

    private bool CheckReturn(ushort cs, ulong rip, int cpl, out SegmentRegister code)
    {
        code = default;
        if ((cs & ~3) == 0)
            return RaiseFalse(ExceptionVector.GeneralProtection, 0);
        uint error = cs & 0xFFFCu;
        if (!TryReadDescriptor(cs, out ulong descriptor, out _))
            return false;
        int dpl = (int)(descriptor >> 45) & 3;
        bool isCode = ((descriptor >> 40) & 0x18) == 0x18;
        bool isLong = (descriptor & (1UL << 53)) != 0;
        if (!isCode || !isLong || (cs & 3) < cpl || dpl != (cs & 3))
            return RaiseFalse(ExceptionVector.GeneralProtection, error);
        if ((descriptor & (1UL << 47)) == 0)
            return RaiseFalse(ExceptionVector.SegmentNotPresent, error);
        if (!IsCanonical(rip))
            return RaiseFalse(ExceptionVector.GeneralProtection, 0);
        code = FromDescriptor(cs, descriptor);
        return true;
    }

    private bool RaiseFalse(int vector, uint errorCode)
    {
        Raise(vector, errorCode);
        return false;
    }

    private bool RaiseFalse(MemoryFault fault)
    {
        if (!fault.Canonical)
            return RaiseFalse(ExceptionVector.GeneralProtection, 0);
        _faultAddress = fault.Address;
        return RaiseFalse(ExceptionVector.PageFault, fault.ErrorCode);
    }

    /// <summary>A memory operand failed: #PF, or for a non-canonical address #SS where the stack is addressed, else #GP.</summary>
    private bool RaiseMemoryFault(MicroOp* op)
    {
        MemoryFault fault = LastFault;
        bool onStack = !fault.Canonical && (op->Base == OffsetOf(_core, &_core->State.Rsp) || op->Base == OffsetOf(_core, &_core->State.Rbp));
        return onStack ? RaiseFalse(ExceptionVector.StackFault, 0) : RaiseFalse(fault);
    }

    /// <summary>Delivers the recorded fault of the instruction at State.Rip. False after a triple fault.</summary>
    private bool DeliverFault()
    {
        int vector = _faultVector;
        uint code = _faultCode;
        while (true)
        {
            if (vector == ExceptionVector.PageFault)
                _core->State.Cr2 = _faultAddress;
            _host.ExceptionRaised(this, vector, code);
            Refresh();

            // Faults push RF so that the restarted instruction is not trapped twice.
            ulong rip = _core->State.Rip;
            if (TryDeliver(vector, code, HasErrorCode(vector), rip, checkPrivilege: false, isFault: true))
                return true;
            if (vector == ExceptionVector.DoubleFault)
            {
                _core->State.Rip = rip;
                _host.TripleFault(this);
                return false;
            }

            bool becomesDouble = (IsContributory(vector) && IsContributory(_faultVector)) ||
                (vector == ExceptionVector.PageFault && (IsContributory(_faultVector) || _faultVector == ExceptionVector.PageFault));
            vector = becomesDouble ? ExceptionVector.DoubleFault : _faultVector;
            code = becomesDouble ? 0 : _faultCode;
        }
    }

    private static bool HasErrorCode(int vector) => vector is 8 or (>= 10 and <= 14) or 17;

    private static bool IsContributory(int vector) => vector is 0 or (>= 10 and <= 13);

    /// <summary>
    /// Goes through the gate of a vector. False leaves State as it was and the new fault recorded. <paramref name="returnRip"/> is what the
    /// frame holds.
    /// </summary>
    private bool TryDeliver(int vector, uint errorCode, bool hasCode, ulong returnRip, bool checkPrivilege, bool isFault = false)
    {
        Core* c = _core;
        ref CpuState s = ref c->State;
        Flags.Materialize(c);
        uint gateError = (uint)(vector << 3) | 2 | (checkPrivilege ? 0u : 1u);
        if ((vector * 16) + 15 > s.Idtr.Limit)
            return RaiseFalse(ExceptionVector.GeneralProtection, gateError);
        ulong* gate = stackalloc ulong[2];
        if (TryRead(s.Idtr.Base + (ulong)(vector * 16), new Span<byte>(gate, 16)) != 16)
            return RaiseFalse(LastFault);
        int type = (int)(gate[0] >> 40) & 0x1F;
        if (type is not (0xE or 0xF) || (checkPrivilege && (int)((gate[0] >> 45) & 3) < s.Cpl))
            return RaiseFalse(ExceptionVector.GeneralProtection, gateError);
        if ((gate[0] & (1UL << 47)) == 0)
            return RaiseFalse(ExceptionVector.SegmentNotPresent, gateError);
        ushort selector = (ushort)(gate[0] >> 16);
        ulong target = (gate[0] & 0xFFFF) | ((gate[0] >> 32) & 0xFFFF0000) | (gate[1] << 32);
        if ((selector & ~3) == 0)
            return RaiseFalse(ExceptionVector.GeneralProtection, 0);
        if (!TryReadDescriptor(selector, out ulong descriptor, out _))
            return false;
        int newCpl = (int)(descriptor >> 45) & 3;
        if (((descriptor >> 40) & 0x18) != 0x18 || newCpl > s.Cpl || (descriptor & (1UL << 53)) == 0)
            return RaiseFalse(ExceptionVector.GeneralProtection, selector & 0xFFFCu);
        if ((descriptor & (1UL << 47)) == 0)
            return RaiseFalse(ExceptionVector.SegmentNotPresent, selector & 0xFFFCu);
        if (!IsCanonical(target))
            return RaiseFalse(ExceptionVector.GeneralProtection, 0);
        int stackIndex = (int)(gate[0] >> 32) & 7;
        ulong rsp = s.Rsp;
        bool switches = stackIndex != 0 || newCpl != s.Cpl;
        if (switches && !TryReadTssStack(stackIndex, newCpl, out rsp))
            return false;
        return TryPushFrame(ref s, rsp, errorCode, hasCode, returnRip, isFault, out ulong newRsp)
            && EnterGate(ref s, selector, descriptor, newCpl, target, newRsp, type == 0xE);
    }

    private bool TryReadTssStack(int stackIndex, int cpl, out ulong rsp)
    {
        ref CpuState s = ref _core->State;
        uint offset = stackIndex != 0 ? 0x1Cu + (8u * (uint)stackIndex) : 4 + (8u * (uint)cpl);
        rsp = 0;
        if (offset + 7 > s.Tr.Limit)
            return RaiseFalse(ExceptionVector.InvalidTss, s.Tr.Selector & 0xFFFCu);
        if (!TryRead(s.Tr.Base + offset, out rsp))
            return RaiseFalse(LastFault);
        return IsCanonical(rsp) || RaiseFalse(ExceptionVector.StackFault, 0);
    }

    private bool TryPushFrame(ref CpuState s, ulong rsp, uint errorCode, bool hasCode, ulong returnRip, bool isFault, out ulong newRsp)
    {
        ulong* frame = stackalloc ulong[6];
        int count = hasCode ? 6 : 5;
        frame[0] = errorCode;
        ulong* words = frame + 1;
        words[0] = returnRip;
        words[1] = s.Cs.Selector;
        words[2] = isFault ? s.RFlags | RFlag.Resume : s.RFlags;
        words[3] = s.Rsp;
        words[4] = s.Ss.Selector;
        newRsp = (rsp & ~15UL) - (ulong)(8 * count);
        if (!CanWrite(newRsp, 8 * count))
            return LastFault.Canonical ? RaiseFalse(LastFault) : RaiseFalse(ExceptionVector.StackFault, 0);
        TryWrite(newRsp, new ReadOnlySpan<byte>(hasCode ? frame : words, 8 * count));
        return true;
    }

    private bool EnterGate(ref CpuState s, ushort selector, ulong descriptor, int newCpl, ulong target, ulong newRsp, bool clearInterrupts)
    {
        if (newCpl != s.Cpl)
            s.Ss = new SegmentRegister { Selector = (ushort)newCpl };
        s.Cs = FromDescriptor((ushort)((selector & ~3) | newCpl), descriptor);
        s.RFlags &= ~(RFlag.Trap | RFlag.Resume | RFlag.NestedTask | (clearInterrupts ? RFlag.Interrupt : 0));
        s.Rip = target;
        s.Rsp = newRsp;
        s.InterruptShadow = 0;
        _trapSuppressed = true;
        _core->Tlb = newCpl == 3 ? _userTlb : _supervisorTlb;
        _core->Exit = 1;
        return true;
    }
}
