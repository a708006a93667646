namespace KdSim.Machine.Cpu;

/// <summary>System instructions: control registers, MSRs, ports, segments.</summary>
public sealed unsafe partial class Processor
{
    /// <summary>What PAUSE costs (40 ns).</summary>
    public const ulong PauseTicks = 80;

    /// <summary>Changes CR0, CR2, CR3, CR4 or CR8 as MOV does; false where that gives #GP.</summary>
    internal bool TryWriteControl(MicroOp* op, int number, ulong value)
    {
        ref CpuState s = ref _core->State;
        switch (number)
        {
            case 0:
                const ulong needed = ControlBits.Cr0ProtectedMode | ControlBits.Cr0Paging;
                if ((value & needed) != needed || value > uint.MaxValue)
                    return false;
                s.Cr0 = value | ControlBits.Cr0ExtensionType;
                break;
            case 2:
                s.Cr2 = value;
                break;
            case 3:
                s.Cr3 = value & ~(1UL << 63);
                FlushTranslations();
                break;
            case 4:
                const ulong allowed = 0x6FF | ControlBits.Cr4SupervisorExecutionPrevention;
                if ((value & ControlBits.Cr4PhysicalAddressExtension) == 0 || (value & ~allowed) != 0)
                    return false;
                s.Cr4 = value;
                FlushTranslations();
                break;
            default:
                if (value > 15)
                    return false;
                SyncBefore(op);
                SetCr8((byte)value);
                AfterCallback();
                break;
        }

        return true;
    }

    internal bool TryReadMsr(MicroOp* op, uint index, out ulong value)
    {
        ref CpuState s = ref _core->State;
        switch (index)
        {
            case 0x10:
                value = ClockAt(op) + s.TscOffset;
                return true;
            case 0x8B:
                value = 0;
                return true;
            case 0xC0000100:
                value = s.Fs.Base;
                return true;
            case 0xC0000101:
                value = s.Gs.Base;
                return true;
        }

        ref ulong register = ref MsrRegister(index);
        if (!System.Runtime.CompilerServices.Unsafe.IsNullRef(ref register))
        {
            value = register;
            return true;
        }

        SyncBefore(op);
        bool known = _host.TryReadMsr(this, index, out value);
        AfterCallback();
        return known;
    }

    internal bool TryWriteMsr(MicroOp* op, uint index, ulong value)
    {
        ref CpuState s = ref _core->State;
        bool holdsAddress = index is 0xC0000082 or 0xC0000083 or 0xC0000100 or 0xC0000101 or 0xC0000102 or 0x175 or 0x176;
        if (holdsAddress && !IsCanonical(value))
            return false;
        switch (index)
        {
            case 0x10:
                s.TscOffset = value - ClockAt(op);
                return true;
            case 0xC0000080:
                const ulong changeable = ControlBits.EferSyscall | ControlBits.EferNoExecute;
                if ((value & ~(changeable | ControlBits.EferLongMode | ControlBits.EferLongModeActive)) != 0 ||
                    (value & ControlBits.EferLongMode) == 0)
                    return false;
                s.Efer = (value & changeable) | ControlBits.EferLongMode | ControlBits.EferLongModeActive;
                FlushTranslations();
                return true;
            case 0xC0000100:
                s.Fs.Base = value;
                return true;
            case 0xC0000101:
                s.Gs.Base = value;
                return true;
        }

        ref ulong register = ref MsrRegister(index);
        if (!System.Runtime.CompilerServices.Unsafe.IsNullRef(ref register))
        {
            register = value;
            return true;
        }

        SyncBefore(op);
        bool known = _host.TryWriteMsr(this, index, value);
        AfterCallback();
        return known;
    }

    internal bool MayUsePorts() => _core->State.Cpl == 0 || (_core->State.RFlags & RFlag.Iopl) == RFlag.Iopl;

    internal uint ReadPort(MicroOp* op, ushort port, int size)
    {
        SyncBefore(op);
        uint value = _host.ReadPort(this, port, size);
        AfterCallback();
        return value;
    }

    internal void WritePort(MicroOp* op, ushort port, int size, uint value)
    {
        SyncBefore(op);
        _host.WritePort(this, port, size, value);
        AfterCallback();
    }

    internal void NoteInterruptShadow() => _core->State.InterruptShadow = 2;

    /// <summary>This instruction entered a handler: a single-step trap after it would be taken inside that handler, so there is none.</summary>
    internal void SuppressTrap() => _trapSuppressed = true;

    internal void SetFlatCode(ushort selector, int cpl)
    {
        _core->State.Cs = new SegmentRegister
        {
            Selector = (ushort)((selector & ~3) | cpl),
            Attributes = (ushort)(0x209B | (cpl << 5)),
            Limit = 0,
        };
        _core->Tlb = cpl == 3 ? _userTlb : _supervisorTlb;
    }

    internal void SetFlatStack(ushort selector, int cpl) => _core->State.Ss = new SegmentRegister
    {
        Selector = (ushort)((selector & ~3) | cpl),
        Attributes = (ushort)(0x4093 | (cpl << 5)),
        Limit = uint.MaxValue,
    };

