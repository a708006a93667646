using System.Runtime.InteropServices;

namespace KdSim.Nt;

/// <summary>A cancel-safe queue of IRPs.</summary>
[NtType("_IO_CSQ"), StructLayout(LayoutKind.Explicit, Size = 0x40)]
public partial struct IO_CSQ
{
    [FieldOffset(0x000)] public uint Type;
    [FieldOffset(0x008), NtFunction] public ulong CsqInsertIrp;
    [FieldOffset(0x010), NtFunction] public ulong CsqRemoveIrp;
    [FieldOffset(0x018), NtFunction] public ulong CsqPeekNextIrp;
    [FieldOffset(0x020), NtFunction] public ulong CsqAcquireLock;
    [FieldOffset(0x028), NtFunction] public ulong CsqReleaseLock;
    [FieldOffset(0x030), NtFunction] public ulong CsqCompleteCanceledIrp;
    [FieldOffset(0x038), NtPointer] public ulong ReservePointer;
}

[NtType("_IO_CSQ_IRP_CONTEXT"), StructLayout(LayoutKind.Explicit, Size = 0x18)]
public partial struct IO_CSQ_IRP_CONTEXT
{
    [FieldOffset(0x000)] public uint Type;
    [FieldOffset(0x008), NtPointer<IRP>] public ulong Irp;
    [FieldOffset(0x010), NtPointer<IO_CSQ>] public ulong Csq;
}
