namespace KdSim.Nt;

[NtType("_IO_OBJECTS")]
public enum IO_OBJECTS
{
    Adapter = 1,
    Controller = 2,
    Device = 3,
    Driver = 4,
    File = 5,
    Irp = 6,
    MasterAdapter = 7,
    OpenPacket = 8,
    Timer = 9,
    Vpb = 10,
    ErrorLog = 11,
    ErrorMessage = 12,
    DeviceObjectExtension = 13,
}
