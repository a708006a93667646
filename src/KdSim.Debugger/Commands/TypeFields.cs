using KdSim.Debugger.Inspection;
using KdSim.Debugger.Language;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdSim.Debugger.Commands;

/// <summary>How <c>dt</c> shows fields.</summary>
/// <param name="Depth">How many levels of sub-structures are shown.</param>
/// <param name="Arrays">Elements of arrays that get lines of their own; 0: none.</param>
/// <param name="Block">Sub-structures are opened, but not what pointers point to.</param>
public sealed record TypeOptions(
    int Depth = 0, int Arrays = 0, bool Block = false, bool Compact = false, bool NoIndent = false, bool NoOffsets = false, bool Verbose = false);

/// <summary>The fields of a structure as lines, with values when there is an address.</summary>
sealed class TypeFields(DebuggerSession session, TypeOptions options)
{
    const int DeepestNesting = 32;

    /// <summary>The fields of a structure in memory, as <c>??</c> prints them after a pointer.</summary>
    public static IEnumerable<Node> Of(DebuggerSession session, TypeInfo type, ulong address) =>
        new TypeFields(session, new TypeOptions()).Show(type, address, []);

    /// <param name="fields">Paths such as <c>Type</c>, <c>Tail.Overlay.</c>, <c>DriverObject->DriverName</c>; none: all fields.</param>
    public IEnumerable<Node> Show(TypeInfo type, ulong? address, IReadOnlyList<string> fields)
    {
        if (address is null && type.Kind == TypeKind.Enum)
            return type.Values.Select(v => new Line(new Text($"   {v.Key} = 0n{v.Value}")));
        if (!type.IsRecord)
            return [new Line(new Text(address is { } at ? DataValues.Format(session, type, at) : Declaration(type)))];
        List<string[]> wanted = [.. fields.Select(f => f.Replace("->", ".").Split('.'))];
        if (address is { } start && session.Read(start, stackalloc byte[1]) == 0)
            return Unreadable(type, start, wanted);
        return options.Compact ? [new Line(new Text(Compact(type, address, wanted)))] : Level(type, address, wanted, 0);
    }

    IEnumerable<Node> Unreadable(TypeInfo type, ulong start, List<string[]> wanted)
    {
        foreach (FieldInfo field in type.Fields.Where(f => Wanted(wanted, f.Name) is not null))
            yield return new Line(new Text(FieldLine(field, 0, "??")));
        throw new CommandException($"Memory read error {start:x16}");
    }

    string Compact(TypeInfo type, ulong? address, List<string[]> wanted) => string.Join(' ', type.Fields
        .Where(f => Wanted(wanted, f.Name) is not null).Select(f => FieldLine(f, 0, Value(f, address + f.Offset)).Trim()));

    IEnumerable<Node> Level(TypeInfo type, ulong? address, List<string[]> wanted, int level)
    {
        foreach (FieldInfo field in type.Fields)
        {
            if (Wanted(wanted, field.Name) is not { } below)
                continue;
            ulong? at = address + field.Offset;
            yield return new Line(new Text(FieldLine(field, level, Value(field, at))));
            foreach (string element in Elements(field, at))
                yield return new Line(new Text(element));
            bool asked = below.Count > 0;
            if (level + 1 < DeepestNesting && (asked || options.Depth > level) && SubRecord(field, at, asked) is (TypeInfo inner, var innerAt))
                foreach (Node node in Level(inner, innerAt, below, level + 1))
                    yield return node;
        }
    }

    /// <summary>Structures are opened; pointers to them too with <c>-r</c> or by name, but not with <c>-b</c>.</summary>
    (TypeInfo, ulong?)? SubRecord(FieldInfo field, ulong? at, bool asked)
    {
        if (field.Type.IsRecord)
            return (field.Type, at);
        if (options.Block && !asked || field.Type.Kind != TypeKind.Pointer || field.Type.Element is not { IsRecord: true } target)
            return null;
        if (at is not { } place)
            return asked ? (target, null) : null;
        return session.TryReadPointer(place, out ulong pointed) && pointed != 0 && session.Read(pointed, stackalloc byte[1]) == 1
            ? (target, pointed) : null;
    }

    /// <summary>
    /// Null: the field was not asked for; else what was asked for below it (an empty list: nothing in particular). A path with dots matches
    /// the beginnings of names; an empty part of it matches all.
    /// </summary>
    static List<string[]>? Wanted(List<string[]> wanted, string name)
    {
        if (wanted.Count == 0)
            return [];
        List<string[]>? below = null;
        foreach (string[] path in wanted)
        {
            string part = path[0];
            bool matches = part.Length == 0 || part.Equals(name, StringComparison.OrdinalIgnoreCase) ||
                path.Length > 1 && name.StartsWith(part, StringComparison.OrdinalIgnoreCase) || Wildcard.HasAny(part) && Wildcard.Matches(part, name);
            if (!matches)
                continue;
            below ??= [];
            if (path.Length > 1)
                below.Add(path[1..]);
        }
        return below;
    }

    string FieldLine(FieldInfo field, int level, string value)
    {
        string indent = options.NoIndent ? "" : new string(' ', 3 + level * 3);
        string offset = options.NoOffsets ? "" : $"+0x{field.Offset:x3} ";
        return $"{indent}{offset}{field.Name,-16} : {value}";
    }

    string Value(FieldInfo field, ulong? at)
    {
        if (options.Verbose && field.Type.IsRecord)
            return Summary(field.Type);
        if (at is not { } address)
            return field.IsBits ? $"Pos {field.BitPosition}, {field.BitLength} Bit{(field.BitLength == 1 ? "" : "s")}" : Declaration(field.Type);
        return options.Arrays > 0 && field.Type is { Kind: TypeKind.Array, Element: not null } ? ""
            : DataValues.Format(session, field.Type, address, field.BitPosition, field.BitLength);
    }

    /// <summary><c>struct _IRP, 21 elements, 0xd0 bytes</c>.</summary>
    public static string Summary(TypeInfo type) => $"{type.CName}, {type.Fields.Count} elements, 0x{type.Size:x} bytes";

    IEnumerable<string> Elements(FieldInfo field, ulong? at)
    {
        if (options.Arrays == 0 || at is not { } address || field.Type is not { Kind: TypeKind.Array, Element: { } element })
            yield break;
        for (uint i = 0; i < Math.Min(field.Type.Count, options.Arrays); i++)
            yield return $"    [{i:d2}] {DataValues.Format(session, element, address + i * element.Size)}";
    }

    /// <summary>Elements of a type that lie behind each other: <c>dt -ca10 ULONG address</c>.</summary>
    public IEnumerable<Node> Sequence(TypeInfo type, ulong address)
    {
        for (uint i = 0; i < options.Arrays; i++)
        {
            ulong at = address + i * type.Size;
            string index = options.Compact ? $"[{i}]" : $"[{i:d2}]";
            if (!type.IsRecord || options.Compact)
            {
                yield return new Line(new Text($"{index} {(type.IsRecord ? Compact(type, at, []) : DataValues.Format(session, type, at))}"));
                continue;
            }
            yield return new Line(new Text(index));
            foreach (Node node in Level(type, at, [], 1))
                yield return node;
        }
    }

    public static string Declaration(TypeInfo type) => type.Name.Contains("<unnamed", StringComparison.Ordinal) && type.IsRecord ? "<unnamed-tag>"
        : type.DebuggerName;
}
