using System.Runtime.InteropServices;
using KdSim.Tracing.Etl.Format;

namespace KdSim.Tracing.Etl.Writing;

// Payloads of the kernel logger that a machine writes often. Names and layout are those of the tables in Format, which each binding checks.

/// <summary>An ISR of a line-based interrupt has returned; the record's time is its end.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct IsrPayload : IKernelPayload
{
    public const byte Opcode = 67;

    public ulong InitialTime, Routine;
    public byte ReturnValue;
    public ushort Vector;
    public byte Reserved;

    public static KernelBinding Binding { get; } = KernelBinding.Of<IsrPayload>(KernelGroup.PerfInfo, 2, Opcode);
}

/// <summary>As <see cref="IsrPayload"/>, of a message-signaled interrupt.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct MessageIsrPayload : IKernelPayload
{
    public const byte Opcode = 50;

    public ulong InitialTime, Routine;
    public byte ReturnValue;
    public ushort Vector;
    public byte Reserved;
    public uint Message;

    public static KernelBinding Binding { get; } = KernelBinding.Of<MessageIsrPayload>(KernelGroup.PerfInfo, 2, Opcode);
}

/// <summary>A DPC has returned; the record's time is its end.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct DpcPayload : IKernelPayload
{
    public const byte Threaded = 66, Ordinary = 68, OfTimer = 69;

    public ulong InitialTime, Routine;

    public static KernelBinding Binding { get; } = KernelBinding.Of<DpcPayload>(KernelGroup.PerfInfo, 2, Threaded, Ordinary, OfTimer);
}

[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct DpcEnqueuePayload : IKernelPayload
{
    public const byte Opcode = 100;

    public ulong Key;
    public int QueueDepth;
    public uint DpcCount, TargetCpu;
    public byte Importance, Reserved0, Reserved1, Reserved2;

    public static KernelBinding Binding { get; } = KernelBinding.Of<DpcEnqueuePayload>(KernelGroup.PerfInfo, 2, Opcode);
}

[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct DpcExecutionPayload : IKernelPayload
{
    public const byte Opcode = 101;

    public ulong Routine, Key;

    public static KernelBinding Binding { get; } = KernelBinding.Of<DpcExecutionPayload>(KernelGroup.PerfInfo, 2, Opcode);
}

[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct TimerExpirationPayload : IKernelPayload
{
    public const byte Opcode = 81;

    public ulong ExpectedDueTime, Timer, DeferredRoutine;
    public byte EncodedDelay;

    public static KernelBinding Binding { get; } = KernelBinding.Of<TimerExpirationPayload>(KernelGroup.PerfInfo, 2, Opcode);
}

[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct SetPeriodicTimerPayload : IKernelPayload
{
    public const byte Opcode = 82, HasDpc = 2;

    public ulong DueTime, Timer;
    public ushort TargetGroup;
    public byte TargetIndex, Flags;
    public uint Period;
    public byte EncodedDelay;

    public static KernelBinding Binding { get; } = KernelBinding.Of<SetPeriodicTimerPayload>(KernelGroup.PerfInfo, 2, Opcode);
}

[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct SetOneShotTimerPayload : IKernelPayload
{
    public const byte Opcode = 83, OfThread = 84;

    public ulong DueTime, Timer;
    public ushort TargetGroup;
    public byte TargetIndex, Flags;

    public static KernelBinding Binding { get; } = KernelBinding.Of<SetOneShotTimerPayload>(KernelGroup.PerfInfo, 2, Opcode, OfThread);
}

[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct CancelTimerPayload : IKernelPayload
{
    public const byte Opcode = 85;

    public ulong Timer;

    public static KernelBinding Binding { get; } = KernelBinding.Of<CancelTimerPayload>(KernelGroup.PerfInfo, 2, Opcode);
}

[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct ContextSwitchPayload : IKernelPayload
{
    public const byte Opcode = 36;

    public uint NewThreadID, OldThreadID;
    public sbyte NewThreadPriority, OldThreadPriority;
    public byte PreviousCState;
    public sbyte SpareByte, OldThreadWaitReason, OldThreadWaitMode, OldThreadState, OldThreadWaitIdealProcessor;
    public uint NewThreadWaitTime, Reserved;

    public static KernelBinding Binding { get; } = KernelBinding.Of<ContextSwitchPayload>(KernelGroup.Thread, 4, Opcode);
}

[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct ReadyThreadPayload : IKernelPayload
{
    public const byte Opcode = 50, FromDpc = 1;

    public uint AwakenedThreadID;
    public byte AdjustReason;
    public sbyte AdjustIncrement;
    public byte Flags, Reserved;

    public static KernelBinding Binding { get; } = KernelBinding.Of<ReadyThreadPayload>(KernelGroup.Thread, 2, Opcode);
}

/// <summary>A spin lock was released that somebody had spun for; times are the file's ticks.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct SpinLockPayload : IKernelPayload
{
    public const byte Opcode = 41, InDpc = 0x40, InIsr = 0x80;

    public ulong SpinLock, Caller, AcquireTime, ReleaseTime;
    public uint WaitTimeInCycles, SpinCount, ThreadID, InterruptCount;
    public byte Irql, AcquireDepth, Flag, Reserved0, Reserved1, Reserved2, Reserved3, Reserved4;

    public static KernelBinding Binding { get; } = KernelBinding.Of<SpinLockPayload>(KernelGroup.Thread, 2, Opcode);
}

[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct DriverCallPayload : IKernelPayload
{
    public const byte Opcode = 34;

    public uint MajorFunction, MinorFunction;
    public ulong RoutineAddr, FileKey, Irp;
    public uint UniqMatchID;

    public static KernelBinding Binding { get; } = KernelBinding.Of<DriverCallPayload>(KernelGroup.DiskIo, 2, Opcode);
}

[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct DriverReturnPayload : IKernelPayload
{
    public const byte OfCall = 35, OfCompletion = 53;

    public ulong Irp;
    public uint UniqMatchID;

    public static KernelBinding Binding { get; } = KernelBinding.Of<DriverReturnPayload>(KernelGroup.DiskIo, 2, OfCall, OfCompletion);
}

[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct CompletionRoutinePayload : IKernelPayload
{
    public const byte Called = 36, Returned = 37;

    public ulong Routine, IrpPtr;
    public uint UniqMatchID;

    public static KernelBinding Binding { get; } = KernelBinding.Of<CompletionRoutinePayload>(KernelGroup.DiskIo, 2, Called, Returned);
}

[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct DriverCompletePayload : IKernelPayload
{
    public const byte Opcode = 52;

    public ulong RoutineAddr, Irp;
    public uint UniqMatchID;

    public static KernelBinding Binding { get; } = KernelBinding.Of<DriverCompletePayload>(KernelGroup.DiskIo, 2, Opcode);
}
