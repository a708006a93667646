using System.Runtime.InteropServices;

namespace KdSim.Nt;

[NtType("_WORK_QUEUE_ITEM"), StructLayout(LayoutKind.Explicit, Size = 0x20)]
public partial struct WORK_QUEUE_ITEM
{
    [FieldOffset(0x000)] public LIST_ENTRY List;
    [FieldOffset(0x010), NtFunction] public ulong WorkerRoutine;
    [FieldOffset(0x018), NtPointer] public ulong Parameter;
}

[NtType("_WORK_QUEUE_TYPE")]
public enum WORK_QUEUE_TYPE
{
    CriticalWorkQueue = 0,
    DelayedWorkQueue = 1,
    HyperCriticalWorkQueue = 2,
    NormalWorkQueue = 3,
    BackgroundWorkQueue = 4,
    RealTimeWorkQueue = 5,
    SuperCriticalWorkQueue = 6,
    MaximumWorkQueue = 7,
    CustomPriorityWorkQueue = 32,
}
