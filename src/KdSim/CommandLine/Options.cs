namespace KdSim.CommandLine;

/// <summary>When the first stop comes.</summary>
enum InitialBreak
{
    /// <summary>With the device tree started and the scenario not yet begun.</summary>
    Started,

    /// <summary>`-b`: before the first driver is loaded.</summary>
    BeforeDrivers,

    /// <summary>`-d`: at the first load of a driver.</summary>
    FirstModuleLoad,
}

/// <summary>What the command line asked for. Paths are as given: relative ones mean the current directory.</summary>
sealed record Options
{
    public string? Commands { get; init; }
    public string? CommandFile { get; init; }
    public string? SymbolPath { get; init; }
    public string? ImagePath { get; init; }
    public string? SourcePath { get; init; }
    public string? ExtensionPath { get; init; }
    public string? LogFile { get; init; }
    public bool LogAppend { get; init; }

    /// <summary>The log is UTF-16.</summary>
    public bool WideLog { get; init; }

    /// <summary>A script that runs after each reboot too.</summary>
    public string? RestartFile { get; init; }

    public IReadOnlyList<string> Extensions { get; init; } = [];
    public bool BreakOnFirstChance { get; init; }
    public bool NoBreakInWarning { get; init; }

    /// <summary>Symbol files whose identity does not match are taken.</summary>
    public bool AnySymbols { get; init; }

    /// <summary>The environment does not say where symbols are.</summary>
    public bool NoSymbolVariables { get; init; }

    /// <summary>Lines that the history keeps; null: as the settings say.</summary>
    public int? HistorySize { get; init; }
    public bool Quiet { get; init; }
    public bool Verbose { get; init; }
    public bool NoisySymbols { get; init; }
    public bool NoLazySymbols { get; init; }
    public InitialBreak Break { get; init; }
    public string? Evaluator { get; init; }
    public bool RegistersAtStops { get; init; }

    public bool ShowVersion { get; init; }
    public bool ShowHelp { get; init; }

    public string? Machine { get; init; }
    public IReadOnlyList<string> Drivers { get; init; } = [];
    public string? HardwareId { get; init; }
    public string? Scenario { get; init; }
    public int? Cpus { get; init; }
    public ulong? Memory { get; init; }
    public ulong? Seed { get; init; }

    /// <summary>Virtual time that one `g` of an unattended run may take, in nanoseconds.</summary>
    public ulong? Limit { get; init; }

    /// <summary>A trace to open in place of a machine.</summary>
    public string? TraceFile { get; init; }

    /// <summary>FILE.etl, and behind a comma which events.</summary>
    public string? Record { get; init; }

    public bool Plain { get; init; }
    public bool Json { get; init; }
    public IReadOnlyList<string> FailOn { get; init; } = [];
    public bool NoSettings { get; init; }

    /// <summary>A run whose commands are all known from the start: it has to end.</summary>
    public bool Unattended { get; init; }
}

/// <summary>A mistake on the command line, or a file that cannot be used: exit code 2 and one line on standard error.</summary>
sealed class UsageException(string message) : Exception(message);
