namespace KdSim.Kernel.Tests.Exceptions;

/// <summary>Notes what a machine prints and raises.</summary>
internal sealed class Witness : IKernelObserver
{
    public List<string> Printed { get; } = [];

    public List<(uint Status, ulong Address, bool IsFirstChance)> Exceptions { get; } = [];

    public List<ulong> Breakpoints { get; } = [];

    public void DebugPrinted(int cpu, uint component, uint level, string text) => Printed.Add(text.TrimEnd('\n'));

    public void ExceptionRaised(int cpu, uint status, ulong address, bool isFirstChance, ulong record, ulong context) =>
        Exceptions.Add((status, address, isFirstChance));

    public void BreakpointHit(int cpu, ulong address) => Breakpoints.Add(address);
}
