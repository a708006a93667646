using KdSim.Kernel.Routines;

namespace KdSim.Kernel;

/// <summary>Several observers as one: each is called in the order in which it was added. Not to be changed while the machine runs.</summary>
public sealed class ObserverList : IKernelObserver
{
    private IKernelObserver[] _observers = [];

    public void Add(IKernelObserver observer) => _observers = [.. _observers, observer];

    public void Remove(IKernelObserver observer) => _observers = [.. _observers.Where(other => other != observer)];

    public void IrqlChanged(int cpu, byte from, byte to)
    {
        foreach (IKernelObserver observer in _observers)
            observer.IrqlChanged(cpu, from, to);
    }

    public void InterruptEntered(int cpu, byte vector, byte irql)
    {
        foreach (IKernelObserver observer in _observers)
            observer.InterruptEntered(cpu, vector, irql);
    }

    public void InterruptExited(int cpu, byte vector, byte irql)
    {
        foreach (IKernelObserver observer in _observers)
            observer.InterruptExited(cpu, vector, irql);
    }

    public void IsrEntered(int cpu, byte vector, ulong interrupt, ulong routine)
    {
        foreach (IKernelObserver observer in _observers)
            observer.IsrEntered(cpu, vector, interrupt, routine);
    }

    public void IsrExited(int cpu, byte vector, ulong interrupt, ulong routine, bool claimed)
    {
        foreach (IKernelObserver observer in _observers)
            observer.IsrExited(cpu, vector, interrupt, routine, claimed);
    }

    public void DpcQueued(int cpu, int target, ulong dpc, ulong routine)
    {
        foreach (IKernelObserver observer in _observers)
            observer.DpcQueued(cpu, target, dpc, routine);
    }

    public void DpcEntered(int cpu, ulong dpc, ulong routine)
    {
        foreach (IKernelObserver observer in _observers)
            observer.DpcEntered(cpu, dpc, routine);
    }

    public void DpcExited(int cpu, ulong dpc, ulong routine)
    {
        foreach (IKernelObserver observer in _observers)
            observer.DpcExited(cpu, dpc, routine);
    }

    public void ApcDelivered(int cpu, ulong apc, ulong thread, ulong routine)
    {
        foreach (IKernelObserver observer in _observers)
            observer.ApcDelivered(cpu, apc, thread, routine);
    }

    public void IrpAllocated(int cpu, ulong irp, ulong thread)
    {
        foreach (IKernelObserver observer in _observers)
            observer.IrpAllocated(cpu, irp, thread);
    }

    public void IrpCalled(int cpu, ulong irp, ulong device, byte major, byte minor, ulong routine, ulong frame)
    {
        foreach (IKernelObserver observer in _observers)
            observer.IrpCalled(cpu, irp, device, major, minor, routine, frame);
    }

    public void IrpReturned(int cpu, ulong irp, uint status, ulong frame)
    {
        foreach (IKernelObserver observer in _observers)
            observer.IrpReturned(cpu, irp, status, frame);
    }

    public void IrpCompleted(int cpu, ulong irp, uint status, ulong information, ulong frame)
    {
        foreach (IKernelObserver observer in _observers)
            observer.IrpCompleted(cpu, irp, status, information, frame);
    }

    public void CompletionRoutineCalled(int cpu, ulong irp, ulong routine, ulong frame)
    {
        foreach (IKernelObserver observer in _observers)
            observer.CompletionRoutineCalled(cpu, irp, routine, frame);
    }

    public void CompletionRoutineReturned(int cpu, ulong irp, ulong routine, uint status, ulong frame)
    {
        foreach (IKernelObserver observer in _observers)
            observer.CompletionRoutineReturned(cpu, irp, routine, status, frame);
    }

    public void IrpCompletionEnded(int cpu, ulong irp, ulong frame)
    {
        foreach (IKernelObserver observer in _observers)
            observer.IrpCompletionEnded(cpu, irp, frame);
    }

    public void IrpCancelled(int cpu, ulong irp, ulong routine)
    {
        foreach (IKernelObserver observer in _observers)
            observer.IrpCancelled(cpu, irp, routine);
    }

