using KdSim.Debugging.Targets;

namespace KdSim.Debugger.Modules;

/// <summary>A module of the target with its symbols, which are loaded when they are first needed.</summary>
public sealed class DebuggedModule(TargetModule module, Func<DebuggedModule, IModuleSymbols> load)
{
    IModuleSymbols? _symbols;

    public TargetModule Image => module;
    public string Name => module.Name;
    public ulong Base => module.Base;

    /// <summary>False while loading is deferred.</summary>
    public bool IsLoaded => _symbols is not null;

    public IModuleSymbols Symbols => _symbols ??= load(this);

    /// <summary>What went wrong with the symbol file, for <c>.reload</c> and <c>!sym noisy</c>; empty when nothing did.</summary>
    public string Complaint { get; set; } = "";

    public void Unload() => _symbols = null;

    public uint Rva(ulong address) => (uint)(address - module.Base);
}
