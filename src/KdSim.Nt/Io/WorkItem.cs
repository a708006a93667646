using System.Runtime.InteropServices;

namespace KdSim.Nt;

/// <summary>A work item of a device. Our own layout, public field names.</summary>
[NtType("_IO_WORKITEM"), StructLayout(LayoutKind.Explicit, Size = 0x50)]
public partial struct IO_WORKITEM
{
    [FieldOffset(0x000)] public WORK_QUEUE_ITEM WorkItem;
    [FieldOffset(0x020), NtFunction] public ulong Routine;
    [FieldOffset(0x028), NtPointer] public ulong IoObject;
    [FieldOffset(0x030), NtPointer] public ulong Context;
    [FieldOffset(0x038)] public uint WorkOnBehalfFlags;
    [FieldOffset(0x03C)] public uint Type;
    [FieldOffset(0x040)] public GUID ActivityId;
}
