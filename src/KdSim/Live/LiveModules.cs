using System.Text;
using KdSim.Debugging.Targets;
using KdSim.Kernel;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Live;

/// <summary>
/// The modules of the machine, read from PsLoadedModuleList in guest memory, and those of the current process from its PEB; where their files are on the host
/// is known from the machine.
/// </summary>
sealed class LiveModules(GuestView memory, NtKernel kernel, IReadOnlyDictionary<string, string> hostPaths)
{
    const int MostModules = 4096;

    readonly List<TargetModule> _unloaded = [];

    public IReadOnlyList<TargetModule> Read()
    {
        var modules = new List<TargetModule>();
        ulong head = kernel.Data(Datum.PsLoadedModuleList);
        byte[] entry = new byte[KLDR_DATA_TABLE_ENTRY.SizeOf];
        for (ulong links = memory.ReadPointer(head) ?? 0; links != 0 && links != head && modules.Count < MostModules;)
        {
            if (memory.Read(0, links, entry) != entry.Length) break;
            if (Module(entry) is { } module) modules.Add(module);
            links = BitConverter.ToUInt64(entry);
        }
        modules.AddRange(OfUser(0));
        modules.AddRange(_unloaded);
        return modules;
    }

    /// <summary>What the loader of a process has in its list, by the process's page tables (0: the current ones).</summary>
    public List<TargetModule> OfUser(ulong directoryBase)
    {
        var modules = new List<TargetModule>();
        byte[] entry = new byte[LDR_DATA_TABLE_ENTRY.SizeOf];
        if (PebOf(directoryBase) is not (var peb and not 0) || Pointer(directoryBase, peb + (ulong)PEB.Offsets.Ldr) is not { } loader) return modules;
        ulong head = loader + (ulong)PEB_LDR_DATA.Offsets.InLoadOrderModuleList;
        for (ulong links = Pointer(directoryBase, head) ?? 0; links != 0 && links != head && modules.Count < MostModules;)
        {
            if (memory.Read(directoryBase, links, entry) != entry.Length) break;
            string name = Text(entry, LDR_DATA_TABLE_ENTRY.Offsets.BaseDllName, directoryBase);
            string path = Text(entry, LDR_DATA_TABLE_ENTRY.Offsets.FullDllName, directoryBase);
            if (name.Length != 0)
                modules.Add(new TargetModule(
                    BitConverter.ToUInt64(entry, LDR_DATA_TABLE_ENTRY.Offsets.DllBase), BitConverter.ToUInt32(entry, LDR_DATA_TABLE_ENTRY.Offsets.SizeOfImage),
                    NameOf(name), name, path, BitConverter.ToUInt32(entry, LDR_DATA_TABLE_ENTRY.Offsets.TimeDateStamp), 0, HostPath: HostPath(name)));
            links = BitConverter.ToUInt64(entry);
        }
        return modules;
    }

    /// <summary>The PEB of the process with these page tables, or of the one whose page tables the current processor has.</summary>
    ulong PebOf(ulong directoryBase)
    {
        ulong wanted = directoryBase != 0 ? directoryBase : kernel.Computer.Current.State.Cr3, head = kernel.Data(Datum.PsActiveProcessHead);
        for (ulong links = memory.ReadPointer(head) ?? 0, count = 0; links != 0 && links != head && count < MostModules; count++)
        {
            ulong process = links - (ulong)EPROCESS.Offsets.ActiveProcessLinks;
            if (memory.ReadPointer(process + (ulong)(EPROCESS.Offsets.Pcb + KPROCESS.Offsets.DirectoryTableBase)) == wanted)
                return memory.ReadPointer(process + (ulong)EPROCESS.Offsets.Peb) ?? 0;
            links = memory.ReadPointer(links) ?? 0;
        }
        return 0;
    }

    ulong? Pointer(ulong directoryBase, ulong address)
    {
        Span<byte> bytes = stackalloc byte[8];
        return memory.Read(directoryBase, address, bytes) == bytes.Length ? BitConverter.ToUInt64(bytes) : null;
    }

    /// <summary>How many modules were unloaded since the machine started.</summary>
    public int UnloadedCount => _unloaded.Count;

    /// <summary>The machine went back in time, to where only so many were.</summary>
    public void ForgetUnloaded(int count) => _unloaded.RemoveRange(count, _unloaded.Count - count);

    /// <summary>The module that starts at an address, as it is listed now.</summary>
    public TargetModule? At(ulong imageBase) => Read().FirstOrDefault(module => module.Base == imageBase && !module.Unloaded);

    public TargetModule Unload(string imageName, ulong imageBase, uint size)
    {
        var module = new TargetModule(imageBase, size, NameOf(imageName), imageName, imageName, 0, 0, Unloaded: true, HostPath: HostPath(imageName));
        _unloaded.Add(module);
        return module;
    }

    TargetModule? Module(byte[] entry)
    {
        string name = Text(entry, KLDR_DATA_TABLE_ENTRY.Offsets.BaseDllName), path = Text(entry, KLDR_DATA_TABLE_ENTRY.Offsets.FullDllName);
        return name.Length == 0 ? null : new TargetModule(
            BitConverter.ToUInt64(entry, KLDR_DATA_TABLE_ENTRY.Offsets.DllBase), BitConverter.ToUInt32(entry, KLDR_DATA_TABLE_ENTRY.Offsets.SizeOfImage),
            NameOf(name), name, path, BitConverter.ToUInt32(entry, KLDR_DATA_TABLE_ENTRY.Offsets.TimeDateStamp),
            BitConverter.ToUInt32(entry, KLDR_DATA_TABLE_ENTRY.Offsets.CheckSum), HostPath: HostPath(name));
    }

    string Text(byte[] entry, int offset, ulong directoryBase = 0)
    {
        byte[] text = new byte[BitConverter.ToUInt16(entry, offset) & ~1];
        return memory.Read(directoryBase, BitConverter.ToUInt64(entry, offset + UNICODE_STRING.Offsets.Buffer), text) == text.Length
            ? Encoding.Unicode.GetString(text)
            : "";
    }

    string? HostPath(string imageName) => hostPaths.GetValueOrDefault(imageName.ToLowerInvariant());

    /// <summary>The kernel is called nt whatever its file is called; what an expression could not say becomes _.</summary>
    static string NameOf(string imageName) =>
        imageName.Equals(ImageNames.Kernel, StringComparison.OrdinalIgnoreCase) ? "nt"
        : string.Concat(Path.GetFileNameWithoutExtension(imageName).ToLowerInvariant().Select(c => char.IsLetterOrDigit(c) ? c : '_'));
}
