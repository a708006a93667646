using System.Runtime.InteropServices;

namespace KdSim.Nt;

/// <summary>An exception: code, address, parameters.</summary>
[NtType("_EXCEPTION_RECORD"), StructLayout(LayoutKind.Explicit, Size = 0x98)]
public partial struct EXCEPTION_RECORD
{
    [FieldOffset(0x000)] public NtStatus ExceptionCode;
    [FieldOffset(0x004)] public uint ExceptionFlags;
    [FieldOffset(0x008), NtPointer<EXCEPTION_RECORD>] public ulong ExceptionRecord;
    [FieldOffset(0x010), NtPointer] public ulong ExceptionAddress;
    [FieldOffset(0x018)] public uint NumberParameters;
    [FieldOffset(0x020), NtArray(15)] public ulong ExceptionInformation;
}

/// <summary>The registers of a thread.</summary>
[NtType("_CONTEXT"), StructLayout(LayoutKind.Explicit, Size = 0x4D0)]
public partial struct CONTEXT
{
    [FieldOffset(0x000)] public ulong P1Home;
    [FieldOffset(0x008)] public ulong P2Home;
    [FieldOffset(0x010)] public ulong P3Home;
    [FieldOffset(0x018)] public ulong P4Home;
    [FieldOffset(0x020)] public ulong P5Home;
    [FieldOffset(0x028)] public ulong P6Home;
    [FieldOffset(0x030)] public uint ContextFlags;
    [FieldOffset(0x034)] public uint MxCsr;
    [FieldOffset(0x038)] public ushort SegCs;
    [FieldOffset(0x03A)] public ushort SegDs;
    [FieldOffset(0x03C)] public ushort SegEs;
    [FieldOffset(0x03E)] public ushort SegFs;
    [FieldOffset(0x040)] public ushort SegGs;
    [FieldOffset(0x042)] public ushort SegSs;
    [FieldOffset(0x044)] public uint EFlags;
    [FieldOffset(0x048)] public ulong Dr0;
    [FieldOffset(0x050)] public ulong Dr1;
    [FieldOffset(0x058)] public ulong Dr2;
    [FieldOffset(0x060)] public ulong Dr3;
    [FieldOffset(0x068)] public ulong Dr6;
    [FieldOffset(0x070)] public ulong Dr7;
    [FieldOffset(0x078)] public ulong Rax;
    [FieldOffset(0x080)] public ulong Rcx;
    [FieldOffset(0x088)] public ulong Rdx;
    [FieldOffset(0x090)] public ulong Rbx;
    [FieldOffset(0x098)] public ulong Rsp;
    [FieldOffset(0x0A0)] public ulong Rbp;
    [FieldOffset(0x0A8)] public ulong Rsi;
    [FieldOffset(0x0B0)] public ulong Rdi;
    [FieldOffset(0x0B8)] public ulong R8;
    [FieldOffset(0x0C0)] public ulong R9;
    [FieldOffset(0x0C8)] public ulong R10;
    [FieldOffset(0x0D0)] public ulong R11;
    [FieldOffset(0x0D8)] public ulong R12;
    [FieldOffset(0x0E0)] public ulong R13;
    [FieldOffset(0x0E8)] public ulong R14;
    [FieldOffset(0x0F0)] public ulong R15;
    [FieldOffset(0x0F8)] public ulong Rip;
    [FieldOffset(0x100)] public XSAVE_FORMAT FltSave;
    [FieldOffset(0x100), NtArray(2)] public M128A Header;
    [FieldOffset(0x120), NtArray(8)] public M128A Legacy;
    [FieldOffset(0x1A0)] public M128A Xmm0;
    [FieldOffset(0x1B0)] public M128A Xmm1;
    [FieldOffset(0x1C0)] public M128A Xmm2;
    [FieldOffset(0x1D0)] public M128A Xmm3;
    [FieldOffset(0x1E0)] public M128A Xmm4;
    [FieldOffset(0x1F0)] public M128A Xmm5;
    [FieldOffset(0x200)] public M128A Xmm6;
    [FieldOffset(0x210)] public M128A Xmm7;
    [FieldOffset(0x220)] public M128A Xmm8;
    [FieldOffset(0x230)] public M128A Xmm9;
    [FieldOffset(0x240)] public M128A Xmm10;
    [FieldOffset(0x250)] public M128A Xmm11;
    [FieldOffset(0x260)] public M128A Xmm12;
    [FieldOffset(0x270)] public M128A Xmm13;
    [FieldOffset(0x280)] public M128A Xmm14;
    [FieldOffset(0x290)] public M128A Xmm15;
    [FieldOffset(0x300), NtArray(26)] public M128A VectorRegister;
    [FieldOffset(0x4A0)] public ulong VectorControl;
    [FieldOffset(0x4A8)] public ulong DebugControl;
    [FieldOffset(0x4B0)] public ulong LastBranchToRip;
    [FieldOffset(0x4B8)] public ulong LastBranchFromRip;
    [FieldOffset(0x4C0)] public ulong LastExceptionToRip;
    [FieldOffset(0x4C8)] public ulong LastExceptionFromRip;
}

