using System.Runtime.InteropServices;

namespace KdSim.Nt;

[NtType("_KBUGCHECK_CALLBACK_RECORD"), StructLayout(LayoutKind.Explicit, Size = 0x40)]
public partial struct KBUGCHECK_CALLBACK_RECORD
{
    [FieldOffset(0x000)] public LIST_ENTRY Entry;
    [FieldOffset(0x010), NtFunction] public ulong CallbackRoutine;
    [FieldOffset(0x018), NtPointer] public ulong Buffer;
    [FieldOffset(0x020)] public uint Length;
    [FieldOffset(0x028)] public Ptr<byte> Component;
    [FieldOffset(0x030)] public ulong Checksum;
    [FieldOffset(0x038)] public byte State;
}

[NtType("_KBUGCHECK_REASON_CALLBACK_RECORD"), StructLayout(LayoutKind.Explicit, Size = 0x30)]
public partial struct KBUGCHECK_REASON_CALLBACK_RECORD
{
    [FieldOffset(0x000)] public LIST_ENTRY Entry;
    [FieldOffset(0x010), NtFunction] public ulong CallbackRoutine;
    [FieldOffset(0x018)] public Ptr<byte> Component;
    [FieldOffset(0x020)] public ulong Checksum;
    [FieldOffset(0x028)] public KBUGCHECK_CALLBACK_REASON Reason;
    [FieldOffset(0x02C)] public byte State;
}
