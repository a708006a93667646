using KdSim.Machine.Cpu;
using KdSim.Machine.Time;

namespace KdSim.Machine;

/// <summary>How far to run. Limits only stop the machine: they never change what it does.</summary>
public readonly record struct RunRequest()
{
    /// <summary>Stop when everything that happens next happens at or after this time.</summary>
    public ulong TimeLimit { get; init; } = Ticks.Never;

    /// <summary>Stop when this processor has retired <see cref="Steps"/> more steps; the others run as scheduled. -1: no such limit.</summary>
    public int StepProcessor { get; init; } = -1;

    public ulong Steps { get; init; }

    /// <summary>Stop when <see cref="Computer.Position"/> has reached this.</summary>
    public ulong PositionLimit { get; init; } = ulong.MaxValue;

    public static RunRequest Until(ulong time) => new() { TimeLimit = time };

    public static RunRequest Step(int processor, ulong steps = 1) => new() { StepProcessor = processor, Steps = steps };
}

/// <summary>Why <see cref="Computer.Run"/> came back.</summary>
public enum StopReason
{
    /// <summary>The time limit of the request.</summary>
    TimeLimit,

    /// <summary>The processor has retired the steps asked for.</summary>
    Stepped,

    /// <summary>The position of the request.</summary>
    PositionReached,

    /// <summary>A processor stands at an execution breakpoint, before the instruction.</summary>
    Breakpoint,

    /// <summary>An access touched a watched range; the instruction (or trap) has retired.</summary>
    Watchpoint,

    /// <summary>The owner of the machine asked (<see cref="Computer.RequestStop"/>).</summary>
    Requested,

    /// <summary><see cref="Computer.RequestBreak"/>: somebody outside wants the prompt.</summary>
    Break,

    /// <summary>All processors are halted and no event is pending: nothing can ever happen again.</summary>
    Idle,

    /// <summary>The guest used a device in a way that the device does not know. The access read as ones or wrote nothing; the machine can go on.</summary>
    DeviceError,

    /// <summary>An instruction that the processor does not implement.</summary>
    Unsupported,

    /// <summary>A fault while a double fault was delivered. The machine cannot go on.</summary>
    TripleFault,

    /// <summary>An invariant of the simulator broke. The machine can be read, but cannot go on.</summary>
    Failed,
}

/// <param name="Reason">Why.</param>
/// <param name="Processor">The processor it is about, or that was running.</param>
/// <param name="Text">What happened, where the reason alone does not say it.</param>
/// <param name="Watch">The access, for a watchpoint.</param>
public readonly record struct RunResult(StopReason Reason, int Processor, string? Text = null, WatchpointHit? Watch = null);
