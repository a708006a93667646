using System.Text;
using KdSim.Debugger.Expressions;
using KdSim.Debugger.Inspection;
using KdSim.Debugger.Language;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdSim.Debugger.Commands;

/// <summary><c>dt</c>: a type, or a value of it.</summary>
[Command("dt", "dt [-a] [-b] [-r[n]] [-v] [-s size] [-t] [module!]name [fields] [address] [-l field]", "Display a type or a value of it",
    Example = "dt nt!_DEVICE_OBJECT")]
public sealed class DisplayType : EngineCommand<DisplayType.Arguments>
{
    const int MostInList = 10000;
    const int DeepestNesting = 32;

    /// <param name="Depth">How many levels of sub-structures are shown.</param>
    public sealed record Arguments(string Name, IReadOnlyList<string> Words, string? ListField, int Depth, bool Arrays, bool Verbose,
        bool Block);

    protected override Arguments Parse(ArgumentReader reader)
    {
        List<string> words = [];
        int depth = 0;
        bool arrays = false, verbose = false, block = false;
        string? list = null;
        while (!reader.AtEnd)
        {
            string word = reader.Word();
            if (word.Length < 2 || word[0] != '-' || !char.IsLetter(word[1]))
            {
                words.Add(word);
                continue;
            }
            switch (word[1])
            {
                case 'r': depth = word.Length > 2 && int.TryParse(word.AsSpan(2), out int levels) ? Math.Min(levels, DeepestNesting)
                    : DeepestNesting / 8; break;
                case 'b': (block, depth) = (true, DeepestNesting); break;
                case 'a': arrays = true; break;
                case 'v': verbose = true; break;
                case 'l': list = reader.Word(); break;
                case 'y' or 'n': words.Add(reader.Word() + (word[1] == 'y' ? "*" : "")); break;
                case 'c' or 'd' or 'e' or 'i' or 'o' or 't': break;
                case 'p' or 's': throw new CommandException($"dt {word} is not supported");
                default: throw new CommandSyntaxException("Syntax", 3, $"dt {reader.Text.Trim()}");
            }
        }
        if (words.Count == 0)
            throw new CommandSyntaxException("Syntax", 2, "dt");
        return new(words[0], words.Skip(1).ToList(), list, depth, arrays, verbose, block);
    }

    protected override IEnumerable<Node> Run(Arguments arguments, DebuggerSession session)
    {
        string name = arguments.Name;
        if (Wildcard.HasAny(name) && name.Contains('!') && !name.Contains('['))
        {
            foreach (Node node in List(session, name))
                yield return node;
            yield break;
        }
        (List<string> fields, ulong? address) = Split(session, arguments.Words);
        TypeInfo? type = session.Cpp.FindType(name);
        if (type is null && session.Walker.FindLocal(name) is { } local)
        {
            ulong? place = session.Walker.AddressOf(local);
            string where = place is { } at ? $"0x{Addresses.Accent(at)}" : local.Place == Modules.LocalPlace.Register ? local.Register
                : "<unavailable>";
            yield return new Line(new Text($"Local var @ {where} Type {local.Type.CName}"));
            (type, address) = Target(session.Walker.Load(local), local.Type, place);
        }
        else if (type is null && Variable(session, name) is { } variable)
        {
            if (variable.Type.Kind == TypeKind.Pointer)
                yield return new Line(new Text($"0x{Addresses.Accent(variable.Address)} {variable.Type.CName}"));
            TypedValue? value = session.TryReadPointer(variable.Address, out ulong bits)
                ? new TypedValue(variable.Type, bits, variable.Address) : null;
            (type, address) = Target(value, variable.Type, variable.Address);
        }
        if (type is null)
            throw new CommandException($"Symbol {name} not found.");
        if (arguments.ListField is { } link && address is { } head)
        {
            foreach (Node node in Walk(session, type, head, link, arguments, fields))
                yield return node;
            yield break;
        }
        if (arguments.Verbose && type.IsRecord)
            yield return new Line(new Text($"{type.CName}, {type.Fields.Count} elements, 0x{type.Size:x} bytes"));
        foreach (Node node in Show(session, type, address, arguments, fields, 0, ""))
            yield return node;
    }

    static IEnumerable<Node> List(DebuggerSession session, string pattern)
    {
        int bang = pattern.IndexOf('!');
        foreach (Modules.DebuggedModule module in session.Modules.Loaded.Where(m => Wildcard.Matches(pattern[..bang], m.Name)))
            foreach (string type in module.Symbols.TypeNames.Where(t => Wildcard.MatchesSymbol(pattern[(bang + 1)..], t)))
                yield return new Line(new Text($"          {module.Name}!{type}"));
    }

