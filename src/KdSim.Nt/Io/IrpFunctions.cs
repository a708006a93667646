namespace KdSim.Nt;

/// <summary>Major functions of an IRP (IRP_MJ_READ is <c>IRP_MJ.READ</c>).</summary>
public enum IRP_MJ : byte
{
    CREATE = 0x0,
    CREATE_NAMED_PIPE = 0x1,
    CLOSE = 0x2,
    READ = 0x3,
    WRITE = 0x4,
    QUERY_INFORMATION = 0x5,
    SET_INFORMATION = 0x6,
    QUERY_EA = 0x7,
    SET_EA = 0x8,
    FLUSH_BUFFERS = 0x9,
    QUERY_VOLUME_INFORMATION = 0xA,
    SET_VOLUME_INFORMATION = 0xB,
    DIRECTORY_CONTROL = 0xC,
    FILE_SYSTEM_CONTROL = 0xD,
    DEVICE_CONTROL = 0xE,
    INTERNAL_DEVICE_CONTROL = 0xF,
    SHUTDOWN = 0x10,
    LOCK_CONTROL = 0x11,
    CLEANUP = 0x12,
    CREATE_MAILSLOT = 0x13,
    QUERY_SECURITY = 0x14,
    SET_SECURITY = 0x15,
    POWER = 0x16,
    SYSTEM_CONTROL = 0x17,
    DEVICE_CHANGE = 0x18,
    QUERY_QUOTA = 0x19,
    SET_QUOTA = 0x1A,
    PNP = 0x1B,
}

/// <summary>Minor functions of an IRP; what a number means depends on the major function (<see cref="IrpNames"/>).</summary>
public static class IRP_MN
{
    public const byte SCSI_CLASS = 0x01;
    public const byte START_DEVICE = 0x00;
    public const byte QUERY_REMOVE_DEVICE = 0x01;
    public const byte REMOVE_DEVICE = 0x02;
    public const byte CANCEL_REMOVE_DEVICE = 0x03;
    public const byte STOP_DEVICE = 0x04;
    public const byte QUERY_STOP_DEVICE = 0x05;
    public const byte CANCEL_STOP_DEVICE = 0x06;
    public const byte QUERY_DEVICE_RELATIONS = 0x07;
    public const byte QUERY_INTERFACE = 0x08;
    public const byte QUERY_CAPABILITIES = 0x09;
    public const byte QUERY_RESOURCES = 0x0A;
    public const byte QUERY_RESOURCE_REQUIREMENTS = 0x0B;
    public const byte QUERY_DEVICE_TEXT = 0x0C;
    public const byte FILTER_RESOURCE_REQUIREMENTS = 0x0D;
    public const byte READ_CONFIG = 0x0F;
    public const byte WRITE_CONFIG = 0x10;
    public const byte EJECT = 0x11;
    public const byte SET_LOCK = 0x12;
    public const byte QUERY_ID = 0x13;
    public const byte QUERY_PNP_DEVICE_STATE = 0x14;
    public const byte QUERY_BUS_INFORMATION = 0x15;
    public const byte DEVICE_USAGE_NOTIFICATION = 0x16;
    public const byte SURPRISE_REMOVAL = 0x17;
    public const byte DEVICE_ENUMERATED = 0x19;
    public const byte WAIT_WAKE = 0x00;
    public const byte POWER_SEQUENCE = 0x01;
    public const byte SET_POWER = 0x02;
    public const byte QUERY_POWER = 0x03;
    public const byte QUERY_ALL_DATA = 0x00;
    public const byte QUERY_SINGLE_INSTANCE = 0x01;
    public const byte CHANGE_SINGLE_INSTANCE = 0x02;
    public const byte CHANGE_SINGLE_ITEM = 0x03;
    public const byte ENABLE_EVENTS = 0x04;
    public const byte DISABLE_EVENTS = 0x05;
    public const byte ENABLE_COLLECTION = 0x06;
    public const byte DISABLE_COLLECTION = 0x07;
    public const byte REGINFO = 0x08;
    public const byte EXECUTE_METHOD = 0x09;
    public const byte REGINFO_EX = 0x0B;
    public const byte QUERY_DIRECTORY = 0x01;
    public const byte NOTIFY_CHANGE_DIRECTORY = 0x02;
    public const byte USER_FS_REQUEST = 0x00;
    public const byte MOUNT_VOLUME = 0x01;
    public const byte VERIFY_VOLUME = 0x02;
    public const byte LOAD_FILE_SYSTEM = 0x03;
    public const byte TRACK_LINK = 0x04;
    public const byte KERNEL_CALL = 0x04;
    public const byte LOCK = 0x01;
    public const byte UNLOCK_SINGLE = 0x02;
    public const byte UNLOCK_ALL = 0x03;
    public const byte UNLOCK_ALL_BY_KEY = 0x04;
    public const byte FLUSH_AND_PURGE = 0x01;
    public const byte NORMAL = 0x00;
    public const byte DPC = 0x01;
    public const byte MDL = 0x02;
    public const byte COMPLETE = 0x04;
    public const byte COMPRESSED = 0x08;
    public const byte QUERY_LEGACY_BUS_INFORMATION = 0x18;
}
