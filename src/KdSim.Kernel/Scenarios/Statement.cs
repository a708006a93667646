using System.Collections.Immutable;

namespace KdSim.Kernel.Scenarios;

/// <summary>Where a statement stands in its file.</summary>
public readonly record struct SourcePlace(int Line, int Column);

/// <summary>What a request sends: bytes that the thread puts into a user buffer, or a raw pointer that need not be valid.</summary>
public abstract record RequestData
{
    public sealed record Bytes(ImmutableArray<byte> Content) : RequestData;

    public sealed record Pointer(ulong Address, uint Length) : RequestData;
}

/// <summary>What `expect` looks at.</summary>
public enum Expectation { Status, Bytes, Data, Pending, Done, Apcs }

/// <summary>What the world does to the machine.</summary>
public enum WorldAction { Plug, Unplug, SurpriseRemove, Enable, Disable, Load, Unload, Sleep, Resume, SetRegister }

/// <summary>One statement of a scenario. Names are variables of the process; times are ticks of the machine's clock.</summary>
public abstract record Statement(SourcePlace Place)
{
    /// <param name="IsChecked">The next statement expects its status: a failure is not one of the scenario.</param>
    public sealed record Open(SourcePlace Place, string Variable, string Path, uint DesiredAccess, bool Asynchronous, bool IsChecked = false)
        : Statement(Place);

    /// <param name="Apc">A user APC tells of its end.</param>
    public sealed record Read(
        SourcePlace Place, string? Variable, string Handle, uint Length, ulong? RawBuffer, ulong? Offset, bool Asynchronous, bool Apc) : Statement(Place);

    public sealed record Write(SourcePlace Place, string? Variable, string Handle, RequestData Data, ulong? Offset, bool Asynchronous, bool Apc)
        : Statement(Place);

    public sealed record Ioctl(
        SourcePlace Place, string? Variable, string Handle, uint Code, RequestData? Input, RequestData? Output, uint OutputLength, bool Asynchronous,
        bool Apc)
        : Statement(Place);

    public sealed record Cancel(SourcePlace Place, string Variable) : Statement(Place);

    public sealed record Wait(SourcePlace Place, string Variable, ulong? Timeout, bool Alertable) : Statement(Place);

    public sealed record Expect(SourcePlace Place, string Variable, Expectation What, ulong Value, ImmutableArray<byte> Data) : Statement(Place);

    public sealed record Close(SourcePlace Place, string Handle) : Statement(Place);

    public sealed record Sleep(SourcePlace Place, ulong Ticks, bool Alertable) : Statement(Place);

    /// <summary>The program reads or writes a byte of its address space.</summary>
    public sealed record Touch(SourcePlace Place, ulong Address, bool Writes) : Statement(Place);

    public sealed record Print(SourcePlace Place, string Text) : Statement(Place);

    public sealed record Exit(SourcePlace Place) : Statement(Place);

    public sealed record Loop(SourcePlace Place, uint Count, ImmutableArray<Statement> Body) : Statement(Place);

    public sealed record Parallel(SourcePlace Place, ImmutableArray<ImmutableArray<Statement>> Branches) : Statement(Place);

    public sealed record World(SourcePlace Place, WorldAction Action, string Name, string Register, ulong Value) : Statement(Place);
}

/// <summary>A user thread: its process, where it runs, and what it does.</summary>
public sealed record ScenarioThread(
    SourcePlace Place, string Name, string Process, int? Priority, int? Processor, ImmutableArray<Statement> Body);

/// <summary>Something that the world does at a time of its own, counted from the start of the scenario.</summary>
public sealed record TimedAction(ulong Due, Statement.World Action);

/// <summary>A whole scenario file.</summary>
public sealed record Scenario(string Name, ImmutableArray<ScenarioThread> Threads, ImmutableArray<TimedAction> Timed);

/// <summary>A mistake in a scenario: which file, line and column, what was expected.</summary>
public sealed class ScenarioException(string file, SourcePlace place, string problem)
    : Exception($"{file}({place.Line},{place.Column}): {problem}")
{
    public SourcePlace Place { get; } = place;
}
