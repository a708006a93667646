using KdSim.Kernel.Ke;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ob;

/// <summary>
/// What Ob, Io and Ps need of the dispatcher and of the running context: events, waits, work items, the running thread and process.
/// </summary>
public sealed class KernelObjects(NtKernel kernel) : KernelComponent(kernel)
{
    public View<ETHREAD> Thread => Kernel.Processors.CurrentThread.As<ETHREAD>();

    /// <summary>The process whose address space is current: the one attached to, if any.</summary>
    public View<EPROCESS> Process
    {
        get
        {
            View<KTHREAD> thread = Thread.As<KTHREAD>();
            ulong attached = thread.ApcState.Process;
            return new(attached != 0 ? attached : thread.Process);
        }
    }

    /// <summary>KernelMode 0, UserMode 1: who called the system service that runs.</summary>
    public sbyte PreviousMode => Thread.As<KTHREAD>().PreviousMode;

    /// <summary>Sets the previous mode, for Zw routines; returns what it was.</summary>
    public sbyte SetPreviousMode(sbyte mode)
    {
        View<KTHREAD> thread = Thread.As<KTHREAD>();
        sbyte old = thread.PreviousMode;
        if (old != mode)
            thread.PreviousMode = mode;
        return old;
    }

    public void InitializeEvent(ulong address, bool notification, bool signaled)
    {
        View<DISPATCHER_HEADER> header = new(address);
        header.Lock = 0;
        header.Type = (byte)(notification ? KOBJECTS.EventNotificationObject : KOBJECTS.EventSynchronizationObject);
        header.Size = KEVENT.SizeOf / 4;
        header.SignalState = signaled ? 1 : 0;
        Memory.InitializeList(address + DISPATCHER_HEADER.Offsets.WaitListHead);
    }

    public KTask SetEvent(ulong @event, int increment)
    {
        Kernel.Events.Set(new View<KEVENT>(@event), increment);
        return KTask.Done;
    }

    public KTask<NtStatus> Wait(ulong @object, KWAIT_REASON reason, sbyte mode, bool alertable) =>
        Kernel.Waits.ForOne(@object, reason, mode, alertable, Waits.Never);

    public GuestCall QueueWorkItem(ulong item, WORK_QUEUE_TYPE queue) => Guest.Call(Find("ExQueueWorkItem"), item, (ulong)queue);

    /// <summary>A routine of nt by name; says so if there is none.</summary>
    private ulong Find(string name)
    {
        foreach (Routine routine in RoutineTable.All)
            if (routine.Name == name)
                return Kernel.Stubs.AddressOf(routine.Stub);
        throw new NotSupportedException($"nt!{name} is not implemented");
    }
}
