using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Structures;
using KdSim.Debugging.Targets;

namespace KdSim.Debugger.Modules;

/// <summary>The target's modules and all that is looked up by name in them. Symbols are kept while a module stays loaded.</summary>
public sealed class ModuleList(ITarget target, Func<DebuggedModule, IModuleSymbols> load) : ISymbols, ITypes
{
    readonly Dictionary<(ulong, string, uint), DebuggedModule> _known = [];
    readonly Dictionary<string, StructureLayout> _layouts = new(StringComparer.Ordinal);
    List<DebuggedModule> _modules = [];
    long _generation = -1;
    AddressSpace _space;

    /// <summary>Set once: layouts read through the session.</summary>
    public IDebugSession? Session { get; set; }

    /// <summary>Loaded modules by address.</summary>
    public IReadOnlyList<DebuggedModule> Loaded
    {
        get
        {
            Refresh();
            return _modules;
        }
    }

    public IEnumerable<TargetModule> Unloaded => target.Modules.Where(m => m.Unloaded);

    public DebuggedModule? At(ulong address)
    {
        foreach (DebuggedModule module in Loaded)
            if (module.Image.Contains(address))
                return module;
        return null;
    }

    public DebuggedModule? Named(string name) => Loaded.FirstOrDefault(m => m.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>Forgets the symbols of the modules that match, so that they are looked for again.</summary>
    public void Unload(Func<DebuggedModule, bool> which)
    {
        foreach (DebuggedModule module in Loaded.Where(which))
            module.Unload();
        _layouts.Clear();
    }

    public bool TryGetAddress(string name, out ulong address)
    {
        address = 0;
        int bang = name.IndexOf('!');
        if (bang > 0)
        {
            if (Named(name[..bang]) is not { } module || module.Symbols.Find(name[(bang + 1)..]) is not { } symbol)
                return false;
            address = module.Base + symbol.Rva;
            return true;
        }
        if (bang < 0 && Named(name) is { } named)
        {
            address = named.Base;
            return true;
        }
        foreach (DebuggedModule module in InSearchOrder())
            if (module.Symbols.Find(name.TrimStart('!')) is { } symbol)
            {
                address = module.Base + symbol.Rva;
                return true;
            }
        return false;
    }

    public bool TryGetName(ulong address, out string name, out ulong displacement)
    {
        (name, displacement) = ("", 0);
        if (At(address) is not { } module)
            return false;
        uint rva = module.Rva(address);
        ModuleSymbol? symbol = module.Symbols.Nearest(rva);
        name = symbol is null ? module.Name : $"{module.Name}!{symbol.Name}";
        displacement = symbol is null ? rva : rva - symbol.Rva;
        return true;
    }

    public bool TryGetLine(ulong address, out string file, out int line)
    {
        SourceLine? found = LineAt(address);
        (file, line) = (found?.File ?? "", found?.Line ?? 0);
        return found is not null;
    }

    public SourceLine? LineAt(ulong address) => At(address) is { } module ? module.Symbols.LineAt(module.Rva(address)) : null;

    public StructureLayout this[string name]
    {
        get
        {
            if (!_layouts.TryGetValue(name, out StructureLayout? layout))
            {
                TypeInfo type = Find(name) ?? throw new CommandException($"Symbol {name} not found.");
                _layouts[name] = layout = new StructureLayout(type, Session!);
            }
            return layout;
        }
    }

    /// <summary>Kernel structures are nt's, not a driver's copy of the header: unqualified names look in nt first.</summary>
    public TypeInfo? Find(string name) => FindWithModule(name).Type;

    public (DebuggedModule? Module, TypeInfo? Type) FindWithModule(string name)
    {
        int bang = name.IndexOf('!');
        string bare = bang < 0 ? name : name[(bang + 1)..];
        IEnumerable<DebuggedModule> where = bang > 0 ? Loaded.Where(m => m.Name.Equals(name[..bang], StringComparison.OrdinalIgnoreCase))
            : InSearchOrder();
        foreach (DebuggedModule module in where)
            if ((module.Symbols.FindType(bare) ?? (bare.StartsWith('_') ? null : module.Symbols.FindType("_" + bare))) is { } type)
                return (module, type);
        return (null, null);
    }

    IEnumerable<DebuggedModule> InSearchOrder() =>
        Loaded.OrderBy(m => m.Name.Equals("nt", StringComparison.OrdinalIgnoreCase) ? 0 : m.IsLoaded ? 1 : 2);

    void Refresh()
    {
        AddressSpace space = Session is DebuggerSession session ? session.Space : AddressSpace.Current;
        if (_generation == target.Generation && _space == space)
            return;
        (_generation, _space) = (target.Generation, space);
        List<DebuggedModule> now = [];
        bool changed = false;
        IEnumerable<TargetModule> images = target.Modules.Where(m => !m.Unloaded);
        if (space != AddressSpace.Current && target.Capability<IUserModules>() is { } users)
            images = images.Where(m => (long)m.Base < 0).Concat(users.UserModules(space));
        foreach (TargetModule image in images)
        {
            (ulong, string, uint) key = (image.Base, image.Name, image.TimeDateStamp);
            if (!_known.TryGetValue(key, out DebuggedModule? module))
            {
                _known[key] = module = new DebuggedModule(image, load);
                changed = true;
            }
            now.Add(module);
        }
        now.Sort((a, b) => a.Base.CompareTo(b.Base));
        changed |= now.Count != _modules.Count;
        _modules = now;
        if (changed)
            _layouts.Clear();
    }
}
