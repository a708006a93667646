namespace KdSim.Tracing.Etl.Providers;

/// <summary>Microsoft-Windows-Kernel-Power: the life of power IRPs, with the numbers and payloads of Windows.</summary>
public static class KernelPowerProvider
{
    public static readonly EventProvider Provider = new(
        "Microsoft-Windows-Kernel-Power",
        new Guid("331c3b3a-2005-44c2-ac5e-77220c37d6b4"),
        new Dictionary<string, ulong> { ["Performance"] = 0x8 },
        new Dictionary<string, ushort> { ["Irp"] = 39 },
        [],
        """
        7:IrpStart v1 Irp/Start Performance: ptr Irp, u32 PowerStateType, u8 MinorFunction, ptr TargetDevice, u16 InstanceNameLength,
            wchars[] InstanceName, u8 PowerState
        8:IrpStop v0 Irp/Stop Performance: ptr Irp, u32 Status, wstr FailedDriver
        """);
}
