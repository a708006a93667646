using KdSim.Kernel.Routines;

namespace KdSim.Kernel;

/// <summary>
/// What the recorder and the debugger hear of the kernel. Called in the middle of a trap, with the machine's state readable; an observer changes nothing in
/// the machine (it may ask the machine to stop). Implement what you need; nothing is called, or prepared, when nobody listens.
/// Components call it as <c>kernel.Observer?.ThreadSwitched(...)</c>. Addresses are guest addresses, times are the processor's clock.
/// </summary>
public interface IKernelObserver
{
    void IrqlChanged(int cpu, byte from, byte to) { }

    void InterruptEntered(int cpu, byte vector, byte irql) { }

    void InterruptExited(int cpu, byte vector, byte irql) { }

    void IsrEntered(int cpu, byte vector, ulong interrupt, ulong routine) { }

    void IsrExited(int cpu, byte vector, ulong interrupt, ulong routine, bool claimed) { }

    void DpcQueued(int cpu, int target, ulong dpc, ulong routine) { }

    void DpcEntered(int cpu, ulong dpc, ulong routine) { }

    void DpcExited(int cpu, ulong dpc, ulong routine) { }

    void ApcDelivered(int cpu, ulong apc, ulong thread, ulong routine) { }

    void IrpAllocated(int cpu, ulong irp, ulong thread) { }

    /// <summary>
    /// IofCallDriver is about to call a dispatch routine. <paramref name="frame"/>: where IofCallDriver's return address lies, the same at its return.
    /// </summary>
    void IrpCalled(int cpu, ulong irp, ulong device, byte major, byte minor, ulong routine, ulong frame) { }

    /// <summary>The dispatch routine has returned; the IRP may be gone.</summary>
    void IrpReturned(int cpu, ulong irp, uint status, ulong frame) { }

    /// <summary>IofCompleteRequest was called. <paramref name="frame"/> is the same for the routines that it calls and for its end.</summary>
    void IrpCompleted(int cpu, ulong irp, uint status, ulong information, ulong frame) { }

    void CompletionRoutineCalled(int cpu, ulong irp, ulong routine, ulong frame) { }

    void CompletionRoutineReturned(int cpu, ulong irp, ulong routine, uint status, ulong frame) { }

    /// <summary>IofCompleteRequest returns; the IRP may be gone.</summary>
    void IrpCompletionEnded(int cpu, ulong irp, ulong frame) { }

    /// <summary>IoCancelIrp took the cancel routine (0: there is none) and is about to call it.</summary>
    void IrpCancelled(int cpu, ulong irp, ulong routine) { }

    void IrpFreed(int cpu, ulong irp) { }

    /// <summary>IoWriteErrorLogEntry: what NT would put into the system log.</summary>
    void ErrorLogged(int cpu, ulong source, uint code, uint uniqueValue, uint finalStatus) { }

    void ThreadSwitched(int cpu, ulong from, ulong to, byte waitReason) { }

    void ThreadReadied(int cpu, ulong thread) { }

    void ThreadCreated(int cpu, ulong thread, ulong process) { }

    void ThreadExited(int cpu, ulong thread, uint status) { }

    void ProcessCreated(int cpu, ulong process, string name) { }

    void ProcessExited(int cpu, ulong process, uint status) { }

    /// <summary>A module is in memory and in PsLoadedModuleList; its entry point has not run.</summary>
    void ModuleLoaded(int cpu, string name, ulong imageBase, uint size) { }

    void ModuleUnloaded(int cpu, string name, ulong imageBase, uint size) { }

    /// <summary>The DriverEntry of a driver that was loaded as a legacy service has returned.</summary>
    void LegacyDriverStarted(int cpu, string service, uint status) { }

    void DebugPrinted(int cpu, uint component, uint level, string text) { }

    /// <summary>An int3 or DbgBreakPoint in kernel mode.</summary>
    void BreakpointHit(int cpu, ulong address) { }

    /// <summary>
    /// An exception before any handler has seen it, and once more if none took it. The EXCEPTION_RECORD and the CONTEXT of the code that raised it are in
    /// guest memory; 0: the processor still has its registers.
    /// </summary>
    void ExceptionRaised(int cpu, uint status, ulong address, bool isFirstChance, ulong record, ulong context) { }

    void BugChecked(int cpu, uint code, ulong parameter1, ulong parameter2, ulong parameter3, ulong parameter4) { }

    /// <summary>Guest code reached an import that nobody implements; the machine stops there. A called one has its return address on the stack.</summary>
    void MissingImportReached(int cpu, string dll, string name, string importer, bool isCall) { }

    void TimerSet(int cpu, ulong timer, ulong dueTime, uint period) { }

    /// <summary>A thread waits with a time-out: its own timer is set.</summary>
    void ThreadTimerSet(int cpu, ulong timer, ulong dueTime) { }

    void TimerExpired(int cpu, ulong timer, ulong dpc) { }

    void TimerCancelled(int cpu, ulong timer) { }

    /// <summary>A processor found a spin lock taken and begins to spin. The caller's address is that of the code that wants the lock.</summary>
    void SpinLockContended(int cpu, ulong spinLock, ulong caller) { }

    /// <summary>It has the lock now.</summary>
    void SpinLockAcquired(int cpu, ulong spinLock) { }

    /// <summary>A spin lock that somebody had to spin for is released.</summary>
    void SpinLockReleased(int cpu, ulong spinLock) { }

    /// <summary>A device object exists and stands in its driver's list.</summary>
    void DeviceCreated(int cpu, ulong device) { }

    void DeviceAttached(int cpu, ulong device, ulong lower) { }

    void DeviceDetached(int cpu, ulong device, ulong lower) { }

    /// <summary>IoDeleteDevice: the object lives on while somebody uses it.</summary>
    void DeviceDeleted(int cpu, ulong device) { }

    void DriverEntryCalled(int cpu, ulong driver) { }

    void DriverEntryReturned(int cpu, ulong driver, uint status) { }

    void AddDeviceCalled(int cpu, ulong driver, ulong deviceNode) { }

    void AddDeviceReturned(int cpu, ulong driver, ulong deviceNode, uint status) { }

    void DeviceStateChanged(int cpu, ulong deviceNode, uint from, uint to) { }

    void PowerStateChanged(int cpu, ulong device, bool isSystem, uint from, uint to) { }

    /// <summary>PoRequestPowerIrp sends a power IRP to the top of a stack.</summary>
    void PowerIrpStarted(int cpu, ulong irp, ulong device, byte minor, bool isSystem, uint state) { }

    void PowerIrpCompleted(int cpu, ulong irp, uint status) { }

    void PoolAllocated(int cpu, ulong address, ulong size, uint tag) { }

    void PoolFreed(int cpu, ulong address, uint tag) { }

    void Found(Finding finding) { }

    /// <summary>The device tree is started; the scenario, if there is one, begins next.</summary>
    void SystemStarted(int cpu) { }

    /// <summary>A thread of the scenario begins a statement.</summary>
    void ScenarioStepped(int cpu, int thread, Scenarios.Statement statement) { }

    /// <summary>A statement of the scenario did not come out as written: file, place, what was expected and what came.</summary>
    void ExpectationFailed(int cpu, string text) { }

    /// <summary>All threads of the scenario have ended; the text counts what they did.</summary>
    void ScenarioFinished(int cpu, string text) { }
}
