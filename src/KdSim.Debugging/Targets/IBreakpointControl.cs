namespace KdSim.Debugging.Targets;

/// <summary>What a breakpoint of the target's table watches.</summary>
public enum BreakpointKind
{
    /// <summary>Execution of an instruction.</summary>
    Execute,

    /// <summary>Writes to memory.</summary>
    Write,

    /// <summary>Reads of and writes to memory.</summary>
    ReadWrite,

    /// <summary>Accesses to a port.</summary>
    Port,
}

/// <summary>Entries of the target's breakpoint table. Guest memory never shows them. Passes, conditions and commands are the debugger's business.</summary>
public interface IBreakpointControl
{
    /// <summary>Adds an entry and returns its handle. <paramref name="size"/> is in bytes, aligned or not; 1 for
    /// <see cref="BreakpointKind.Execute"/>.</summary>
    int Add(BreakpointKind kind, ulong address, int size);

    /// <summary>Drops an entry; a handle that is not known (the machine was booted anew) is ignored.</summary>
    void Remove(int handle);
}

/// <summary>Which changes of the IRQL stop the target.</summary>
public enum IrqlDirection
{
    /// <summary>Both.</summary>
    Any,

    /// <summary>To a higher level.</summary>
    Raise,

    /// <summary>To a lower level.</summary>
    Lower,
}

/// <summary>How the new level is compared.</summary>
public enum IrqlComparison
{
    /// <summary>Every level.</summary>
    None,

    /// <summary>new level = the condition's.</summary>
    Equal,

    /// <summary>new level != the condition's.</summary>
    NotEqual,

    /// <summary>new level &lt; the condition's.</summary>
    Less,

    /// <summary>new level &lt;= the condition's.</summary>
    LessOrEqual,

    /// <summary>new level &gt; the condition's.</summary>
    Greater,

    /// <summary>new level &gt;= the condition's.</summary>
    GreaterOrEqual,
}

/// <summary>A condition on changes of CR8. Null parts do not restrict.</summary>
/// <param name="ModuleBase">The module whose instruction changed CR8, or that called nt to do it; 0: any.</param>
public sealed record IrqlCondition(
    IrqlDirection Direction, IrqlComparison Comparison, byte Level, int? Processor, ulong ModuleBase = 0, ulong ModuleEnd = 0)
{
    /// <summary>Whether a change meets the condition; <paramref name="rip"/> and <paramref name="caller"/> are where it came from.</summary>
    public bool Matches(int processor, byte from, byte to, ulong rip, ulong caller)
    {
        if (Processor is { } wanted && wanted != processor) return false;
        if (Direction == IrqlDirection.Raise && to <= from) return false;
        if (Direction == IrqlDirection.Lower && to >= from) return false;
        if (ModuleBase != 0 && !IsIn(rip) && !IsIn(caller)) return false;
        return Comparison switch
        {
            IrqlComparison.Equal => to == Level,
            IrqlComparison.NotEqual => to != Level,
            IrqlComparison.Less => to < Level,
            IrqlComparison.LessOrEqual => to <= Level,
            IrqlComparison.Greater => to > Level,
            IrqlComparison.GreaterOrEqual => to >= Level,
            _ => true,
        };
    }

    bool IsIn(ulong address) => address >= ModuleBase && address < ModuleEnd;
}

/// <summary>Stops at IRQL changes: exact, whether inlined driver code, the kernel, or an interrupt changed it.</summary>
public interface IIrqlStops
{
    /// <summary>Adds a condition and returns its handle.</summary>
    int Add(IrqlCondition condition);

    /// <summary>Drops an entry.</summary>
    void Remove(int handle);
}
