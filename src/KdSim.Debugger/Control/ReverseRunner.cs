using Iced.Intel;
using KdSim.Debugger.Inspection;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Targets;

namespace KdSim.Debugger.Control;

/// <summary>
/// Runs the target backwards. A call that has returned left its return address on the stack: who wrote it there was the call, so stepping back over it
/// and out of a function is going back to that write. Breakpoints of the user on the way are stops, as they are forwards.
/// </summary>
public sealed class ReverseRunner(DebuggerSession session)
{
    ITimeTravel Travel => session.Target.Capability<ITimeTravel>() ?? throw new CommandException("This target cannot go back in time");

    /// <summary>A position as WinDbg writes one: two hexadecimal numbers, of which the second has 16 bits.</summary>
    public static string Format(ulong position) => $"{position >> 16:X}:{position & 0xFFFF:X}";

    /// <summary><c>g-</c>: to the last stop before here.</summary>
    public void Go()
    {
        ITimeTravel travel = Travel;
        session.Runner.Travel(travel.GoBack, travel.GoBack, report: true);
    }

    /// <summary><c>t-</c>: one instruction of this processor back. False at the start, which was reported.</summary>
    public bool StepInto()
    {
        int processor = session.CurrentProcessor;
        return Ended(Step(processor));
    }

    /// <summary><c>p-</c>: to the instruction before this one in the same function, back over calls.</summary>
    public bool StepOver()
    {
        ulong stack = session.Context.Integer?.Rsp ?? 0, thread = session.CurrentThread;
        int processor = session.CurrentProcessor;
        StopEvent stop = Step(processor);
        if (stop is not StopEvent.Stepped || !Disassembler.TryDecode(session, session.Rip, out Instruction instruction, out _))
            return Ended(stop);
        // A return (to here, whether from a callee or from an interrupt) has a frame above it that its entry wrote.
        ulong slot = instruction.Code is Code.Iretq ? session.Context.Integer!.Rsp : stack - sizeof(ulong);
        bool returned = instruction.FlowControl == FlowControl.Return && session.CurrentThread == thread &&
            (instruction.Code is Code.Iretq || session.Context.Integer!.Rsp == slot);
        return returned ? BackToCall(slot) : Ended(stop);
    }

    /// <summary><c>gu-</c>: to the call of the current function.</summary>
    public bool StepOut()
    {
        List<Stacks.StackFrame> frames = [.. session.Walker.Walk(2)];
        if (frames.Count < 2)
            throw new CommandException("The return address of this function is not known");
        return BackToCall(frames[1].Sp - sizeof(ulong));
    }

    /// <summary>Back to the last write of a range of memory; it is reported as a data breakpoint would be.</summary>
    public void ToAccess(ulong address, int size, BreakpointKind kind)
    {
        ITimeTravel travel = Travel;
        using var watch = new Temporary(session, kind, address, size);
        StopEvent stop = session.Runner.Travel(travel.GoBack, travel.GoBack, report: false, watch.Handle);
        session.Stops.Report(stop);
    }

    /// <summary>To a position; it is shown before the place.</summary>
    public void SeekTo(ulong position)
    {
        ITimeTravel travel = Travel;
        session.Runner.Travel(() => travel.SeekTo(position), travel.GoBack, report: false);
    }

    StopEvent Step(int processor)
    {
        ITimeTravel travel = Travel;
        return session.Runner.Travel(() => travel.StepBack(processor), travel.GoBack, report: false);
    }

    bool BackToCall(ulong slot)
    {
        // At the first instruction of a function its call was the step before.
        if (session.Context.Integer?.Rsp == slot)
            return Ended(Step(session.CurrentProcessor));
        ITimeTravel travel = Travel;
        using var watch = new Temporary(session, BreakpointKind.Write, slot, sizeof(ulong));
        StopEvent stop = session.Runner.Travel(travel.GoBack, travel.GoBack, report: false, watch.Handle);
        return stop is StopEvent.Watch hit && hit.Handles.Contains(watch.Handle) ? Ended(Step(stop.Processor)) : Ended(stop);
    }

    bool Ended(StopEvent stop)
    {
        if (stop is StopEvent.Stepped)
            return true;
        session.Stops.Report(stop);
        return false;
    }

    /// <summary>A data breakpoint for one journey.</summary>
    sealed class Temporary(DebuggerSession session, BreakpointKind kind, ulong address, int size) : IDisposable
    {
        readonly IBreakpointControl _table = session.Target.Capability<IBreakpointControl>() ?? throw new CommandException("This target has no breakpoints");
        int? _handle;

        public int Handle => _handle ??= _table.Add(kind, address, size);

        public void Dispose()
        {
            if (_handle is { } handle)
                _table.Remove(handle);
        }
    }
}
