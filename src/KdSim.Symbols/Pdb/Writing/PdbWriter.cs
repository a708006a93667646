using System.Security.Cryptography;
using KdSim.Symbols.Pe;

namespace KdSim.Symbols.Pdb.Writing;

/// <summary>
/// Writes a program database (MSF 7.00, the layout of current linkers) for an image that has no compiler behind it. Addresses are RVAs
/// in the image whose sections the caller gives. The same calls give the same bytes: no clock, no random identity.
/// </summary>
public sealed class PdbWriter(IReadOnlyList<PeSection> sections)
{
    readonly TypeStreamWriter _types = new();
    readonly List<string> _typeNames = [];
    readonly List<(string Name, PdbTypeModel Type)> _typedefs = [];
    readonly List<(string Name, uint Rva, bool IsFunction)> _publics = [];
    readonly List<(string Name, uint Rva, PdbTypeModel Type)> _data = [];
    readonly List<PdbModuleModel> _modules = [];

    /// <summary>Identity: stands in the PDB and, as the RSDS record, in the image.</summary>
    public Guid Guid { get; set; }
    public uint Age { get; set; } = 1;

    /// <summary>Stands in the PDB information stream where old linkers wrote the time.</summary>
    public uint Signature { get; set; }

    /// <summary>Adds a named structure, union or enum; order does not matter.</summary>
    public void AddType(PdbTypeModel type)
    {
        _types.Declare(type);
        _typeNames.Add(type is PdbTypeModel.Udt udt ? udt.Name : ((PdbTypeModel.Enum)type).Name);
    }

    /// <summary>Adds a typedef name (S_UDT), e.g. KIRQL.</summary>
    public void AddTypedef(string name, PdbTypeModel type) => _typedefs.Add((name, type));

    /// <summary>Adds a public symbol: what an export or an assembler label is.</summary>
    public void AddPublic(string name, uint rva, bool isFunction) => _publics.Add((name, rva, isFunction));

    /// <summary>Adds a global variable with its type.</summary>
    public void AddData(string name, uint rva, PdbTypeModel type) => _data.Add((name, rva, type));

    /// <summary>Adds a module ("compiland"), the holder of procedures. Its name is a made-up object file's.</summary>
    public PdbModuleModel AddModule(string name)
    {
        var module = new PdbModuleModel(name);
        _modules.Add(module);
        return module;
    }

    /// <summary>
    /// A GUID made of everything the file will say except its identity, in the form of a random UUID: for images whose symbols are
    /// generated, so that equal tables mean an equal name in every symbol store.
    /// </summary>
    public Guid ComputeContentGuid()
    {
        var (guid, signature) = (Guid, Signature);
        (Guid, Signature) = (Guid.Empty, 0);
        byte[] hash = SHA256.HashData(Write());
        (Guid, Signature) = (guid, signature);
        hash[7] = (byte)(hash[7] & 0x0f | 0x40);
        hash[8] = (byte)(hash[8] & 0x3f | 0x80);
        return new(hash.AsSpan(0, 16));
    }

    public byte[] Write()
    {
        foreach (string name in _typeNames)
            _types.Define(name);
        var symbols = new SymbolHashWriter();
        var moduleStreams = _modules.Select((module, index) => module.Finish((ushort)(index + 1), _types, symbols, Locate)).ToList();
        WriteGlobals(symbols);

        var msf = new MsfWriter();
        const ushort names = 5, typeHash = 6, idHash = 7, globals = 8, publics = 9, records = 10, sectionHeaders = 11, firstModule = 12;
        var (types, typeHashes) = _types.Finish(typeHash);
        var (ids, idHashes) = new TypeStreamWriter().Finish(idHash);
        var dbi = new DbiStreamWriter(sections, _modules, moduleStreams, Age)
        {
            GlobalStream = globals, PublicStream = publics, RecordStream = records, SectionHeaderStream = sectionHeaders,
            FirstModuleStream = firstModule,
        };
        foreach (byte[] stream in (byte[][])[[], InfoStream(names), types, dbi.Write(), ids, EmptyNameTable(), typeHashes, idHashes,
            symbols.FinishGlobals(), symbols.FinishPublics(sections.Count), symbols.Records, SectionHeaders(), .. moduleStreams])
            msf.Add(stream);
        return msf.Write();
    }

    void WriteGlobals(SymbolHashWriter symbols)
    {
        foreach (var (name, type) in _typedefs)
        {
            uint index = _types.IndexOf(type);
            symbols.AddGlobal(CodeView.S_UDT, name, record => record.UInt32(index));
        }
        foreach (var (name, rva, type) in _data)
        {
            var (section, offset) = Locate(rva);
            uint index = _types.IndexOf(type);
            symbols.AddGlobal(CodeView.S_GDATA32, name, record =>
            {
                record.UInt32(index);
                record.UInt32(offset);
                record.UInt16(section);
            });
        }
        foreach (var (name, rva, isFunction) in _publics)
        {
            var (section, offset) = Locate(rva);
            symbols.AddPublic(name, section, offset, isFunction);
        }
    }

    (ushort Section, uint Offset) Locate(uint rva)
    {
        for (int i = 0; i < sections.Count; i++)
        {
            if (sections[i].Contains(rva))
                return ((ushort)(i + 1), rva - sections[i].Rva);
        }
        throw new ArgumentException($"RVA 0x{rva:x} lies in no section", nameof(rva));
    }

    byte[] InfoStream(ushort namesStream)
    {
        const string name = "/names";
        var stream = new ByteWriter();
        stream.UInt32(20000404); // VC 7.0: the version of every MSF 7.00 file.
        stream.UInt32(Signature);
        stream.UInt32(Age);
        stream.Guid(Guid);
        stream.UInt32((uint)name.Length + 1);
        stream.Text(name);
        // A hash table of 8 slots with one entry: name offset 0 -> stream.
        const int capacity = 8;
        uint slot = (ushort)PdbHash.OfString(name) % (uint)capacity;
        stream.UInt32(1);
        stream.UInt32(capacity);
        stream.UInt32(1); // Words of the bitmap of used slots.
        stream.UInt32(1u << (int)slot);
        stream.UInt32(0); // Words of the bitmap of deleted slots.
        stream.UInt32(0);
        stream.UInt32(namesStream);
        stream.UInt32(20140508); // Feature: has an IPI stream.
        return stream.ToArray();
    }

    /// <summary>A name table that holds the empty name only (there are no source files).</summary>
    internal static byte[] EmptyNameTable()
    {
        var stream = new ByteWriter();
        stream.UInt32(0xeffeeffe);
        stream.UInt32(1);
        stream.UInt32(1);
        stream.Byte(0);
        stream.UInt32(1);
        stream.UInt32(0);
        stream.UInt32(0);
        return stream.ToArray();
    }

    byte[] SectionHeaders()
    {
        var stream = new ByteWriter();
        foreach (var section in sections)
            PeBuilder.WriteSectionHeader(stream, section);
        return stream.ToArray();
    }
}