    /// <summary>The last word is an address if it evaluates; the others are fields. A word that names a field is a field.</summary>
    static (List<string> Fields, ulong? Address) Split(DebuggerSession session, IReadOnlyList<string> words)
    {
        List<string> fields = [];
        ulong? address = null;
        foreach (string word in words)
        {
            bool looksLikeField = char.IsLetter(word[0]) &&
                !ulong.TryParse(word, System.Globalization.NumberStyles.HexNumber, null, out _) &&
                !word.Contains('!') && !word.Contains('(') && word[0] != '@' || word[0] == '_' || word.EndsWith('.') || word.EndsWith('*');
            if (looksLikeField && !session.Symbols.TryGetAddress(word, out _))
                fields.Add(word);
            else
                address = session.Evaluate(word);
        }
        return (fields, address);
    }

    /// <summary>A pointer to a structure shows the structure; everything else shows itself.</summary>
    static (TypeInfo, ulong?) Target(TypedValue? value, TypeInfo type, ulong? place) =>
        type is { Kind: TypeKind.Pointer, Element: { IsRecord: true } element } && value is { } pointer ? (element, pointer.Bits)
            : (type, place);

    static (TypeInfo Type, ulong Address)? Variable(DebuggerSession session, string name)
    {
        int bang = name.IndexOf('!');
        foreach (Modules.DebuggedModule module in session.Modules.Loaded)
            if ((bang < 0 || module.Name.Equals(name[..bang], StringComparison.OrdinalIgnoreCase)) &&
                module.Symbols.Find(name[(bang + 1)..]) is { Type: { } type } symbol)
                return (type, module.Base + symbol.Rva);
        return null;
    }

    static IEnumerable<Node> Walk(DebuggerSession session, TypeInfo type, ulong head, string link, Arguments arguments, List<string> fields)
    {
        FieldPath path = type.Find(link) ?? throw new CommandException($"{type.Name} has no field {link}");
        FieldPath entry = type.Find(link.Split('.')[0])!;
        bool isEntry = entry.Type.Name == "_LIST_ENTRY";
        ulong element = head;
        for (int i = 0; i < MostInList && element != 0; i++)
        {
            yield return new Line(new Text($"{link} at 0x{Addresses.Accent(element + path.Offset)}"));
            yield return new Line(new Text("---------------------------------------------"));
            foreach (Node node in Show(session, type, element, arguments, fields, 0, ""))
                yield return node;
            yield return new Text("\n");
            if (!session.TryReadPointer(element + path.Offset, out ulong next))
                throw new CommandException($"Memory read error {element + path.Offset:x16}");
            element = isEntry && next != 0 ? next - entry.Offset : next;
            if (element == head)
                yield break;
        }
    }

    static IEnumerable<Node> Show(DebuggerSession session, TypeInfo type, ulong? address, Arguments arguments, List<string> fields,
        int level, string prefix)
    {
        if (address is null && type.Kind == TypeKind.Enum && level == 0)
        {
            foreach ((string name, long value) in type.Values)
                yield return new Line(new Text($"   {name} = 0n{value}"));
            yield break;
        }
        if (!type.IsRecord)
        {
            yield return new Line(new Text(address is { } at ? DataValues.Format(session, type, at) : Declaration(type)));
            yield break;
        }
        if (address is { } start && level == 0 && session.Read(start, stackalloc byte[1]) == 0)
        {
            foreach (FieldInfo field in type.Fields.Where(f => Wanted(fields, f.Name) is not null))
                yield return new Line(new Text(FieldLine(field, level, "??")));
            throw new CommandException($"Memory read error {start:x16}");
        }
        foreach (FieldInfo field in type.Fields)
        {
            if (Wanted(fields, field.Name) is not { } extra)
                continue;
            ulong? at = address + field.Offset;
            yield return new Line(new Text(FieldLine(field, level, at is { } a ? Value(session, field, a, arguments) : TypeName(field))));
            if ((arguments.Depth > level || extra > 0) && SubRecord(session, field, at, arguments) is (TypeInfo inner, var innerAt))
            {
                Arguments deeper = extra > 0 ? arguments with { Depth = level + extra } : arguments;
                foreach (Node node in Show(session, inner, innerAt, deeper, [], level + 1, prefix))
                    yield return node;
            }
        }
    }

