namespace KdSim.Nt;

/// <summary>Interrupt request levels of x64; the level is CR8, and an interrupt's level is its vector divided by 16.</summary>
public static class Irql
{
    public const byte Passive = 0;
    public const byte Apc = 1;
    public const byte Dispatch = 2;
    public const byte Cmci = 5;
    public const byte LowestDevice = 3;
    public const byte HighestDevice = 11;
    public const byte Synch = 12;
    public const byte Clock = 13;
    public const byte Ipi = 14;
    public const byte Power = 14;
    public const byte Drs = 14;
    public const byte Profile = 15;
    public const byte High = 15;

    /// <summary>The name as <c>!irql</c> prints it (<c>DISPATCH_LEVEL</c>); a device level has none of its own and prints as <c>DIRQL</c>.</summary>
    public static string Name(int level) => level switch
    {
        Passive => "LOW_LEVEL",
        Apc => "APC_LEVEL",
        Dispatch => "DISPATCH_LEVEL",
        Cmci => "CMCI_LEVEL",
        >= LowestDevice and <= HighestDevice => "DIRQL",
        Synch => "SYNCH_LEVEL",
        Clock => "CLOCK_LEVEL",
        Ipi => "IPI_LEVEL",
        High => "HIGH_LEVEL",
        _ => $"0x{level:x}",
    };

    /// <summary>Reads a level by name: <c>DISPATCH</c>, <c>DISPATCH_LEVEL</c>, <c>passive</c>...</summary>
    public static bool TryParse(string name, out byte level)
    {
        string bare = name.EndsWith("_LEVEL", StringComparison.OrdinalIgnoreCase) ? name[..^6] : name;
        int found = Array.FindIndex(Names, n => n.Name.Equals(bare, StringComparison.OrdinalIgnoreCase));
        level = found < 0 ? (byte)0 : Names[found].Level;
        return found >= 0;
    }

    private static readonly (string Name, byte Level)[] Names =
    [
        ("PASSIVE", Passive), ("LOW", Passive), ("APC", Apc), ("DISPATCH", Dispatch), ("CMCI", Cmci), ("SYNCH", Synch), ("CLOCK", Clock),
        ("IPI", Ipi), ("DRS", Drs), ("POWER", Power), ("PROFILE", Profile), ("HIGH", High),
    ];
}
