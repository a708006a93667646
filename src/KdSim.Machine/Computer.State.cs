using KdSim.Machine.Apic;
using KdSim.Machine.Buses;
using KdSim.Machine.Cpu;
using KdSim.Machine.Memory;
using KdSim.Machine.Snapshots;

namespace KdSim.Machine;

/// <summary>
/// The machine's whole state, saved, restored and hashed in one order: pages, processors, APICs, events, devices, choices, run loop, journal
/// position, then the parts that a kernel added. What is not listed here is cache.
/// </summary>
public sealed partial class Computer
{
    /// <summary>Saves everything. Costs little: pages are copied when they are written next. Not while the machine runs.</summary>
    public Snapshot TakeSnapshot()
    {
        RefuseWhileRunning();
        var state = new MachineState
        {
            Pages = _pages.Take(),
            Processors = [.. Processors.Select(processor => processor.State)],
            Events = _events.Save(),
            Devices = [.. _devices.Select(device => device.SaveState().ToArray())],
            Apics = [.. Apics.Select(apic => apic.State)],
            Choices = Choices.Save(),
            Loop = _loop,
            JournalPosition = Journal.Position,
            Parts = [.. _parts.Select(part => part.Save())],
        };
        return new Snapshot(this, Now, state);
    }

    /// <summary>Goes back (or forth) to a snapshot of this machine. Breakpoints and watchpoints stay as they are.</summary>
    public void Restore(Snapshot snapshot)
    {
        RefuseWhileRunning();
        MachineState state = snapshot.State;
        if (snapshot.Computer != this || state.Devices.Length != _devices.Count || state.Parts.Length != _parts.Count)
            throw new InvalidOperationException("a snapshot can be restored only into the machine that took it");
        _pages.Restore(state.Pages);
        for (int i = 0; i < Processors.Length; i++)
            Processors[i].State = state.Processors[i];
        _events.Restore(state.Events);
        for (int i = 0; i < _devices.Count; i++)
            _devices[i].RestoreState(state.Devices[i]);
        for (int i = 0; i < Processors.Length; i++)
        {
            Apics[i].Restore(state.Apics[i]);
            Processors[i].WatchHit = null;
            Processors[i].DropCaches();
        }

        Choices.Restore(state.Choices);
        _loop = state.Loop;
        Journal.Position = state.JournalPosition;
        for (int i = 0; i < _parts.Count; i++)
            _parts[i].Restore(state.Parts[i]);
        _stop = null;
        Failure = null;
    }

    /// <summary>One number for the whole state. Independent of breakpoints, of host caches and of where all-zero pages came from.</summary>
    public UInt128 Hash()
    {
        RefuseWhileRunning();
        var hasher = new StateHasher();
        hasher.Add(Costs.Version);
        HashPages(hasher);
        foreach (Processor processor in Processors)
            hasher.Add(processor.State);
        foreach (LocalApic apic in Apics)
            hasher.Add(apic.State);
        _events.AddToHash(hasher);
        foreach (Device device in _devices)
        {
            hasher.Add(device.Name);
            hasher.Add(device.SaveState());
        }

        Choices.AddToHash(hasher);
        hasher.Add(_loop);
        Journal.AddToHash(hasher);
        foreach (ISnapshotPart part in _parts)
            part.AddToHash(hasher);
        return hasher.Current;
    }

    /// <summary>The hash of RAM alone.</summary>
    public UInt128 HashMemory()
    {
        var hasher = new StateHasher();
        HashPages(hasher);
        return hasher.Current;
    }

    private unsafe void HashPages(StateHasher hasher)
    {
        hasher.Add(Memory.Size);
        foreach (int frame in Memory.WrittenPages)
        {
            var page = new ReadOnlySpan<byte>(Memory.Page(frame), PhysicalMemory.PageSize);
            if (!page.ContainsAnyExcept((byte)0))
                continue;
            hasher.Add(frame);
            hasher.Add(page);
        }

        hasher.Add(-1);
    }

    private void RefuseWhileRunning()
    {
        if (_running)
            throw new InvalidOperationException("the machine must stand still for this");
    }
}