    /// <summary>Structures are opened; pointers to them too with <c>-r</c>, but not with <c>-b</c>.</summary>
    static (TypeInfo, ulong?)? SubRecord(DebuggerSession session, FieldInfo field, ulong? at, Arguments arguments)
    {
        if (field.Type.IsRecord)
            return (field.Type, at);
        if (arguments.Block || field.Type.Kind != TypeKind.Pointer || field.Type.Element is not { IsRecord: true } target ||
            at is not { } place)
            return null;
        return session.TryReadPointer(place, out ulong pointed) && pointed != 0 && session.Read(pointed, stackalloc byte[1]) == 1
            ? (target, pointed) : null;
    }

    /// <summary>Null: not asked for; else how many levels below it were (<c>Field.</c>, <c>Field..</c>).</summary>
    static int? Wanted(List<string> fields, string name)
    {
        if (fields.Count == 0)
            return 0;
        foreach (string field in fields)
        {
            string bare = field.TrimEnd('.');
            if (bare.Equals(name, StringComparison.OrdinalIgnoreCase) || Wildcard.HasAny(bare) && Wildcard.Matches(bare, name))
                return field.Length - bare.Length;
        }
        return null;
    }

    static string FieldLine(FieldInfo field, int level, string value) =>
        $"{new string(' ', 3 + level * 3)}+0x{field.Offset:x3} {field.Name,-16} : {value}";

    static string TypeName(FieldInfo field) => field.IsBits
        ? $"Pos {field.BitPosition}, {field.BitLength} Bit{(field.BitLength == 1 ? "" : "s")}"
        : Declaration(field.Type);

    static string Declaration(TypeInfo type) => type.Name.Contains("<unnamed", StringComparison.Ordinal) && type.IsRecord ? "<unnamed-tag>"
        : type.DebuggerName;

    static string Value(DebuggerSession session, FieldInfo field, ulong at, Arguments arguments)
    {
        string value = DataValues.Format(session, field.Type, at, field.BitPosition, field.BitLength);
        if (!arguments.Arrays || field.Type is not { Kind: TypeKind.Array, Element: { } element })
            return value;
        StringBuilder all = new(field.Type.DebuggerName);
        for (uint i = 0; i < Math.Min(field.Type.Count, 256); i++)
            all.Append($"\n    [{i:d2}] {DataValues.Format(session, element, at + i * element.Size)}");
        return all.ToString();
    }

    /// <summary>The fields of a structure in memory, as <c>??</c> prints them after a pointer.</summary>
    public static IEnumerable<Node> Fields(DebuggerSession session, TypeInfo type, ulong address) =>
        Show(session, type, address, new Arguments(type.Name, [], null, 0, false, false, false), [], 0, "");
}

/// <summary><c>??</c>: evaluates C++.</summary>
[Command("??", "?? expression", "Evaluate a C++ expression", Example = "?? sizeof(nt!_IRP)")]
public sealed class EvaluateCpp : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        TypedValue value = session.Cpp.Evaluate(arguments.Text);
        TypeInfo type = value.Type;
        if (type.IsRecord)
        {
            yield return new Line(new Text($"{type.CName}"));
            foreach (Node node in DisplayType.Fields(session, type, value.Bits))
                yield return node;
            yield break;
        }
        yield return new Line(new Text($"{type.CName} {Text(session, value)}"));
        if (type is { Kind: TypeKind.Pointer, Element: { IsRecord: true } target } && value.Bits != 0)
            foreach (Node node in DisplayType.Fields(session, target, value.Bits))
                yield return node;
    }

    static string Text(DebuggerSession session, TypedValue value) => value.Type.Kind switch
    {
        TypeKind.Pointer => value.Bits == 0 ? "(null) " : $"0x{Addresses.Accent(value.Bits)}" +
            (value.Type.Element is { Kind: TypeKind.Character, Size: 1 } ? $"\n \"{session.ReadAnsi(value.Bits, 128)}\"" : ""),
        TypeKind.Array => value.Type.Element is { Kind: TypeKind.Character, Size: 1 }
            ? DataValues.Format(session, value.Type, value.Bits)
            : $"0x{Addresses.Accent(value.Bits)}",
        TypeKind.Boolean => value.Bits == 0 ? "false" : "true",
        TypeKind.Function => $"0x{Addresses.Accent(value.Bits)}",
        _ => DataValues.Scalar(session, value.Type, value.Bits),
    };
}
