using KdSim.Kernel.Routines;
using KdSim.Machine.Cpu;

namespace KdSim.Kernel.Ke;

/// <summary>Which routine of nt takes which exception of the processor.</summary>
internal static class ExceptionVectors
{
    public const int Bound = 5;
    public const int MachineCheck = 18;
    public const int FastFail = 0x29;
    public const int Assertion = 0x2C;
    public const int DebugService = 0x2D;

    public static Stub? EntryOf(int vector) => vector switch
    {
        ExceptionVector.DivideError => Stub.KiDivideErrorFault,
        ExceptionVector.Debug => Stub.KiDebugTrapOrFault,
        ExceptionVector.Breakpoint => Stub.KiBreakpointTrap,
        ExceptionVector.Overflow => Stub.KiOverflowTrap,
        Bound => Stub.KiBoundFault,
        ExceptionVector.InvalidOpcode => Stub.KiInvalidOpcodeFault,
        ExceptionVector.DeviceNotAvailable => Stub.KiNpxNotAvailableFault,
        ExceptionVector.DoubleFault => Stub.KiDoubleFaultAbort,
        ExceptionVector.InvalidTss => Stub.KiInvalidTssFault,
        ExceptionVector.SegmentNotPresent => Stub.KiSegmentNotPresentFault,
        ExceptionVector.StackFault => Stub.KiStackFault,
        ExceptionVector.GeneralProtection => Stub.KiGeneralProtectionFault,
        ExceptionVector.PageFault => Stub.KiPageFault,
        ExceptionVector.AlignmentCheck => Stub.KiAlignmentFault,
        MachineCheck => Stub.KiMcheckAbort,
        ExceptionVector.SimdFloat => Stub.KiXmmException,
        FastFail => Stub.KiRaiseSecurityCheckFailure,
        Assertion => Stub.KiRaiseAssertion,
        DebugService => Stub.KiDebugServiceTrap,
        _ => null,
    };

    public static bool HasErrorCode(int vector) => vector is 8 or (>= 10 and <= 14) or 17;

    /// <summary>Vectors that user code may call with INT.</summary>
    public static bool IsForUser(int vector) => vector is ExceptionVector.Breakpoint or ExceptionVector.Overflow or FastFail or Assertion or DebugService;
}
