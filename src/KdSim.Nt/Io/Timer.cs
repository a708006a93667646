using System.Runtime.InteropServices;

namespace KdSim.Nt;

[NtType("_IO_TIMER"), StructLayout(LayoutKind.Explicit, Size = 0x30)]
public partial struct IO_TIMER
{
    [FieldOffset(0x000)] public short Type;
    [FieldOffset(0x002)] public short TimerFlag;
    [FieldOffset(0x008)] public LIST_ENTRY TimerList;
    [FieldOffset(0x018), NtFunction] public ulong TimerRoutine;
    [FieldOffset(0x020), NtPointer] public ulong Context;
    [FieldOffset(0x028), NtPointer<DEVICE_OBJECT>] public ulong DeviceObject;
}
