namespace KdSim.Debugging.Structures;

/// <summary>A field path bound to a type: offset from the outermost structure, and what stands there.</summary>
public sealed record FieldPath(string Path, uint Offset, TypeInfo Type, int BitPosition, int BitLength)
{
    const int DeepestUnnamed = 8;

    internal static FieldPath? Bind(TypeInfo type, string path)
    {
        uint offset = 0;
        FieldInfo? last = null;
        foreach (string step in path.Split('.'))
        {
            int bracket = step.IndexOf('[');
            string name = bracket < 0 ? step : step[..bracket];
            if (FindIn(type, name, 0) is not { } found)
                return null;
            (last, uint at) = found;
            offset += at;
            type = last.Type;
            if (bracket >= 0)
            {
                if (!uint.TryParse(step.AsSpan(bracket + 1, step.Length - bracket - 2), out uint index) || type.Kind != TypeKind.Array ||
                    type.Element is not { } element)
                    return null;
                offset += checked(index * (uint)element.Size);
                type = element;
            }
        }
        return last is null ? null : new FieldPath(path, offset, type, last.BitPosition, last.BitLength);
    }

    static (FieldInfo Field, uint Offset)? FindIn(TypeInfo type, string name, int depth)
    {
        foreach (FieldInfo field in type.Fields)
            if (field.Name == name)
                return (field, field.Offset);
        if (depth < DeepestUnnamed)
            foreach (FieldInfo field in type.Fields)
                if (IsUnnamed(field.Name) && FindIn(field.Type, name, depth + 1) is { } inner)
                    return (inner.Field, field.Offset + inner.Offset);
        return null;
    }

    static bool IsUnnamed(string name) => name.Length == 0 || name.StartsWith('<');
}
