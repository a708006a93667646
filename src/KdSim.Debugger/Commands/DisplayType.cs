using System.Runtime.CompilerServices;
using KdSim.Debugger.Expressions;
using KdSim.Debugger.Language;
using KdSim.Debugger.Modules;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdSim.Debugger.Commands;

/// <summary><c>dt</c>: a type, or a value of it.</summary>
[Command("dt", "dt [-a[n]] [-b] [-c] [-i] [-o] [-p] [-r[n]] [-v] [-s size] [-n|-y] [module!]name [[-y] fields] [address] [-l field] | dt -h",
    "Display a type or a value of it", Example = "dt nt!_DEVICE_OBJECT")]
public sealed class DisplayType : EngineCommand<DisplayType.Arguments>
{
    const int MostInList = 10000;
    const int AllElements = 0x10000;
    const int DefaultDepth = 8;

    /// <summary>A word and how it was marked: as a name (<c>-n</c>) or as the beginning of one (<c>-y</c>).</summary>
    public sealed record Item(string Text, bool IsName, bool IsPrefix);

    public sealed record Arguments(IReadOnlyList<Item> Items, string? ListField, TypeOptions Options, bool Physical, string? Size, bool Help);

    static readonly ConditionalWeakTable<DebuggerSession, StrongBox<string>> LastName = [];

    protected override Arguments Parse(ArgumentReader reader)
    {
        List<Item> items = [];
        TypeOptions options = new();
        string? list = null, size = null;
        bool physical = false, help = false, name = false, prefix = false;
        while (!reader.AtEnd)
        {
            string word = reader.Word();
            if (word.Length < 2 || word[0] != '-' || !char.IsLetter(word[1]))
            {
                items.Add(new Item(Unwrapped(word), name, prefix));
                (name, prefix) = (false, false);
                continue;
            }
            for (int i = 1; i < word.Length; i++)
            {
                int end = i + 1;
                while (end < word.Length && char.IsAsciiDigit(word[end]))
                    end++;
                int? number = end > i + 1 && end - i < 7 ? int.Parse(word.AsSpan(i + 1, end - i - 1)) : null;
                switch (word[i])
                {
                    case 'a': options = options with { Arrays = number ?? AllElements }; break;
                    case 'b': options = options with { Block = true, Depth = int.MaxValue, Arrays = AllElements }; break;
                    case 'c': options = options with { Compact = true }; break;
                    case 'd' or 'v': options = options with { Verbose = true }; break;
                    case 'e' or 't': break;
                    case 'h': help = true; break;
                    case 'i': options = options with { NoIndent = true }; break;
                    case 'l': list = reader.Word(); break;
                    case 'n': name = true; break;
                    case 'o': options = options with { NoOffsets = true }; break;
                    case 'p': physical = true; break;
                    case 'r': options = options with { Depth = number ?? DefaultDepth }; break;
                    case 's': size = reader.Word(); break;
                    case 'y': prefix = true; break;
                    default: throw new CommandSyntaxException("Syntax", 3, $"dt {reader.Text.Trim()}");
                }
                i = number is null ? i : end - 1;
            }
        }
        return items.Count > 0 || help ? new(items, list, options, physical, size, help) : throw new CommandSyntaxException("Syntax", 2, "dt");
    }

    /// <summary>A name with blanks stands in parentheses.</summary>
    static string Unwrapped(string word) => word is ['(', .. var inner, ')'] && char.IsLetter(inner.FirstOrDefault()) && inner.Contains(' ') ? inner : word;

    protected override IEnumerable<Node> Run(Arguments arguments, DebuggerSession session)
    {
        LastDisplay.Of(session).Kind = "dt";
        if (arguments.Help)
            return [new Text(Help)];
        return arguments.Physical ? session.WithPhysicalMemory(() => Display(arguments, session)) : Display(arguments, session);
    }

