using System.Buffers.Binary;

namespace KdSim.Symbols.Pe;

/// <content>The directories: imports, exports, relocations, exceptions, load configuration, debug.</content>
public sealed partial class PeImage
{
    // Bounds no honest image reaches; a hostile one is refused before its tables are walked.
    const int MaxDescriptors = 4096;
    const int MaxFunctions = 0x10000;
    const int MaxRuntimeFunctions = 0x200000;

    /// <summary>The import descriptors in table order, then the delay-loaded ones.</summary>
    public IReadOnlyList<ImportedDll> ReadImports()
    {
        var dlls = new List<ImportedDll>();
        int budget = MaxFunctions;
        var directory = Directory(PeDirectory.Import);
        if (directory.IsPresent)
        {
            for (uint at = directory.Rva; ; at += 20)
            {
                uint lookup = _bytes.ReadUInt32(at, "import descriptor");
                uint name = _bytes.ReadUInt32(at + 12, "import descriptor");
                uint iat = _bytes.ReadUInt32(at + 16, "import descriptor");
                if (name == 0 || iat == 0)
                    break;
                dlls.Add(ReadDll(name, lookup != 0 ? lookup : iat, iat, isDelayed: false, dlls.Count, ref budget));
            }
        }
        var delay = Directory(PeDirectory.DelayImport);
        if (delay.IsPresent)
        {
            for (uint at = delay.Rva; ; at += 32)
            {
                uint name = _bytes.ReadUInt32(at + 4, "delay import descriptor");
                if (name == 0)
                    break;
                if ((_bytes.ReadUInt32(at, "delay import descriptor") & 1) == 0)
                    throw Bad($"delay import descriptor at RVA 0x{at:x} holds addresses instead of RVAs (attribute bit 0 is clear)");
                uint iat = _bytes.ReadUInt32(at + 12, "delay import descriptor");
                uint names = _bytes.ReadUInt32(at + 16, "delay import descriptor");
                dlls.Add(ReadDll(name, names, iat, isDelayed: true, dlls.Count, ref budget));
            }
        }
        return dlls;
    }

    ImportedDll ReadDll(uint nameRva, uint lookup, uint iat, bool isDelayed, int index, ref int budget)
    {
        if (index >= MaxDescriptors)
            throw Bad($"more than {MaxDescriptors} import descriptors; the table has no end");
        string dll = _bytes.ReadString(nameRva, "name of an imported DLL", 260);
        var functions = new List<ImportedFunction>();
        for (uint slot = 0; ; slot += 8)
        {
            ulong entry = _bytes.ReadUInt64(lookup + slot, $"import lookup table of {dll}");
            if (entry == 0)
                break;
            if (--budget < 0)
                throw Bad($"more than {MaxFunctions} imported functions; the lookup table of {dll} at RVA 0x{lookup:x} has no end");
            if (entry >> 63 != 0)
            {
                functions.Add(new(null, (ushort)entry, 0, iat + slot));
                continue;
            }
            if (entry > SizeOfImage)
                throw Bad($"import lookup table of {dll}, entry {slot / 8}: 0x{entry:x} is no RVA of a name");
            ushort hint = _bytes.ReadUInt16((uint)entry, $"import name of {dll}");
            functions.Add(new(_bytes.ReadString((uint)entry + 2, $"import name of {dll}", 1024), 0, hint, iat + slot));
        }
        return new(dll, isDelayed, functions);
    }

    /// <summary>The export table, or null when the image has none. In ordinal order; unused ordinals are left out.</summary>
    public ExportTable? ReadExports()
    {
        var directory = Directory(PeDirectory.Export);
        if (!directory.IsPresent)
            return null;
        var header = new SpanCursor(_bytes.ReadBytes(directory.Rva, 40, "export directory"));
        header.Skip(12);
        uint nameRva = header.UInt32(), ordinalBase = header.UInt32(), count = header.UInt32(), nameCount = header.UInt32();
        uint addresses = header.UInt32(), names = header.UInt32(), ordinals = header.UInt32();
        if (count > MaxFunctions || nameCount > MaxFunctions)
            throw Bad($"export directory at RVA 0x{directory.Rva:x}: {count} addresses and {nameCount} names; at most {MaxFunctions} expected");
        var namesOf = new List<string>?[count];
        for (uint i = 0; i < nameCount; i++)
        {
            ushort ordinal = _bytes.ReadUInt16(ordinals + i * 2, "export ordinal table");
            if (ordinal >= count)
                throw Bad($"export name {i} has ordinal index {ordinal}; the address table has {count} entries");
            uint at = _bytes.ReadUInt32(names + i * 4, "export name table");
            (namesOf[ordinal] ??= []).Add(_bytes.ReadString(at, "name of an export", 4096));
        }
        var symbols = new List<ExportedSymbol>();
        for (uint i = 0; i < count; i++)
        {
            uint rva = _bytes.ReadUInt32(addresses + i * 4, "export address table");
            if (rva == 0)
                continue;
            string? forwarder = rva >= directory.Rva && rva - directory.Rva < directory.Size
                ? _bytes.ReadString(rva, "forwarder of an export", 4096) : null;
            foreach (string? name in namesOf[i] ?? [null!])
                symbols.Add(new(name, ordinalBase + i, rva, forwarder));
        }
        return new(nameRva == 0 ? "" : _bytes.ReadString(nameRva, "DLL name of the export directory", 260), ordinalBase, symbols);
    }

