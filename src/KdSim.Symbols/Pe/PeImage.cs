using System.Buffers.Binary;
using System.Text;

namespace KdSim.Symbols.Pe;

/// <summary>
/// An x64 PE image (PE32+, machine 8664h), as a file or as mapped in a target. The headers are checked on opening; directories are
/// read when asked for. Immutable. Layout: Microsoft's "PE Format" page.
/// </summary>
public sealed partial class PeImage
{
    const ushort MachineAmd64 = 0x8664;
    const ushort Pe32PlusMagic = 0x20b;
    const ushort SubsystemNative = 1;
    const int MaxSections = 96; // The Windows loader's limit.
    const uint MaxImageSize = 0x4000_0000;

    readonly ImageBytes _bytes;
    readonly ReadOnlyMemory<byte> _file;
    readonly DirectoryEntry[] _directories = new DirectoryEntry[16];

    /// <summary>Opens a file's bytes. <paramref name="name"/> is how errors call it.</summary>
    public static PeImage Parse(ReadOnlyMemory<byte> file, string name)
    {
        if (file.IsEmpty)
            throw new BadImageException(name, "the file is empty; a PE image was expected");
        var bytes = new FileImageBytes(name, file);
        var image = new PeImage(bytes, file, 0);
        bytes.Sections = image.Sections;
        bytes.HeaderSize = image.SizeOfHeaders;
        return image;
    }

    /// <summary>Opens an image that is mapped at <paramref name="imageBase"/> in a target.</summary>
    public static PeImage FromMemory(ReadMemory read, ulong imageBase, string name)
    {
        var bytes = new MappedImageBytes(name, read, imageBase);
        var image = new PeImage(bytes, default, imageBase) { IsMapped = true };
        bytes.Size = image.SizeOfImage;
        return image;
    }

    PeImage(ImageBytes bytes, ReadOnlyMemory<byte> file, ulong mappedBase)
    {
        _bytes = bytes;
        _file = file;
        Span<byte> dos = stackalloc byte[64];
        if (!bytes.TryRead(0, dos))
            throw Bad("the image ends inside the 64-byte DOS header");
        if (dos[0] != 'M' || dos[1] != 'Z')
            throw Bad($"not a PE image: 'MZ' expected at offset 0, found {dos[0]:x2} {dos[1]:x2}");
        uint pe = BinaryPrimitives.ReadUInt32LittleEndian(dos[60..]);
        Span<byte> header = stackalloc byte[24 + 112];
        if (pe > MaxImageSize || !bytes.TryRead(pe, header))
            throw Bad($"truncated: the PE headers should be at offset 0x{pe:x} (e_lfanew), past the end");
        if (header is not [(byte)'P', (byte)'E', 0, 0, ..])
            throw Bad($"not a PE image: 'PE\\0\\0' expected at offset 0x{pe:x}");

        var coff = new SpanCursor(header[4..]);
        ushort machine = coff.UInt16();
        if (machine != MachineAmd64)
            throw Bad($"built for machine 0x{machine:x4} ({MachineName(machine)}); x64 (0x8664) expected");
        int sectionCount = coff.UInt16();
        TimeDateStamp = coff.UInt32();
        coff.Skip(8); // COFF symbol table: obsolete in images.
        int optionalSize = coff.UInt16();
        FileCharacteristics = coff.UInt16();

        ushort magic = coff.UInt16();
        if (magic != Pe32PlusMagic)
            throw Bad($"optional header magic 0x{magic:x} at offset 0x{pe + 24:x}; 0x20b (PE32+) expected");
        coff.Skip(2 + 12); // Linker version, sizes of code and data.
        EntryPointRva = coff.UInt32();
        coff.Skip(4); // BaseOfCode
        PreferredBase = coff.UInt64();
        ImageBase = mappedBase != 0 ? mappedBase : PreferredBase;
        SectionAlignment = coff.UInt32();
        FileAlignment = coff.UInt32();
        OperatingSystemVersion = new Version(coff.UInt16(), coff.UInt16());
        ImageVersion = new Version(coff.UInt16(), coff.UInt16());
        SubsystemVersion = new Version(coff.UInt16(), coff.UInt16());
        coff.Skip(4);
        SizeOfImage = coff.UInt32();
        SizeOfHeaders = coff.UInt32();
        CheckSum = coff.UInt32();
        Subsystem = coff.UInt16();
        DllCharacteristics = coff.UInt16();
        coff.Skip(32 + 4); // Stack and heap sizes, loader flags.
        uint directoryCount = coff.UInt32();
        CheckSizes(pe, optionalSize, directoryCount, sectionCount);
        HeaderOffset = pe;
        ReadDirectories(pe + 24 + 112, Math.Min(directoryCount, 16));
        Sections = ReadSections(pe + 24 + (uint)optionalSize, sectionCount);
    }

