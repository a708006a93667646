namespace KdSim.Debugging.Structures;

/// <summary>What a type is.</summary>
public enum TypeKind
{
    /// <summary>Nothing.</summary>
    Void,

    /// <summary>An integer, signed or not.</summary>
    Integer,

    /// <summary>A character of 1, 2 or 4 bytes.</summary>
    Character,

    /// <summary>A truth value.</summary>
    Boolean,

    /// <summary>A floating-point number.</summary>
    Float,

    /// <summary>A pointer to <see cref="TypeInfo.Element"/>.</summary>
    Pointer,

    /// <summary><see cref="TypeInfo.Count"/> times <see cref="TypeInfo.Element"/>.</summary>
    Array,

    /// <summary>Fields one after another.</summary>
    Structure,

    /// <summary>Fields at one place.</summary>
    Union,

    /// <summary>An integer with names.</summary>
    Enum,

    /// <summary>Code.</summary>
    Function,
}

/// <summary>A type of the target's symbols. Immutable; fields are read from the PDB when they are first asked for.</summary>
public sealed class TypeInfo
{
    Lazy<IReadOnlyList<FieldInfo>> _fields = new([]);
    Lazy<IReadOnlyList<KeyValuePair<string, long>>> _values = new([]);
    Lazy<TypeInfo?> _element = new((TypeInfo?)null);
    Dictionary<string, FieldPath?>? _paths;

    /// <summary>What the type is.</summary>
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

    /// <summary>Whether an integer has a sign.</summary>
    public bool Signed { get; init; }

    /// <summary>Elements of an array.</summary>
    public uint Count { get; init; }

    /// <summary>What a pointer points to, an array holds, an enumeration is stored as, a function returns.</summary>
    public TypeInfo? Element => _element.Value;

    /// <summary>Where <see cref="Element"/> comes from when it is first asked for.</summary>
    public Func<TypeInfo?> ElementSource { init => _element = new(value); }

    /// <summary>Fields of a structure or union in the order of the PDB.</summary>
    public IReadOnlyList<FieldInfo> Fields => _fields.Value;

    /// <summary>Where <see cref="Fields"/> come from when they are first asked for.</summary>
    public Func<IReadOnlyList<FieldInfo>> FieldSource { init => _fields = new(value); }

    /// <summary>Names of an enumeration.</summary>
    public IReadOnlyList<KeyValuePair<string, long>> Values => _values.Value;

    /// <summary>Where <see cref="Values"/> come from when they are first asked for.</summary>
    public Func<IReadOnlyList<KeyValuePair<string, long>>> ValueSource { init => _values = new(value); }

    /// <summary>Whether the type has fields.</summary>
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

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}

/// <summary>A field of a structure. A bit field has <paramref name="BitLength"/> above 0.</summary>
public sealed record FieldInfo(string Name, uint Offset, TypeInfo Type, int BitPosition = 0, int BitLength = 0)
{
    /// <summary>Whether this is a bit field.</summary>
    public bool IsBits => BitLength > 0;
}
