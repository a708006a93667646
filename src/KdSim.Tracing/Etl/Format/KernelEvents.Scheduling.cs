namespace KdSim.Tracing.Etl.Format;

/// <summary>Tables: interrupts, DPCs, timers, threads, locks, stacks.</summary>
public static partial class KernelEvents
{
    static Table[] SchedulingTables() =>
    [
        new(KernelGroup.PerfInfo, "PerfInfo", """
            34:Mark v0: astr Value
            46:Sample v2: routine InstructionPointer, tid ThreadID, u16 Count, u16 Reserved
            47:PMCSample v2: routine InstructionPointer, tid ThreadID, u16 ProfileSource, u16 Reserved
            50:ISR v2: ticks InitialTime, routine Routine, u8 ReturnValue, u16 Vector, u8 Reserved, u32 Message
            51:SysClEnter v2: routine SysCallAddress
            52:SysClExit v2: status SysCallNtStatus
            58:DebuggerEnabled v2: u8 Enabled
            66:ThreadedDPC 68:DPC 69:TimerDPC v2: ticks InitialTime, routine Routine
            67:ISR v2: ticks InitialTime, routine Routine, u8 ReturnValue, u16 Vector, u8 Reserved
            72:SetInterval 73:CollectionStart 74:CollectionEnd v0: u32 SampleSource, u32 NewInterval, u32 OldInterval
            72:SetInterval 73:CollectionStart 74:CollectionEnd v3: u32 SampleSource, u32 NewInterval, u32 OldInterval, wstr SourceName
            75:SpinLockConfigStart 76:SpinLockConfigEnd v0: u32 SpinLockSpinThreshold, u32 SpinLockContentionSampleRate, u32
                SpinLockAcquireSampleRate, u32 SpinLockHoldThreshold
            79:ClockInterrupt v0: u64 InterruptTime, u16 Flags
            80:TimerExpirationStart v0: u64 InterruptTime
            81:TimerExpiration v0: u64 ExpectedDueTime, ptr Timer, routine DeferredRoutine, u8 EncodedDelay
            82:SetPeriodicTimer v0: u64 DueTime, ptr Timer, u16 TargetGroup, u8 TargetIndex, x8 Flags, u32 Period, u8 EncodedDelay
            83:SetOneShotTimer 84:SetThreadTimer v0: u64 DueTime, ptr Timer, u16 TargetGroup, u8 TargetIndex, x8 Flags
            85:CancelTimer v0: ptr Timer
            93:IoTimerStart 94:IoTimerStop v0: ptr DeviceObject, routine Routine
            100:DpcEnqueue v0: ptr Key, i32 QueueDepth, u32 DpcCount, u32 TargetCpu, u8 Importance, u8 Reserved0, u8 Reserved1, u8 Reserved2
            101:DpcExecution v0: routine Routine, ptr Key
            104:SetTimer2 105:Timer2Expiration v0: u64 DueTime, u64 MaximumDueTime, u64 Period, ptr Key, routine Callback, ptr Context, x8 Flags
            """),
        new(KernelGroup.Thread, "Thread", """
            1:Start 2:Stop 3:DCStart 4:DCStop v0: pid ProcessID, tid ThreadID
            1:Start 2:Stop 3:DCStart 4:DCStop v2: pid ProcessID, tid ThreadID, ptr StackBase, ptr StackLimit, ptr UserStackBase, ptr UserStackLimit,
                routine StartAddr, routine Win32StartAddr, ptr TebBase, u32 SubProcessTag
            1:Start 2:Stop 3:DCStart 4:DCStop v3: pid ProcessID, tid ThreadID, ptr StackBase, ptr StackLimit, ptr UserStackBase, ptr UserStackLimit,
                ptr StartAddr, routine Win32StartAddr, ptr TebBase, u32 SubProcessTag, u8 BasePriority, u8 PagePriority, u8 IoPriority, x8
                ThreadFlags
            1:Start 2:Stop 3:DCStart 4:DCStop v4: pid ProcessID, tid ThreadID, ptr StackBase, ptr StackLimit, ptr UserStackBase, ptr UserStackLimit,
                ptr StartAddr, routine Win32StartAddr, ptr TebBase, u32 SubProcessTag, u8 BasePriority, u8 PagePriority, u8 IoPriority, x8
                ThreadFlags, wstr ThreadName
            36:CSwitch v2: tid NewThreadID, tid OldThreadID, i8 NewThreadPriority, i8 OldThreadPriority, u8 PreviousCState, i8 SpareByte, i8
                OldThreadWaitReason, i8 OldThreadWaitMode, i8 OldThreadState, i8 OldThreadWaitIdealProcessor, u32 NewThreadWaitTime, u32 Reserved
            37:CompCS v0:
            41:SpinLock v2: ptr SpinLock, routine Caller, ticks AcquireTime, ticks ReleaseTime, u32 WaitTimeInCycles, u32 SpinCount, tid ThreadID,
                u32 InterruptCount, u8 Irql, u8 AcquireDepth, x8 Flag, u8 Reserved0, u8 Reserved1, u8 Reserved2, u8 Reserved3, u8 Reserved4
            43:Resource v0: u64 AcquireTime, u64 HoldTime, u64 WaitTime, u32 MaxRecursion, tid ThreadID, ptr Resource, u32 Action, u32 ContentionDelta
            45:WaitSingle v0: tid ThreadID, ptr Object, u8 Type
            48:SetPriority 49:SetBasePriority 51:SetPagePriority 52:SetIoPriority v3: tid ThreadID, u8 OldPriority, u8 NewPriority, u16 Reserved
            50:Dispatcher/ReadyThread v2: tid AwakenedThreadID, u8 AdjustReason, i8 AdjustIncrement, x8 Flags, u8 Reserved
            66:AutoBoostSetFloor v2: ptr Lock, tid ThreadID, u8 NewCpuPriorityFloor, u8 OldCpuPriority, x8 IoPriorities, x8 BoostFlags
            67:AutoBoostClearFloor v2: ptr LockAddress, tid ThreadID, u16 BoostBitmap, u16 Reserved
            68:AutoBoostEntryExhaustion v2: ptr LockAddress, tid ThreadID, u32 Reserved
            72:SetName v2: pid ProcessID, tid ThreadID, wstr ThreadName
            """),
        new(KernelGroup.StackWalk, "StackWalk", """
            32:Stack v2: ticks EventTimeStamp, pid StackProcess, tid StackThread, routine[] Stack
            34:KeyCreate 35:KeyDelete 36:KeyRundown v2: ptr StackKey, routine[] Stack
            37:StackKeyKernel 38:StackKeyUser v2: ticks EventTimeStamp, pid StackProcess, tid StackThread, ptr StackKey
            """),
    ];
}
