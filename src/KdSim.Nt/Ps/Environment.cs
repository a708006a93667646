using System.Runtime.InteropServices;

namespace KdSim.Nt;

[NtType("_NT_TIB"), StructLayout(LayoutKind.Explicit, Size = 0x38)]
public partial struct NT_TIB
{
    [FieldOffset(0x000), NtPointer("_EXCEPTION_REGISTRATION_RECORD")] public ulong ExceptionList;
    [FieldOffset(0x008), NtPointer] public ulong StackBase;
    [FieldOffset(0x010), NtPointer] public ulong StackLimit;
    [FieldOffset(0x018), NtPointer] public ulong SubSystemTib;
    [FieldOffset(0x020), NtPointer] public ulong FiberData;
    [FieldOffset(0x020)] public uint Version;
    [FieldOffset(0x028), NtPointer] public ulong ArbitraryUserPointer;
    [FieldOffset(0x030)] public Ptr<NT_TIB> Self;
}
