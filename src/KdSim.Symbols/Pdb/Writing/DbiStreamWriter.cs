using KdSim.Symbols.Pe;

namespace KdSim.Symbols.Pdb.Writing;

/// <summary>The DBI stream: modules, which code is whose, the section map, and where the other streams are.</summary>
internal sealed class DbiStreamWriter(
    IReadOnlyList<PeSection> sections, IReadOnlyList<PdbModuleModel> modules, IReadOnlyList<byte[]> moduleStreams, uint age)
{
    public required ushort GlobalStream { get; init; }
    public required ushort PublicStream { get; init; }
    public required ushort RecordStream { get; init; }
    public required ushort SectionHeaderStream { get; init; }
    public required ushort FirstModuleStream { get; init; }

    public byte[] Write()
    {
        var moduleInfo = new ByteWriter();
        for (int i = 0; i < modules.Count; i++)
            WriteModule(moduleInfo, i);
        var contributions = Contributions();
        var sectionMap = SectionMap();
        var files = FileInfo();
        byte[] editAndContinue = PdbWriter.EmptyNameTable();
        var stream = new ByteWriter();
        stream.Int32(-1);
        stream.UInt32(19990903); // VC 7.0
        stream.UInt32(age);
        stream.UInt16(GlobalStream);
        stream.UInt16(0x8e00); // Build number 14.0, new format.
        stream.UInt16(PublicStream);
        stream.UInt16(0);
        stream.UInt16(RecordStream);
        stream.UInt16(0);
        stream.UInt32((uint)moduleInfo.Length);
        stream.UInt32((uint)contributions.Length);
        stream.UInt32((uint)sectionMap.Length);
        stream.UInt32((uint)files.Length);
        stream.UInt32(0); // Type server map.
        stream.UInt32(0);
        stream.UInt32(11 * 2);
        stream.UInt32((uint)editAndContinue.Length);
        stream.UInt16(0);
        stream.UInt16(0x8664);
        stream.UInt32(0);
        stream.Bytes(moduleInfo.Written);
        stream.Bytes(contributions.Written);
        stream.Bytes(sectionMap.Written);
        stream.Bytes(files.Written);
        stream.Bytes(editAndContinue);
        for (int i = 0; i < 11; i++)
            stream.UInt16(i == 5 ? SectionHeaderStream : (ushort)0xffff);
        return stream.ToArray();
    }

    void WriteModule(ByteWriter writer, int index)
    {
        var module = modules[index];
        writer.UInt32(0);
        var first = module.Contributions().FirstOrDefault();
        WriteContribution(writer, first.Rva, first.Length, index);
        writer.UInt16(0);
        writer.UInt16((ushort)(FirstModuleStream + index));
        writer.UInt32(module.SymbolBytes);
        writer.UInt32(0); // C11 lines.
        writer.UInt32((uint)(moduleStreams[index].Length - module.SymbolBytes - 4)); // C13 lines: none.
        writer.UInt16(0);
        writer.UInt16(0);
        writer.Zeros(12);
        writer.Text(module.Name);
        writer.Text(module.Name);
        writer.Align(4);
    }

    void WriteContribution(ByteWriter writer, uint rva, uint length, int module)
    {
        int section = -1;
        for (int i = 0; i < sections.Count && length != 0; i++)
        {
            if (sections[i].Contains(rva))
                section = i;
        }
        writer.UInt16((ushort)(section + 1));
        writer.UInt16(0);
        writer.UInt32(section < 0 ? 0xffffffff : rva - sections[section].Rva);
        writer.UInt32(length);
        writer.UInt32(section < 0 ? 0 : (uint)sections[section].Characteristics);
        writer.UInt16((ushort)module);
        writer.UInt16(0);
        writer.Zeros(8); // CRCs of data and relocations.
    }

    ByteWriter Contributions()
    {
        var writer = new ByteWriter();
        writer.UInt32(0xeffe0000 + 19970605);
        var all = modules.SelectMany((module, index) => module.Contributions().Select(c => (c.Rva, c.Length, Index: index)));
        foreach (var (rva, length, index) in all.OrderBy(c => c.Rva))
            WriteContribution(writer, rva, length, index);
        return writer;
    }

    ByteWriter SectionMap()
    {
        var writer = new ByteWriter();
        writer.UInt16((ushort)(sections.Count + 1));
        writer.UInt16((ushort)(sections.Count + 1));
        for (int i = 0; i < sections.Count; i++)
        {
            var flags = sections[i].Characteristics;
            int value = 0x108; // Selector, 32-bit addresses.
            value |= (flags & SectionCharacteristics.Read) != 0 ? 1 : 0;
            value |= (flags & SectionCharacteristics.Write) != 0 ? 2 : 0;
            value |= (flags & SectionCharacteristics.Execute) != 0 ? 4 : 0;
            WriteMapEntry(writer, (ushort)value, (ushort)(i + 1), sections[i].VirtualSize);
        }
        WriteMapEntry(writer, 0x208, (ushort)(sections.Count + 1), 0xffffffff); // Absolute symbols.
        return writer;
    }

    static void WriteMapEntry(ByteWriter writer, ushort flags, ushort frame, uint length)
    {
        writer.UInt16(flags);
        writer.UInt16(0);
        writer.UInt16(0);
        writer.UInt16(frame);
        writer.UInt16(0xffff);
        writer.UInt16(0xffff);
        writer.UInt32(0);
        writer.UInt32(length);
    }

    ByteWriter FileInfo()
    {
        var writer = new ByteWriter();
        writer.UInt16((ushort)modules.Count);
        writer.UInt16(0);
        writer.Zeros(modules.Count * 4); // Per module: first file, number of files.
        writer.Align(4);
        return writer;
    }
}