[NtType("_XSAVE_FORMAT"), StructLayout(LayoutKind.Explicit, Size = 0x200)]
public partial struct XSAVE_FORMAT
{
    [FieldOffset(0x000)] public ushort ControlWord;
    [FieldOffset(0x002)] public ushort StatusWord;
    [FieldOffset(0x004)] public byte TagWord;
    [FieldOffset(0x005)] public byte Reserved1;
    [FieldOffset(0x006)] public ushort ErrorOpcode;
    [FieldOffset(0x008)] public uint ErrorOffset;
    [FieldOffset(0x00C)] public ushort ErrorSelector;
    [FieldOffset(0x00E)] public ushort Reserved2;
    [FieldOffset(0x010)] public uint DataOffset;
    [FieldOffset(0x014)] public ushort DataSelector;
    [FieldOffset(0x016)] public ushort Reserved3;
    [FieldOffset(0x018)] public uint MxCsr;
    [FieldOffset(0x01C)] public uint MxCsr_Mask;
    [FieldOffset(0x020), NtArray(8)] public M128A FloatRegisters;
    [FieldOffset(0x0A0), NtArray(16)] public M128A XmmRegisters;
    [FieldOffset(0x1A0), NtArray(96)] public byte Reserved4;
}

[NtType("_EXCEPTION_POINTERS"), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct EXCEPTION_POINTERS
{
    [FieldOffset(0x000), NtPointer<EXCEPTION_RECORD>] public ulong ExceptionRecord;
    [FieldOffset(0x008), NtPointer<CONTEXT>] public ulong ContextRecord;
}

/// <summary>What unwinding tells a language handler.</summary>
[NtType("_DISPATCHER_CONTEXT"), StructLayout(LayoutKind.Explicit, Size = 0x50)]
public partial struct DISPATCHER_CONTEXT
{
    [FieldOffset(0x000)] public ulong ControlPc;
    [FieldOffset(0x008)] public ulong ImageBase;
    [FieldOffset(0x010), NtPointer<RUNTIME_FUNCTION>] public ulong FunctionEntry;
    [FieldOffset(0x018)] public ulong EstablisherFrame;
    [FieldOffset(0x020)] public ulong TargetIp;
    [FieldOffset(0x028), NtPointer<CONTEXT>] public ulong ContextRecord;
    [FieldOffset(0x030), NtFunction] public ulong LanguageHandler;
    [FieldOffset(0x038), NtPointer] public ulong HandlerData;
    [FieldOffset(0x040), NtPointer<UNWIND_HISTORY_TABLE>] public ulong HistoryTable;
    [FieldOffset(0x048)] public uint ScopeIndex;
    [FieldOffset(0x04C)] public uint Fill0;
}

/// <summary>A row of the exception directory of an image.</summary>
[NtType("_RUNTIME_FUNCTION"), StructLayout(LayoutKind.Explicit, Size = 0xC)]
public partial struct RUNTIME_FUNCTION
{
    [FieldOffset(0x000)] public uint BeginAddress;
    [FieldOffset(0x004)] public uint EndAddress;
    [FieldOffset(0x008)] public uint UnwindInfoAddress;
    [FieldOffset(0x008)] public uint UnwindData;
}

[NtType("_UNWIND_HISTORY_TABLE_ENTRY"), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct UNWIND_HISTORY_TABLE_ENTRY
{
    [FieldOffset(0x000)] public ulong ImageBase;
    [FieldOffset(0x008), NtPointer<RUNTIME_FUNCTION>] public ulong FunctionEntry;
}

[NtType("_UNWIND_HISTORY_TABLE"), StructLayout(LayoutKind.Explicit, Size = 0xD8)]
public partial struct UNWIND_HISTORY_TABLE
{
    [FieldOffset(0x000)] public uint Count;
    [FieldOffset(0x004)] public byte LocalHint;
    [FieldOffset(0x005)] public byte GlobalHint;
    [FieldOffset(0x006)] public byte Search;
    [FieldOffset(0x007)] public byte Once;
    [FieldOffset(0x008)] public ulong LowAddress;
    [FieldOffset(0x010)] public ulong HighAddress;
    [FieldOffset(0x018), NtArray(12)] public UNWIND_HISTORY_TABLE_ENTRY Entry;
}
