namespace KdSim.Debugging.Targets;

/// <summary>What a breakpoint of the target's table watches.</summary>
public enum BreakpointKind { Execute, Write, ReadWrite, Port }

/// <summary>Entries of the target's breakpoint table. Guest memory never shows them. Passes, conditions and commands are the debugger's business.</summary>
public interface IBreakpointControl
{
    /// <summary>Adds an entry and returns its handle. <paramref name="size"/> is 1, 2, 4 or 8; 1 for <see cref="BreakpointKind.Execute"/>.</summary>
    int Add(BreakpointKind kind, ulong address, int size);

    /// <summary>Drops an entry; a handle that is not known (the machine was booted anew) is ignored.</summary>
    void Remove(int handle);
}

/// <summary>Which changes of the IRQL stop the target.</summary>
public enum IrqlDirection { Any, Raise, Lower }

/// <summary>How the new level is compared.</summary>
public enum IrqlComparison { None, Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual }

/// <summary>A condition on changes of CR8. Null parts do not restrict.</summary>
/// <param name="ModuleBase">The module whose instruction changed CR8, or that called nt to do it; 0: any.</param>
public sealed record IrqlCondition(
    IrqlDirection Direction, IrqlComparison Comparison, byte Level, int? Processor, ulong ModuleBase = 0, ulong ModuleEnd = 0);

/// <summary>Stops at IRQL changes: exact, whether inlined driver code, the kernel, or an interrupt changed it.</summary>
public interface IIrqlStops
{
    int Add(IrqlCondition condition);

    void Remove(int handle);
}
