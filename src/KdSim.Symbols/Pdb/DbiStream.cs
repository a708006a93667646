using KdSim.Symbols.Pe;

namespace KdSim.Symbols.Pdb;

/// <summary>The DBI stream: age, modules, whose code is where, and where the symbol streams are.</summary>
internal sealed class DbiStream
{
    public readonly record struct Contribution(uint Rva, uint Size, int Module);

    const int MaxModules = 0x10000;

    readonly MsfFile _msf;
    List<PdbModule>? _modules;
    Contribution[]? _contributions;
    readonly ReadOnlyMemory<byte> _moduleBytes;
    readonly ReadOnlyMemory<byte> _contributionBytes;

    public DbiStream(MsfFile msf)
    {
        _msf = msf;
        var stream = msf.Stream(3);
        if (stream.IsEmpty)
        {
            GlobalStream = PublicStream = RecordStream = 0xffff;
            return;
        }
        IsPresent = true;
        var cursor = new PdbCursor(stream.Span, msf.Name, "DBI");
        if (cursor.Int32() != -1)
            throw cursor.Bad("signature -1 expected: a DBI header of before 1996");
        Version = cursor.UInt32();
        if (Version is not (19960307 or 19970606 or 19990903 or 20091201))
            throw cursor.Bad($"version {Version} is not known; 19990903 was expected");
        Age = cursor.UInt32();
        GlobalStream = cursor.UInt16();
        cursor.Skip(2);
        PublicStream = cursor.UInt16();
        cursor.Skip(2);
        RecordStream = cursor.UInt16();
        cursor.Skip(2);
        uint modules = cursor.UInt32(), contributions = cursor.UInt32(), map = cursor.UInt32(), files = cursor.UInt32();
        uint typeServers = cursor.UInt32();
        cursor.Skip(4);
        uint debugHeader = cursor.UInt32(), editAndContinue = cursor.UInt32();
        Flags = cursor.UInt16();
        Machine = cursor.UInt16();
        cursor.Skip(4);
        _moduleBytes = Slice(ref cursor, stream, modules);
        _contributionBytes = Slice(ref cursor, stream, contributions);
        cursor.Skip((long)map + files + typeServers + editAndContinue);
        var extra = cursor.Part(debugHeader);
        uint sectionHeaders = 0xffff;
        if (extra.Left >= 12)
        {
            extra.Skip(10);
            sectionHeaders = extra.UInt16();
        }
        Sections = ReadSections(sectionHeaders);
    }

    static ReadOnlyMemory<byte> Slice(ref PdbCursor cursor, ReadOnlyMemory<byte> stream, uint size)
    {
        int at = cursor.Position;
        cursor.Skip(size);
        return stream.Slice(at, (int)size);
    }

    public bool IsPresent { get; }
    public uint Version { get; }
    public uint Age { get; }
    public ushort Flags { get; }
    public ushort Machine { get; }
    public uint GlobalStream { get; }
    public uint PublicStream { get; }
    public uint RecordStream { get; }
    public IReadOnlyList<PeSection> Sections { get; } = [];

    public IReadOnlyList<PdbModule> Modules => _modules ??= ReadModules();

    /// <summary>Stretches of the image by module, ascending by RVA.</summary>
    public ReadOnlySpan<Contribution> Contributions => _contributions ??= ReadContributions();

    /// <summary>RVA of section:offset, or null for a section that is none (absolute symbols, discarded code).</summary>
    public uint? Rva(ushort section, uint offset) =>
        section >= 1 && section <= Sections.Count ? unchecked(Sections[section - 1].Rva + offset) : null;

    List<PeSection> ReadSections(uint number)
    {
        var stream = number == 0xffff ? default : _msf.Stream(number);
        var cursor = new PdbCursor(stream.Span, _msf.Name, "section header");
        var sections = new List<PeSection>();
        while (cursor.Left >= 40 && sections.Count < 0xffff)
        {
            var name = cursor.Take(8);
            int end = name.IndexOf((byte)0);
            uint size = cursor.UInt32(), rva = cursor.UInt32(), rawSize = cursor.UInt32(), raw = cursor.UInt32();
            cursor.Skip(12);
            sections.Add(new(System.Text.Encoding.Latin1.GetString(name[..(end < 0 ? 8 : end)]), rva, size, raw, rawSize,
                (SectionCharacteristics)cursor.UInt32()));
        }
        return sections;
    }

    List<PdbModule> ReadModules()
    {
        var cursor = new PdbCursor(_moduleBytes.Span, _msf.Name, "DBI module list");
        var modules = new List<PdbModule>();
        while (cursor.Left >= 64)
        {
            if (modules.Count >= MaxModules)
                throw cursor.Bad($"more than {MaxModules} modules");
            cursor.Skip(4 + 28 + 2);
            ushort stream = cursor.UInt16();
            uint symbols = cursor.UInt32(), c11 = cursor.UInt32(), c13 = cursor.UInt32();
            cursor.Skip(2 + 2 + 12);
            modules.Add(new(modules.Count, cursor.Text(), cursor.Text())
            {
                Stream = stream, SymbolBytes = symbols, C11Bytes = c11, C13Bytes = c13,
            });
            cursor.Align(4);
        }
        return modules;
    }

    Contribution[] ReadContributions()
    {
        var cursor = new PdbCursor(_contributionBytes.Span, _msf.Name, "DBI section contribution");
        if (cursor.Left < 4)
            return [];
        uint version = cursor.UInt32();
        int size = version switch
        {
            0xeffe0000 + 19970605 => 28,
            0xeffe0000 + 20140516 => 32,
            _ => throw cursor.Bad($"section contribution version 0x{version:x} is not known"),
        };
        var result = new List<Contribution>(cursor.Left / size);
        while (cursor.Left >= size)
        {
            var row = cursor.Part(size);
            ushort section = row.UInt16();
            row.Skip(2);
            uint offset = row.UInt32(), length = row.UInt32();
            row.Skip(4);
            if (length != 0 && Rva(section, offset) is { } rva)
                result.Add(new(rva, length, row.UInt16()));
        }
        result.Sort((a, b) => a.Rva.CompareTo(b.Rva));
        return [.. result];
    }

    /// <summary>The module whose code or data is at an RVA, or null.</summary>
    public PdbModule? ModuleAt(uint rva)
    {
        var all = Contributions;
        int low = 0, high = all.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (all[middle].Rva <= rva)
                low = middle + 1;
            else
                high = middle;
        }
        if (low == 0 || rva - all[low - 1].Rva >= all[low - 1].Size)
            return null;
        int module = all[low - 1].Module;
        return module < Modules.Count ? Modules[module] : null;
    }
}
