using System.Collections.Immutable;
using System.Globalization;
using KdSim.Nt;

namespace KdSim.Tracing.Schema;

/// <summary>How a field of an event is shown.</summary>
public enum FieldFormat
{
    Number,
    Hex,

    /// <summary>An address in the machine.</summary>
    Pointer,

    /// <summary>An address of code: shown with its symbol.</summary>
    Routine,

    Irql,
    Status,
    Major,
    BugCheck,
    Boolean,

    /// <summary>A relative time in ticks.</summary>
    Duration,
}

/// <summary>A field of an event kind; fields stand in the event's arguments in this order.</summary>
public sealed record EventField(string Name, FieldFormat Format);

/// <summary>An event kind: its name, fields, and whether a text belongs to it.</summary>
public sealed record EventType(EventKind Kind, string Name, ImmutableArray<EventField> Fields, bool HasText);

/// <summary>The declaration of every event: recorder, views and files read it from here.</summary>
public static class EventSchema
{
    /// <summary>The most arguments that an event has.</summary>
    public const int MostFields = 5;

    static readonly ImmutableDictionary<EventKind, EventType> ByKind = new[]
    {
        Define(EventKind.IrqlChange, "IrqlChange", ("Old", FieldFormat.Irql), ("New", FieldFormat.Irql), ("Rip", FieldFormat.Routine)),
        Define(EventKind.InterruptEnter, "InterruptEnter", ("Vector", FieldFormat.Hex), ("Irql", FieldFormat.Irql)),
        Define(EventKind.InterruptExit, "InterruptExit", ("Vector", FieldFormat.Hex), ("Irql", FieldFormat.Irql)),
        Define(EventKind.IsrEnter, "IsrEnter", ("Vector", FieldFormat.Hex), ("Interrupt", FieldFormat.Pointer), ("Routine", FieldFormat.Routine)),
        Define(EventKind.IsrExit, "IsrExit", ("Vector", FieldFormat.Hex), ("Interrupt", FieldFormat.Pointer), ("Routine", FieldFormat.Routine),
            ("Claimed", FieldFormat.Boolean)),
        Define(EventKind.DpcQueue, "DpcQueue", ("Dpc", FieldFormat.Pointer), ("Routine", FieldFormat.Routine), ("Target", FieldFormat.Number)),
        Define(EventKind.DpcEnter, "DpcEnter", ("Dpc", FieldFormat.Pointer), ("Routine", FieldFormat.Routine)),
        Define(EventKind.DpcExit, "DpcExit", ("Dpc", FieldFormat.Pointer), ("Routine", FieldFormat.Routine)),
        Define(EventKind.ApcDeliver, "ApcDeliver", ("Apc", FieldFormat.Pointer), ("Thread", FieldFormat.Pointer), ("Routine", FieldFormat.Routine)),
        Define(EventKind.IrpAllocate, "IrpAllocate", ("Irp", FieldFormat.Pointer), ("Thread", FieldFormat.Pointer)),
        Define(EventKind.IrpCall, "IrpCall", ("Irp", FieldFormat.Pointer), ("Device", FieldFormat.Pointer), ("Major", FieldFormat.Major),
            ("Minor", FieldFormat.Hex)),
        Define(EventKind.IrpComplete, "IrpComplete", ("Irp", FieldFormat.Pointer), ("Status", FieldFormat.Status), ("Information", FieldFormat.Hex)),
        Define(EventKind.IrpFree, "IrpFree", ("Irp", FieldFormat.Pointer)),
        Define(EventKind.ThreadSwitch, "ThreadSwitch", ("Old", FieldFormat.Pointer), ("New", FieldFormat.Pointer), ("WaitReason", FieldFormat.Number)),
        Define(EventKind.ThreadReady, "ThreadReady", ("Thread", FieldFormat.Pointer)),
        Define(EventKind.ThreadCreate, "ThreadCreate", ("Thread", FieldFormat.Pointer), ("Process", FieldFormat.Pointer)),
        Define(EventKind.ThreadExit, "ThreadExit", ("Thread", FieldFormat.Pointer), ("Status", FieldFormat.Status)),
        DefineText(EventKind.ProcessCreate, "ProcessCreate", ("Process", FieldFormat.Pointer)),
        Define(EventKind.ProcessExit, "ProcessExit", ("Process", FieldFormat.Pointer), ("Status", FieldFormat.Status)),
        DefineText(EventKind.ModuleLoad, "ModuleLoad", ("Base", FieldFormat.Pointer), ("Size", FieldFormat.Hex)),
        DefineText(EventKind.ModuleUnload, "ModuleUnload", ("Base", FieldFormat.Pointer), ("Size", FieldFormat.Hex)),
        DefineText(EventKind.DbgPrint, "DbgPrint", ("Component", FieldFormat.Number), ("Level", FieldFormat.Number)),
        Define(EventKind.Exception, "Exception", ("Status", FieldFormat.Status), ("Address", FieldFormat.Routine), ("FirstChance", FieldFormat.Boolean)),
        Define(EventKind.BugCheck, "BugCheck", ("Code", FieldFormat.BugCheck), ("P1", FieldFormat.Pointer), ("P2", FieldFormat.Pointer),
            ("P3", FieldFormat.Pointer), ("P4", FieldFormat.Pointer)),
        Define(EventKind.TimerSet, "TimerSet", ("Timer", FieldFormat.Pointer), ("Due", FieldFormat.Hex), ("Period", FieldFormat.Number)),
        Define(EventKind.TimerExpire, "TimerExpire", ("Timer", FieldFormat.Pointer), ("Dpc", FieldFormat.Pointer)),
        Define(EventKind.DeviceState, "DeviceState", ("Node", FieldFormat.Pointer), ("Old", FieldFormat.Hex), ("New", FieldFormat.Hex)),
        Define(EventKind.PowerState, "PowerState", ("Device", FieldFormat.Pointer), ("System", FieldFormat.Boolean), ("Old", FieldFormat.Number),
            ("New", FieldFormat.Number)),
        Define(EventKind.PoolAllocate, "PoolAllocate", ("Address", FieldFormat.Pointer), ("Size", FieldFormat.Hex), ("Tag", FieldFormat.Hex)),
        Define(EventKind.PoolFree, "PoolFree", ("Address", FieldFormat.Pointer), ("Tag", FieldFormat.Hex)),
        Define(EventKind.Breakpoint, "Breakpoint", ("Address", FieldFormat.Routine)),
        DefineText(EventKind.Finding, "Finding", ("Kind", FieldFormat.Number), ("Subject", FieldFormat.Pointer)),
    }.ToImmutableDictionary(type => type.Kind);

