using System.Buffers.Binary;
using System.Text;
using KdSim.Debugger.Rendering;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Structures;
using KdSim.Debugging.Targets;
using KdSim.Nt;
using KdSim.Symbols.Pdb;
using KdSim.Symbols.Pdb.Writing;
using KdSim.Symbols.Pe;

namespace KdSim.Debugger.Tests.Extensions;

/// <summary>
/// A fake target with an nt: an image whose PDB has the type table of KdSim.Nt and some globals, and memory in which tests lay out kernel
/// structures by field name. No kernel code runs.
/// </summary>
sealed class FakeKernel : ISymbolBytes
{
    public const ulong NtBase = 0xfffff80641600000;
    public const ulong DriverBase = 0xfffff8065a3c0000;
    public const ulong Pool = 0xffffb10c77f00000;
    public const ulong PoolEnd = Pool + 0x20000;
    public const ulong PagedPool = 0xffffd58a0c100000;
    public const ulong Objects = 0xffffb10c76e00000;
    public const ulong Stack = 0xfffffa8d3c1f0000;

    static readonly (string Name, int Size)[] Globals =
    [
        ("PsActiveProcessHead", 16), ("IopRootDeviceNode", 8), ("KiProcessorBlock", 8 * 64), ("ObpRootDirectoryObject", 8),
        ("ObTypeIndexTable", 8 * 64), ("ObHeaderCookie", 1), ("KiBugCheckData", 40), ("MmNonPagedPoolStart", 8), ("MmNonPagedPoolEnd", 8),
        ("MmPagedPoolStart", 8), ("MmPagedPoolEnd", 8), ("PoolBigPageTable", 24 * 16), ("PoolBigPageTableSize", 8), ("ExpSystemResourcesList", 16),
        ("KeMaximumIncrement", 4), ("PoolTrackTable", 40 * 16), ("PoolTrackTableSize", 8), ("ExWorkerQueue", 3 * 0x40),
        ("ExNPagedLookasideListHead", 16), ("ExPagedLookasideListHead", 16), ("KdPrintCircularBuffer", 8), ("KdPrintWritePointer", 8),
        ("KdPrintBufferSize", 4), ("KdPrintRolloverCount", 4), ("PnpEnumerationInProgress", 1), ("ObpKernelHandleTable", 8), ("MmSystemRangeStart", 8),
    ];

    static readonly string[] Routines =
        ["IopInvalidDeviceRequest", "KiPageFault", "KeBugCheckEx", "KiRetireDpcList", "IofCallDriver", "KiIdleLoop", "KiExecuteAllDpcs"];

    /// <summary>Types of objects, at their index in the table.</summary>
    static readonly string[] ObjectTypes = ["", "", "Type", "Directory", "SymbolicLink", "Process", "Thread", "Driver", "Device", "File", "Event"];

    readonly PdbWriter _pdb;
    readonly byte[] _pdbBytes;
    readonly Dictionary<string, ulong> _types = [];
    ulong _nextObject = Objects;
    ulong _nextBlock = Pool;
    ulong _previousUnits;

