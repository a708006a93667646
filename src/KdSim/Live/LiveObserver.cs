using KdSim.Debugging.Targets;
using KdSim.Kernel;
using KdSim.Machine;
using KdSim.Machine.Cpu;
using KdSim.Nt;
using KdSim.Tracing.Recording;
using KdSim.Tracing.Schema;

namespace KdSim.Live;

/// <summary>
/// Hears the kernel while it runs: records events, prints what drivers print, and asks the machine to stop where the debugger wants to
/// know. It changes nothing in the machine. The first reason of a stop counts; later ones in the same trap wait for the next.
/// </summary>
sealed class LiveObserver(Computer computer, NtKernel kernel, LiveModules modules, LiveIrqlStops irqlStops, LiveEventStops eventStops,
    EventRecorder recorder) : IKernelObserver
{
    readonly Queue<StopEvent> _stops = new();

    /// <summary>Takes DbgPrint text.</summary>
    public Action<string>? Printed { get; set; }

    /// <summary>True once nt has stopped the system: the machine can be looked at but not run.</summary>
    public bool HasBugChecked => kernel.Roots.BugCheck is not null;

    /// <summary>When anything but the taking of interrupts was heard last: clock interrupts are no activity.</summary>
    public ulong LastActivity { get; private set; }

    /// <summary>What the machine stopped for, if it was asked to from here.</summary>
    public StopEvent? TakeStop() => _stops.TryDequeue(out StopEvent? stop) ? stop : null;

    /// <summary>The machine went elsewhere in time.</summary>
    public void ForgetStops()
    {
        _stops.Clear();
        LastActivity = 0;
    }

    public void IrqlChanged(int cpu, byte from, byte to)
    {
        ulong rip = computer.Processors[cpu].State.Rip;
        Record(EventKind.IrqlChange, cpu, from, to, rip);
        StopAt(KernelEventKind.IrqlChange, cpu, from, to, rip);
        if (irqlStops.IsEmpty) return;
        IReadOnlyList<int> handles = irqlStops.Matches(cpu, from, to, rip, CallerOf(cpu, rip));
        if (handles.Count > 0) Stop(new StopEvent.IrqlChange(cpu, handles, from, to, rip));
    }

    public void InterruptEntered(int cpu, byte vector, byte irql)
    {
        Record(EventKind.InterruptEnter, cpu, vector, irql);
        StopAt(KernelEventKind.Interrupt, cpu, vector, irql);
    }

    public void InterruptExited(int cpu, byte vector, byte irql) => Record(EventKind.InterruptExit, cpu, vector, irql);

    public void IsrEntered(int cpu, byte vector, ulong interrupt, ulong routine)
    {
        Record(EventKind.IsrEnter, cpu, vector, interrupt, routine);
        StopAt(KernelEventKind.Isr, cpu, vector, interrupt, routine);
    }

    public void IsrExited(int cpu, byte vector, ulong interrupt, ulong routine, bool claimed) =>
        Record(EventKind.IsrExit, cpu, vector, interrupt, routine, claimed ? 1u : 0);

    public void DpcQueued(int cpu, int target, ulong dpc, ulong routine)
    {
        Record(EventKind.DpcQueue, cpu, dpc, routine, (ulong)target);
        StopAt(KernelEventKind.DpcQueue, cpu, dpc, routine, (ulong)target);
    }

    public void DpcEntered(int cpu, ulong dpc, ulong routine)
    {
        Record(EventKind.DpcEnter, cpu, dpc, routine);
        StopAt(KernelEventKind.Dpc, cpu, dpc, routine);
    }

    public void DpcExited(int cpu, ulong dpc, ulong routine) => Record(EventKind.DpcExit, cpu, dpc, routine);

    public void ApcDelivered(int cpu, ulong apc, ulong thread, ulong routine) => Record(EventKind.ApcDeliver, cpu, apc, thread, routine);

    public void IrpAllocated(int cpu, ulong irp, ulong thread) => Record(EventKind.IrpAllocate, cpu, irp, thread);

    public void IrpCalled(int cpu, ulong irp, ulong device, byte major, byte minor, ulong routine, ulong frame)
    {
        Record(EventKind.IrpCall, cpu, irp, device, major, minor);
        StopAt(KernelEventKind.IrpCall, cpu, irp, device, major, minor);
    }

    public void IrpCompleted(int cpu, ulong irp, uint status, ulong information, ulong frame)
    {
        Record(EventKind.IrpComplete, cpu, irp, status, information);
        StopAt(KernelEventKind.IrpComplete, cpu, irp, status, information);
    }

    public void IrpFreed(int cpu, ulong irp) => Record(EventKind.IrpFree, cpu, irp);

    public void ThreadSwitched(int cpu, ulong from, ulong to, byte waitReason) => Record(EventKind.ThreadSwitch, cpu, from, to, waitReason);

    public void ThreadReadied(int cpu, ulong thread) => Record(EventKind.ThreadReady, cpu, thread);

    public void ThreadCreated(int cpu, ulong thread, ulong process)
    {
        Record(EventKind.ThreadCreate, cpu, thread, process);
        StopAt(KernelEventKind.ThreadCreate, cpu, thread, process);
    }

    public void ThreadExited(int cpu, ulong thread, uint status)
    {
        Record(EventKind.ThreadExit, cpu, thread, status);
        StopAt(KernelEventKind.ThreadExit, cpu, thread, status);
    }

    public void ProcessCreated(int cpu, ulong process, string name)
    {
        RecordText(EventKind.ProcessCreate, cpu, name, process);
        StopAt(KernelEventKind.ProcessCreate, cpu, process);
    }

    public void ProcessExited(int cpu, ulong process, uint status)
    {
        Record(EventKind.ProcessExit, cpu, process, status);
        StopAt(KernelEventKind.ProcessExit, cpu, process, status);
    }

    public void ModuleLoaded(int cpu, string name, ulong imageBase, uint size)
    {
        RecordText(EventKind.ModuleLoad, cpu, name, imageBase, size);
        if (modules.At(imageBase) is { } module) Stop(new StopEvent.ModuleLoad(cpu, module));
    }

    public void ModuleUnloaded(int cpu, string name, ulong imageBase, uint size)
    {
        RecordText(EventKind.ModuleUnload, cpu, name, imageBase, size);
        Stop(new StopEvent.ModuleUnload(cpu, modules.Unload(name, imageBase, size)));
    }

    public void LegacyDriverStarted(int cpu, string service, uint status) =>
        Printed?.Invoke($"Driver {service}: DriverEntry returned 0x{status:X8}{(NtStatusNames.Find(status) is { } name ? $" ({name})" : "")}\n");

    public void DebugPrinted(int cpu, uint component, uint level, string text)
    {
        RecordText(EventKind.DbgPrint, cpu, text, component, level);
        Printed?.Invoke(text);
    }

    public void BreakpointHit(int cpu, ulong address)
    {
        Record(EventKind.Breakpoint, cpu, address);
        Stop(new StopEvent.DebugBreak(cpu, address));
    }

    public void ExceptionRaised(int cpu, uint status, ulong address, bool isFirstChance, ulong record, ulong context)
    {
        Record(EventKind.Exception, cpu, status, address, isFirstChance ? 1u : 0);
        Stop(new StopEvent.Exception(cpu, status, address, isFirstChance, Parameters(cpu, record), record, context));
    }

    /// <summary>What an EXCEPTION_RECORD says besides code and address.</summary>
    ulong[] Parameters(int cpu, ulong record)
    {
        const int NumberParameters = 0x18, Information = 0x20, MostParameters = 15;
        byte[] bytes = new byte[Information + MostParameters * 8];
        if (record == 0 || new GuestView(computer).Read(computer.Processors[cpu].State.Cr3, record, bytes) != bytes.Length) return [];
        int count = Math.Min(BitConverter.ToInt32(bytes, NumberParameters), MostParameters);
        return [.. Enumerable.Range(0, Math.Max(count, 0)).Select(i => BitConverter.ToUInt64(bytes, Information + i * 8))];
    }

    public void BugChecked(int cpu, uint code, ulong parameter1, ulong parameter2, ulong parameter3, ulong parameter4)
    {
        recorder.Add(EventKind.BugCheck, cpu, Time(cpu), code, parameter1, parameter2, parameter3, parameter4);
        Stop(new StopEvent.BugCheck(cpu, code, [parameter1, parameter2, parameter3, parameter4]));
    }

    public void MissingImportReached(int cpu, string dll, string name, string importer, bool isCall)
    {
        CpuState state = computer.Processors[cpu].State;
        Span<byte> caller = stackalloc byte[8];
        bool called = isCall && new GuestView(computer).Read(state.Cr3, state.Rsp, caller) == caller.Length;
        Stop(new StopEvent.MissingImport(
            cpu, $"{dll}!{name}", called ? BitConverter.ToUInt64(caller) : state.Rip, called ? [state.Rcx, state.Rdx, state.R8, state.R9] : []));
    }

    public void TimerSet(int cpu, ulong timer, ulong dueTime, uint period) => Record(EventKind.TimerSet, cpu, timer, dueTime, period);

    public void TimerExpired(int cpu, ulong timer, ulong dpc) => Record(EventKind.TimerExpire, cpu, timer, dpc);

    public void DeviceStateChanged(int cpu, ulong deviceNode, uint from, uint to)
    {
        Record(EventKind.DeviceState, cpu, deviceNode, from, to);
        StopAt(KernelEventKind.DeviceState, cpu, deviceNode, from, to);
    }

    public void PowerStateChanged(int cpu, ulong device, bool isSystem, uint from, uint to)
    {
        Record(EventKind.PowerState, cpu, device, isSystem ? 1u : 0, from, to);
        StopAt(KernelEventKind.PowerState, cpu, device, isSystem ? 1u : 0, from, to);
    }

    public void PoolAllocated(int cpu, ulong address, ulong size, uint tag)
    {
        Record(EventKind.PoolAllocate, cpu, address, size, tag);
        StopAt(KernelEventKind.PoolAllocate, cpu, address, size, tag);
    }

    public void PoolFreed(int cpu, ulong address, uint tag)
    {
        Record(EventKind.PoolFree, cpu, address, tag);
        StopAt(KernelEventKind.PoolFree, cpu, address, tag);
    }

    public void Found(KdSim.Kernel.Routines.Finding finding) =>
        RecordText(EventKind.Finding, finding.Processor, finding.Text, (ulong)finding.Kind, finding.Subject);

    public void SystemStarted(int cpu) => Stop(new StopEvent.Restarted(cpu));

    public void ExpectationFailed(int cpu, string text) => Printed?.Invoke($"scenario: {text}\n");

    public void ScenarioFinished(int cpu, string text) => Stop(new StopEvent.ScenarioFinished(cpu, text));

    void StopAt(KernelEventKind kind, int cpu, ulong a, ulong b = 0, ulong c = 0, ulong d = 0)
    {
        if (eventStops.Wants(kind)) Stop(new StopEvent.KernelEvent(cpu, kind, [a, b, c, d]));
    }

    void Stop(StopEvent stop)
    {
        _stops.Enqueue(stop);
        computer.RequestStop();
    }

    /// <summary>Who called nt, when the change was made by nt for a driver: the return address of the routine in the current trap.</summary>
    ulong CallerOf(int cpu, ulong rip)
    {
        if (!kernel.IsKernelImage(rip)) return rip;
        Span<byte> bytes = stackalloc byte[8];
        return new GuestView(computer).Read(computer.Processors[cpu].State.Cr3, computer.Processors[cpu].State.Rsp, bytes) == 8
            ? BitConverter.ToUInt64(bytes)
            : 0;
    }

    ulong Time(int cpu) => computer.Processors[cpu].State.Clock;

    void Record(EventKind kind, int cpu, ulong a = 0, ulong b = 0, ulong c = 0, ulong d = 0)
    {
        ulong time = Time(cpu);
        if (kind is not (EventKind.IrqlChange or EventKind.InterruptEnter or EventKind.InterruptExit)) LastActivity = time;
        recorder.Add(kind, cpu, time, a, b, c, d);
    }

    void RecordText(EventKind kind, int cpu, string text, ulong a = 0, ulong b = 0) => recorder.AddText(kind, cpu, Time(cpu), text, a, b);
}
