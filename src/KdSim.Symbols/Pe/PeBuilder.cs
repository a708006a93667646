using System.Buffers.Binary;
using System.Text;

namespace KdSim.Symbols.Pe;

/// <summary>
/// Writes an x64 native PE image. The caller adds its sections (each gets the next free RVA at once, so contents can be assembled for
/// it), then functions, exports, relocations and the PDB's identity; <see cref="Build"/> appends .rdata, .pdata, .edata and .reloc for
/// them and may be called again (with another identity, say). The same calls give the same bytes.
/// </summary>
public sealed class PeBuilder(string imageName)
{
    const uint Alignment = 0x1000;
    const uint FileAlignment = 0x200;
    const int HeaderOffset = 0x80;
    const int OptionalOffset = HeaderOffset + 24;

    sealed record Section(PeSection Header, ReadOnlyMemory<byte> Content);

    readonly List<Section> _sections = [];
    readonly List<(string? Name, uint Ordinal, uint Rva, string? Forwarder)> _exports = [];
    readonly List<(uint Begin, uint End, int Unwind)> _functions = [];
    readonly List<byte[]> _unwindInfos = [];
    readonly Dictionary<string, int> _unwindIndex = [];
    readonly SortedSet<uint> _relocations = [];
    readonly DirectoryEntry[] _directories = new DirectoryEntry[16];

    /// <summary>First RVA behind everything added so far. Headers take the first page.</summary>
    public uint NextRva { get; private set; } = Alignment;

    public ulong ImageBase { get; set; } = 0x1_4000_0000;
    public uint EntryPointRva { get; set; }
    public uint TimeDateStamp { get; set; }
    public Version ImageVersion { get; set; } = new(10, 0);

    /// <summary>IMAGE_FILE_DLL: nt and hal are DLLs to the linker.</summary>
    public bool IsDll { get; set; } = true;

    /// <summary>Written as the RSDS record when set.</summary>
    public CodeViewRecord? CodeView { get; set; }

    /// <summary>Adds a section at <see cref="NextRva"/>; <paramref name="virtualSize"/> above the content's length appends zeros.</summary>
    public PeSection AddSection(string name, ReadOnlyMemory<byte> content, SectionCharacteristics characteristics, uint virtualSize = 0)
    {
        if (Encoding.UTF8.GetByteCount(name) > 8)
            throw new ArgumentException($"section name '{name}' is longer than 8 bytes", nameof(name));
        uint size = Math.Max(virtualSize, (uint)content.Length);
        if (size == 0)
            throw new ArgumentException($"section '{name}' is empty", nameof(content));
        var header = new PeSection(name, NextRva, size, 0, 0, characteristics);
        _sections.Add(new(header, content));
        NextRva = AlignUp(NextRva + size, Alignment);
        return header;
    }

    /// <summary>Exports a routine or datum by name. Ordinals are dense from 1, in the order of these calls.</summary>
    public void AddExport(string name, uint rva) => _exports.Add((name, (uint)_exports.Count, rva, null));

    /// <summary>Exports a name that another image implements: <paramref name="target"/> is "hal.HalFoo".</summary>
    public void AddForwarder(string name, string target) => _exports.Add((name, (uint)_exports.Count, 0, target));

    /// <summary>Adds a row of .pdata. Equal UNWIND_INFO bytes are stored once.</summary>
    public void AddFunction(uint begin, uint end, ReadOnlySpan<byte> unwindInfo)
    {
        if (begin >= end)
            throw new ArgumentException($"function at RVA 0x{begin:x} ends at 0x{end:x}");
        string key = Convert.ToHexString(unwindInfo);
        if (!_unwindIndex.TryGetValue(key, out int index))
        {
            _unwindIndex.Add(key, index = _unwindInfos.Count);
            _unwindInfos.Add(unwindInfo.ToArray());
        }
        _functions.Add((begin, end, index));
    }

    /// <summary>Marks an 8-byte pointer at an RVA that the loader must move with the image.</summary>
    public void AddRelocation(uint rva) => _relocations.Add(rva);

    public byte[] Build()
    {
        var (count, next) = (_sections.Count, NextRva);
        try
        {
            return BuildWithDirectories();
        }
        finally
        {
            _sections.RemoveRange(count, _sections.Count - count);
            NextRva = next;
        }
    }

