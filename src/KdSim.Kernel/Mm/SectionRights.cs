using KdSim.Symbols.Pe;

namespace KdSim.Kernel.Mm;

/// <summary>How the pages of an image are mapped, by the section that holds them.</summary>
internal static class SectionRights
{
    public static PteBits Of(PeImage image, uint rva)
    {
        PteBits bits = PteBits.KernelReadOnly;
        foreach (PeSection section in image.Sections)
        {
            if (rva >= section.Rva + ((section.MappedSize + 0xFFF) & ~0xFFFu) || rva + 0xFFF < section.Rva)
                continue; // With an alignment below a page, several sections share one: the union of their rights.
            if ((section.Characteristics & SectionCharacteristics.Execute) != 0)
                bits &= ~PteBits.NoExecute;
            if ((section.Characteristics & SectionCharacteristics.Write) != 0)
                bits |= PteBits.Write | PteBits.Dirty;
            if (section.Name.StartsWith("PAGE", StringComparison.Ordinal))
                bits |= PteBits.Pageable;
        }
        return bits;
    }
}
