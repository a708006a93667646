using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ke;

/// <summary>KEVENT and KGATE. IRQL up to DISPATCH.</summary>
public sealed class Events(NtKernel kernel) : KernelComponent(kernel)
{
    [NtExport("KeInitializeEvent")]
    public void KeInitializeEvent(Ptr<KEVENT> Event, EVENT_TYPE Type, bool State) =>
        Kernel.Dispatch.InitializeHeader(Event.View.Header, KOBJECTS.EventNotificationObject + (int)Type, KEVENT.SizeOf, State ? 1 : 0);

    /// <summary>Returns the state before. Wait only says that a wait follows: nothing comes between in any case that a driver could see.</summary>
    [NtExport("KeSetEvent", MaxIrql = Irql.Dispatch)]
    public int KeSetEvent(Ptr<KEVENT> Event, int Increment, bool Wait) => Set(Event, Increment);

    [NtExport("KePulseEvent", MaxIrql = Irql.Dispatch)]
    public int KePulseEvent(Ptr<KEVENT> Event, int Increment, bool Wait)
    {
        int before = Set(Event, Increment);
        Clear(Event);
        return before;
    }

    [NtExport("KeResetEvent", MaxIrql = Irql.Dispatch)]
    public int KeResetEvent(Ptr<KEVENT> Event)
    {
        int before = Event.View.Header.SignalState;
        Clear(Event);
        return before;
    }

    [NtExport("KeClearEvent", MaxIrql = Irql.Dispatch)]
    public void KeClearEvent(Ptr<KEVENT> Event) => Clear(Event);

    [NtExport("KeReadStateEvent", MaxIrql = Irql.Dispatch)]
    public int KeReadStateEvent(Ptr<KEVENT> Event) => Event.View.Header.SignalState;

    /// <summary>Signals an event: for components, too.</summary>
    public int Set(View<KEVENT> target, int increment = 0)
    {
        View<DISPATCHER_HEADER> header = target.Header;
        int before = header.SignalState;
        header.SignalState = 1;
        if (before == 0)
            Kernel.Dispatch.Signal(header, increment);
        return before;
    }

    public void Initialize(View<KEVENT> target, EVENT_TYPE type, bool state) => KeInitializeEvent(target, type, state);

    private static void Clear(View<KEVENT> target)
    {
        View<DISPATCHER_HEADER> header = target.Header;
        header.SignalState = 0;
    }
}
