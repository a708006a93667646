using System.Runtime.InteropServices;

namespace KdSim.Nt;

[NtType("_CONTROLLER_OBJECT"), StructLayout(LayoutKind.Explicit, Size = 0x48)]
public partial struct CONTROLLER_OBJECT
{
    [FieldOffset(0x000)] public short Type;
    [FieldOffset(0x002)] public short Size;
    [FieldOffset(0x008), NtPointer] public ulong ControllerExtension;
    [FieldOffset(0x010)] public KDEVICE_QUEUE DeviceWaitQueue;
    [FieldOffset(0x038)] public uint Spare1;
    [FieldOffset(0x040)] public LARGE_INTEGER Spare2;
}