    public FakeKernel(int processors = 2)
    {
        PeBuilder builder = new("ntkrnlmp.exe") { ImageBase = NtBase, TimeDateStamp = 0x5c000000 };
        PeSection text = builder.AddSection(".text", Enumerable.Repeat((byte)0xcc, 0x1000).ToArray(),
            SectionCharacteristics.Code | SectionCharacteristics.Execute | SectionCharacteristics.Read);
        PeSection data = builder.AddSection(".data", new byte[0x2000],
            SectionCharacteristics.InitializedData | SectionCharacteristics.Read | SectionCharacteristics.Write);
        _pdb = new PdbWriter([text, data]);
        AddTypes(_pdb);
        for (int i = 0; i < Routines.Length; i++)
            _pdb.AddPublic(Routines[i], text.Rva + (uint)i * 0x100, isFunction: true);
        uint at = data.Rva;
        foreach ((string name, int size) in Globals)
        {
            _pdb.AddPublic(name, at, isFunction: false);
            at += (uint)size + 15 & ~15u;
        }
        _pdb.Guid = _pdb.ComputeContentGuid();
        builder.CodeView = new CodeViewRecord(_pdb.Guid, _pdb.Age, "ntkrnlmp.pdb");
        _pdbBytes = _pdb.Write();
        PeImage image = PeImage.Parse(builder.Build(), "ntkrnlmp.exe");
        Target = new FakeTarget(processors);
        Target.Extras.Add(this);
        Target.With("nt", NtBase, image.Map()).With("pool", Pool, new byte[PoolEnd - Pool]).With("paged", PagedPool, new byte[0x1000])
            .With("objects", Objects, new byte[0x40000]).With("stack", Stack, new byte[0x6000])
            .With("shared", 0xfffff78000000000, new byte[0x1000])
            .With(new TargetModule(NtBase, image.SizeOfImage, "nt", "ntkrnlmp.exe", @"\SystemRoot\system32\ntkrnlmp.exe", 0x5c000000, 0));
        Session = new DebuggerSession(Target, new ConsoleRenderer(Output), new SessionOptions { Quiet = true });
        Session.Extensions.Add(typeof(KdExts.Io.IrpCommand).Assembly);
        SetUp();
    }

    public FakeTarget Target { get; }
    public DebuggerSession Session { get; }
    public StringWriter Output { get; } = new() { NewLine = "\n" };
    public ulong Root { get; private set; }

    public bool TryGetPdb(Guid guid, uint age, string fileName, out ReadOnlyMemory<byte> pdb)
    {
        pdb = _pdbBytes;
        return guid == _pdb.Guid;
    }

    static void AddTypes(PdbWriter pdb)
    {
        foreach (NtStruct structure in NtTypes.Structs)
            pdb.AddType(new PdbTypeModel.Udt(structure.Name, structure.IsUnion, (uint)structure.Size, [.. structure.Fields.Select(Field)]));
        foreach (NtEnum values in NtTypes.Enums)
            pdb.AddType(new PdbTypeModel.Enum(values.Name, Kind(values.Storage), [.. values.Values.Select(v => new PdbEnumValueModel(v.Name, v.Value))]));
    }

    static PdbFieldModel Field(NtField field) => field.Type is NtBitField bits
        ? new PdbFieldModel(field.Name, (uint)field.Offset, Model(bits.Storage), bits.Position, bits.Length)
        : new PdbFieldModel(field.Name, (uint)field.Offset, Model(field.Type));

    static PdbTypeModel Model(NtType type) => type switch
    {
        NtPrimitive primitive => new PdbTypeModel.Primitive(Kind(primitive)),
        NtPointer pointer => new PdbTypeModel.Pointer(Model(pointer.Target)),
        NtArray array => new PdbTypeModel.Array(Model(array.Element), (uint)array.Count),
        NtFunctionType => new PdbTypeModel.Function(new PdbTypeModel.Primitive(PrimitiveKind.Void), []),
        _ => new PdbTypeModel.Named(type.Name),
    };

    static PrimitiveKind Kind(NtPrimitive primitive) => primitive.Size switch
    {
        0 => PrimitiveKind.Void,
        1 => primitive.Kind == NtPrimitiveKind.Int8 ? PrimitiveKind.NarrowChar : PrimitiveKind.UnsignedChar,
        2 => primitive.Kind == NtPrimitiveKind.Int16 ? PrimitiveKind.Int16Short : PrimitiveKind.UInt16Short,
        4 => primitive.Kind == NtPrimitiveKind.Int32 ? PrimitiveKind.Int32Long : PrimitiveKind.UInt32Long,
        _ => primitive.Kind == NtPrimitiveKind.Int64 ? PrimitiveKind.Int64Quad : PrimitiveKind.UInt64Quad,
    };

