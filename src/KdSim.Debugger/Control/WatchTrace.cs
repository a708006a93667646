using Iced.Intel;
using KdSim.Debugger.Inspection;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Targets;

namespace KdSim.Debugger.Control;

/// <summary>How often a function was entered during a trace, and how many instructions of its own each entry took.</summary>
public sealed record FunctionCount(string Name, int Invocations, ulong Least, ulong Most, ulong Total);

/// <summary>
/// Traces a thread instruction by instruction through a function and everything it calls (<c>wt</c>). Interrupts and other threads that take
/// the processor meanwhile run by uncounted.
/// </summary>
public sealed class WatchTrace(DebuggerSession session)
{
    /// <summary>An activation: what it executed itself and what its callees did.</summary>
    public sealed class Activation(string name, int depth, ulong stack)
    {
        public string Name => name;

        /// <summary>0 for the function that is traced.</summary>
        public int Depth => depth;

        /// <summary>rsp when it was entered: a return leaves more than that.</summary>
        public ulong Stack => stack;

        public ulong Own { get; internal set; }
        public ulong Callees { get; internal set; }

        /// <summary>Where it was called from.</summary>
        public ulong CallSite { get; init; }

        /// <summary>False in modules that are passed over.</summary>
        public bool IsShown { get; init; } = true;
    }

    readonly Dictionary<string, FunctionCount> _counts = new(StringComparer.Ordinal);
    readonly Stack<Activation> _stack = [];
    readonly ulong _thread = session.CurrentThread;

    /// <summary>Called when a function is left, for a callee or for good: its counts so far are to be shown.</summary>
    public required Action<Activation, bool> Left { get; init; }

    /// <summary>Whether the functions of a module are shown, and those that one of a module calls.</summary>
    public required Func<string, string, bool> IsShown { get; init; }

    /// <summary>Calls at this depth are run through without being traced.</summary>
    public int DeepestTraced { get; init; } = int.MaxValue;

    public ulong Instructions { get; private set; }

    public ulong Events { get; private set; }

    /// <summary>Names of system services that were called.</summary>
    public SortedDictionary<string, int> SystemCalls { get; } = new(StringComparer.Ordinal);

    public IEnumerable<FunctionCount> Counts => _counts.Values.OrderBy(c => c.Name, StringComparer.OrdinalIgnoreCase);

    /// <summary>Runs from here until the end is reached with the stack no deeper than now; false when something else stopped the target.</summary>
    public bool Run(ulong end)
    {
        ulong start = session.Context.Integer!.Rsp;
        _stack.Push(new Activation(FunctionAt(session.Rip), 0, start));
        while (session.Rip != end || session.Context.Integer!.Rsp < start)
        {
            session.Cancellation.ThrowIfCancellationRequested();
            if (!Once())
                return false;
        }
        while (_stack.TryPop(out Activation? activation))
            Finish(activation, isLast: _stack.Count == 0);
        return true;
    }

    bool Once()
    {
        IntegerState before = session.Context.Integer!;
        byte irql = (byte)(session.Context.Control?.Cr8 ?? 0);
        bool decoded = Disassembler.TryDecode(session, before.Rip, out Instruction instruction, out _);
        Events++;
        bool calls = instruction.FlowControl is FlowControl.Call or FlowControl.IndirectCall;
        if (!session.Runner.Step(over: calls && _stack.Count > DeepestTraced))
            return false;
        // What came in between is no part of the function: an interrupt before the instruction, or another thread.
        if (session.CurrentThread != _thread)
            return session.Runner.RunTo(decoded ? instruction.NextIP : before.Rip, 0, _thread);
        if ((session.Context.Control?.Cr8 ?? 0) > irql && session.Walker.Walk(1).First().TrapFrame != 0 && !Disassembler.IsTrap(instruction))
            return session.Runner.RunTo(before.Rip, before.Rsp);
        Count(instruction, before, calls);
        return true;
    }

    void Count(in Instruction instruction, IntegerState before, bool calls)
    {
        Activation current = _stack.Peek();
        current.Own++;
        Instructions++;
        if (instruction.FlowControl == FlowControl.Interrupt || instruction.Mnemonic is Mnemonic.Syscall)
            SystemCalls[current.Name] = SystemCalls.GetValueOrDefault(current.Name) + 1;
        IntegerState now = session.Context.Integer!;
        if (now.Rip == instruction.NextIP)
            return;
        // A simulated routine calls guest code from its trap.
        bool trapCalls = Disassembler.IsTrap(instruction) && now.Rsp < before.Rsp && FunctionAt(now.Rip) != current.Name;
        if (calls || trapCalls)
            Enter(current, now, before.Rip);
        else if (now.Rsp > current.Stack && _stack.Count > 1)
            Return(now.Rsp);
        else if (FunctionAt(now.Rip) is var name && name != current.Name && instruction.FlowControl is FlowControl.UnconditionalBranch or
            FlowControl.IndirectBranch)
        {
            // A jump to another function ends this one and begins that one, for the same caller.
            _stack.Pop();
            Finish(current, isLast: false);
            _stack.Push(new Activation(name, current.Depth, current.Stack) { CallSite = current.CallSite, IsShown = current.IsShown });
        }
    }

    void Enter(Activation caller, IntegerState now, ulong site)
    {
        string name = FunctionAt(now.Rip);
        if (caller.IsShown)
            Left(caller, false);
        _stack.Push(new Activation(name, caller.Depth + 1, now.Rsp) { CallSite = site, IsShown = IsShown(Module(name), Module(caller.Name)) });
    }

    void Return(ulong stack)
    {
        while (_stack.Count > 1 && stack > _stack.Peek().Stack)
            Finish(_stack.Pop(), isLast: false);
    }

    void Finish(Activation activation, bool isLast)
    {
        if (activation.IsShown || isLast)
            Left(activation, true);
        if (_stack.TryPeek(out Activation? caller))
            caller.Callees += activation.Own + activation.Callees;
        FunctionCount count = _counts.GetValueOrDefault(activation.Name) ?? new FunctionCount(activation.Name, 0, ulong.MaxValue, 0, 0);
        _counts[activation.Name] = count with
        {
            Invocations = count.Invocations + 1,
            Least = Math.Min(count.Least, activation.Own),
            Most = Math.Max(count.Most, activation.Own),
            Total = count.Total + activation.Own,
        };
    }

    static string Module(string function) => function.Split('!')[0];

    string FunctionAt(ulong address) => session.Symbols.TryGetName(address, out string name, out _) ? name : $"0x{address:x}";
}
