using KdSim.Kernel;
using KdSim.Live;
using KdSim.Machine;
using KdSim.Machine.Time;
using KdSim.Nt;
using KdSim.Tracing.Etl.Providers;
using KdSim.Tracing.Etl.Writing;

namespace KdSim.Recording;

/// <summary>
/// Writes what the kernel tells into an .etl session: kernel-logger events where Windows has them, Kernel-PnP and Kernel-Power, and KdSim-Kernel for the
/// rest. It reads guest memory without any effect and changes nothing: the run is the same with and without it.
/// </summary>
sealed partial class KernelRecorder : IKernelObserver
{
    const uint NoThread = 0;

    /// <summary>What a recorder knows of a thread.</summary>
    readonly record struct ThreadIdentity(uint Thread, uint Process);

    /// <summary>An ISR or DPC that has begun.</summary>
    readonly record struct OpenRun(bool IsDpc, ulong Routine, long Start);

    /// <summary>What a processor is in the middle of.</summary>
    sealed class ProcessorState
    {
        public ThreadIdentity Current;

        /// <summary>ISRs and DPCs, innermost last.</summary>
        public readonly List<OpenRun> Open = [];

        public SpinLockWait Wait;

        public bool IsInIsr => Open.Count > 0 && !Open[^1].IsDpc;

        public bool IsInDpc
        {
            get
            {
                foreach (OpenRun run in Open)
                    if (run.IsDpc)
                        return true;
                return false;
            }
        }
    }

    readonly Computer _computer;
    readonly NtKernel _kernel;
    readonly GuestReader _guest;
    readonly EtlSession _session;
    readonly RecordedKinds _kinds;
    readonly ProcessorState[] _processors;
    readonly Dictionary<ulong, ThreadIdentity> _threads = [];

    public KernelRecorder(LiveMachine machine, EtlSession session, RecordingProfile profile)
    {
        _computer = machine.Computer;
        _kernel = machine.Kernel;
        _guest = new GuestReader(new GuestView(machine.Computer));
        _session = session;
        _kinds = profile.Kinds;
        _processors = [.. _computer.Processors.Select(_ => new ProcessorState())];
    }

    public EtlSession Session => _session;

    bool Wants(RecordedKinds kind) => (_kinds & kind) != 0;

    /// <summary>Nanoseconds since boot, by the clock of the processor.</summary>
    long Time(int cpu) => CounterOf(_computer.Processors[cpu].State.Clock);

    static long CounterOf(ulong clock) => EtlSession.CounterAt(clock / Ticks.PerNanosecond);

    void Event<T>(int cpu, in T payload) where T : unmanaged, IEventPayload
    {
        ThreadIdentity current = _processors[cpu].Current;
        _session.Event(cpu, Time(cpu), current.Thread, current.Process, payload);
    }

    void Event(int cpu, ProviderEvent declared, params ReadOnlySpan<object> values)
    {
        ThreadIdentity current = _processors[cpu].Current;
        _session.Event(cpu, Time(cpu), current.Thread, current.Process, declared, values);
    }

    void Own(int cpu, string name, params ReadOnlySpan<object> values) => Event(cpu, KdSimProvider.Provider.Named(name), values);

    ThreadIdentity IdentityOf(ulong thread)
    {
        if (_threads.TryGetValue(thread, out ThreadIdentity known)) return known;
        var identity = new ThreadIdentity(
            (uint)_guest.U64(thread + ETHREAD.Offsets.Cid + CLIENT_ID.Offsets.UniqueThread), (uint)_guest.U64(thread + ETHREAD.Offsets.Cid));
        _threads.Add(thread, identity);
        return identity;
    }

    // What stops or explains: text and addresses.

    public void DebugPrinted(int cpu, uint component, uint level, string text)
    {
        if (Wants(RecordedKinds.Debug)) Own(cpu, "DebugPrint", component, level, text);
    }

    public void ExceptionRaised(int cpu, uint status, ulong address, bool isFirstChance, ulong record, ulong context)
    {
        if (Wants(RecordedKinds.Debug)) Own(cpu, "Exception", status, address, isFirstChance ? 1 : 0);
    }

    public void BreakpointHit(int cpu, ulong address)
    {
        if (Wants(RecordedKinds.Debug)) Own(cpu, "Breakpoint", address);
    }

    public void BugChecked(int cpu, uint code, ulong parameter1, ulong parameter2, ulong parameter3, ulong parameter4)
    {
        if (Wants(RecordedKinds.Debug)) Own(cpu, "BugCheck", code, parameter1, parameter2, parameter3, parameter4);
    }

    public void Found(KdSim.Kernel.Routines.Finding finding)
    {
        if (Wants(RecordedKinds.Debug)) Own(finding.Processor, "Finding", (uint)finding.Kind, finding.Subject, finding.Text);
    }

    public void ScenarioStepped(int cpu, int thread, KdSim.Kernel.Scenarios.Statement statement)
    {
        if (Wants(RecordedKinds.Scenario)) Own(cpu, "ScenarioStep", thread, statement.Place.Line, statement.Place.Column, statement.GetType().Name);
    }

    public void ExpectationFailed(int cpu, string text)
    {
        if (Wants(RecordedKinds.Scenario)) Own(cpu, "ScenarioFailure", text);
    }

    public void ScenarioFinished(int cpu, string text)
    {
        if (Wants(RecordedKinds.Scenario)) Own(cpu, "ScenarioEnd", text);
    }

    public void PoolAllocated(int cpu, ulong address, ulong size, uint tag)
    {
        if (Wants(RecordedKinds.Pool)) Event(cpu, new PoolAllocatePayload { Address = address, Size = size, Tag = tag });
    }

    public void PoolFreed(int cpu, ulong address, uint tag)
    {
        if (Wants(RecordedKinds.Pool)) Event(cpu, new PoolFreePayload { Address = address, Tag = tag });
    }

    // The level.

    public void IrqlChanged(int cpu, byte from, byte to)
    {
        if (Wants(RecordedKinds.Irql)) Event(cpu, new IrqlChangePayload { Old = from, New = to, Rip = _computer.Processors[cpu].State.Rip });
    }

    public void InterruptEntered(int cpu, byte vector, byte irql)
    {
        if (Wants(RecordedKinds.Irql)) Event(cpu, new InterruptEnterPayload { Vector = vector, Irql = irql });
    }

    public void InterruptExited(int cpu, byte vector, byte irql)
    {
        if (Wants(RecordedKinds.Irql)) Event(cpu, new InterruptExitPayload { Vector = vector, Irql = irql });
    }
}