    static IEnumerable<Node> Display(Arguments arguments, DebuggerSession session)
    {
        List<Item> items = [.. arguments.Items];
        // An address may stand before the name, and alone for the variable that lies there.
        if (!items[0].IsName && !items[0].IsPrefix && IsAddress(session, items[0].Text))
            items = items.Count == 1 ? [new(VariableAt(session, session.Evaluate(items[0].Text)), true, false)] : [items[1], .. items[2..], items[0]];
        string name = items[0].Text;
        StrongBox<string> last = LastName.GetValue(session, static _ => new(""));
        if (name == "." && last.Value!.Length > 0)
        {
            name = last.Value;
            yield return new Line(new Text($"Using sym {name}"));
        }
        last.Value = name;
        if (items[0].IsPrefix || Wildcard.HasAny(name) && !name.Contains('[') || arguments.Size is not null)
        {
            string pattern = items[0].IsPrefix ? name + "*" : name;
            foreach (Node node in Enumerate(session, pattern, arguments))
                yield return node;
            if (!items[0].IsPrefix || FirstType(session, pattern) is not { } first)
                yield break;
            name = first;
        }
        (List<string> fields, ulong? address) = Split(session, items[1..]);
        (TypeInfo type, address, string? note) = Resolve(session, name, address);
        if (note is not null)
            yield return new Line(new Text(note));
        TypeFields view = new(session, arguments.Options);
        IEnumerable<Node> nodes = arguments.ListField is { } link && address is { } head ? Walk(session, view, type, head, link, fields)
            : arguments.Options.Arrays > 0 && fields.Count == 0 && address is { } first1 && arguments.Options is { Block: false, Depth: 0 } &&
                (!type.IsRecord || arguments.Options.Arrays < AllElements) ? view.Sequence(type, first1)
            : view.Show(type, address, fields);
        if (arguments.Options.Verbose && type.IsRecord)
            yield return new Line(new Text(TypeFields.Summary(type)));
        foreach (Node node in nodes)
            yield return node;
    }

    static bool IsAddress(DebuggerSession session, string text) =>
        text is ['@', ..] or ['0', 'x' or 'n', ..] || ulong.TryParse(text.Replace("`", ""), System.Globalization.NumberStyles.HexNumber, null, out _) &&
        session.Cpp.FindType(text) is null;

    static string VariableAt(DebuggerSession session, ulong address) =>
        session.Symbols.TryGetName(address, out string name, out ulong displacement) && displacement == 0 ? name
            : throw new CommandException($"No variable stands at {Addresses.Accent(address)}");

    /// <summary>What a name stands for: a type, a local variable, a global one, an array of a type (<c>CHAR[8]</c>).</summary>
    static (TypeInfo Type, ulong? Address, string? Note) Resolve(DebuggerSession session, string name, ulong? address)
    {
        int open = name.IndexOf('[');
        if (open > 0 && name.EndsWith(']') && uint.TryParse(name.AsSpan(open + 1, name.Length - open - 2), out uint count) &&
            session.Cpp.FindType(name[..open]) is { } element)
            return (BasicTypes.ArrayOf(element, count), address, null);
        if (session.Cpp.FindType(name) is { } type)
            return (type, address, null);
        if (session.Walker.FindLocal(name) is { } local)
        {
            ulong? place = session.Walker.AddressOf(local);
            string where = place is { } at ? $"0x{Addresses.Accent(at)}" : local.Place == LocalPlace.Register ? local.Register : "<unavailable>";
            (TypeInfo shown, ulong? shownAt) = Target(session.Walker.Load(local), local.Type, place);
            return (shown, shownAt, $"Local var @ {where} Type {local.Type.CName}");
        }
        if (Variable(session, name) is not { } variable)
            throw new CommandException($"Symbol {name} not found.");
        TypedValue? value = session.TryReadPointer(variable.Address, out ulong bits) ? new TypedValue(variable.Type, bits, variable.Address) : null;
        (TypeInfo target, ulong? targetAt) = Target(value, variable.Type, variable.Address);
        return (target, targetAt, variable.Type.Kind == TypeKind.Pointer ? $"0x{Addresses.Accent(variable.Address)} {variable.Type.CName}" : null);
    }

    /// <summary>A pointer to a structure shows the structure; everything else shows itself.</summary>
    static (TypeInfo, ulong?) Target(TypedValue? value, TypeInfo type, ulong? place) =>
        type is { Kind: TypeKind.Pointer, Element: { IsRecord: true } element } && value is { } pointer ? (element, pointer.Bits)
            : (type, place);

    static (TypeInfo Type, ulong Address)? Variable(DebuggerSession session, string name)
    {
        int bang = name.IndexOf('!');
        foreach (DebuggedModule module in session.Modules.Loaded)
            if ((bang < 0 || module.Name.Equals(name[..bang], StringComparison.OrdinalIgnoreCase)) &&
                module.Symbols.Find(name[(bang + 1)..]) is { Type: { } type } symbol)
                return (type, module.Base + symbol.Rva);
        return null;
    }

    static (string Modules, string Names) Pattern(string text) =>
        text.IndexOf('!') is var bang and >= 0 ? (text[..bang], text[(bang + 1)..]) : ("*", text);