    /// <summary>Loads ES, CS (not by this way), SS, DS, FS, GS, LDTR (6) or TR (7) from the GDT; false after a recorded fault.</summary>
    internal bool TryLoadSegment(int number, ushort selector)
    {
        ref CpuState s = ref _core->State;
        ref SegmentRegister register = ref Segment(number);
        if (number >= 6 && s.Cpl != 0)
            return RaiseFalse(ExceptionVector.GeneralProtection, 0);
        if ((selector & ~3) == 0)
        {
            if (number == 7 || (number == 2 && (s.Cpl == 3 || (selector & 3) != s.Cpl)))
                return RaiseFalse(ExceptionVector.GeneralProtection, 0);
            register = new SegmentRegister { Selector = selector };
            NoteStackLoad(number);
            return true;
        }

        uint error = selector & 0xFFFCu;
        if (!TryReadDescriptor(selector, out ulong descriptor, out ulong baseHigh))
            return false;
        uint attributes = (uint)(descriptor >> 40) & 0xF0FF;
        int type = (int)attributes & 0x1F;
        int dpl = (int)(attributes >> 5) & 3;
        bool fits = number switch
        {
            6 => type == 2,
            7 => type == 9,
            2 => (type & 0x1A) == 0x12 && dpl == s.Cpl && (selector & 3) == s.Cpl,
            _ => (type & 0x10) != 0 && ((type & 8) == 0 || (type & 2) != 0) && Math.Max(s.Cpl, selector & 3) <= dpl,
        };
        if (!fits)
            return RaiseFalse(ExceptionVector.GeneralProtection, error);
        if ((attributes & 0x80) == 0)
            return RaiseFalse(number == 2 ? ExceptionVector.StackFault : ExceptionVector.SegmentNotPresent, error);
        register = FromDescriptor(selector, descriptor);
        if (number >= 6)
            register.Base |= baseHigh << 32;
        if (number == 7)
        {
            register.Attributes |= 2;
            ulong address = s.Gdtr.Base + (ulong)(selector & ~7);
            TryWrite(address + 5, (byte)(descriptor >> 40 | 2));
        }

        NoteStackLoad(number);
        return true;
    }

    internal static SegmentRegister FromDescriptor(ushort selector, ulong descriptor)
    {
        uint limit = (uint)((descriptor & 0xFFFF) | ((descriptor >> 32) & 0xF0000));
        if ((descriptor & (1UL << 55)) != 0)
            limit = (limit << 12) | 0xFFF;
        return new SegmentRegister
        {
            Selector = selector,
            Attributes = (ushort)((descriptor >> 40) & 0xF0FF),
            Limit = limit,
            Base = ((descriptor >> 16) & 0xFFFFFF) | ((descriptor >> 32) & 0xFF000000),
        };
    }

    /// <summary>Reads a descriptor of the GDT (an LDT is not supported: #GP); <paramref name="high"/> is the second half of system ones.</summary>
    internal bool TryReadDescriptor(ushort selector, out ulong descriptor, out ulong high)
    {
        ref CpuState s = ref _core->State;
        descriptor = high = 0;
        uint offset = selector & 0xFFF8u;
        uint error = selector & 0xFFFCu;
        if ((selector & 4) != 0 || offset + 7 > s.Gdtr.Limit)
            return RaiseFalse(ExceptionVector.GeneralProtection, error);
        if (!TryRead(s.Gdtr.Base + offset, out descriptor))
            return RaiseFalse(LastFault);
        bool isSystem = (descriptor & (1UL << 44)) == 0;
        return !isSystem || offset + 15 > s.Gdtr.Limit || TryRead(s.Gdtr.Base + offset + 8, out high) || RaiseFalse(LastFault);
    }

    private ref SegmentRegister Segment(int number)
    {
        ref CpuState s = ref _core->State;
        switch (number)
        {
            case 0:
                return ref s.Es;
            case 2:
                return ref s.Ss;
            case 3:
                return ref s.Ds;
            case 4:
                return ref s.Fs;
            case 5:
                return ref s.Gs;
            case 6:
                return ref s.Ldtr;
            default:
                return ref s.Tr;
        }
    }

    private void NoteStackLoad(int number)
    {
        if (number == 2)
            _core->State.InterruptShadow = 2;
    }

    private ref ulong MsrRegister(uint index)
    {
        ref CpuState s = ref _core->State;
        switch (index)
        {
            case 0x174:
                return ref s.SysenterCs;
            case 0x175:
                return ref s.SysenterEsp;
            case 0x176:
                return ref s.SysenterEip;
            case 0x1A0:
                return ref s.MiscEnable;
            case 0x277:
                return ref s.Pat;
            case 0xC0000080:
                return ref s.Efer;
            case 0xC0000081:
                return ref s.Star;
            case 0xC0000082:
                return ref s.Lstar;
            case 0xC0000083:
                return ref s.Cstar;
            case 0xC0000084:
                return ref s.Fmask;
            case 0xC0000102:
                return ref s.KernelGsBase;
            case 0xC0000103:
                return ref s.TscAux;
            default:
                return ref System.Runtime.CompilerServices.Unsafe.NullRef<ulong>();
        }
    }
}
