using System.Runtime.InteropServices;

namespace KdSim.Nt;

/// <summary>Registers saved at an interrupt, exception or system call.</summary>
[NtType("_KTRAP_FRAME"), StructLayout(LayoutKind.Explicit, Size = 0x190)]
public partial struct KTRAP_FRAME
{
    [FieldOffset(0x000)] public ulong P1Home;
    [FieldOffset(0x008)] public ulong P2Home;
    [FieldOffset(0x010)] public ulong P3Home;
    [FieldOffset(0x018)] public ulong P4Home;
    [FieldOffset(0x020)] public ulong P5;
    [FieldOffset(0x028)] public sbyte PreviousMode;
    [FieldOffset(0x029)] public byte PreviousIrql;
    [FieldOffset(0x02A)] public byte FaultIndicator;
    [FieldOffset(0x02B)] public byte ExceptionActive;
    [FieldOffset(0x02C)] public uint MxCsr;
    [FieldOffset(0x030)] public ulong Rax;
    [FieldOffset(0x038)] public ulong Rcx;
    [FieldOffset(0x040)] public ulong Rdx;
    [FieldOffset(0x048)] public ulong R8;
    [FieldOffset(0x050)] public ulong R9;
    [FieldOffset(0x058)] public ulong R10;
    [FieldOffset(0x060)] public ulong R11;
    [FieldOffset(0x068)] public ulong GsBase;
    [FieldOffset(0x068)] public ulong GsSwap;
    [FieldOffset(0x070)] public M128A Xmm0;
    [FieldOffset(0x080)] public M128A Xmm1;
    [FieldOffset(0x090)] public M128A Xmm2;
    [FieldOffset(0x0A0)] public M128A Xmm3;
    [FieldOffset(0x0B0)] public M128A Xmm4;
    [FieldOffset(0x0C0)] public M128A Xmm5;
    [FieldOffset(0x0D0)] public ulong FaultAddress;
    [FieldOffset(0x0D0)] public ulong ContextRecord;
    [FieldOffset(0x0D8)] public ulong Dr0;
    [FieldOffset(0x0E0)] public ulong Dr1;
    [FieldOffset(0x0E8)] public ulong Dr2;
    [FieldOffset(0x0F0)] public ulong Dr3;
    [FieldOffset(0x0F8)] public ulong Dr6;
    [FieldOffset(0x100)] public ulong Dr7;
    [FieldOffset(0x108)] public ulong DebugControl;
    [FieldOffset(0x110)] public ulong LastBranchToRip;
    [FieldOffset(0x118)] public ulong LastBranchFromRip;
    [FieldOffset(0x120)] public ulong LastExceptionToRip;
    [FieldOffset(0x128)] public ulong LastExceptionFromRip;
    [FieldOffset(0x130)] public ushort SegDs;
    [FieldOffset(0x132)] public ushort SegEs;
    [FieldOffset(0x134)] public ushort SegFs;
    [FieldOffset(0x136)] public ushort SegGs;
    [FieldOffset(0x138)] public ulong TrapFrame;
    [FieldOffset(0x140)] public ulong Rbx;
    [FieldOffset(0x148)] public ulong Rdi;
    [FieldOffset(0x150)] public ulong Rsi;
    [FieldOffset(0x158)] public ulong Rbp;
    [FieldOffset(0x160)] public ulong ErrorCode;
    [FieldOffset(0x160)] public ulong ExceptionFrame;
    [FieldOffset(0x168)] public ulong Rip;
    [FieldOffset(0x170)] public ushort SegCs;
    [FieldOffset(0x172)] public byte Fill0;
    [FieldOffset(0x173)] public byte Logging;
    [FieldOffset(0x174), NtArray(2)] public ushort Fill1;
    [FieldOffset(0x178)] public uint EFlags;
    [FieldOffset(0x17C)] public uint Fill2;
    [FieldOffset(0x180)] public ulong Rsp;
    [FieldOffset(0x188)] public ushort SegSs;
    [FieldOffset(0x18A)] public ushort Fill3;
    [FieldOffset(0x18C)] public uint Fill4;
}

/// <summary>Non-volatile registers, beside a trap frame or below a switch.</summary>
[NtType("_KEXCEPTION_FRAME"), StructLayout(LayoutKind.Explicit, Size = 0x140)]
public partial struct KEXCEPTION_FRAME
{
    [FieldOffset(0x000)] public ulong P1Home;
    [FieldOffset(0x008)] public ulong P2Home;
    [FieldOffset(0x010)] public ulong P3Home;
    [FieldOffset(0x018)] public ulong P4Home;
    [FieldOffset(0x020)] public ulong P5;
    [FieldOffset(0x028)] public ulong Spare1;
    [FieldOffset(0x030)] public M128A Xmm6;
    [FieldOffset(0x040)] public M128A Xmm7;
    [FieldOffset(0x050)] public M128A Xmm8;
    [FieldOffset(0x060)] public M128A Xmm9;
    [FieldOffset(0x070)] public M128A Xmm10;
    [FieldOffset(0x080)] public M128A Xmm11;
    [FieldOffset(0x090)] public M128A Xmm12;
    [FieldOffset(0x0A0)] public M128A Xmm13;
    [FieldOffset(0x0B0)] public M128A Xmm14;
    [FieldOffset(0x0C0)] public M128A Xmm15;
    [FieldOffset(0x0D0)] public ulong TrapFrame;
    [FieldOffset(0x0D8)] public ulong OutputBuffer;
    [FieldOffset(0x0E0)] public ulong OutputLength;
    [FieldOffset(0x0E8)] public ulong Spare2;
    [FieldOffset(0x0F0)] public ulong MxCsr;
    [FieldOffset(0x0F8)] public ulong Rbp;
    [FieldOffset(0x100)] public ulong Rbx;
    [FieldOffset(0x108)] public ulong Rdi;
    [FieldOffset(0x110)] public ulong Rsi;
    [FieldOffset(0x118)] public ulong R12;
    [FieldOffset(0x120)] public ulong R13;
    [FieldOffset(0x128)] public ulong R14;
    [FieldOffset(0x130)] public ulong R15;
    [FieldOffset(0x138)] public ulong Return;
}

/// <summary>What a thread that is not running has on its stack under KiSwapContext.</summary>
[NtType("_KSWITCH_FRAME"), StructLayout(LayoutKind.Explicit, Size = 0x40)]
public partial struct KSWITCH_FRAME
{
    [FieldOffset(0x000)] public ulong P1Home;
    [FieldOffset(0x008)] public ulong P2Home;
    [FieldOffset(0x010)] public ulong P3Home;
    [FieldOffset(0x018)] public ulong P4Home;
    [FieldOffset(0x020)] public ulong P5Home;
    [FieldOffset(0x028)] public byte ApcBypass;
    [FieldOffset(0x029), NtArray(7)] public byte Fill1;
    [FieldOffset(0x030)] public ulong Rbp;
    [FieldOffset(0x038)] public ulong Return;
}

[NtType("_MACHINE_FRAME"), StructLayout(LayoutKind.Explicit, Size = 0x28)]
public partial struct MACHINE_FRAME
{
    [FieldOffset(0x000)] public ulong Rip;
    [FieldOffset(0x008)] public ushort SegCs;
    [FieldOffset(0x00A), NtArray(3)] public ushort Fill1;
    [FieldOffset(0x010)] public uint EFlags;
    [FieldOffset(0x014)] public uint Fill2;
    [FieldOffset(0x018)] public ulong Rsp;
    [FieldOffset(0x020)] public ushort SegSs;
    [FieldOffset(0x022), NtArray(3)] public ushort Fill3;
}