    /// <summary>How errors call the image.</summary>
    public string Name => _bytes.Image;

    /// <summary>True when read out of a target's memory rather than a file.</summary>
    public bool IsMapped { get; private init; }

    /// <summary>Offset of 'PE\0\0'.</summary>
    public uint HeaderOffset { get; }
    public uint TimeDateStamp { get; }
    public ushort FileCharacteristics { get; }
    public uint EntryPointRva { get; }

    /// <summary>The base the linker chose (or the loader wrote back).</summary>
    public ulong PreferredBase { get; }

    /// <summary>Where the image is mapped; the preferred base for a file.</summary>
    public ulong ImageBase { get; }
    public uint SectionAlignment { get; }
    public uint FileAlignment { get; }
    public Version OperatingSystemVersion { get; }
    public Version ImageVersion { get; }
    public Version SubsystemVersion { get; }
    public uint SizeOfImage { get; }
    public uint SizeOfHeaders { get; }
    public uint CheckSum { get; }
    public ushort Subsystem { get; }
    public ushort DllCharacteristics { get; }
    public IReadOnlyList<PeSection> Sections { get; }

    public DirectoryEntry Directory(PeDirectory directory) => _directories[(int)directory];

    /// <summary>The section that holds an RVA, or null (headers, gaps).</summary>
    public PeSection? FindSection(uint rva) => Sections.FirstOrDefault(s => s.Contains(rva));

    /// <summary>Reads bytes by RVA; false when they are not all in the image.</summary>
    public bool TryRead(uint rva, Span<byte> buffer) => _bytes.TryRead(rva, buffer);

    /// <summary>The image's bytes as memory at <see cref="ImageBase"/>, for readers such as the unwinder.</summary>
    public bool ReadMemory(ulong va, Span<byte> buffer) =>
        va >= ImageBase && va - ImageBase <= SizeOfImage && _bytes.TryRead((uint)(va - ImageBase), buffer);

    /// <summary>Refuses what is no kernel driver: another subsystem than NATIVE, or no executable image.</summary>
    public void EnsureDriver()
    {
        if ((FileCharacteristics & 2) == 0)
            throw Bad($"characteristics 0x{FileCharacteristics:x} lack IMAGE_FILE_EXECUTABLE_IMAGE: the linker reported errors");
        if (Subsystem != SubsystemNative)
            throw Bad($"subsystem {Subsystem} ({SubsystemName(Subsystem)}); a kernel driver has subsystem 1 (native)");
        if ((FileCharacteristics & 1) != 0)
            throw Bad($"linked for base 0x{PreferredBase:x} without relocations; drivers are loaded anywhere");
        if (EntryPointRva == 0 || FindSection(EntryPointRva) is null)
            throw Bad($"entry point RVA 0x{EntryPointRva:x} lies in no section; a driver needs DriverEntry there");
    }

    /// <summary>The whole image as the loader lays it out, before relocation: headers, then each section at its RVA.</summary>
    public byte[] Map()
    {
        var image = new byte[SizeOfImage];
        _bytes.Read(0, image.AsSpan(0, (int)SizeOfHeaders), "headers");
        foreach (var section in Sections)
            _bytes.Read(section.Rva, image.AsSpan((int)section.Rva, (int)section.MappedSize), $"section {section.Name}");
        return image;
    }

