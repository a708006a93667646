using KdSim.CommandLine;

namespace KdSim.Recording;

/// <summary>What a recording holds beside what there always is: processes, threads, images, and what the run was made of.</summary>
[Flags]
enum RecordedKinds
{
    None = 0,

    /// <summary>Context switches and threads that become ready.</summary>
    Switch = 0x1,

    /// <summary>Service routines of devices.</summary>
    Isr = 0x2,
    Dpc = 0x4,

    /// <summary>When a DPC is queued, and which one runs.</summary>
    DpcQueue = 0x8,
    Timer = 0x10,

    /// <summary>Spin locks that somebody had to spin for.</summary>
    Lock = 0x20,
    Irp = 0x40,
    Pnp = 0x80,
    Power = 0x100,
    Scenario = 0x200,

    /// <summary>DbgPrint, exceptions, breakpoints, bug checks, findings.</summary>
    Debug = 0x400,
    Apc = 0x800,

    /// <summary>Every change of the IRQL and every interrupt: as many events as all others together.</summary>
    Irql = 0x1000,
    Pool = 0x2000,
}

/// <summary>Which events a recording has: <c>default</c>, <c>full</c>, <c>light</c> or kinds, put together with + and -.</summary>
sealed record RecordingProfile(string Name, RecordedKinds Kinds)
{
    static readonly RecordedKinds All = Enum.GetValues<RecordedKinds>().Aggregate((a, b) => a | b);

    static readonly Dictionary<string, RecordedKinds> Sets = new(StringComparer.OrdinalIgnoreCase)
    {
        ["default"] = All & ~(RecordedKinds.Irql | RecordedKinds.Pool),
        ["full"] = All,
        ["light"] = RecordedKinds.Isr | RecordedKinds.Dpc | RecordedKinds.Irp | RecordedKinds.Scenario | RecordedKinds.Debug,
    };

    public static RecordingProfile Default { get; } = Parse("default");

    public static IEnumerable<string> Words => Sets.Keys.Concat(Enum.GetValues<RecordedKinds>().Skip(1).Select(kind => kind.ToString().ToLowerInvariant()));

    /// <exception cref="UsageException">A word is no kind of event.</exception>
    public static RecordingProfile Parse(string text)
    {
        RecordedKinds kinds = RecordedKinds.None;
        foreach (string word in text.Replace("-", "+-", StringComparison.Ordinal)
            .Split(['+', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string name = word.TrimStart('-');
            if (!Sets.TryGetValue(name, out RecordedKinds kind) && !(Enum.TryParse(name, ignoreCase: true, out kind) && char.IsLetter(name[0])))
                throw new UsageException($"recording profile: {string.Join(", ", Words)} expected, found '{name}'");
            kinds = word[0] == '-' ? kinds & ~kind : kinds | kind;
        }
        return new RecordingProfile(text.ToLowerInvariant(), kinds);
    }
}
