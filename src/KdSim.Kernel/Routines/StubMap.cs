namespace KdSim.Kernel.Routines;

/// <summary>What a trap instruction of the images means.</summary>
internal enum TrapKind : byte
{
    Entry,
    Resume,

    /// <summary>Behind the call of a calling stub: for observers only.</summary>
    CallReturned,
}

/// <summary>One trap instruction: its routine, and how far above RSP the return address of the routine's caller lies.</summary>
internal readonly record struct TrapSite(Stub Stub, TrapKind Kind, int FrameOffset);

/// <summary>Where the routines are in guest memory. Filled when the images are built, then constant.</summary>
public sealed class StubMap
{
    private readonly ulong[] _addresses = new ulong[RoutineTable.All.Length];
    private readonly Dictionary<ulong, TrapSite> _sites = [];

    public ulong AddressOf(Stub stub)
    {
        ulong address = _addresses[(int)stub];
        return address != 0 ? address : throw new InvalidOperationException($"{stub} has no place in an image yet");
    }

    internal ulong ResumeOf(Stub stub) => AddressOf(stub) + StubShapes.SequenceResumeTrap;

    internal bool TryFind(ulong rip, out TrapSite site) => _sites.TryGetValue(rip, out site);

    /// <summary>Places a routine, and for C# routines the traps of its stub.</summary>
    internal void Place(Routine routine, ulong address)
    {
        _addresses[(int)routine.Stub] = address;
        switch (routine)
        {
            case { Class: RoutineClass.GuestCode }:
                break;
            case { Class: RoutineClass.Sequence }:
                AddTrap(address + StubShapes.SequenceEntryTrap, new TrapSite(routine.Stub, TrapKind.Entry, StubShapes.SequenceFrameSize));
                AddTrap(address + StubShapes.SequenceResumeTrap, new TrapSite(routine.Stub, TrapKind.Resume, 0));
                break;
            case { CallsResult: true }:
                AddTrap(address + StubShapes.CallTrap, new TrapSite(routine.Stub, TrapKind.Entry, StubShapes.CallFrameSize));
                AddTrap(address + StubShapes.CallReturnTrap, new TrapSite(routine.Stub, TrapKind.CallReturned, StubShapes.CallFrameSize));
                break;
            default:
                AddTrap(address, new TrapSite(routine.Stub, TrapKind.Entry, 0));
                break;
        }
    }

    internal void AddTrap(ulong rip, TrapSite site) => _sites.Add(rip, site);
}