    public void IrpFreed(int cpu, ulong irp)
    {
        foreach (IKernelObserver observer in _observers)
            observer.IrpFreed(cpu, irp);
    }

    public void ErrorLogged(int cpu, ulong source, uint code, uint uniqueValue, uint finalStatus)
    {
        foreach (IKernelObserver observer in _observers)
            observer.ErrorLogged(cpu, source, code, uniqueValue, finalStatus);
    }

    public void ThreadSwitched(int cpu, ulong from, ulong to, byte waitReason)
    {
        foreach (IKernelObserver observer in _observers)
            observer.ThreadSwitched(cpu, from, to, waitReason);
    }

    public void ThreadReadied(int cpu, ulong thread)
    {
        foreach (IKernelObserver observer in _observers)
            observer.ThreadReadied(cpu, thread);
    }

    public void ThreadCreated(int cpu, ulong thread, ulong process)
    {
        foreach (IKernelObserver observer in _observers)
            observer.ThreadCreated(cpu, thread, process);
    }

    public void ThreadExited(int cpu, ulong thread, uint status)
    {
        foreach (IKernelObserver observer in _observers)
            observer.ThreadExited(cpu, thread, status);
    }

    public void ProcessCreated(int cpu, ulong process, string name)
    {
        foreach (IKernelObserver observer in _observers)
            observer.ProcessCreated(cpu, process, name);
    }

    public void ProcessExited(int cpu, ulong process, uint status)
    {
        foreach (IKernelObserver observer in _observers)
            observer.ProcessExited(cpu, process, status);
    }

    public void ModuleLoaded(int cpu, string name, ulong imageBase, uint size)
    {
        foreach (IKernelObserver observer in _observers)
            observer.ModuleLoaded(cpu, name, imageBase, size);
    }

    public void ModuleUnloaded(int cpu, string name, ulong imageBase, uint size)
    {
        foreach (IKernelObserver observer in _observers)
            observer.ModuleUnloaded(cpu, name, imageBase, size);
    }

    public void LegacyDriverStarted(int cpu, string service, uint status)
    {
        foreach (IKernelObserver observer in _observers)
            observer.LegacyDriverStarted(cpu, service, status);
    }

    public void DebugPrinted(int cpu, uint component, uint level, string text)
    {
        foreach (IKernelObserver observer in _observers)
            observer.DebugPrinted(cpu, component, level, text);
    }

    public void BreakpointHit(int cpu, ulong address)
    {
        foreach (IKernelObserver observer in _observers)
            observer.BreakpointHit(cpu, address);
    }

    public void ExceptionRaised(int cpu, uint status, ulong address, bool isFirstChance, ulong record, ulong context)
    {
        foreach (IKernelObserver observer in _observers)
            observer.ExceptionRaised(cpu, status, address, isFirstChance, record, context);
    }

    public void BugChecked(int cpu, uint code, ulong parameter1, ulong parameter2, ulong parameter3, ulong parameter4)
    {
        foreach (IKernelObserver observer in _observers)
            observer.BugChecked(cpu, code, parameter1, parameter2, parameter3, parameter4);
    }

    public void MissingImportReached(int cpu, string dll, string name, string importer, bool isCall)
    {
        foreach (IKernelObserver observer in _observers)
            observer.MissingImportReached(cpu, dll, name, importer, isCall);
    }

    public void TimerSet(int cpu, ulong timer, ulong dueTime, uint period)
    {
        foreach (IKernelObserver observer in _observers)
            observer.TimerSet(cpu, timer, dueTime, period);
    }

    public void ThreadTimerSet(int cpu, ulong timer, ulong dueTime)
    {
        foreach (IKernelObserver observer in _observers)
            observer.ThreadTimerSet(cpu, timer, dueTime);
    }

    public void TimerExpired(int cpu, ulong timer, ulong dpc)
    {
        foreach (IKernelObserver observer in _observers)
            observer.TimerExpired(cpu, timer, dpc);
    }

    public void TimerCancelled(int cpu, ulong timer)
    {
        foreach (IKernelObserver observer in _observers)
            observer.TimerCancelled(cpu, timer);
    }

    public void SpinLockContended(int cpu, ulong spinLock, ulong caller)
    {
        foreach (IKernelObserver observer in _observers)
            observer.SpinLockContended(cpu, spinLock, caller);
    }

