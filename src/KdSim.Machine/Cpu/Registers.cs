namespace KdSim.Machine.Cpu;

/// <summary>Bits of RFLAGS.</summary>
public static class RFlag
{
    public const ulong Carry = 1 << 0;
    public const ulong Reserved1 = 1 << 1;
    public const ulong Parity = 1 << 2;
    public const ulong Adjust = 1 << 4;
    public const ulong Zero = 1 << 6;
    public const ulong Sign = 1 << 7;
    public const ulong Trap = 1 << 8;
    public const ulong Interrupt = 1 << 9;
    public const ulong Direction = 1 << 10;
    public const ulong Overflow = 1 << 11;
    public const ulong Iopl = 3 << 12;
    public const ulong NestedTask = 1 << 14;
    public const ulong Resume = 1 << 16;
    public const ulong AlignmentCheck = 1 << 18;
    public const ulong Id = 1 << 21;
    public const ulong Arithmetic = Carry | Parity | Adjust | Zero | Sign | Overflow;
}

/// <summary>Bits of control registers and EFER.</summary>
public static class ControlBits
{
    public const ulong Cr0ProtectedMode = 1 << 0;
    public const ulong Cr0MonitorCoprocessor = 1 << 1;
    public const ulong Cr0ExtensionType = 1 << 4;
    public const ulong Cr0NumericError = 1 << 5;
    public const ulong Cr0WriteProtect = 1 << 16;
    public const ulong Cr0AlignmentMask = 1 << 18;
    public const ulong Cr0Paging = 1UL << 31;
    public const ulong Cr4TimeStampDisable = 1 << 2;
    public const ulong Cr4PhysicalAddressExtension = 1 << 5;
    public const ulong Cr4GlobalPages = 1 << 7;
    public const ulong Cr4FxSave = 1 << 9;
    public const ulong Cr4XmmExceptions = 1 << 10;

    /// <summary>SMEP: ring 0 may not execute pages of user mode.</summary>
    public const ulong Cr4SupervisorExecutionPrevention = 1 << 20;
    public const ulong EferSyscall = 1 << 0;
    public const ulong EferLongMode = 1 << 8;
    public const ulong EferLongModeActive = 1 << 10;
    public const ulong EferNoExecute = 1 << 11;
}

/// <summary>Exception vectors (SDM volume 3, 6.15).</summary>
public static class ExceptionVector
{
    public const int DivideError = 0;
    public const int Debug = 1;
    public const int Breakpoint = 3;
    public const int Overflow = 4;
    public const int InvalidOpcode = 6;
    public const int DeviceNotAvailable = 7;
    public const int DoubleFault = 8;
    public const int InvalidTss = 10;
    public const int SegmentNotPresent = 11;
    public const int StackFault = 12;
    public const int GeneralProtection = 13;
    public const int PageFault = 14;
    public const int AlignmentCheck = 17;
    public const int SimdFloat = 19;
}
