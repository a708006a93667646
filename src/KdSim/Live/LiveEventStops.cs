using KdSim.Debugging.Targets;

namespace KdSim.Live;

/// <summary>The kinds of kernel events that stop the machine; asked at every event.</summary>
sealed class LiveEventStops : IKernelEventStops
{
    readonly bool[] _wanted = new bool[Enum.GetValues<KernelEventKind>().Length];

    public void Want(IReadOnlySet<KernelEventKind> kinds)
    {
        for (int i = 0; i < _wanted.Length; i++) _wanted[i] = kinds.Contains((KernelEventKind)i);
    }

    public bool Wants(KernelEventKind kind) => _wanted[(int)kind];
}
