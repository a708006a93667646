using System.Text;
using KdSim.Debugger.Breakpoints;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Kernel;
using KdSim.Debugging.Structures;
using KdSim.Debugging.Targets;
using KdSim.Nt;

namespace KdSim.Debugger.Control;

/// <summary>What a field of an event says: a number, and the names that a pattern may match.</summary>
public readonly record struct EventFieldValue(ulong Number, string Shown, params IReadOnlyList<string> Names);

/// <summary>A field of an event, by which <c>sxe</c> can restrict it.</summary>
public sealed record EventField(string Name, Func<DebuggerSession, IReadOnlyList<ulong>, EventFieldValue> Read, bool IsIrql = false);

/// <summary>
/// The kernel events that <c>sx</c> knows beside NT's own, declared once: code, description, fields. The first field is the one that a
/// restriction without a name means.
/// </summary>
public sealed record KernelEventType(string Code, string Description, KernelEventKind Kind, params IReadOnlyList<EventField> Fields)
{
    public static readonly IReadOnlyList<KernelEventType> All =
    [
        new("ct", "Create thread", KernelEventKind.ThreadCreate, Thread(0), Process(1)),
        new("et", "Exit thread", KernelEventKind.ThreadExit, Thread(0), Status(1)),
        new("cpr", "Create process", KernelEventKind.ProcessCreate, Process(0)),
        new("epr", "Exit process", KernelEventKind.ProcessExit, Process(0), Status(1)),
        new("irql", "IRQL change", KernelEventKind.IrqlChange, Level("level", 1), Level("old", 0), Direction, Changer),
        new("int", "Interrupt", KernelEventKind.Interrupt, Number("vector", 0), Level("level", 1)),
        new("isr", "Interrupt service routine", KernelEventKind.Isr, Routine("routine", 2), Number("vector", 0), Number("interrupt", 1)),
        new("dpq", "DPC queued", KernelEventKind.DpcQueue, Routine("routine", 1), Number("dpc", 0), Number("processor", 2)),
        new("dpc", "DPC routine", KernelEventKind.Dpc, Routine("routine", 1), Number("dpc", 0)),
        new("irp", "IRP sent to a driver", KernelEventKind.IrpCall, Device("device", (_, v) => v[1]), Major((_, v) => v[2]), Minor, Number("irp", 0)),
        new("irpc", "IRP completed", KernelEventKind.IrpComplete, Status(1), Device("device", LastDevice), Major(LastMajor), Number("irp", 0),
            Number("information", 2)),
        new("pnp", "Device node state", KernelEventKind.DeviceState, Node, NodeState("state", 2), NodeState("old", 1)),
        new("pwr", "Power state", KernelEventKind.PowerState, Device("device", (_, v) => v[0]), Power("state", 3), Power("old", 2)),
        new("pool", "Pool allocation", KernelEventKind.PoolAllocate, Tag(2), Number("size", 1), Number("address", 0)),
        new("plf", "Pool free", KernelEventKind.PoolFree, Tag(1), Number("address", 0)),
    ];

    public static KernelEventType Of(KernelEventKind kind) => All.First(t => t.Kind == kind);

    /// <summary>One line: the description and every field.</summary>
    public string Describe(DebuggerSession session, IReadOnlyList<ulong> values)
    {
        StringBuilder text = new(Description);
        for (int i = 0; i < Fields.Count; i++)
            text.Append(i == 0 ? ": " : ", ").Append(Fields[i].Name).Append(' ').Append(Fields[i].Read(session, values).Shown);
        return text.ToString();
    }

    static EventField Direction => new("direction", (_, v) =>
        v[1] > v[0] ? new EventFieldValue(1, "raise", "raise") : new EventFieldValue(0, "lower", "lower"));

    static EventField Minor => new("minor", (_, v) => IrpNames.Minor((byte)v[2], (byte)v[3]) is { } name
        ? new EventFieldValue(v[3], name, name, name["IRP_MN_".Length..])
        : new EventFieldValue(v[3], $"0x{v[3]:x}"));

    static EventField Node => new("device", (s, v) =>
    {
        StructureValue? node = s.Types["nt!_DEVICE_NODE"].TryRead(v[0]);
        string path = node?.UnicodeString("InstancePath") ?? "", service = node?.UnicodeString("ServiceName") ?? "";
        return new EventFieldValue(v[0], $"{path} (!devnode {v[0]:x16})", path, service);
    });

    static EventField Number(string name, int index) => new(name, (_, v) => new EventFieldValue(v[index], $"0x{v[index]:x}"));

