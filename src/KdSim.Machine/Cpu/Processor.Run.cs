namespace KdSim.Machine.Cpu;

public sealed unsafe partial class Processor
{
    /// <summary>How many instructions run at most before a stop requested by another thread is seen.</summary>
    private const ulong PollInterval = 1 << 20;

    private ProcessorStop? _stop;
    private bool _trapSuppressed;
    private ulong _skipRip;
    private ulong _skipSteps = ulong.MaxValue;

    /// <summary>
    /// Runs until State.Clock has reached <paramref name="clockLimit"/>, State.Steps <paramref name="stepLimit"/>, or something else stops
    /// it. Exact: may stop inside a block. A breakpoint stops before its instruction, and is skipped once by the Run that goes on there.
    /// </summary>
    public ProcessorStop Run(ulong clockLimit, ulong stepLimit = ulong.MaxValue)
    {
        Core* c = _core;
        ref CpuState s = ref c->State;
        WatchHit = null;
        Refresh();
        while (true)
        {
            c->Exit = 0;
            if (_stopRequested)
            {
                _stopRequested = false;
                return ProcessorStop.Requested;
            }

            if (s.Clock >= clockLimit)
                return ProcessorStop.ClockLimit;
            if (s.Steps >= stepLimit)
                return ProcessorStop.StepLimit;
            if (_interruptPending && s.InterruptShadow == 0 && (s.RFlags & RFlag.Interrupt) != 0)
            {
                if (!TakeInterrupt())
                    return ProcessorStop.TripleFault;
                if (s.Clock >= clockLimit || _stopRequested)
                    continue;
            }

            if (s.Halted != 0)
                return ProcessorStop.Halted;
            if (RunSome(clockLimit, stepLimit) is { } stop)
                return stop;
        }
    }

    internal Flow AtBreakpoint(MicroOp* op)
    {
        Core* c = _core;
        ulong rip = c->Current->Rip + op->Offset;

        // The block is charged whole; this micro-op stands at its start.
        ulong steps = c->State.Steps + (ulong)(c->BudgetBase - c->Budget - c->Charged);
        if (_skipRip == rip && _skipSteps == steps)
            return Flow.Next;
        _skipRip = rip;
        _skipSteps = steps;
        _stop = ProcessorStop.Breakpoint;
        return Flow.Stop;
    }

    /// <summary>A rep goes on at its own address: that is no new arrival at a breakpoint there.</summary>
    internal void NoteRepContinues()
    {
        Core* c = _core;
        _skipRip = c->State.Rip;
        _skipSteps = c->State.Steps + (ulong)(c->BudgetBase - c->Budget);
    }

    internal Flow StopUnsupported(MicroOp* op)
    {
        SyncBefore(op);
        ulong rip = _core->State.Rip;
        Span<byte> bytes = stackalloc byte[15];
        int count = TryRead(rip, bytes);
        var decoder = Iced.Intel.Decoder.Create(64, new Iced.Intel.ByteArrayCodeReader(bytes[..count].ToArray()));
        decoder.IP = rip;
        decoder.Decode(out Iced.Intel.Instruction instruction);
        StopUnsupported($"unsupported instruction {instruction} ({instruction.Code}) at {rip:x16}");
        return Flow.Stop;
    }

    /// <summary>Calls the host's trap handler: the instruction has retired.</summary>
    internal void CallTrap(MicroOp* op)
    {
        Core* c = _core;
        Settle(op->Ordinal + 1);
        TrapRip = c->Current->Rip + op->Offset;
        c->State.Rip = TrapRip + op->Length;
        _host.Trap(this);
        AfterCallback();
    }

    /// <summary>The clock as the instruction sees it: all before it have retired.</summary>
    internal ulong ClockAt(MicroOp* op)
    {
        Core* c = _core;
        return c->State.Clock + (ulong)(c->BudgetBase - c->Budget - c->Charged + op->Ordinal);
    }

    private void StopUnsupported(string text)
    {
        _stop = ProcessorStop.Unsupported;
        _host.Unsupported(this, text);
    }

    private bool TakeInterrupt()
    {
        _interruptPending = false;
        if (!_host.NextInterrupt(this, out byte vector))
            return true;
        Refresh();
        _core->State.Halted = 0;
        if (TryDeliver(vector, 0, hasCode: false, _core->State.Rip, checkPrivilege: false))
            return true;
        return DeliverFault();
    }

    /// <summary>One stretch under one budget; a stop, or null to look at everything again.</summary>
    private ProcessorStop? RunSome(ulong clockLimit, ulong stepLimit)
    {
        Core* c = _core;
        ref CpuState s = ref c->State;
        bool trap = (s.RFlags & RFlag.Trap) != 0;
        bool single = trap || s.InterruptShadow != 0;
        ulong budget = single ? 1 : Math.Min(PollInterval, Math.Min(clockLimit - s.Clock, stepLimit - s.Steps));
        c->Budget = c->BudgetBase = (long)budget;
        c->Charged = 0;
        _trapSuppressed = false;
        _stop = null;
        ulong before = s.Steps;
        Flow flow = Execute();
        c->Charged = 0;
        Settle(0);
        s.InterruptShadow = s.InterruptShadow == 2 ? (byte)1 : s.Steps != before ? (byte)0 : s.InterruptShadow;
        if (_stop is { } stop)
            return stop;
        if (flow == Flow.Fault)
        {
            if (!DeliverFault())
                return ProcessorStop.TripleFault;
        }
        else
        {
            if (s.Steps != before)
                s.RFlags &= ~RFlag.Resume;
            if (trap && !_trapSuppressed && s.Steps != before)
            {
                s.Dr6 |= 1 << 14;
                _host.ExceptionRaised(this, ExceptionVector.Debug, 0);
                Refresh();
                if (!TryDeliver(ExceptionVector.Debug, 0, hasCode: false, s.Rip, checkPrivilege: false) && !DeliverFault())
                    return ProcessorStop.TripleFault;
            }
        }

        return WatchHit is null ? null : ProcessorStop.Watchpoint;
    }
}
