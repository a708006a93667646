using KdSim.Kernel.Routines;
using KdSim.Nt;
using KdSim.Symbols.Pe;

namespace KdSim.Kernel.Loader;

/// <summary>PsLoadedModuleList: what is loaded, in order. Debuggers and unwinding read it from guest memory.</summary>
[NtData("PsLoadedModuleList", 16, IsExported = true, Type = "_LIST_ENTRY")]
public sealed class ModuleList(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Tag = 0x644C6D4D; // "MmLd"

    private ulong Head => Kernel.Data(Datum.PsLoadedModuleList);

    /// <summary>Adds a module whose bytes are in guest memory; returns its entry.</summary>
    internal View<KLDR_DATA_TABLE_ENTRY> Add(PeImage image, ulong imageBase, string path, string name)
    {
        View<KLDR_DATA_TABLE_ENTRY> entry = new(Kernel.Pool.Allocate(POOL_TYPE.NonPagedPool, KLDR_DATA_TABLE_ENTRY.SizeOf, Tag));
        entry.DllBase = imageBase;
        entry.EntryPoint = image.EntryPointRva == 0 ? 0 : imageBase + image.EntryPointRva;
        entry.SizeOfImage = image.SizeOfImage + 0xFFF & ~0xFFFu;
        entry.SizeOfImageNotRounded = image.SizeOfImage;
        entry.TimeDateStamp = image.TimeDateStamp;
        entry.CheckSum = image.CheckSum;
        entry.LoadCount = 1;
        DirectoryEntry functions = image.Directory(PeDirectory.Exception);
        if (functions.IsPresent)
        {
            entry.ExceptionTable = imageBase + functions.Rva;
            entry.ExceptionTableSize = functions.Size;
        }
        entry.FullDllName = NewString(path);
        entry.BaseDllName = NewString(name);
        Link(entry.Address);
        Observer?.ModuleLoaded(Cpu.Number, name, imageBase, entry.SizeOfImage);
        return entry;
    }

    /// <summary>The module that holds an address, or a null view.</summary>
    public View<KLDR_DATA_TABLE_ENTRY> Find(ulong address)
    {
        if (Memory.ReadU64(Head) != 0)
            foreach (ulong links in Memory.Walk(Head))
            {
                View<KLDR_DATA_TABLE_ENTRY> entry = new(links);
                if (address - entry.DllBase < entry.SizeOfImage)
                    return entry;
            }
        return default;
    }

    /// <summary>The module of this base name (case does not matter), or a null view.</summary>
    public View<KLDR_DATA_TABLE_ENTRY> Find(string name)
    {
        if (Memory.ReadU64(Head) != 0)
            foreach (ulong links in Memory.Walk(Head))
            {
                View<KLDR_DATA_TABLE_ENTRY> entry = new(links);
                UNICODE_STRING found = entry.BaseDllName;
                if (found.Length / 2 == name.Length && Memory.ReadUnicode(found.Buffer, name.Length).Equals(name, StringComparison.OrdinalIgnoreCase))
                    return entry;
            }
        return default;
    }

    /// <summary>An address as module+offset, for messages.</summary>
    public string Describe(ulong address)
    {
        View<KLDR_DATA_TABLE_ENTRY> module = Find(address);
        if (module.IsNull)
            return $"{address:x}";
        UNICODE_STRING name = module.BaseDllName;
        return $"{Memory.ReadUnicode(name.Buffer, name.Length / 2)}+0x{address - module.DllBase:x}";
    }

    internal void Remove(View<KLDR_DATA_TABLE_ENTRY> entry)
    {
        ulong next = Memory.ReadU64(entry.Address), previous = Memory.ReadU64(entry.Address + 8);
        Memory.WriteU64(previous, next);
        Memory.WriteU64(next + 8, previous);
        Observer?.ModuleUnloaded(Cpu.Number, Memory.ReadUnicode(entry.BaseDllName.Buffer, entry.BaseDllName.Length / 2), entry.DllBase, entry.SizeOfImage);
        Kernel.UnloadedDrivers.Add(entry.BaseDllName, entry.DllBase, entry.SizeOfImage);
        Kernel.Pool.Free(entry.FullDllName.Buffer);
        Kernel.Pool.Free(entry.BaseDllName.Buffer);
        Kernel.Pool.Free(entry.Address);
    }

    /// <summary>A UNICODE_STRING over a fresh pool block; the text is NUL-terminated.</summary>
    internal UNICODE_STRING NewString(string text)
    {
        ulong buffer = Kernel.Pool.Allocate(POOL_TYPE.NonPagedPool, (ulong)(text.Length + 1) * 2, Tag);
        for (int i = 0; i < text.Length; i++)
            Memory.WriteU16(buffer + (ulong)i * 2, text[i]);
        return new UNICODE_STRING { Length = (ushort)(text.Length * 2), MaximumLength = (ushort)(text.Length * 2 + 2), Buffer = new Ptr<char>(buffer) };
    }

    private void Link(ulong entry)
    {
        ulong head = Head;
        if (Memory.ReadU64(head) == 0)
        {
            Memory.WriteU64(head, head);
            Memory.WriteU64(head + 8, head);
        }
        ulong last = Memory.ReadU64(head + 8);
        Memory.WriteU64(entry, head);
        Memory.WriteU64(entry + 8, last);
        Memory.WriteU64(last, entry);
        Memory.WriteU64(head + 8, entry);
    }
}
