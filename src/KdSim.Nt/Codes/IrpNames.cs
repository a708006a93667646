namespace KdSim.Nt;

/// <summary>Names of IRP functions as <c>!irp</c> and the trace print them.</summary>
public static class IrpNames
{
    private static readonly string[] Pnp =
    [
        "START_DEVICE", "QUERY_REMOVE_DEVICE", "REMOVE_DEVICE", "CANCEL_REMOVE_DEVICE", "STOP_DEVICE", "QUERY_STOP_DEVICE", "CANCEL_STOP_DEVICE",
        "QUERY_DEVICE_RELATIONS", "QUERY_INTERFACE", "QUERY_CAPABILITIES", "QUERY_RESOURCES", "QUERY_RESOURCE_REQUIREMENTS", "QUERY_DEVICE_TEXT",
        "FILTER_RESOURCE_REQUIREMENTS", "", "READ_CONFIG", "WRITE_CONFIG", "EJECT", "SET_LOCK", "QUERY_ID", "QUERY_PNP_DEVICE_STATE",
        "QUERY_BUS_INFORMATION", "DEVICE_USAGE_NOTIFICATION", "SURPRISE_REMOVAL", "QUERY_LEGACY_BUS_INFORMATION", "DEVICE_ENUMERATED",
    ];

    private static readonly string[] Power = ["WAIT_WAKE", "POWER_SEQUENCE", "SET_POWER", "QUERY_POWER"];

    private static readonly string[] SystemControl =
    [
        "QUERY_ALL_DATA", "QUERY_SINGLE_INSTANCE", "CHANGE_SINGLE_INSTANCE", "CHANGE_SINGLE_ITEM", "ENABLE_EVENTS", "DISABLE_EVENTS",
        "ENABLE_COLLECTION", "DISABLE_COLLECTION", "REGINFO", "EXECUTE_METHOD", "", "REGINFO_EX",
    ];

    private static readonly string[] DirectoryControl = ["", "QUERY_DIRECTORY", "NOTIFY_CHANGE_DIRECTORY"];

    private static readonly string[] FileSystemControl =
        ["USER_FS_REQUEST", "MOUNT_VOLUME", "VERIFY_VOLUME", "LOAD_FILE_SYSTEM", "KERNEL_CALL"];

    private static readonly string[] LockControl = ["", "LOCK", "UNLOCK_SINGLE", "UNLOCK_ALL", "UNLOCK_ALL_BY_KEY"];

    /// <summary><c>IRP_MJ_PNP</c>, or the number as <c>IRP_MJ_0x42</c>.</summary>
    public static string Major(byte major) => Enum.GetName((IRP_MJ)major) is { } name ? "IRP_MJ_" + name : $"IRP_MJ_0x{major:x}";

    /// <summary><c>IRP_MN_START_DEVICE</c>, or null if the major function gives this number no name.</summary>
    public static string? Minor(byte major, byte minor)
    {
        string[]? names = (IRP_MJ)major switch
        {
            IRP_MJ.PNP => Pnp,
            IRP_MJ.POWER => Power,
            IRP_MJ.SYSTEM_CONTROL => SystemControl,
            IRP_MJ.DIRECTORY_CONTROL => DirectoryControl,
            IRP_MJ.FILE_SYSTEM_CONTROL => FileSystemControl,
            IRP_MJ.LOCK_CONTROL => LockControl,
            _ => null,
        };
        return names is not null && minor < names.Length && names[minor].Length != 0 ? "IRP_MN_" + names[minor] : null;
    }
}
