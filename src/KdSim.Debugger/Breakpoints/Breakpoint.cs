using KdSim.Debugging.Targets;

namespace KdSim.Debugger.Breakpoints;

/// <summary>What a breakpoint waits for.</summary>
public enum BreakpointType { Code, Data, Irql }

/// <summary>A breakpoint of the user: its condition lives here, its table entry (if it has one now) in the target.</summary>
public sealed class Breakpoint
{
    public required int Id { get; set; }
    public required BreakpointType Type { get; init; }

    /// <summary>The expression it was set by; a symbolic one is looked up again when modules come and go.</summary>
    public required string Expression { get; init; }

    /// <summary><c>bu</c>: follows its symbol.</summary>
    public bool IsSymbolic { get; set; }

    /// <summary>Where it stands; null while it is deferred.</summary>
    public ulong? Address { get; set; }

    /// <summary>Data: e, w, r or i.</summary>
    public char Access { get; set; } = 'e';

    public int Size { get; set; } = 1;
    public IrqlCondition? Irql { get; set; }

    /// <summary>The module that an IRQL breakpoint is bound to.</summary>
    public string? IrqlModule { get; set; }

    public bool IsEnabled { get; set; } = true;
    public bool OneShot { get; init; }

    /// <summary>Hits still to pass, and what was asked for.</summary>
    public uint Remaining { get; set; } = 1;

    public uint Passes { get; init; } = 1;
    public ulong Process { get; init; }
    public ulong Thread { get; init; }

    /// <summary>Only on this processor (<c>/cpu</c>).</summary>
    public int? Processor { get; init; }

    /// <summary>Only while the stack has fewer frames (<c>/c</c>).</summary>
    public ulong? LessDeepThan { get; init; }

    /// <summary>Only while the stack has more frames (<c>/C</c>).</summary>
    public ulong? DeeperThan { get; init; }

    /// <summary>A condition in the default evaluator (<c>/w</c>).</summary>
    public string? Condition { get; set; }

    public string Commands { get; set; } = "";

    /// <summary>The entry in the target's table, while it is there.</summary>
    public int? Handle { get; set; }
}
