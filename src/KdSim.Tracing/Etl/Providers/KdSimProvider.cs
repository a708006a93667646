using System.Collections.Immutable;
using KdSim.Nt;
using KdSim.Tracing.Etl.Format;

namespace KdSim.Tracing.Etl.Providers;

/// <summary>Bits of what the provider KdSim-Kernel writes.</summary>
[Flags]
public enum KdSimKeywords : ulong
{
    Irql = 0x1,
    Irp = 0x2,
    Pnp = 0x4,
    Power = 0x8,
    Scenario = 0x10,
    Debug = 0x20,
    Thread = 0x40,
    Pool = 0x80,

    /// <summary>What the recording is of, and all that is needed to make the run again.</summary>
    Recording = 0x100,
}

/// <summary>
/// KdSim-Kernel: what happens in the kernel and Windows has no event for, and the inputs of the run. Numbers are never used again; a changed payload gets a
/// new version. The GUID is made of the name, as EventSource makes it.
/// </summary>
public static class KdSimProvider
{
    /// <summary>Grows with every change of the table below.</summary>
    public const uint SchemaVersion = 1;

    public static readonly EventProvider Provider = new(
        "KdSim-Kernel",
        new Guid("e3e64748-d4cf-5928-3069-cf96113f465b"),
        Enum.GetValues<KdSimKeywords>().ToDictionary(keyword => keyword.ToString(), keyword => (ulong)keyword),
        new Dictionary<string, ushort>(),
        [
            Map("Irql", Enumerable.Range(0, 16), Irql.Name),
            Map("Major", Enum.GetValues<IRP_MJ>().Select(major => (int)major).Distinct(), major => IrpNames.Major((byte)major)),
            Map("Function", Functions(), function => IrpNames.Minor((byte)(function >> 8), (byte)function)!),
            Map("NodeState", Enum.GetValues<PNP_DEVNODE_STATE>().Select(state => (int)state), state => ((PNP_DEVNODE_STATE)state).ToString()),
            Map("FileKind", Enum.GetValues<EmbeddedKind>().Select(kind => (int)kind), kind => ((EmbeddedKind)kind).ToString()),
            Map("FileEncoding", Enum.GetValues<EmbeddedEncoding>().Select(encoding => (int)encoding), encoding => ((EmbeddedEncoding)encoding).ToString()),
        ],
        """
        1:IrqlChange v0 Irql: u8 Old:Irql, u8 New:Irql, routine Rip
        2:InterruptEnter v0 Irql: u8 Vector, u8 Irql:Irql
        3:InterruptExit v0 Irql: u8 Vector, u8 Irql:Irql
        10:IrpAllocate v0 Irp: ptr Irp, ptr Thread, u8 StackCount
        11:IrpCall v0 Irp: ptr Irp, ptr Device, ptr Driver, ptr FileObject, u8 Major:Major, u8 Minor, u16 Function:Function, u8 Location, u8 StackCount,
            x32 ControlCode, u32 Length
        12:IrpReturn v0 Irp: ptr Irp, status Status
        13:IrpComplete v0 Irp: ptr Irp, ptr Device, status Status, x64 Information
        14:IrpCompletionReturn v0 Irp: ptr Irp, routine Routine, status Status
        15:IrpFree v0 Irp: ptr Irp
        16:IrpCancel v0 Irp: ptr Irp, routine CancelRoutine
        20:DeviceCreate v0 Pnp: ptr Device, ptr Driver, u32 DeviceType, wstr DriverName, wstr DeviceName
        21:DeviceAttach v0 Pnp: ptr Device, ptr Lower
        22:DeviceDetach v0 Pnp: ptr Device, ptr Lower
        23:DeviceDelete v0 Pnp: ptr Device
        24:DeviceRundown v0 Pnp: ptr Device, ptr Driver, ptr Lower, ptr Node, u32 DeviceType, wstr DriverName, wstr DeviceName
        30:NodeState v0 Pnp: ptr Node, ptr Parent, ptr PhysicalDevice, u32 Old:NodeState, u32 New:NodeState, u32 Problem, wstr InstancePath, wstr Service
        31:NodeRundown v0 Pnp: ptr Node, ptr Parent, ptr PhysicalDevice, u32 State:NodeState, u32 Problem, wstr InstancePath, wstr Service
        32:AddDevice v0 Pnp: ptr Driver, ptr Node, wstr DriverName
        33:AddDeviceReturn v0 Pnp: ptr Driver, ptr Node, status Status
        40:PowerState v0 Power: ptr Device, u8 IsSystem, u32 Old, u32 New
        50:ScenarioStep v0 Scenario: u32 Thread, u32 Line, u32 Column, wstr Statement
        51:ScenarioFailure v0 Scenario: wstr Text
        52:ScenarioEnd v0 Scenario: wstr Text
        60:DebugPrint v0 Debug: u32 Component, u32 Level, wstr Text
        61:Exception v0 Debug: status Code, routine Address, u8 FirstChance
        62:BugCheck v0 Debug: x32 Code, ptr Parameter1, ptr Parameter2, ptr Parameter3, ptr Parameter4
        63:Breakpoint v0 Debug: routine Address
        64:Finding v0 Debug: u32 Kind, ptr Subject, wstr Text
        70:PoolAllocate v0 Pool: ptr Address, u64 Size, x32 Tag
        71:PoolFree v0 Pool: ptr Address, x32 Tag
        80:ApcDeliver v0 Thread: ptr Apc, ptr Thread, routine Routine
        81:ThreadObject v0 Thread: ptr Thread, ptr Process, u32 Tid, u32 Pid
        100:Recording v0 Recording: u32 SchemaVersion, u32 CostTableVersion, u64 Seed, u32 Processors, u64 MemorySize, wstr MachineName, wstr Profile
        101:EmbeddedFile v0 Recording: u32 File, u32 Kind:FileKind, u32 Encoding:FileEncoding, u32 Chunks, wstr Name, wstr Sha256
        102:EmbeddedChunk v0 Recording: u32 File, u32 Chunk, wstr Content
        103:ImageHash v0 Recording: wstr Name, wstr Sha256
        104:Input v0 Recording: u32 Number, u64 Time, u64 Position, wstr Kind, wstr Data
        """);

    static IEnumerable<int> Functions() =>
        from major in Enum.GetValues<IRP_MJ>().Select(value => (int)value).Distinct()
        from minor in Enumerable.Range(0, 32)
        where IrpNames.Minor((byte)major, (byte)minor) is not null
        select (major << 8) | minor;

    static ValueMap Map(string name, IEnumerable<int> values, Func<int, string> text) =>
        new(name, IsBits: false, values.ToImmutableDictionary(value => (ulong)value, text));
}

/// <summary>What an embedded file is to the machine.</summary>
public enum EmbeddedKind { MachineFile = 1, Scenario = 2, Inf = 3 }

/// <summary>How the chunks of an embedded file hold its bytes.</summary>
public enum EmbeddedEncoding { Utf8Text = 1, Base64 = 2 }
