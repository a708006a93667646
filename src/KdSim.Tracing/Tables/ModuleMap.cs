namespace KdSim.Tracing.Tables;

/// <summary>The images in kernel space, and the names of code in them. Asked when all of the trace was seen: rundowns may stand at its end.</summary>
sealed class ModuleMap(IAddressNames names)
{
    const ulong LeastKernelAddress = 0x8000_0000;

    readonly SortedList<ulong, ModuleIdentity> _byBase = [];
    readonly Dictionary<ulong, (string Module, string Function)> _known = [];

    public static bool IsKernel(ulong address) => address >= LeastKernelAddress && (address > uint.MaxValue ? (long)address < 0 : true);

    public void Add(ulong imageBase, ulong size, string file, uint timeDateStamp)
    {
        if (!IsKernel(imageBase)) return;
        ModuleIdentity before = _byBase.GetValueOrDefault(imageBase);
        _byBase[imageBase] = before with { File = file, Size = size, TimeDateStamp = timeDateStamp };
    }

    public void AddPdb(ulong imageBase, string name, Guid guid, uint age)
    {
        if (!IsKernel(imageBase)) return;
        ModuleIdentity before = _byBase.GetValueOrDefault(imageBase);
        _byBase[imageBase] = before with { File = before.File ?? "", PdbName = name, PdbGuid = guid, PdbAge = age };
    }

    public (string Module, string Function) NameOf(ulong address)
    {
        if (_known.TryGetValue(address, out (string, string) found)) return found;
        return _known[address] = Find(address);
    }

    (string, string) Find(ulong address)
    {
        int low = 0, high = _byBase.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_byBase.GetKeyAtIndex(middle) <= address) low = middle + 1;
            else high = middle;
        }
        if (low == 0) return ("", $"0x{address:x}");
        ulong imageBase = _byBase.GetKeyAtIndex(low - 1);
        ModuleIdentity module = _byBase.GetValueAtIndex(low - 1);
        if (address - imageBase >= module.Size) return ("", $"0x{address:x}");
        uint offset = (uint)(address - imageBase);
        return (FileName(module.File), names.FunctionAt(module, offset) ?? $"+0x{offset:x}");
    }

    /// <summary>The last part of a path of the traced system.</summary>
    public static string FileName(string path) => path[(path.LastIndexOfAny(['\\', '/']) + 1)..];
}
