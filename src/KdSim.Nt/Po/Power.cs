using System.Runtime.InteropServices;

namespace KdSim.Nt;

[NtType("_POWER_STATE", ByValue = true, Union = true), StructLayout(LayoutKind.Explicit, Size = 0x4)]
public partial struct POWER_STATE
{
    [FieldOffset(0x000)] public SYSTEM_POWER_STATE SystemState;
    [FieldOffset(0x000)] public DEVICE_POWER_STATE DeviceState;
}

[NtType("_SYSTEM_POWER_STATE")]
public enum SYSTEM_POWER_STATE
{
    PowerSystemUnspecified = 0,
    PowerSystemWorking = 1,
    PowerSystemSleeping1 = 2,
    PowerSystemSleeping2 = 3,
    PowerSystemSleeping3 = 4,
    PowerSystemHibernate = 5,
    PowerSystemShutdown = 6,
    PowerSystemMaximum = 7,
}

[NtType("_DEVICE_POWER_STATE")]
public enum DEVICE_POWER_STATE
{
    PowerDeviceUnspecified = 0,
    PowerDeviceD0 = 1,
    PowerDeviceD1 = 2,
    PowerDeviceD2 = 3,
    PowerDeviceD3 = 4,
    PowerDeviceMaximum = 5,
}

[NtType("POWER_ACTION")]
public enum POWER_ACTION
{
    PowerActionNone = 0,
    PowerActionReserved = 1,
    PowerActionSleep = 2,
    PowerActionHibernate = 3,
    PowerActionShutdown = 4,
    PowerActionShutdownReset = 5,
    PowerActionShutdownOff = 6,
    PowerActionWarmEject = 7,
    PowerActionDisplayOff = 8,
}

[NtType("_POWER_STATE_TYPE")]
public enum POWER_STATE_TYPE
{
    SystemPowerState = 0,
    DevicePowerState = 1,
}

[NtType("_POWER_SEQUENCE"), StructLayout(LayoutKind.Explicit, Size = 0xC)]
public partial struct POWER_SEQUENCE
{
    [FieldOffset(0x000)] public uint SequenceD1;
    [FieldOffset(0x004)] public uint SequenceD2;
    [FieldOffset(0x008)] public uint SequenceD3;
}

[NtType("_SYSTEM_POWER_STATE_CONTEXT"), StructLayout(LayoutKind.Explicit, Size = 0x4)]
public partial struct SYSTEM_POWER_STATE_CONTEXT
{
    [FieldOffset(0x000), NtVisible, NtBits("Reserved1", 0, 8), NtBits("TargetSystemState", 8, 4)]
    [NtBits("EffectiveSystemState", 12, 4), NtBits("CurrentSystemState", 16, 4), NtBits("IgnoreHibernationPath", 20, 1)]
    [NtBits("PseudoTransition", 21, 1), NtBits("Reserved2", 22, 10)]
    public uint ContextAsUlong;
}
