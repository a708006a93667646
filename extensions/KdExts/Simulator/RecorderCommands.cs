using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;
using KdSim.Debugging.Targets;

namespace KdExts.Simulator;

/// <summary><c>!dpcisr</c>: how often and how long each ISR and DPC ran.</summary>
[Command("!dpcisr", "!dpcisr", "Show count and duration of ISRs and DPCs by routine, in nanoseconds", Example = "!dpcisr")]
public sealed class DpcIsrCommand : WordCommand
{
    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        IEventSource events = session.Target.Capability<IEventSource>() ?? throw new CommandException("This target records no events");
        yield return new Table(
            [
                new("kind", "Kind", 6), new("count", "Count", 10, true), new("min", "Min ns", 12, true), new("mean", "Mean ns", 12, true),
                new("max", "Max ns", 12, true), new("routine", "Routine"),
            ],
            events.RoutineStatistics().Select(r => (IReadOnlyList<Node>)
                [r.Kind, $"{r.Count}", $"{r.Minimum}", $"{r.Mean}", $"{r.Maximum}", Say.Code(session, r.Routine)]));
    }
}

/// <summary><c>!log</c>: the latest recorded events.</summary>
[Command("!log", "!log [count]", "Show the latest events, oldest first (default 0n20)", Example = "!log 8")]
public sealed class LogCommand : WordCommand
{
    const ulong Default = 20, Most = 1 << 20;

    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        IEventSource events = session.Target.Capability<IEventSource>() ?? throw new CommandException("This target records no events");
        int count = (int)Math.Min(arguments.Value(session, 0, Default), Most);
        foreach (TargetEvent each in events.Latest(count))
            yield return new Line($"{each.Ticks / 1_000_000_000,6}.{each.Ticks % 1_000_000_000:d9}  {each.Processor,2}  {each.Name,-22} {each.Text}");
    }
}

/// <summary><c>!findings</c>: what the kernel's own checks complained of.</summary>
[Command("!findings", "!findings", "Show broken rules that the simulated kernel noticed", Example = "!findings")]
public sealed class FindingsCommand : WordCommand
{
    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        IFindings findings = session.Target.Capability<IFindings>() ?? throw new CommandException("This target's kernel checks nothing");
        if (findings.Findings.Count == 0)
            yield return new Line("No findings");
        foreach (Finding each in findings.Findings)
            yield return new Line($"{each.Ticks / 1_000_000_000,6}.{each.Ticks % 1_000_000_000:d9}  {each.Processor,2}  {each.Rule,-22} {each.Text}",
                each.Address == 0 ? "" : " at ", each.Address == 0 ? "" : Say.Code(session, each.Address));
    }
}

/// <summary><c>!kframes</c>: routines of the simulated kernel that wait for guest code, with their variables.</summary>
[Command("!kframes", "!kframes [thread]", "Show the suspended kernel routines of a thread", Example = "!kframes")]
public sealed class KernelFramesCommand : WordCommand
{
    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        IKernelFrames source = session.Target.Capability<IKernelFrames>() ?? throw new CommandException("This target's kernel is not simulated");
        IReadOnlyList<KernelFrame> frames = source.Frames(session.CurrentProcessor, arguments.Value(session, 0));
        if (frames.Count == 0)
            yield return new Line("No suspended kernel routines");
        foreach (KernelFrame frame in frames)
        {
            yield return new Line(new Address(frame.StackPointer), $" {frame.Routine}");
            foreach ((string name, string value) in frame.Locals)
                yield return new Line($"    {name,-24} = {value}");
        }
    }
}
