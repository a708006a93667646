using KdSim.Debugger.Language;
using KdSim.Debugging.Targets;

namespace KdSim.Debugger.Control;

/// <summary>What happens at an event: stop at once, only when nobody handled it, say so and go on, or nothing.</summary>
public enum FilterMode { Break, SecondChance, Notify, Ignore }

/// <summary>One row of <c>sx</c>.</summary>
public sealed class EventFilter(string code, string description, FilterMode mode, uint exception = 0, KernelEventType? kernel = null)
{
    public string Code => code;
    public string Description => description;

    /// <summary>The exception that it stands for; 0: an event.</summary>
    public uint Exception => exception;

    /// <summary>The kernel event that it stands for, if it is one.</summary>
    public KernelEventType? Kernel => kernel;

    public FilterMode Default { get; } = mode;
    public FilterMode Mode { get; private set; } = mode;

    /// <summary>True once the user has said what is to be done.</summary>
    public bool IsChosen { get; private set; }

    public void Choose(FilterMode chosen) => (Mode, IsChosen) = (chosen, true);

    public void Reset() => (Mode, IsChosen) = (Default, false);

    /// <summary>Patterns that restrict it (<c>ld:pulse</c>); none: everything. Case does not matter.</summary>
    public List<string> Patterns { get; } = [];

    /// <summary>What restricts a kernel event, one for each pattern.</summary>
    public List<EventRestriction> Restrictions { get; } = [];

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

    public bool IsActive => Mode is FilterMode.Break or FilterMode.Notify;

    public void Unrestrict()
    {
        Patterns.Clear();
        Restrictions.Clear();
    }

    /// <summary>True when a text is one that the filter is about.</summary>
    public bool Matches(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
            foreach (string pattern in Patterns)
                if (Wildcard.Matches(pattern, name))
                    return true;
        return Patterns.Count == 0;
    }
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
        new("bug", "Bug check", FilterMode.Break),
        .. KernelEventType.All.Select(t => new EventFilter(t.Code, t.Description, FilterMode.Ignore, kernel: t)),
        new("av", "Access violation", FilterMode.SecondChance, 0xC0000005),
        new("asrt", "Assertion failure", FilterMode.Break, 0xC0000420),
        new("bpe", "Break instruction exception", FilterMode.Break, 0x80000003),
        new("ch", "Invalid handle", FilterMode.SecondChance, 0xC0000008),
        new("dm", "Data misaligned", FilterMode.SecondChance, 0x80000002),
        new("dz", "Integer divide-by-zero", FilterMode.SecondChance, 0xC0000094),
        new("eh", "C++ EH exception", FilterMode.SecondChance, 0xE06D7363),
        new("gp", "Guard page violation", FilterMode.SecondChance, 0x80000001),
        new("ii", "Illegal instruction", FilterMode.SecondChance, 0xC000001D),
        new("iov", "Integer overflow", FilterMode.SecondChance, 0xC0000095),
        new("ip", "In-page I/O error", FilterMode.SecondChance, 0xC0000006),
        new("isc", "Invalid system call", FilterMode.SecondChance, 0xC000001C),
        new("lsq", "Invalid lock sequence", FilterMode.SecondChance, 0xC000001E),
        new("sbo", "Security check failure or stack buffer overrun", FilterMode.SecondChance, 0xC0000409),
        new("sov", "Stack overflow", FilterMode.SecondChance, 0xC00000FD),
        new("sse", "Single step exception", FilterMode.Break, 0x80000004),
        new("vs", "Verifier stop", FilterMode.SecondChance, 0xC0000421),
        new("wkd", "Wake debugger", FilterMode.SecondChance, 0x80000007),
    ];

    public IReadOnlyList<EventFilter> All => _filters;

    /// <summary>The row of <c>sx</c> for exceptions that have none of their own.</summary>
    public EventFilter Other { get; } = new("*", "Other exception", FilterMode.SecondChance, uint.MaxValue);

    /// <summary>Rows that only say how the target goes on after a stop; it always goes on as if the debugger had handled the exception.</summary>
    public static IReadOnlyList<(string Code, string Description)> Continues { get; } =
        [("bpec", "Break instruction exception continue"), ("ssec", "Single step exception continue")];

    public EventFilter? Find(string code) => _filters.FirstOrDefault(f => f.Code.Equals(code, StringComparison.OrdinalIgnoreCase));

    /// <summary>The filter for an exception's code, made when there is none yet.</summary>
    public EventFilter ForException(uint code, bool create)
    {
        EventFilter? filter = _filters.FirstOrDefault(f => f.Exception == code);
        if (filter is null)
        {
            filter = new EventFilter(code.ToString("x"), "Unknown exception", Other.Mode, code)
            {
                Command = Other.Command,
                SecondCommand = Other.SecondCommand,
            };
            if (create)
                _filters.Add(filter);
        }
        return filter;
    }

    public EventFilter For(KernelEventKind kind) => _filters.First(f => f.Kernel?.Kind == kind);

    /// <summary>The mode of an event with a name (a module's): patterns restrict it.</summary>
    public FilterMode ModeFor(string code, TargetModule module)
    {
        EventFilter filter = Find(code)!;
        return filter.Matches(module.Name, module.ImageName) ? filter.Mode : FilterMode.Ignore;
    }

    /// <summary>The kernel events that the target is to stop at.</summary>
    public IReadOnlySet<KernelEventKind> Wanted => _filters.Where(f => f.Kernel is not null && f.IsActive).Select(f => f.Kernel!.Kind).ToHashSet();

    /// <summary><c>sxr</c>: back to the defaults.</summary>
    public void Reset()
    {
        _filters.RemoveAll(f => f.Description == "Unknown exception");
        foreach (EventFilter filter in _filters.Append(Other))
        {
            filter.Reset();
            filter.Unrestrict();
            filter.Command = filter.SecondCommand = "";
        }
    }
}
