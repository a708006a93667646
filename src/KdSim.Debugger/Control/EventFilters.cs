using KdSim.Debugger.Language;
using KdSim.Debugging.Targets;

namespace KdSim.Debugger.Control;

/// <summary>What happens at an event: stop at once, only when nobody handled it, say so and go on, or nothing.</summary>
public enum FilterMode { Break, SecondChance, Notify, Ignore }

/// <summary>One row of <c>sx</c>.</summary>
public sealed class EventFilter(string code, string description, FilterMode mode, uint exception = 0)
{
    public string Code => code;
    public string Description => description;

    /// <summary>The exception that it stands for; 0: an event.</summary>
    public uint Exception => exception;

    public FilterMode Default { get; } = mode;
    public FilterMode Mode { get; set; } = mode;

    /// <summary>Patterns that restrict it (<c>ld:pulse</c>); none: everything.</summary>
    public List<string> Patterns { get; } = [];

    public string Command { get; set; } = "";
    public string SecondCommand { get; set; } = "";

    /// <summary>What <c>sx</c> says after the name.</summary>
    public string ModeName => Mode switch
    {
        FilterMode.Break => "break",
        FilterMode.SecondChance => exception == 0 ? "ignore" : "second-chance break",
        FilterMode.Notify => "output",
        _ => "ignore",
    };
}

/// <summary>The events that can stop the target besides breakpoints, and what is to be done at each (<c>sxe sxd sxn sxi</c>).</summary>
public sealed class EventFilters
{
    readonly List<EventFilter> _filters =
    [
        new("ld", "Load module", FilterMode.Ignore),
        new("ud", "Unload module", FilterMode.Ignore),
        new("ibp", "Initial breakpoint", FilterMode.Ignore),
        new("iml", "Initial module load", FilterMode.Ignore),
        new("out", "Debuggee output", FilterMode.Ignore),
        new("av", "Access violation", FilterMode.SecondChance, 0xC0000005),
        new("asrt", "Assertion failure", FilterMode.Break, 0xC0000420),
        new("bpe", "Break instruction exception", FilterMode.Break, 0x80000003),
        new("dm", "Data misaligned", FilterMode.SecondChance, 0x80000002),
        new("dz", "Integer divide-by-zero", FilterMode.SecondChance, 0xC0000094),
        new("gp", "Guard page violation", FilterMode.SecondChance, 0x80000001),
        new("ii", "Illegal instruction", FilterMode.SecondChance, 0xC000001D),
        new("iov", "Integer overflow", FilterMode.SecondChance, 0xC0000095),
        new("ip", "In-page I/O error", FilterMode.SecondChance, 0xC0000006),
        new("sbo", "Security check failure or stack buffer overrun", FilterMode.SecondChance, 0xC0000409),
        new("sov", "Stack overflow", FilterMode.SecondChance, 0xC00000FD),
        new("sse", "Single step exception", FilterMode.Break, 0x80000004),
        new("wkd", "Wake debugger", FilterMode.SecondChance, 0x80000007),
    ];

    public IReadOnlyList<EventFilter> All => _filters;

    public EventFilter? Find(string code) => _filters.FirstOrDefault(f => f.Code.Equals(code, StringComparison.OrdinalIgnoreCase));

    /// <summary>The filter for an exception's code, made when there is none yet.</summary>
    public EventFilter ForException(uint code, bool create)
    {
        EventFilter? filter = _filters.FirstOrDefault(f => f.Exception == code);
        if (filter is null)
        {
            filter = new EventFilter(code.ToString("x"), "Unknown exception", FilterMode.SecondChance, code);
            if (create)
                _filters.Add(filter);
        }
        return filter;
    }

    /// <summary>The mode of an event with a name (a module's): patterns restrict it.</summary>
    public FilterMode ModeFor(string code, TargetModule module)
    {
        EventFilter filter = Find(code)!;
        if (filter.Patterns.Count == 0)
            return filter.Mode;
        return filter.Patterns.Any(p => Wildcard.Matches(p, module.Name) || Wildcard.Matches(p, module.ImageName)) ? filter.Mode
            : FilterMode.Ignore;
    }

    /// <summary><c>sxr</c>: back to the defaults.</summary>
    public void Reset()
    {
        foreach (EventFilter filter in _filters)
        {
            filter.Mode = filter.Default;
            filter.Patterns.Clear();
            filter.Command = filter.SecondCommand = "";
        }
    }
}
