using System.Runtime.InteropServices;

namespace KdSim.Nt;

[NtType("_TIME_FIELDS", ByValue = true), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct TIME_FIELDS
{
    [FieldOffset(0x000)] public short Year;
    [FieldOffset(0x002)] public short Month;
    [FieldOffset(0x004)] public short Day;
    [FieldOffset(0x006)] public short Hour;
    [FieldOffset(0x008)] public short Minute;
    [FieldOffset(0x00A)] public short Second;
    [FieldOffset(0x00C)] public short Milliseconds;
    [FieldOffset(0x00E)] public short Weekday;
}
