using System.Text;
using Iced.Intel;
using KdSim.Kernel.Routines;
using KdSim.Symbols.Pdb.Writing;
using KdSim.Symbols.Pe;
using KdSim.Symbols.Unwind;

namespace KdSim.Kernel.Images;

/// <summary>
/// Builds one synthetic image: .text with a slot a routine (placed by a hash of its name, so that a new routine moves no other, save on a collision),
/// PAGE with the slots of pageable routines, .data with the variables, .code with the routines that are guest code; exports, unwind data and the PDB.
/// </summary>
internal sealed unsafe class ImageBuilder(NtKernel kernel, string name, string pdbName, ulong imageBase, ulong[] data)
{
    public const uint TextRva = 0x1000;
    private const int SlotSize = 32;
    private readonly PeBuilder _image = new(name) { ImageBase = imageBase, TimeDateStamp = 0x5C_0000_00, IsDll = name != ImageNames.Program };
    private readonly List<(Routine Routine, uint Rva, uint Size)> _functions = [];
    private readonly List<PeSection> _sections = [];
    private readonly List<(string Name, uint Rva)> _symbols = [];

    public SyntheticImage Build()
    {
        Routine[] routines = RoutineTable.All.ToArray().Where(r => r.Image == name).ToArray();
        if (name == ImageNames.SystemDll)
            AddServiceStubs();
        else if (routines.Any(r => r.Class != RoutineClass.GuestCode))
            AddStubs(".text", name == ImageNames.Kernel ? 8192 : 1024, routines.Where(r => r.Class != RoutineClass.GuestCode && !r.IsPageable));
        if (routines.Any(r => r.IsPageable))
            AddStubs("PAGE", 2048, routines.Where(r => r.IsPageable));
        Variable[] variables = DataTable.All.ToArray().Where(v => v.Image == name).ToArray();
        AddData(variables); // Before the guest code, which may name variables.
        AddGuestCode(routines.Where(r => r.Class == RoutineClass.GuestCode));
        foreach ((Routine routine, uint rva, _) in _functions.Where(f => f.Routine.IsExported).OrderBy(f => f.Routine.Name, StringComparer.Ordinal))
            _image.AddExport(routine.Name, rva);
        foreach ((string symbol, uint rva) in _symbols.Where(_ => name == ImageNames.SystemDll))
            _image.AddExport(symbol, rva);
        foreach (Variable variable in variables.Where(v => v.IsExported))
            _image.AddExport(variable.Name, (uint)(data[(int)variable.Datum] - imageBase));
        _image.EntryPointRva = _functions.FirstOrDefault(f => f.Routine.Stub == Stub.main).Rva;
        PdbWriter pdb = BuildPdb(variables);
        pdb.Guid = pdb.ComputeContentGuid();
        _image.CodeView = new CodeViewRecord(pdb.Guid, pdb.Age, pdbName);
        return new SyntheticImage(name, imageBase, _image.Build(), pdbName, pdb.Write());
    }

    private void AddStubs(string section, int slots, IEnumerable<Routine> routines)
    {
        uint start = _image.NextRva;
        var used = new Routine?[slots];
        foreach (Routine routine in routines.OrderBy(r => Hash(r.Name)).ThenBy(r => r.Name, StringComparer.Ordinal))
        {
            int slot = (int)(Hash(routine.Name) % (uint)slots);
            while (used[slot] is not null)
                slot = (slot + 1) % slots;
            used[slot] = routine;
        }
        var text = new byte[slots * SlotSize];
        text.AsSpan().Fill(0xCC);
        for (int slot = 0; slot < slots; slot++)
        {
            if (used[slot] is not { } routine)
                continue;
            ReadOnlySpan<byte> code = StubShapes.Of(routine);
            code.CopyTo(text.AsSpan(slot * SlotSize));
            uint rva = start + (uint)(slot * SlotSize);
            kernel.Stubs.Place(routine, imageBase + rva);
            _functions.Add((routine, rva, (uint)code.Length));
            if (UnwindOf(routine) is { } unwind)
                _image.AddFunction(rva, rva + (uint)code.Length, unwind);
        }
        AddSection(section, text, SectionCharacteristics.Code | SectionCharacteristics.Execute | SectionCharacteristics.Read |
            (section == "PAGE" ? SectionCharacteristics.None : SectionCharacteristics.NotPaged));
    }