    static string? FirstType(DebuggerSession session, string pattern)
    {
        (string modules, string names) = Pattern(pattern);
        return session.Modules.Loaded.Where(m => Wildcard.Matches(modules, m.Name))
            .SelectMany(m => m.Symbols.TypeNames.Where(t => Wildcard.MatchesSymbol(names, t)).Select(t => $"{m.Name}!{t}")).FirstOrDefault();
    }

    /// <summary>Variables with their addresses, then types; with sizes when they were asked for.</summary>
    static IEnumerable<Node> Enumerate(DebuggerSession session, string pattern, Arguments arguments)
    {
        (string modules, string names) = Pattern(pattern);
        ulong size = arguments.Size is { } text ? session.Evaluate(text) : 0;
        bool sizes = arguments.Options.Verbose;
        if (sizes)
            yield return new Text($"Enumerating symbols matching {pattern}{(size == 0 ? "" : $", Size = 0x{size:x}")}\nAddress   Size Symbol\n");
        foreach (DebuggedModule module in session.Modules.Loaded.Where(m => Wildcard.Matches(modules, m.Name)))
        {
            foreach (ModuleSymbol symbol in module.Symbols.All.Where(s => s.Kind == SymbolKind.Data && Wildcard.MatchesSymbol(names, s.Name)))
                if (size == 0 || symbol.Type?.Size == size)
                    yield return new Line(new Text($"{Addresses.Accent(module.Base + symbol.Rva)}  " +
                        $"{(sizes ? $" {symbol.Type?.Size ?? 0:x3} " : "")}{module.Name}!{symbol.Name}"));
            foreach (string name in module.Symbols.TypeNames.Where(t => Wildcard.MatchesSymbol(names, t)))
                if ((sizes || size != 0 ? module.Symbols.FindType(name)?.Size ?? 0 : 0) is var its && (size == 0 || its == size))
                    yield return new Line(new Text($"          {(sizes ? $" {its:x3} " : "")}{module.Name}!{name}"));
        }
    }

    /// <summary>The last word is an address if it evaluates; the others are fields. A word that names a field is a field.</summary>
    static (List<string> Fields, ulong? Address) Split(DebuggerSession session, List<Item> items)
    {
        List<string> fields = [];
        ulong? address = null;
        foreach (Item item in items)
        {
            string word = item.Text;
            bool looksLikeField = item.IsName || item.IsPrefix || char.IsLetter(word[0]) &&
                !ulong.TryParse(word, System.Globalization.NumberStyles.HexNumber, null, out _) &&
                !word.Contains('!') && !word.Contains('(') || word[0] == '_' || word.EndsWith('.') || word.EndsWith('*');
            if (looksLikeField && (item.IsName || item.IsPrefix || !session.Symbols.TryGetAddress(word, out _)))
                fields.Add(item.IsPrefix ? word + "*" : word);
            else
                address = session.Evaluate(word);
        }
        return (fields, address);
    }

    static IEnumerable<Node> Walk(DebuggerSession session, TypeFields view, TypeInfo type, ulong head, string link, List<string> fields)
    {
        FieldPath path = type.Find(link) ?? throw new CommandException($"{type.Name} has no field {link}");
        FieldPath entry = type.Find(link.Split('.')[0])!;
        bool isEntry = entry.Type.Name == "_LIST_ENTRY";
        ulong element = head;
        for (int i = 0; i < MostInList && element != 0; i++)
        {
            yield return new Line(new Text($"{link} at 0x{Addresses.Accent(element + path.Offset)}"));
            yield return new Line(new Text("---------------------------------------------"));
            foreach (Node node in view.Show(type, element, fields))
                yield return node;
            yield return new Text("\n");
            if (!session.TryReadPointer(element + path.Offset, out ulong next))
                throw new CommandException($"Memory read error {element + path.Offset:x16}");
            element = isEntry && next != 0 ? next - entry.Offset : next;
            if (element == head)
                yield break;
        }
    }

    const string Help = """
        dt [options] [module!]name [[-y] fields] [address] [-l field]
          -a[n]  array elements on lines of their own, n of them      -b     sub-structures in full, pointers not followed
          -c     fields on one line                                   -i     no indentation
          -o     no offsets                                           -p     the address is a physical one
          -r[n]  sub-structures to n levels, pointers followed        -v     sizes and numbers of elements
          -s n   only types of n bytes (with a pattern)               -n     the next word is a name, even if it looks like a number
          -y     the next word is the beginning of a name             -l f   walks the list that is linked by field f
        A field with a dot behind it shows its sub-fields, a level for each dot. A name of . is the last name again.

        """;
}