    byte[] BuildWithDirectories()
    {
        Array.Clear(_directories);
        AddReadOnlyData();
        AddExportSection();
        AddRelocationSection();
        uint headerSize = AlignUp((uint)(OptionalOffset + 240 + _sections.Count * 40), FileAlignment);
        if (headerSize > Alignment)
            throw new InvalidOperationException($"{_sections.Count} sections do not fit the header page");
        PlaceInFile(headerSize);
        var writer = new ByteWriter();
        WriteHeaders(writer, headerSize);
        foreach (var section in _sections)
        {
            if (section.Header.RawSize == 0)
                continue;
            writer.Bytes(section.Content.Span);
            writer.Align((int)FileAlignment);
        }
        byte[] file = writer.ToArray();
        uint sum = PeCheckSum.Compute(file, OptionalOffset + 64);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(OptionalOffset + 64), sum);
        return file;
    }

    void AddReadOnlyData()
    {
        if (CodeView is null && _functions.Count == 0)
            return;
        uint start = NextRva;
        var writer = new ByteWriter();
        WriteCodeView(writer, start);
        var unwindRvas = new uint[_unwindInfos.Count];
        for (int i = 0; i < unwindRvas.Length; i++)
        {
            writer.Align(4);
            unwindRvas[i] = start + (uint)writer.Length;
            writer.Bytes(_unwindInfos[i]);
        }
        AddSection(".rdata", writer.ToArray(), SectionCharacteristics.InitializedData | SectionCharacteristics.Read);
        if (_functions.Count == 0)
            return;
        var table = new ByteWriter();
        uint last = 0;
        foreach (var function in _functions.OrderBy(f => f.Begin))
        {
            if (function.Begin < last)
                throw new InvalidOperationException($"functions overlap at RVA 0x{function.Begin:x}");
            last = function.End;
            table.UInt32(function.Begin);
            table.UInt32(function.End);
            table.UInt32(unwindRvas[function.Unwind]);
        }
        AddDirectorySection(".pdata", table, PeDirectory.Exception, SectionCharacteristics.None);
    }

    void WriteCodeView(ByteWriter writer, uint start)
    {
        if (CodeView is null)
            return;
        var record = new ByteWriter();
        record.UInt32(0x53445352); // 'RSDS'
        record.Guid(CodeView.Guid);
        record.UInt32(CodeView.Age);
        record.Text(CodeView.PdbName);
        _directories[(int)PeDirectory.Debug] = new(start, 28);
        writer.UInt32(0);
        writer.UInt32(TimeDateStamp);
        writer.UInt32(0);
        writer.UInt32(DebugEntry.CodeViewType);
        writer.UInt32((uint)record.Length);
        writer.UInt32(start + 28);
        writer.UInt32(0); // File offset: patched once the section has its place.
        writer.Bytes(record.Written);
    }

    void AddExportSection()
    {
        if (_exports.Count == 0)
            return;
        uint start = NextRva;
        uint count = (uint)_exports.Count;
        var names = _exports.Where(e => e.Name is not null).OrderBy(e => e.Name, StringComparer.Ordinal).ToArray();
        var writer = new ByteWriter();
        uint addresses = start + 40, nameTable = addresses + count * 4, ordinals = nameTable + (uint)names.Length * 4;
        writer.UInt32(0);
        writer.UInt32(TimeDateStamp);
        writer.UInt32(0);
        writer.UInt32(0); // DLL name: patched below.
        writer.UInt32(1); // Ordinal base.
        writer.UInt32(count);
        writer.UInt32((uint)names.Length);
        writer.UInt32(addresses);
        writer.UInt32(nameTable);
        writer.UInt32(ordinals);
        foreach (var export in _exports)
            writer.UInt32(export.Rva);
        writer.Zeros(names.Length * 4);
        foreach (var export in names)
            writer.UInt16((ushort)export.Ordinal);
        writer.PatchUInt32(12, start + (uint)writer.Length);
        writer.Text(imageName);
        for (int i = 0; i < names.Length; i++)
        {
            if (i > 0 && names[i].Name == names[i - 1].Name)
                throw new InvalidOperationException($"{imageName} exports {names[i].Name} twice");
            writer.PatchUInt32((int)(nameTable - start) + i * 4, start + (uint)writer.Length);
            writer.Text(names[i].Name!);
        }
        foreach (var export in _exports.Where(e => e.Forwarder is not null))
        {
            writer.PatchUInt32(40 + (int)export.Ordinal * 4, start + (uint)writer.Length);
            writer.Text(export.Forwarder!);
        }
        AddDirectorySection(".edata", writer, PeDirectory.Export, SectionCharacteristics.None);
    }

    void AddRelocationSection()
    {
        if (_relocations.Count == 0)
            return;
        var writer = new ByteWriter();
        foreach (var page in _relocations.GroupBy(rva => rva & ~0xfffu))
        {
            int block = writer.Length;
            writer.UInt32(page.Key);
            writer.UInt32(0);
            foreach (uint rva in page)
                writer.UInt16((ushort)((int)RelocationKind.Dir64 << 12 | (int)(rva & 0xfff)));
            writer.Align(4);
            writer.PatchUInt32(block + 4, (uint)(writer.Length - block));
        }
        AddDirectorySection(".reloc", writer, PeDirectory.BaseRelocation, SectionCharacteristics.Discardable);
    }

    void AddDirectorySection(string name, ByteWriter content, PeDirectory directory, SectionCharacteristics more)
    {
        _directories[(int)directory] = new(NextRva, (uint)content.Length);
        AddSection(name, content.ToArray(), SectionCharacteristics.InitializedData | SectionCharacteristics.Read | more);
    }

    void PlaceInFile(uint headerSize)
    {
        uint offset = headerSize;
        uint debug = _directories[(int)PeDirectory.Debug].Rva;
        for (int i = 0; i < _sections.Count; i++)
        {
            var (header, content) = _sections[i];
            uint rawSize = AlignUp((uint)content.Length, FileAlignment);
            _sections[i] = new(header with { RawOffset = rawSize == 0 ? 0 : offset, RawSize = rawSize }, content);
            if (debug != 0 && debug == header.Rva)
            {
                byte[] patched = content.ToArray();
                BinaryPrimitives.WriteUInt32LittleEndian(patched.AsSpan(24), offset + 28);
                _sections[i] = _sections[i] with { Content = patched };
            }
            offset += rawSize;
        }
    }

    void WriteHeaders(ByteWriter writer, uint headerSize)
    {
        writer.UInt16(0x5a4d); // 'MZ'
        writer.Zeros(58);
        writer.UInt32(HeaderOffset);
        writer.Zeros(HeaderOffset - 64);
        writer.UInt32(0x4550); // 'PE'
        writer.UInt16(0x8664);
        writer.UInt16((ushort)_sections.Count);
        writer.UInt32(TimeDateStamp);
        writer.Zeros(8);
        writer.UInt16(240);
        writer.UInt16((ushort)(0x22 | (IsDll ? 0x2000 : 0))); // Executable, large address aware.
        writer.UInt16(0x20b);
        writer.UInt16(14); // Linker version: of no meaning here.
        writer.UInt32(SizeOf(SectionCharacteristics.Code));
        writer.UInt32(SizeOf(SectionCharacteristics.InitializedData));
        writer.UInt32(0);
        writer.UInt32(EntryPointRva);
        writer.UInt32(_sections.Count > 0 ? _sections[0].Header.Rva : 0);
        writer.UInt64(ImageBase);
        writer.UInt32(Alignment);
        writer.UInt32(FileAlignment);
        WriteVersion(writer, new(10, 0)); // Operating system.
        WriteVersion(writer, ImageVersion);
        WriteVersion(writer, new(10, 0)); // Subsystem.
        writer.UInt32(0);
        writer.UInt32(NextRva);
        writer.UInt32(headerSize);
        writer.UInt32(0); // Checksum: patched last.
        writer.UInt16(1); // Native.
        writer.UInt16(0x160); // High-entropy VA, dynamic base, NX compatible.
        foreach (ulong size in (ReadOnlySpan<ulong>)[0x100000, 0x1000, 0x100000, 0x1000])
            writer.UInt64(size);
        writer.UInt32(0);
        writer.UInt32(16);
        foreach (var directory in _directories)
        {
            writer.UInt32(directory.Rva);
            writer.UInt32(directory.Size);
        }
        foreach (var section in _sections)
            WriteSectionHeader(writer, section.Header);
        writer.Zeros((int)headerSize - writer.Length);
    }

    static void WriteVersion(ByteWriter writer, Version version)
    {
        writer.UInt16((ushort)version.Major);
        writer.UInt16((ushort)version.Minor);
    }

    uint SizeOf(SectionCharacteristics kind) =>
        (uint)_sections.Where(s => (s.Header.Characteristics & kind) != 0).Sum(s => s.Header.RawSize);

    internal static void WriteSectionHeader(ByteWriter writer, PeSection section)
    {
        int start = writer.Length;
        writer.Bytes(Encoding.UTF8.GetBytes(section.Name));
        writer.Zeros(start + 8 - writer.Length);
        writer.UInt32(section.VirtualSize);
        writer.UInt32(section.Rva);
        writer.UInt32(section.RawSize);
        writer.UInt32(section.RawOffset);
        writer.Zeros(12); // Relocations and line numbers of object files.
        writer.UInt32((uint)section.Characteristics);
    }

    static uint AlignUp(uint value, uint alignment) => (value + alignment - 1) / alignment * alignment;
}
