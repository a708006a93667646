using System.Runtime.InteropServices;

namespace KdSim.Nt;

[NtType("_CLIENT_ID", ByValue = true), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct CLIENT_ID
{
    [FieldOffset(0x000), NtPointer] public ulong UniqueProcess;
    [FieldOffset(0x008), NtPointer] public ulong UniqueThread;
}
