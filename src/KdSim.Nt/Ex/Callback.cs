using System.Runtime.InteropServices;

namespace KdSim.Nt;

[NtType("_CALLBACK_OBJECT"), StructLayout(LayoutKind.Explicit, Size = 0x38)]
public partial struct CALLBACK_OBJECT
{
    [FieldOffset(0x000)] public uint Signature;
    [FieldOffset(0x008)] public ulong Lock;
    [FieldOffset(0x010)] public LIST_ENTRY RegisteredCallbacks;
    [FieldOffset(0x020)] public bool AllowMultipleCallbacks;
    [FieldOffset(0x021), NtArray(3)] public byte reserved;
    [FieldOffset(0x028)] public LIST_ENTRY ExpCallbackList;
}

[NtType("_CALLBACK_REGISTRATION"), StructLayout(LayoutKind.Explicit, Size = 0x30)]
public partial struct CALLBACK_REGISTRATION
{
    [FieldOffset(0x000)] public LIST_ENTRY Link;
    [FieldOffset(0x010), NtPointer<CALLBACK_OBJECT>] public ulong CallbackObject;
    [FieldOffset(0x018), NtFunction] public ulong CallbackFunction;
    [FieldOffset(0x020), NtPointer] public ulong CallbackContext;
    [FieldOffset(0x028)] public uint Busy;
    [FieldOffset(0x02C)] public bool UnregisterWaiting;
}
