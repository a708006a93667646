using KdSim.Symbols.Pe;

namespace KdSim.Kernel.Mm;

/// <summary>How the pages of an image are mapped, by the section that holds them.</summary>
internal static class SectionRights
{
    /// <summary>With an alignment below a page, several sections share one: the union of their rights, and pageable only if all of them are.</summary>
    public static PteBits Of(PeImage image, uint rva)
    {
        PteBits bits = PteBits.KernelReadOnly;
        bool pageable = false, resident = false;
        foreach (PeSection section in image.Sections)
        {
            if (rva >= section.Rva + ((section.MappedSize + 0xFFF) & ~0xFFFu) || rva + 0xFFF < section.Rva)
                continue;
            if ((section.Characteristics & SectionCharacteristics.Execute) != 0)
                bits &= ~PteBits.NoExecute;
            if ((section.Characteristics & SectionCharacteristics.Write) != 0)
                bits |= PteBits.Write | PteBits.Dirty;
            if (section.Name.StartsWith("PAGE", StringComparison.Ordinal))
                pageable = true;
            else
                resident = true;
        }
        return pageable && !resident ? bits | PteBits.Pageable : bits;
    }
}