    void SetUp()
    {
        Qword(Global("MmNonPagedPoolStart"), Pool);
        Qword(Global("MmNonPagedPoolEnd"), PoolEnd);
        Qword(Global("MmPagedPoolStart"), PagedPool);
        Qword(Global("MmPagedPoolEnd"), PagedPool + 0x1000);
        EmptyList(Global("PsActiveProcessHead"));
        foreach (string head in (string[])["ExpSystemResourcesList", "ExNPagedLookasideListHead", "ExPagedLookasideListHead"])
            EmptyList(Global(head));
        Qword(Global("PoolTrackTableSize"), 16);
        Qword(Global("MmSystemRangeStart"), 0xffff800000000000);
        for (ulong i = 0; i < 3; i++)
        {
            EmptyList(Global("ExWorkerQueue") + i * 0x40 + Offset("_KQUEUE", "EntryListHead"));
            EmptyList(Global("ExWorkerQueue") + i * 0x40 + Offset("_KQUEUE", "ThreadListHead"));
        }
        Write(Global("ObHeaderCookie"), [0x5a]);
        Write(Global("KeMaximumIncrement"), BitConverter.GetBytes(156250));
        for (int i = 2; i < ObjectTypes.Length; i++)
        {
            ulong type = Take(0x100);
            SetString(type, "_OBJECT_TYPE", "Name", ObjectTypes[i]);
            Qword(Global("ObTypeIndexTable") + (ulong)i * 8, type);
            _types[ObjectTypes[i]] = (ulong)i;
        }
        Root = Object("Directory", "", 0, "_OBJECT_DIRECTORY");
        Qword(Global("ObpRootDirectoryObject"), Root);
        for (int cpu = 0; cpu < Target.ProcessorCount; cpu++)
            Qword(Global("KiProcessorBlock") + (ulong)cpu * 8, Take(TypeSize("_KPRCB")));
    }

    public ulong Global(string name) => Session.Symbols.TryGetAddress("nt!" + name, out ulong address)
        ? address : throw new InvalidOperationException($"no symbol {name}");

    public ulong TypeSize(string type) => Session.Types["nt!" + type].Size;

    public ulong Prcb(int cpu) => Session.ReadPointer(Global("KiProcessorBlock") + (ulong)cpu * 8);

    public uint Offset(string type, string path) => Session.Types["nt!" + type].OffsetOf(path);

    /// <summary>Fresh zeroed memory outside of the pools.</summary>
    public ulong Take(ulong size)
    {
        ulong address = _nextObject;
        _nextObject += size + 15 & ~15UL;
        return address;
    }

    /// <summary>A structure with these fields.</summary>
    public ulong New(string type, params (string Path, ulong Value)[] fields)
    {
        ulong address = Take(TypeSize(type));
        Set(address, type, fields);
        return address;
    }

