using System.Runtime.InteropServices;

namespace KdSim.Nt;

/// <summary>An asynchronous procedure call.</summary>
[NtType("_KAPC"), StructLayout(LayoutKind.Explicit, Size = 0x58)]
public partial struct KAPC
{
    [FieldOffset(0x000)] public byte Type;
    [FieldOffset(0x001)] public byte SpareByte0;
    [FieldOffset(0x002)] public byte Size;
    [FieldOffset(0x003)] public byte SpareByte1;
    [FieldOffset(0x004)] public uint SpareLong0;
    [FieldOffset(0x008), NtPointer<KTHREAD>] public ulong Thread;
    [FieldOffset(0x010)] public LIST_ENTRY ApcListEntry;
    [FieldOffset(0x020), NtFunction] public ulong KernelRoutine;
    [FieldOffset(0x028), NtFunction] public ulong RundownRoutine;
    [FieldOffset(0x030), NtFunction] public ulong NormalRoutine;
    [FieldOffset(0x038), NtPointer] public ulong NormalContext;
    [FieldOffset(0x040), NtPointer] public ulong SystemArgument1;
    [FieldOffset(0x048), NtPointer] public ulong SystemArgument2;
    [FieldOffset(0x050)] public sbyte ApcStateIndex;
    [FieldOffset(0x051)] public sbyte ApcMode;
    [FieldOffset(0x052)] public bool Inserted;
}

[NtType("_KAPC_STATE"), StructLayout(LayoutKind.Explicit, Size = 0x30)]
public partial struct KAPC_STATE
{
    [FieldOffset(0x000), NtArray(2)] public LIST_ENTRY ApcListHead;
    [FieldOffset(0x020), NtPointer<KPROCESS>] public ulong Process;
    [FieldOffset(0x028)] public bool KernelApcInProgress;
    [FieldOffset(0x029)] public bool KernelApcPending;
    [FieldOffset(0x02A)] public bool UserApcPending;
}

[NtType("_KAPC_ENVIRONMENT")]
public enum KAPC_ENVIRONMENT
{
    OriginalApcEnvironment = 0,
    AttachedApcEnvironment = 1,
    CurrentApcEnvironment = 2,
    InsertApcEnvironment = 3,
}
