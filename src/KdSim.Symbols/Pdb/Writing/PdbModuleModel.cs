namespace KdSim.Symbols.Pdb.Writing;

/// <summary>A module under construction: its procedures, each with bounds and type. Made by <see cref="PdbWriter.AddModule"/>.</summary>
public sealed class PdbModuleModel
{
    readonly List<(string Name, uint Rva, uint Length, PdbTypeModel Type, bool IsStatic)> _procedures = [];

    internal PdbModuleModel(string name) => Name = name;

    public string Name { get; }

    /// <summary>Adds a procedure. <paramref name="type"/> is a function type, or void when nothing is known of it.</summary>
    public void AddProcedure(string name, uint rva, uint length, PdbTypeModel type, bool isStatic = false) =>
        _procedures.Add((name, rva, length, type, isStatic));

    /// <summary>Stretches of code that belong to the module, ascending, neighbours joined.</summary>
    internal IEnumerable<(uint Rva, uint Length)> Contributions()
    {
        uint start = 0, end = 0;
        foreach (var procedure in _procedures.OrderBy(p => p.Rva))
        {
            // Up to 16 bytes between two procedures are padding.
            if (end != 0 && procedure.Rva - (long)end is >= 0 and <= 16)
            {
                end = procedure.Rva + procedure.Length;
                continue;
            }
            if (end != 0)
                yield return (start, end - start);
            (start, end) = (procedure.Rva, procedure.Rva + procedure.Length);
        }
        if (end != 0)
            yield return (start, end - start);
    }

    internal byte[] Finish(
        ushort number, TypeStreamWriter types, SymbolHashWriter symbols, Func<uint, (ushort Section, uint Offset)> locate)
    {
        var stream = new ByteWriter();
        stream.UInt32(CodeView.C13Signature);
        SymbolHashWriter.Record(stream, CodeView.S_OBJNAME, Name, record => record.UInt32(0));
        foreach (var procedure in _procedures)
        {
            int start = stream.Length;
            uint type = types.IndexOf(procedure.Type);
            var (section, offset) = locate(procedure.Rva);
            ushort kind = procedure.IsStatic ? CodeView.S_LPROC32 : CodeView.S_GPROC32;
            SymbolHashWriter.Record(stream, kind, procedure.Name, record =>
            {
                record.UInt32(0); // Parent: none.
                record.UInt32(0); // End: patched below.
                record.UInt32(0); // Next: not used.
                record.UInt32(procedure.Length);
                record.UInt32(0);
                record.UInt32(procedure.Length);
                record.UInt32(type);
                record.UInt32(offset);
                record.UInt16(section);
                record.Byte(0);
            });
            stream.PatchUInt32(start + 8, (uint)stream.Length);
            stream.UInt16(2);
            stream.UInt16(CodeView.S_END);
            symbols.AddGlobal(procedure.IsStatic ? CodeView.S_LPROCREF : CodeView.S_PROCREF, procedure.Name, record =>
            {
                record.UInt32(0);
                record.UInt32((uint)start);
                record.UInt16(number);
            });
        }
        SymbolBytes = (uint)stream.Length;
        stream.UInt32(0); // No global references.
        return stream.ToArray();
    }

    /// <summary>Length of the symbols in the module's stream, known after <see cref="Finish"/>.</summary>
    internal uint SymbolBytes { get; private set; }
}
