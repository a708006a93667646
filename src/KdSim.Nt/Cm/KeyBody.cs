using System.Runtime.InteropServices;

namespace KdSim.Nt;

[NtType("_CM_KEY_BODY"), StructLayout(LayoutKind.Explicit, Size = 0x38)]
public partial struct CM_KEY_BODY
{
    [FieldOffset(0x000)] public uint Type;
    [FieldOffset(0x004)] public uint KeyNumber;
    [FieldOffset(0x008), NtPointer] public ulong KeyControlBlock;
    [FieldOffset(0x010), NtPointer] public ulong NotifyBlock;
    [FieldOffset(0x018), NtPointer] public ulong ProcessID;
    [FieldOffset(0x020)] public LIST_ENTRY KeyBodyList;
    [FieldOffset(0x030)] public uint Flags;
    [FieldOffset(0x034)] public uint HandleTags;
}
