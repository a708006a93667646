using KdSim.Debugger.Language;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Targets;

namespace KdSim.Debugger.Breakpoints;

/// <summary>
/// The user's breakpoints by number. Enabled and resolved ones have an entry in the target's table; entries are made and dropped here only.
/// There is no limit on their number: the target's table is not the processor's debug registers.
/// </summary>
public sealed class BreakpointTable(DebuggerSession session)
{
    readonly SortedDictionary<int, Breakpoint> _byId = [];

    public IEnumerable<Breakpoint> All => _byId.Values;

    public Breakpoint? Find(int id) => _byId.GetValueOrDefault(id);

    /// <summary>Tables of addresses and of IRQL stops number their entries apart.</summary>
    public Breakpoint? ByHandle(int handle, bool irql) =>
        _byId.Values.FirstOrDefault(b => b.Handle == handle && b.Type == BreakpointType.Irql == irql);

    public int NextId()
    {
        int id = 0;
        while (_byId.ContainsKey(id))
            id++;
        return id;
    }

    /// <summary>Adds a breakpoint and puts it into the target. One at the same place is redefined; the answer says so.</summary>
    public string? Add(Breakpoint breakpoint)
    {
        string? message = null;
        if (breakpoint.Type == BreakpointType.Code && breakpoint.Address is { } address &&
            _byId.Values.FirstOrDefault(b => b.Type == BreakpointType.Code && b.Address == address) is { } same)
        {
            message = $"breakpoint {same.Id} redefined";
            breakpoint.Id = same.Id;
        }
        if (_byId.TryGetValue(breakpoint.Id, out Breakpoint? old))
            Remove(old);
        Insert(breakpoint);
        _byId[breakpoint.Id] = breakpoint;
        return message;
    }

    public void Remove(Breakpoint breakpoint)
    {
        Withdraw(breakpoint);
        _byId.Remove(breakpoint.Id);
    }

    public void SetEnabled(Breakpoint breakpoint, bool enabled)
    {
        breakpoint.IsEnabled = enabled;
        if (enabled)
            Insert(breakpoint);
        else
            Withdraw(breakpoint);
    }

    public bool Renumber(Breakpoint breakpoint, int id)
    {
        if (_byId.ContainsKey(id))
            return false;
        _byId.Remove(breakpoint.Id);
        breakpoint.Id = id;
        _byId[id] = breakpoint;
        return true;
    }

    /// <summary>Looks symbolic breakpoints up again: a module came, so deferred ones may resolve.</summary>
    public void ModuleLoaded()
    {
        foreach (Breakpoint breakpoint in _byId.Values.Where(b => b.Address is null && b.Type != BreakpointType.Irql || NeedsModule(b)))
        {
            if (breakpoint.Type != BreakpointType.Irql)
                breakpoint.Address = Resolve(breakpoint.Expression);
            if (breakpoint.IsEnabled)
                Insert(breakpoint);
        }
    }

    /// <summary>A module goes: address-bound breakpoints in it die, symbolic ones wait for it to come back.</summary>
    public void ModuleUnloaded(TargetModule module)
    {
        foreach (Breakpoint breakpoint in _byId.Values.Where(b => b.Address is { } a && module.Contains(a)).ToList())
        {
            Withdraw(breakpoint);
            if (breakpoint.IsSymbolic)
                breakpoint.Address = null;
            else
                _byId.Remove(breakpoint.Id);
        }
        foreach (Breakpoint breakpoint in _byId.Values.Where(b => module.Name.Equals(b.IrqlModule, StringComparison.OrdinalIgnoreCase)))
            Withdraw(breakpoint);
    }

    /// <summary>The target was booted anew: its table may be empty, modules will come again.</summary>
    public void Restarted()
    {
        foreach (Breakpoint breakpoint in _byId.Values)
            Withdraw(breakpoint);
        foreach (Breakpoint breakpoint in _byId.Values)
        {
            if (breakpoint.IsSymbolic)
                breakpoint.Address = Resolve(breakpoint.Expression);
            if (breakpoint.IsEnabled)
                Insert(breakpoint);
        }
    }

    /// <summary>The address that an expression gives now, or null when a symbol in it is unknown.</summary>
    public ulong? Resolve(string expression)
    {
        try
        {
            return session.Masm.Evaluate(expression);
        }
        catch (CommandException)
        {
            return null;
        }
    }

    static bool NeedsModule(Breakpoint breakpoint) => breakpoint is { IrqlModule: not null, Handle: null };

    void Insert(Breakpoint breakpoint)
    {
        if (breakpoint.Handle is not null || !breakpoint.IsEnabled)
            return;
        if (breakpoint.Type == BreakpointType.Irql)
        {
            InsertIrql(breakpoint);
            return;
        }
        if (breakpoint.Address is not { } address)
            return;
        BreakpointKind kind = breakpoint.Access switch
        {
            'w' => BreakpointKind.Write,
            'r' => BreakpointKind.ReadWrite,
            'i' => BreakpointKind.Port,
            _ => BreakpointKind.Execute,
        };
        try
        {
            breakpoint.Handle = Control.Add(kind, address, breakpoint.Size);
        }
        catch (NotSupportedException refused)
        {
            throw new CommandException(refused.Message);
        }
    }

    void InsertIrql(Breakpoint breakpoint)
    {
        IrqlCondition condition = breakpoint.Irql!;
        if (breakpoint.IrqlModule is { } name)
        {
            if (session.Modules.Named(name) is not { } module)
                return;
            condition = condition with { ModuleBase = module.Base, ModuleEnd = module.Image.End };
        }
        IIrqlStops stops = session.Target.Capability<IIrqlStops>() ?? throw new CommandException("This target cannot stop at IRQL changes");
        breakpoint.Handle = stops.Add(condition);
    }

    void Withdraw(Breakpoint breakpoint)
    {
        if (breakpoint.Handle is not { } handle)
            return;
        breakpoint.Handle = null;
        if (breakpoint.Type == BreakpointType.Irql)
            session.Target.Capability<IIrqlStops>()?.Remove(handle);
        else
            Control.Remove(handle);
    }

    IBreakpointControl Control =>
        session.Target.Capability<IBreakpointControl>() ?? throw new CommandException("This target has no breakpoints");

    /// <summary>Breakpoints named by <c>1 3</c>, <c>1,3</c>, <c>0-4</c>, <c>*</c>, <c>[expression]</c>, <c>"pattern"</c>.</summary>
    public IReadOnlyList<Breakpoint> Select(string text)
    {
        List<Breakpoint> selected = [];
        foreach (string word in text.Split([' ', ',', '\t'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (word == "*")
                return All.ToList();
            if (word.StartsWith('[') && word.EndsWith(']'))
                Take(selected, (int)session.Evaluate(word[1..^1]));
            else if (word.StartsWith('"'))
                selected.AddRange(All.Where(b => Wildcard.Matches(word.Trim('"'), b.Expression)));
            else if (word.IndexOf('-') is int dash && dash > 0 && int.TryParse(word[..dash], out int low) &&
                int.TryParse(word[(dash + 1)..], out int high))
                selected.AddRange(All.Where(b => b.Id >= low && b.Id <= high));
            else if (int.TryParse(word, out int id))
                Take(selected, id);
            else
                throw new CommandSyntaxException("Syntax", 0, word);
        }
        return selected;
    }

    void Take(List<Breakpoint> selected, int id) =>
        selected.Add(Find(id) ?? throw new CommandException($"Breakpoint {id} does not exist"));
}
