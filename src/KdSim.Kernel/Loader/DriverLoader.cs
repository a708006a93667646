using System.Buffers.Binary;
using KdSim.Kernel.Mm;
using KdSim.Kernel.Routines;
using KdSim.Machine.Memory;
using KdSim.Nt;
using KdSim.Symbols.Pe;

namespace KdSim.Kernel.Loader;

/// <summary>Brings driver files into guest memory: sections with their rights, relocations, imports, the security cookie. PASSIVE_LEVEL.</summary>
[NtData("MmNextDriverBase", 8)]
public sealed class DriverLoader(NtKernel kernel) : KernelComponent(kernel)
{
    private const ulong Page = PhysicalMemory.PageSize;
    private const ulong Gap = 0x10000;
    private const ulong DefaultCookie = 0x0000_2B99_2DDF_A232;

    /// <summary>Maps a driver and adds it to the module list. A bad file throws <see cref="BadImageException"/> before anything is changed.</summary>
    public View<KLDR_DATA_TABLE_ENTRY> Load(string service, ReadOnlyMemory<byte> file)
    {
        string name = service + ".sys";
        PeImage image = PeImage.Parse(file, name);
        image.EnsureDriver();
        byte[] content = image.Map();
        ulong imageBase = NextBase(image.SizeOfImage);
        Relocate(image, content, imageBase);
        BindImports(image, content, name);
        SeedCookie(image, content, imageBase);
        MapPages(image, content, imageBase);
        return Kernel.ModuleList.Add(image, imageBase, "\\SystemRoot\\System32\\drivers\\" + name, name);
    }

    /// <summary>Takes the discardable sections away once DriverEntry has returned.</summary>
    public void DiscardInit(View<KLDR_DATA_TABLE_ENTRY> module)
    {
        PeImage image = PeImage.FromMemory(ReadGuest, module.DllBase, "module");
        foreach (PeSection section in image.Sections)
        {
            if (!section.IsDiscardable || section.Name is ".reloc" or ".pdata")
                continue;
            for (ulong at = 0; at < section.MappedSize; at += Page)
                Kernel.SystemMemory.Release(module.DllBase + section.Rva + at, 1);
        }
    }

    /// <summary>Takes a driver out of memory.</summary>
    public void Unload(View<KLDR_DATA_TABLE_ENTRY> module)
    {
        Kernel.SystemMemory.Release(module.DllBase, module.SizeOfImage / Page);
        Kernel.ModuleList.Remove(module);
    }

    private ulong NextBase(uint size)
    {
        ulong variable = Kernel.Data(Datum.MmNextDriverBase), next = Memory.ReadU64(variable);
        if (next == 0)
            next = SystemLayout.FirstDriver;
        ulong end = (next + size + Gap - 1 & ~(Gap - 1)) + Gap;
        if (end > SystemLayout.Images.End)
            throw new GuestException(NtStatus.InsufficientResources);
        Memory.WriteU64(variable, end);
        return next;
    }

    private static void Relocate(PeImage image, byte[] content, ulong imageBase)
    {
        ulong delta = imageBase - image.PreferredBase;
        foreach (BaseRelocation relocation in image.ReadRelocations())
        {
            if (relocation.Kind != RelocationKind.Dir64 || relocation.Rva + 8 > content.Length)
                throw new BadImageException(image.Name, $"relocation of kind {relocation.Kind} at RVA 0x{relocation.Rva:x}; DIR64 inside the image expected");
            Span<byte> place = content.AsSpan((int)relocation.Rva, 8);
            BinaryPrimitives.WriteUInt64LittleEndian(place, BinaryPrimitives.ReadUInt64LittleEndian(place) + delta);
        }
        BinaryPrimitives.WriteUInt64LittleEndian(content.AsSpan((int)image.HeaderOffset + 24 + 24), imageBase);
    }

    private void BindImports(PeImage image, byte[] content, string name)
    {
        foreach (ImportedDll dll in image.ReadImports())
            foreach (ImportedFunction function in dll.Functions)
            {
                if (function.IatRva + 8 > content.Length)
                    throw new BadImageException(image.Name, $"import {function.Name} of {dll.Name} has its slot at RVA 0x{function.IatRva:x}, past the image");
                BinaryPrimitives.WriteUInt64LittleEndian(content.AsSpan((int)function.IatRva), Kernel.ImportResolver.Resolve(dll, function, name));
            }
    }

    /// <summary>As NT's loader: replaces the compiler's default cookie by a value of this run.</summary>
    private static void SeedCookie(PeImage image, byte[] content, ulong imageBase)
    {
        if (image.ReadLoadConfiguration() is not { SecurityCookieVa: not 0 } configuration)
            return;
        ulong rva = configuration.SecurityCookieVa - image.PreferredBase;
        if (rva + 8 > (ulong)content.Length || rva > int.MaxValue)
            throw new BadImageException(image.Name, $"the security cookie stands at 0x{configuration.SecurityCookieVa:x}, outside the image");
        Span<byte> place = content.AsSpan((int)rva, 8);
        if (BinaryPrimitives.ReadUInt64LittleEndian(place) == DefaultCookie)
            BinaryPrimitives.WriteUInt64LittleEndian(place, (imageBase * 0x9E37_79B9_7F4A_7C15 >> 16) | 1);
    }

    private void MapPages(PeImage image, byte[] content, ulong imageBase)
    {
        for (uint rva = 0; rva < content.Length; rva += (uint)Page)
        {
            ulong physical = Kernel.PhysicalPages.Allocate();
            Kernel.Computer.Memory.Write(physical, content.AsSpan((int)rva, (int)Math.Min(Page, (ulong)content.Length - rva)));
            Kernel.PageTables.Map(Kernel.SystemRoot, imageBase + rva, physical, SectionRights.Of(image, rva));
        }
    }

    private bool ReadGuest(ulong address, Span<byte> buffer) => Cpu.TryRead(address, buffer) == buffer.Length;
}
