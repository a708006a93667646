namespace KdSim.Debugging.Structures;

/// <summary>What a type is.</summary>
public enum TypeKind { Void, Integer, Character, Boolean, Float, Pointer, Array, Structure, Union, Enum, Function }

/// <summary>A type of the target's symbols. Immutable; fields are read from the PDB when they are first asked for.</summary>
public sealed class TypeInfo
{
    Lazy<IReadOnlyList<FieldInfo>> _fields = new([]);
    Lazy<IReadOnlyList<KeyValuePair<string, long>>> _values = new([]);
    Lazy<TypeInfo?> _element = new((TypeInfo?)null);
    Dictionary<string, FieldPath?>? _paths;

    public required TypeKind Kind { get; init; }

    /// <summary>The name in the PDB (<c>_IRP</c>, <c>long</c>); made up for pointers and arrays.</summary>
    public required string Name { get; init; }

    /// <summary>As <c>dt</c> names the type without a value: <c>Uint4B</c>, <c>Ptr64 _IRP</c>.</summary>
    public string DebuggerName { get => field ?? Name; init; }

    /// <summary>As C writes it: <c>struct _IRP *</c>.</summary>
    public string CName { get => field ?? Name; init; }

    /// <summary>Parameters of a function as C writes them; null for other types.</summary>
    public string? Parameters { get; init; }

    /// <summary>In bytes; 0 for void, functions and forward declarations.</summary>
    public required ulong Size { get; init; }

    public bool Signed { get; init; }

    /// <summary>Elements of an array.</summary>
    public uint Count { get; init; }

    /// <summary>What a pointer points to, an array holds, an enumeration is stored as, a function returns.</summary>
    public TypeInfo? Element => _element.Value;

    public Func<TypeInfo?> ElementSource { init => _element = new(value); }

    /// <summary>Fields of a structure or union in the order of the PDB.</summary>
    public IReadOnlyList<FieldInfo> Fields => _fields.Value;

    public Func<IReadOnlyList<FieldInfo>> FieldSource { init => _fields = new(value); }

    /// <summary>Names of an enumeration.</summary>
    public IReadOnlyList<KeyValuePair<string, long>> Values => _values.Value;

    public Func<IReadOnlyList<KeyValuePair<string, long>>> ValueSource { init => _values = new(value); }

    public bool IsRecord => Kind is TypeKind.Structure or TypeKind.Union;

    /// <summary>
    /// Finds a field by its path (<c>Tail.Overlay.CurrentStackLocation</c>, <c>MajorFunction[3]</c>), through unnamed members too; null when
    /// there is none. Bound once: the answer is kept.
    /// </summary>
    public FieldPath? Find(string path)
    {
        _paths ??= new(StringComparer.Ordinal);
        if (!_paths.TryGetValue(path, out FieldPath? found))
            _paths[path] = found = FieldPath.Bind(this, path);
        return found;
    }

    public override string ToString() => Name;
}

/// <summary>A field of a structure. A bit field has <paramref name="BitLength"/> above 0.</summary>
public sealed record FieldInfo(string Name, uint Offset, TypeInfo Type, int BitPosition = 0, int BitLength = 0)
{
    public bool IsBits => BitLength > 0;
}