    /// <summary>All base relocations that change something, in file order.</summary>
    public IReadOnlyList<BaseRelocation> ReadRelocations()
    {
        var result = new List<BaseRelocation>();
        var directory = Directory(PeDirectory.BaseRelocation);
        if (!directory.IsPresent)
            return result;
        byte[] bytes = _bytes.ReadBytes(directory.Rva, (int)directory.Size, "base relocation directory");
        int at = 0;
        while (at + 8 <= bytes.Length)
        {
            uint page = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));
            uint size = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 4));
            if (size == 0 && page == 0)
                break; // Alignment padding at the end.
            if (size < 8 || size > bytes.Length - at)
                throw Bad($"base relocation block at RVA 0x{directory.Rva + at:x}: size 0x{size:x}; 8 to 0x{bytes.Length - at:x} expected");
            for (int entry = at + 8; entry + 2 <= at + size; entry += 2)
            {
                ushort word = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(entry));
                var kind = (RelocationKind)(word >> 12);
                if (kind != RelocationKind.Absolute)
                    result.Add(new(CheckedRelocation(page, word), kind));
            }
            at += (int)size;
        }
        return result;
    }

    uint CheckedRelocation(uint page, ushort word)
    {
        ulong rva = (ulong)page + (word & 0xfffu);
        return rva < SizeOfImage ? (uint)rva : throw Bad($"base relocation for RVA 0x{rva:x}, past SizeOfImage 0x{SizeOfImage:x}");
    }

    /// <summary>The function table (.pdata), in file order, which is ascending in any linked image.</summary>
    public IReadOnlyList<RuntimeFunction> ReadRuntimeFunctions()
    {
        var directory = Directory(PeDirectory.Exception);
        if (!directory.IsPresent)
            return [];
        uint count = directory.Size / 12;
        if (count > MaxRuntimeFunctions)
            throw Bad($"exception directory with {count} functions; at most {MaxRuntimeFunctions} expected");
        var cursor = new SpanCursor(_bytes.ReadBytes(directory.Rva, (int)count * 12, "exception directory"));
        var result = new RuntimeFunction[count];
        for (int i = 0; i < result.Length; i++)
            result[i] = new(cursor.UInt32(), cursor.UInt32(), cursor.UInt32());
        return result;
    }

    /// <summary>The load configuration, or null. Fields that an old, shorter directory lacks are zero.</summary>
    public LoadConfiguration? ReadLoadConfiguration()
    {
        var directory = Directory(PeDirectory.LoadConfig);
        if (!directory.IsPresent)
            return null;
        uint size = _bytes.ReadUInt32(directory.Rva, "load configuration");
        // The directory's size and the structure's own may differ; the structure's counts (the loader does the same).
        uint Field32(uint offset) => offset + 4 <= size ? _bytes.ReadUInt32(directory.Rva + offset, "load configuration") : 0;
        ulong Field64(uint offset) => offset + 8 <= size ? _bytes.ReadUInt64(directory.Rva + offset, "load configuration") : 0;
        return new(size, Field64(0x58), Field64(0x70), Field64(0x78), Field32(0x90));
    }

    /// <summary>The debug directory's rows.</summary>
    public IReadOnlyList<DebugEntry> ReadDebugEntries()
    {
        var directory = Directory(PeDirectory.Debug);
        if (!directory.IsPresent)
            return [];
        uint count = directory.Size / 28;
        if (count > 64)
            throw Bad($"debug directory with {count} rows; at most 64 expected");
        var cursor = new SpanCursor(_bytes.ReadBytes(directory.Rva, (int)count * 28, "debug directory"));
        var result = new DebugEntry[count];
        for (int i = 0; i < result.Length; i++)
        {
            cursor.Skip(4);
            uint stamp = cursor.UInt32();
            cursor.Skip(4);
            result[i] = new(cursor.UInt32(), stamp, cursor.UInt32(), cursor.UInt32(), cursor.UInt32());
        }
        return result;
    }

    /// <summary>Which PDB belongs to the image, or null when it does not say.</summary>
    public CodeViewRecord? ReadCodeView()
    {
        foreach (var entry in ReadDebugEntries())
        {
            if (entry.Type != DebugEntry.CodeViewType || entry.Rva == 0 || entry.Size < 25)
                continue;
            var cursor = new SpanCursor(_bytes.ReadBytes(entry.Rva, 24, "CodeView record"));
            if (cursor.UInt32() != 0x53445352) // 'RSDS'; the older NB10 has no GUID.
                continue;
            return new(cursor.Guid(), cursor.UInt32(), _bytes.ReadString(entry.Rva + 24, "PDB name of the CodeView record", 1024));
        }
        return null;
    }
}
