namespace KdSim.Debugger.Sessions;

/// <summary>Settings that commands change and that outlive a stop.</summary>
public sealed class SessionOptions
{
    /// <summary>Radix of numbers without a prefix.</summary>
    public int Radix { get; set; } = 16;

    public bool PrefersCpp { get; set; }

    /// <summary>Directories and files to look for symbols in, <c>;</c> between them.</summary>
    public string SymbolPath { get; set; } = "";

    public string SourcePath { get; set; } = "";

    public string ImagePath { get; set; } = "";

    /// <summary>Where <c>.load NAME</c> looks: never the current directory.</summary>
    public string ExtensionPath { get; set; } = "";

    /// <summary>Whether source lines are looked up (<c>.lines</c>).</summary>
    public bool LoadLines { get; set; } = true;

    /// <summary><c>l+t</c>: steps go by source line.</summary>
    public bool SourceMode { get; set; }

    /// <summary><c>l+s</c>: source lines are shown at stops.</summary>
    public bool ShowSource { get; set; }

    /// <summary>What stops and steps show (<c>.prompt_allow</c>).</summary>
    public PromptItems Prompt { get; } = new();

    /// <summary>How disassembly looks (<c>.asm</c>).</summary>
    public AsmOptions Asm { get; } = new();

    /// <summary>The target's text gets the time before each line (<c>.echotimestamps</c>).</summary>
    public bool EchoTimestamps { get; set; }

    /// <summary>Which registers <c>r</c> shows (<c>rm</c>).</summary>
    public ulong RegisterMask { get; set; } = Inspection.RegisterDump.DefaultMask;

    /// <summary>16-bit pointers and arrays show as text in <c>dt</c> (<c>.enable_unicode</c>).</summary>
    public bool UnicodeShorts { get; set; }

    /// <summary>Long integers show in the radix of <c>n</c> instead of decimal (<c>.enable_long_status</c>).</summary>
    public bool LongsInRadix { get; set; }

    public bool NoisySymbols { get; set; }

    /// <summary>Symbols load at once instead of when they are needed.</summary>
    public bool EagerSymbols { get; set; }

    /// <summary>A PDB with another GUID or age is taken, with a warning (<c>.reload /i</c>).</summary>
    public bool AllowMismatch { get; set; }

    public bool Verbose { get; set; }

    /// <summary>A break-in is not explained.</summary>
    public bool NoBreakInWarning { get; set; }

    /// <summary>No banner, no load messages, no break-in warning.</summary>
    public bool Quiet { get; set; }

    /// <summary>A command that runs before each prompt after the target ran.</summary>
    public string? PromptCommand { get; set; }

    /// <summary>Patterns of functions that <c>t</c> steps over.</summary>
    public IReadOnlyList<string> StepFilter { get; set; } = [];

    public int FrameCount { get; set; } = 256;

    /// <summary>What is shown after each stop beside the location (<c>.stopview</c>).</summary>
    public Control.StopContext StopContext { get; init; } = new();
}

/// <summary>Options of disassembly.</summary>
public sealed class AsmOptions
{
    public bool IgnoreOutputWidth { get; set; }
    public bool NoCodeBytes { get; set; }
    public bool SourceLine { get; set; }
}

/// <summary>The items that a stop shows; each can be switched off.</summary>
public sealed class PromptItems
{
    public bool Symbol { get; set; } = true;
    public bool Disassembly { get; set; } = true;
    public bool EffectiveAddress { get; set; } = true;
    public bool Registers { get; set; }
    public bool Source { get; set; } = true;
}
