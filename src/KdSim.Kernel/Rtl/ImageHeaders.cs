using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Rtl;

/// <summary>Headers of images in memory. Any IRQL where the image is resident.</summary>
public sealed class ImageHeaders(NtKernel kernel) : KernelComponent(kernel)
{
    private const ushort DosSignature = 0x5A4D, Plus = 0x20B;
    private const uint NtSignature = 0x4550;
    private const uint MostHeaderOffset = 0x1000_0000;

    /// <summary>The address of IMAGE_NT_HEADERS, or 0 if the base is that of no image.</summary>
    [NtExport("RtlImageNtHeader")]
    public ulong RtlImageNtHeader(ulong Base)
    {
        if (Base is 0 or ulong.MaxValue || Memory.ReadU16(Base) != DosSignature)
            return 0;
        uint offset = Memory.ReadU32(Base + 0x3C);
        return offset < MostHeaderOffset && Memory.ReadU32(Base + offset) == NtSignature ? Base + offset : 0;
    }

    /// <summary>The address of a data directory; of an image mapped as a file, through its sections.</summary>
    [NtExport("RtlImageDirectoryEntryToData")]
    public ulong RtlImageDirectoryEntryToData(ulong Base, bool MappedAsImage, ushort DirectoryEntry, Ptr<uint> Size)
    {
        if ((Base & 1) != 0)
            (Base, MappedAsImage) = (Base & ~3UL, false);
        ulong header = RtlImageNtHeader(Base);
        if (header == 0)
            return 0;
        ulong directories = header + 24 + (Memory.ReadU16(header + 24) == Plus ? 112u : 96u);
        if (DirectoryEntry >= Memory.ReadU32(directories - 4))
            return 0;
        ulong entry = directories + DirectoryEntry * 8u;
        uint rva = Memory.ReadU32(entry);
        if (rva == 0)
            return 0;
        Size.Write(Memory.ReadU32(entry + 4));
        uint sizeOfHeaders = Memory.ReadU32(header + 24 + 60);
        return MappedAsImage || rva < sizeOfHeaders ? Base + rva : InFile(Base, header, rva);
    }

    private ulong InFile(ulong imageBase, ulong header, uint rva)
    {
        uint sections = Memory.ReadU16(header + 6);
        ulong section = header + 24 + Memory.ReadU16(header + 20);
        for (uint i = 0; i < sections; i++, section += 40)
        {
            uint start = Memory.ReadU32(section + 12);
            if (rva >= start && rva - start < Memory.ReadU32(section + 16))
                return imageBase + Memory.ReadU32(section + 20) + (rva - start);
        }
        return 0;
    }
}
