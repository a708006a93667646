using System.Runtime.InteropServices;

namespace KdSim.Nt;

[NtType("_IO_ERROR_LOG_PACKET"), StructLayout(LayoutKind.Explicit, Size = 0x30)]
public partial struct IO_ERROR_LOG_PACKET
{
    [FieldOffset(0x000)] public byte MajorFunctionCode;
    [FieldOffset(0x001)] public byte RetryCount;
    [FieldOffset(0x002)] public ushort DumpDataSize;
    [FieldOffset(0x004)] public ushort NumberOfStrings;
    [FieldOffset(0x006)] public ushort StringOffset;
    [FieldOffset(0x008)] public ushort EventCategory;
    [FieldOffset(0x00C)] public NtStatus ErrorCode;
    [FieldOffset(0x010)] public uint UniqueErrorValue;
    [FieldOffset(0x014)] public NtStatus FinalStatus;
    [FieldOffset(0x018)] public uint SequenceNumber;
    [FieldOffset(0x01C)] public uint IoControlCode;
    [FieldOffset(0x020)] public LARGE_INTEGER DeviceOffset;
    [FieldOffset(0x028), NtArray(1)] public uint DumpData;
}

[NtType("_IO_ERROR_LOG_MESSAGE"), StructLayout(LayoutKind.Explicit, Size = 0x48)]
public partial struct IO_ERROR_LOG_MESSAGE
{
    [FieldOffset(0x000)] public ushort Type;
    [FieldOffset(0x002)] public ushort Size;
    [FieldOffset(0x004)] public ushort DriverNameLength;
    [FieldOffset(0x008)] public LARGE_INTEGER TimeStamp;
    [FieldOffset(0x010)] public uint DriverNameOffset;
    [FieldOffset(0x018)] public IO_ERROR_LOG_PACKET EntryData;
}