    public void SpinLockAcquired(int cpu, ulong spinLock)
    {
        foreach (IKernelObserver observer in _observers)
            observer.SpinLockAcquired(cpu, spinLock);
    }

    public void SpinLockReleased(int cpu, ulong spinLock)
    {
        foreach (IKernelObserver observer in _observers)
            observer.SpinLockReleased(cpu, spinLock);
    }

    public void DeviceCreated(int cpu, ulong device)
    {
        foreach (IKernelObserver observer in _observers)
            observer.DeviceCreated(cpu, device);
    }

    public void DeviceAttached(int cpu, ulong device, ulong lower)
    {
        foreach (IKernelObserver observer in _observers)
            observer.DeviceAttached(cpu, device, lower);
    }

    public void DeviceDetached(int cpu, ulong device, ulong lower)
    {
        foreach (IKernelObserver observer in _observers)
            observer.DeviceDetached(cpu, device, lower);
    }

    public void DeviceDeleted(int cpu, ulong device)
    {
        foreach (IKernelObserver observer in _observers)
            observer.DeviceDeleted(cpu, device);
    }

    public void DriverEntryCalled(int cpu, ulong driver)
    {
        foreach (IKernelObserver observer in _observers)
            observer.DriverEntryCalled(cpu, driver);
    }

    public void DriverEntryReturned(int cpu, ulong driver, uint status)
    {
        foreach (IKernelObserver observer in _observers)
            observer.DriverEntryReturned(cpu, driver, status);
    }

    public void AddDeviceCalled(int cpu, ulong driver, ulong deviceNode)
    {
        foreach (IKernelObserver observer in _observers)
            observer.AddDeviceCalled(cpu, driver, deviceNode);
    }

    public void AddDeviceReturned(int cpu, ulong driver, ulong deviceNode, uint status)
    {
        foreach (IKernelObserver observer in _observers)
            observer.AddDeviceReturned(cpu, driver, deviceNode, status);
    }

    public void DeviceStateChanged(int cpu, ulong deviceNode, uint from, uint to)
    {
        foreach (IKernelObserver observer in _observers)
            observer.DeviceStateChanged(cpu, deviceNode, from, to);
    }

    public void PowerStateChanged(int cpu, ulong device, bool isSystem, uint from, uint to)
    {
        foreach (IKernelObserver observer in _observers)
            observer.PowerStateChanged(cpu, device, isSystem, from, to);
    }

    public void PowerIrpStarted(int cpu, ulong irp, ulong device, byte minor, bool isSystem, uint state)
    {
        foreach (IKernelObserver observer in _observers)
            observer.PowerIrpStarted(cpu, irp, device, minor, isSystem, state);
    }

    public void PowerIrpCompleted(int cpu, ulong irp, uint status)
    {
        foreach (IKernelObserver observer in _observers)
            observer.PowerIrpCompleted(cpu, irp, status);
    }

    public void PoolAllocated(int cpu, ulong address, ulong size, uint tag)
    {
        foreach (IKernelObserver observer in _observers)
            observer.PoolAllocated(cpu, address, size, tag);
    }

    public void PoolFreed(int cpu, ulong address, uint tag)
    {
        foreach (IKernelObserver observer in _observers)
            observer.PoolFreed(cpu, address, tag);
    }

    public void Found(Finding finding)
    {
        foreach (IKernelObserver observer in _observers)
            observer.Found(finding);
    }

    public void SystemStarted(int cpu)
    {
        foreach (IKernelObserver observer in _observers)
            observer.SystemStarted(cpu);
    }

    public void ScenarioStepped(int cpu, int thread, Scenarios.Statement statement)
    {
        foreach (IKernelObserver observer in _observers)
            observer.ScenarioStepped(cpu, thread, statement);
    }

    public void ExpectationFailed(int cpu, string text)
    {
        foreach (IKernelObserver observer in _observers)
            observer.ExpectationFailed(cpu, text);
    }

    public void ScenarioFinished(int cpu, string text)
    {
        foreach (IKernelObserver observer in _observers)
            observer.ScenarioFinished(cpu, text);
    }
}
