namespace KdSim.Symbols.Pdb;

/// <content>Source lines, locals, inlined calls.</content>
public sealed partial class PdbFile
{
    /// <summary>The source line of an RVA: in inlined code, the line of the outermost call. Null without line information.</summary>
    public PdbLine? FindLine(uint rva)
    {
        if (_dbi.ModuleAt(rva) is not { } module)
            return null;
        var lines = LinesOf(module);
        return lines.Find(rva) is { } row ? new(lines.FileName(row.File), row.Line, row.Rva, row.End - row.Rva) : null;
    }

    /// <summary>
    /// Code of a source line, ascending, one entry for each stretch. The file matches by its whole name or by its last parts ("pulse.c",
    /// "src/pulse.c"), case and slashes ignored. A line without code moves on to the next one that has some.
    /// </summary>
    public IReadOnlyList<PdbLine> FindLines(string file, uint line)
    {
        var found = new List<PdbLine>();
        uint best = uint.MaxValue;
        foreach (var (name, row) in RowsOf(file))
        {
            if (row.Line < line || row.Line > best)
                continue;
            if (row.Line < best)
                found.Clear();
            best = row.Line;
            found.Add(new(name, row.Line, row.Rva, row.End - row.Rva));
        }
        found.Sort((a, b) => a.Rva.CompareTo(b.Rva));
        return found;
    }

    /// <summary>All source files that have code, sorted.</summary>
    public IReadOnlyList<string> SourceFiles()
    {
        var files = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var (name, _) in RowsOf(null))
            files.Add(name);
        return [.. files];
    }

    IEnumerable<(string Name, ModuleLines.Row Row)> RowsOf(string? file)
    {
        foreach (var module in _dbi.Modules)
        {
            if (module.C13Bytes == 0)
                continue;
            var lines = LinesOf(module);
            var matches = new Dictionary<uint, string?>();
            foreach (var row in lines.Rows)
            {
                if (!matches.TryGetValue(row.File, out string? name))
                {
                    name = lines.FileName(row.File);
                    matches.Add(row.File, name = file is null || SameFile(name, file) ? name : null);
                }
                if (name is not null)
                    yield return (name, row);
            }
        }
    }

    static bool SameFile(string name, string wanted)
    {
        name = name.Replace('\\', '/');
        wanted = wanted.Replace('\\', '/');
        return name.EndsWith(wanted, StringComparison.OrdinalIgnoreCase)
            && (name.Length == wanted.Length || name[^(wanted.Length + 1)] == '/');
    }

    /// <summary>Locals and parameters in scope at an RVA, outer ones first; those of inlined calls name the call.</summary>
    public IReadOnlyList<PdbLocal> GetLocals(uint rva)
    {
        var locals = new List<PdbLocal>();
        if (_dbi.ModuleAt(rva) is { } module && SymbolsOf(module).Containing(rva) is { } function)
            SymbolsOf(module).Scope(function, rva, locals, [], Ids);
        return locals;
    }

    /// <summary>The inlined calls around an RVA, outermost first, each with the line within the inlined function.</summary>
    public IReadOnlyList<PdbInlineFrame> GetInlineFrames(uint rva)
    {
        if (_dbi.ModuleAt(rva) is not { } module || SymbolsOf(module).Containing(rva) is not { } function)
            return [];
        var inlined = new List<(uint Inlinee, InlineSite.Row Row)>();
        SymbolsOf(module).Scope(function, rva, [], inlined, Ids);
        var lines = LinesOf(module);
        var frames = new List<PdbInlineFrame>();
        foreach (var (inlinee, row) in inlined)
        {
            PdbLine? line = lines.Inlinee(inlinee) is not { } start ? null : new(lines.FileName(row.File ?? start.File),
                unchecked(start.Line + (uint)row.LineOffset), unchecked(function.Rva + row.Start), row.End - row.Start);
            frames.Add(new(Ids.FunctionIdName(inlinee) ?? "<unknown>", unchecked(function.Rva + row.First), line));
        }
        return frames;
    }

    ModuleLines LinesOf(PdbModule module)
    {
        if (!_lines.TryGetValue(module.Index, out var lines))
            _lines.Add(module.Index, lines = new(SymbolsOf(module).LineBytes, _msf.Name, module.Name, _dbi, NameAt));
        return lines;
    }
}