    public static EventType Of(EventKind kind) => ByKind[kind];

    /// <summary>All kinds by number.</summary>
    public static IEnumerable<EventType> All => ByKind.Values.OrderBy(type => type.Kind);

    /// <summary>The value of a field as text; `name` turns an address of code into its symbol.</summary>
    public static string Show(EventField field, ulong value, Func<ulong, string?> name) => field.Format switch
    {
        FieldFormat.Number => value.ToString(CultureInfo.InvariantCulture),
        FieldFormat.Hex => $"0x{value:x}",
        FieldFormat.Routine => name(value) ?? $"{value:x16}",
        FieldFormat.Irql => Irql.Name((byte)value),
        FieldFormat.Status => NtStatusNames.Name((NtStatus)value),
        FieldFormat.Major => IrpNames.Major((byte)value),
        FieldFormat.BugCheck => $"0x{value:X8}",
        FieldFormat.Boolean => value != 0 ? "true" : "false",
        FieldFormat.Duration => $"{value / 2} ns",
        _ => $"{value:x16}",
    };

    static EventType Define(EventKind kind, string name, params (string Name, FieldFormat Format)[] fields) => Make(kind, name, fields, false);

    static EventType DefineText(EventKind kind, string name, params (string Name, FieldFormat Format)[] fields) => Make(kind, name, fields, true);

    static EventType Make(EventKind kind, string name, (string Name, FieldFormat Format)[] fields, bool hasText) =>
        fields.Length <= MostFields
            ? new(kind, name, [.. fields.Select(field => new EventField(field.Name, field.Format))], hasText)
            : throw new InvalidOperationException($"{name} has {fields.Length} fields; the record holds {MostFields}");
}