    public void Set(ulong address, string type, params (string Path, ulong Value)[] fields)
    {
        foreach ((string path, ulong value) in fields)
        {
            FieldPath field = Session.Types["nt!" + type].Field(path);
            int size = (int)field.Type.Size;
            ulong bits = value;
            if (field.BitLength > 0)
            {
                Session.TryReadInteger(address + field.Offset, size, out ulong old);
                ulong mask = (1UL << field.BitLength) - 1;
                bits = old & ~(mask << field.BitPosition) | (value & mask) << field.BitPosition;
            }
            byte[] bytes = new byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, bits);
            Write(address + field.Offset, bytes[..size]);
        }
    }

    public void SetString(ulong address, string type, string path, string text)
    {
        ulong buffer = Take((ulong)text.Length * 2 + 2);
        Write(buffer, Encoding.Unicode.GetBytes(text));
        Set(address, type, (path + ".Length", (ulong)text.Length * 2), (path + ".MaximumLength", (ulong)text.Length * 2 + 2), (path + ".Buffer", buffer));
    }

    /// <summary>An object with header and name, entered in a directory.</summary>
    public ulong Object(string type, string name, ulong directory, string body, params (string Path, ulong Value)[] fields)
    {
        ulong info = Take(TypeSize("_OBJECT_HEADER_NAME_INFO"));
        ulong header = Take(Offset("_OBJECT_HEADER", "Body") + TypeSize(body));
        ulong address = header + Offset("_OBJECT_HEADER", "Body");
        Set(header, "_OBJECT_HEADER", ("PointerCount", 3), ("InfoMask", name.Length > 0 ? 2u : 0),
            ("TypeIndex", _types[type] ^ 0x5a ^ (header >> 8 & 0xff)));
        Set(address, body, fields);
        if (name.Length > 0)
        {
            SetString(info, "_OBJECT_HEADER_NAME_INFO", "Name", name);
            Set(info, "_OBJECT_HEADER_NAME_INFO", ("Directory", directory));
        }
        if (directory != 0)
        {
            ulong bucket = directory + (ulong)(name.Sum(c => c) % 37) * 8;
            ulong entry = New("_OBJECT_DIRECTORY_ENTRY", ("ChainLink", Session.ReadPointer(bucket)), ("Object", address));
            Qword(bucket, entry);
        }
        return address;
    }

    /// <summary>A block of nonpaged pool; the address after its header.</summary>
    public ulong Block(string tag, ulong size, bool allocated = true)
    {
        ulong units = (size + 31) / 16;
        ulong room = (0x1000 - (_nextBlock & 0xfff)) / 16;
        if (units > room)
        {
            Header(room, "", false);
            _previousUnits = 0;
        }
        ulong block = Header(units, tag, allocated);
        if (allocated)
            Count(tag, units * 16);
        if ((_nextBlock & 0xfff) == 0)
            _previousUnits = 0;
        return block + 16;
    }

    /// <summary>Counts an allocation in nt's table.</summary>
    void Count(string tag, ulong bytes)
    {
        uint key = BitConverter.ToUInt32(Encoding.ASCII.GetBytes(tag));
        ulong row = Global("PoolTrackTable");
        while (Session.ReadUInt32(row) is var there && there != 0 && there != key)
            row += TypeSize("_POOL_TRACKER_TABLE");
        ulong before = Session.ReadUInt32(row + Offset("_POOL_TRACKER_TABLE", "NonPagedAllocs"));
        ulong used = Session.ReadPointer(row + Offset("_POOL_TRACKER_TABLE", "NonPagedBytes"));
        Set(row, "_POOL_TRACKER_TABLE", ("Key", key), ("NonPagedAllocs", before + 1), ("NonPagedBytes", used + bytes));
    }

    /// <summary>Makes what is left of the last page one free block.</summary>
    public void CloseBlocks()
    {
        if ((_nextBlock & 0xfff) is var used and not 0)
            Header((0x1000 - used) / 16, "", false);
    }

    ulong Header(ulong units, string tag, bool allocated)
    {
        ulong block = _nextBlock;
        Set(block, "_POOL_HEADER", ("BlockSize", units), ("PreviousSize", _previousUnits), ("PoolType", allocated ? 3u : 0));
        if (tag.Length > 0)
            Write(block + 4, Encoding.ASCII.GetBytes(tag));
        _previousUnits = units;
        _nextBlock += units * 16;
        return block;
    }

    public void EmptyList(ulong head)
    {
        Qword(head, head);
        Qword(head + 8, head);
    }

    public void InsertTail(ulong head, ulong entry)
    {
        ulong last = Session.ReadPointer(head + 8);
        Qword(entry, head);
        Qword(entry + 8, last);
        Qword(last, entry);
        Qword(head + 8, entry);
    }

    public void Qword(ulong address, ulong value) => Write(address, BitConverter.GetBytes(value));

    public void Write(ulong address, ReadOnlySpan<byte> bytes)
    {
        if (Target.Write(default, address, bytes) != bytes.Length)
            throw new InvalidOperationException($"{address:x} is in no piece of memory");
    }

    public string Run(string line)
    {
        Output.GetStringBuilder().Clear();
        Session.Execute(line);
        return Output.ToString();
    }

    /// <summary>Runs lines with their prompts, as a console shows them.</summary>
    public string Transcript(params IEnumerable<string> lines)
    {
        Output.GetStringBuilder().Clear();
        foreach (string line in lines)
        {
            Output.Write($"{Session.Prompt}{line}\n");
            Session.Execute(line);
        }
        return Output.ToString();
    }
}