    static EventField Level(string name, int index) => new(name, (_, v) =>
        new EventFieldValue(v[index], $"{v[index]:x} ({IrqlConditions.NameOf((byte)v[index])})"), IsIrql: true);

    static EventField Routine(string name, int index) => new(name, (s, v) => Place(s, v[index]));

    static EventFieldValue Place(DebuggerSession session, ulong address)
    {
        string symbol = session.SymbolAt(address);
        return new EventFieldValue(address, symbol, symbol, symbol[(symbol.IndexOf('!') + 1)..], symbol.Split('!')[0]);
    }

    /// <summary>Who changed the IRQL: what called nt to do it, unless an interrupt lies between.</summary>
    static EventField Changer => new("by", (s, v) =>
    {
        const int Deepest = 8;
        ulong kernel = s.Target.Hints.KernelBase;
        if (s.Modules.At(v[2])?.Base == kernel)
            foreach (Stacks.StackFrame frame in s.Walker.Walk(Deepest).TakeWhile(f => f.TrapFrame == 0))
                if (s.Modules.At(frame.Ip) is { } module && module.Base != kernel)
                    return Place(s, frame.Ip);
        return Place(s, v[2]);
    });

    static EventField Status(int index) => new("status", (_, v) =>
    {
        uint status = (uint)v[index];
        return NtStatusNames.Find(status) is { } name
            ? new EventFieldValue(status, $"0x{status:x8} ({name})", name)
            : new EventFieldValue(status, $"0x{status:x8}");
    });

    static EventField Major(Func<DebuggerSession, IReadOnlyList<ulong>, ulong> read) => new("major", (s, v) =>
    {
        ulong major = read(s, v);
        string name = IrpNames.Major((byte)major);
        return new EventFieldValue(major, name, name, name["IRP_MJ_".Length..]);
    });

    static EventField Device(string name, Func<DebuggerSession, IReadOnlyList<ulong>, ulong> read) => new(name, (s, v) =>
    {
        ulong device = read(s, v);
        if (Devices.Device(s, device) is not { } found)
            return new EventFieldValue(device, $"{device:x16}");
        KernelObjects objects = new(s);
        string driver = Devices.DriverName(s, found["DriverObject"]);
        string path = objects.Name(device).Length > 0 ? objects.Path(device) : "";
        string shown = path.Length > 0 ? $"{path} of {driver}" : $"{device:x16} of {driver}";
        return new EventFieldValue(device, shown, path, path[(path.LastIndexOf('\\') + 1)..], driver, driver[(driver.LastIndexOf('\\') + 1)..]);
    });

    static EventField Thread(int index) => new("thread", (_, v) => new EventFieldValue(v[index], $"{v[index]:x16}"));

    static EventField Process(int index) => new("process", (s, v) =>
    {
        string image = ProcessNames.ImageOf(s, v[index]);
        return new EventFieldValue(v[index], $"{v[index]:x16} ({image})", image);
    });

    static EventField Tag(int index) => new("tag", (_, v) =>
    {
        string text = PoolReader.TagText((uint)v[index]);
        return new EventFieldValue(v[index], $"'{text}'", text, text.TrimEnd());
    });

    static EventField NodeState(string name, int index) => new(name, (s, v) =>
    {
        string? known = s.Types.Find("nt!_DEVICE_NODE")?.Find("State")?.Type.Values.FirstOrDefault(p => (ulong)p.Value == v[index]).Key;
        return known is null ? new EventFieldValue(v[index], $"0x{v[index]:x}")
            : new EventFieldValue(v[index], known, known, known.StartsWith("DeviceNode", StringComparison.Ordinal) ? known["DeviceNode".Length..] : known);
    });

    /// <summary>Devices have D0 to D3, the system S0 to S5; both are numbered from 1.</summary>
    static EventField Power(string name, int index) => new(name, (_, v) =>
    {
        string state = v[index] == 0 ? "unspecified" : $"{(v[1] != 0 ? 'S' : 'D')}{v[index] - 1}";
        return new EventFieldValue(v[index], state, state);
    });

    /// <summary>The stack location of the driver that completes an IRP; completion has not moved it yet.</summary>
    static StructureValue? LastLocation(DebuggerSession session, ulong irp) =>
        Devices.Irp(session, irp) is { } read ? session.Types["nt!_IO_STACK_LOCATION"].TryRead(read["Tail.Overlay.CurrentStackLocation"]) : null;

    static ulong LastDevice(DebuggerSession session, IReadOnlyList<ulong> values) => LastLocation(session, values[0])?["DeviceObject"] ?? 0;

    static ulong LastMajor(DebuggerSession session, IReadOnlyList<ulong> values) => LastLocation(session, values[0])?["MajorFunction"] ?? 0;
}