    /// <summary>The checksum the file should carry (null for a mapped image): 16-bit one's-complement sum plus the length.</summary>
    public uint? ComputeCheckSum() => IsMapped ? null : PeCheckSum.Compute(_file.Span, HeaderOffset + 24 + 64);

    void CheckSizes(uint pe, int optionalSize, uint directoryCount, int sectionCount)
    {
        if (optionalSize < 112 + 8 * (long)Math.Min(directoryCount, 16))
            throw Bad($"optional header size 0x{optionalSize:x} at offset 0x{pe + 20:x} is too small for {directoryCount} directories");
        if (sectionCount is 0 or > MaxSections)
            throw Bad($"{sectionCount} sections; 1 to {MaxSections} expected");
        if (SizeOfImage is 0 or > MaxImageSize)
            throw Bad($"SizeOfImage 0x{SizeOfImage:x}; 1 to 0x{MaxImageSize:x} expected");
        if (SizeOfHeaders == 0 || SizeOfHeaders > SizeOfImage)
            throw Bad($"SizeOfHeaders 0x{SizeOfHeaders:x} does not fit SizeOfImage 0x{SizeOfImage:x}");
        if (!_file.IsEmpty && SizeOfHeaders > _file.Length)
            throw Bad($"truncated: the headers take 0x{SizeOfHeaders:x} bytes, the file has 0x{_file.Length:x}");
        if (SectionAlignment == 0 || FileAlignment == 0 || SectionAlignment < FileAlignment)
            throw Bad($"section alignment 0x{SectionAlignment:x} and file alignment 0x{FileAlignment:x} do not fit each other");
    }

    void ReadDirectories(uint at, uint count)
    {
        for (uint i = 0; i < count; i++)
            _directories[i] = new(_bytes.ReadUInt32(at + i * 8, "directory table"), _bytes.ReadUInt32(at + i * 8 + 4, "directory table"));
    }

    List<PeSection> ReadSections(uint at, int count)
    {
        var sections = new List<PeSection>(count);
        Span<byte> row = stackalloc byte[40];
        for (int i = 0; i < count; i++)
        {
            _bytes.Read(at + (uint)i * 40, row, $"section header {i + 1} of {count}");
            int end = row[..8].IndexOf((byte)0);
            var cursor = new SpanCursor(row[8..]);
            uint size = cursor.UInt32(), rva = cursor.UInt32(), rawSize = cursor.UInt32(), rawOffset = cursor.UInt32();
            var section = new PeSection(Encoding.Latin1.GetString(row[..(end < 0 ? 8 : end)]), rva, size, rawOffset, rawSize,
                (SectionCharacteristics)BinaryPrimitives.ReadUInt32LittleEndian(row[36..]));
            CheckSection(section);
            sections.Add(section);
        }
        return sections;
    }

    void CheckSection(PeSection section)
    {
        ulong end = (ulong)section.Rva + section.MappedSize;
        if (end > SizeOfImage)
            throw Bad($"section {section.Name} ends at RVA 0x{end:x}, past SizeOfImage 0x{SizeOfImage:x}");
        ulong rawEnd = (ulong)section.RawOffset + section.RawSize;
        if (!_file.IsEmpty && section.RawSize != 0 && rawEnd > (ulong)_file.Length)
            throw Bad($"truncated: section {section.Name} needs file bytes up to 0x{rawEnd:x}, the file has 0x{_file.Length:x}");
    }

    BadImageException Bad(string problem) => new(_bytes.Image, problem);

    static string MachineName(ushort machine) => machine switch
    {
        0x14c => "x86",
        0x1c0 or 0x1c4 => "ARM",
        0xaa64 => "ARM64",
        0x200 => "IA-64",
        0 => "unknown",
        _ => "not known here",
    };

    static string SubsystemName(ushort subsystem) => subsystem switch
    {
        2 => "Windows GUI",
        3 => "Windows console",
        10 or 11 or 12 or 13 => "EFI",
        _ => "not native",
    };
}