    /// <summary>What user mode calls a system service with: <c>mov r10,rcx; mov eax,NUMBER; syscall; ret</c>.</summary>
    private void AddServiceStubs()
    {
        var text = new byte[SystemServiceNumbers.Known.Count * SystemServiceNumbers.StubSize];
        text.AsSpan().Fill(0xCC);
        for (int i = 0; i < SystemServiceNumbers.Known.Count; i++)
        {
            (Routine service, int number) = SystemServiceNumbers.Known[i];
            ReadOnlySpan<byte> code = [0x4C, 0x8B, 0xD1, 0xB8, (byte)number, (byte)(number >> 8), 0, 0, 0x0F, 0x05, 0xC3];
            code.CopyTo(text.AsSpan(i * SystemServiceNumbers.StubSize));
            _symbols.Add((service.Name, TextRva + (uint)(i * SystemServiceNumbers.StubSize)));
        }
        AddSection(".text", text, SectionCharacteristics.Code | SectionCharacteristics.Execute | SectionCharacteristics.Read);
    }

    private void AddGuestCode(IEnumerable<Routine> routines)
    {
        var code = new MemoryStream();
        uint start = _image.NextRva;
        foreach (Routine routine in routines)
        {
            while (code.Length % 16 != 0)
                code.WriteByte(0xCC);
            uint rva = start + (uint)code.Length;
            var assembler = new GuestAssembler(imageBase + rva);
            routine.Emit(kernel, assembler);
            var bytes = new MemoryStream();
            AssemblerResult result = assembler.Assemble(new StreamCodeWriter(bytes), imageBase + rva, BlockEncoderOptions.ReturnNewInstructionOffsets);
            kernel.Stubs.Place(routine, imageBase + rva);
            foreach ((Label at, Stub stub, int frameOffset) in assembler.Traps)
                kernel.Stubs.AddTrap(result.GetLabelRIP(at), new TrapSite(stub, TrapKind.Entry, frameOffset));
            foreach ((Label at, string symbol) in assembler.Symbols)
                _symbols.Add((symbol, (uint)(result.GetLabelRIP(at) - imageBase)));
            code.Write(bytes.ToArray());
            _functions.Add((routine, rva, (uint)bytes.Length));
            if (assembler.UnwindInfo is { } unwind)
                _image.AddFunction(rva, rva + (uint)bytes.Length, unwind);
        }
        if (code.Length != 0)
            AddSection(".code", code.ToArray(), SectionCharacteristics.Code | SectionCharacteristics.Execute | SectionCharacteristics.Read |
                SectionCharacteristics.NotPaged);
    }

    private void AddData(Variable[] variables)
    {
        uint start = _image.NextRva, size = 0;
        foreach (Variable variable in variables)
        {
            data[(int)variable.Datum] = imageBase + start + size;
            size += (uint)variable.Size + 15 & ~15u;
        }
        if (size != 0)
            AddSection(".data", new byte[size], SectionCharacteristics.InitializedData | SectionCharacteristics.Read | SectionCharacteristics.Write |
                SectionCharacteristics.NotPaged);
    }

    private void AddSection(string section, byte[] content, SectionCharacteristics kind) => _sections.Add(_image.AddSection(section, content, kind));

    private PdbWriter BuildPdb(Variable[] variables)
    {
        var pdb = new PdbWriter(_sections);
        if (name == ImageNames.Kernel)
            PdbTypes.AddAll(pdb);
        foreach ((Routine routine, uint rva, _) in _functions.OrderBy(f => f.Rva))
            pdb.AddPublic(routine.Name, rva, isFunction: true);
        foreach ((string symbol, uint rva) in _symbols)
            pdb.AddPublic(symbol, rva, isFunction: true);
        foreach (Variable variable in variables)
        {
            uint rva = (uint)(data[(int)variable.Datum] - imageBase);
            pdb.AddPublic(variable.Name, rva, isFunction: false);
            if (variable.Type.Length != 0 && name == ImageNames.Kernel)
                pdb.AddData(variable.Name, rva, new PdbTypeModel.Named(variable.Type));
        }
        return pdb;
    }

    private static byte[]? UnwindOf(Routine routine) => routine switch
    {
        { Class: RoutineClass.Sequence } => UnwindInfoEncoder.Encode(StubShapes.SequenceEntryTrap, Gpr.Rbp, 0x20,
            [UnwindOperation.Push(1, Gpr.Rbp), UnwindOperation.Alloc(5, 0x20), UnwindOperation.SetFrame(StubShapes.SequenceEntryTrap)]),
        { CallsResult: true } => UnwindInfoEncoder.Encode(StubShapes.CallTrap, UnwindOperation.Alloc(StubShapes.CallTrap, StubShapes.CallFrameSize)),
        _ => null,
    };

    /// <summary>FNV-1a.</summary>
    private static uint Hash(string text)
    {
        uint hash = 2166136261;
        foreach (byte b in Encoding.ASCII.GetBytes(text))
            hash = (hash ^ b) * 16777619;
        return hash;
    }
}
