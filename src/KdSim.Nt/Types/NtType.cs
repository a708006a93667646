using System.Collections.Immutable;

namespace KdSim.Nt;

/// <summary>
/// A type of the simulated nt: the description that <c>dt</c>, the PDB of nt and the docs share. Immutable; equality is identity for named types.
/// </summary>
public abstract class NtType
{
    /// <summary>NT's name (<c>_IRP</c>), or for unnamed kinds what debuggers print (<c>Ptr64 Void</c>, <c>Uint4B</c>).</summary>
    public abstract string Name { get; }

    /// <summary>Bytes; zero for <c>void</c>, an array of open length and a type that is only known by name.</summary>
    public abstract int Size { get; }

    public override string ToString() => Name;
}

/// <summary>The basic kinds of C.</summary>
public enum NtPrimitiveKind
{
    Void,
    Boolean,
    Int8,
    UInt8,
    Int16,
    UInt16,
    WideChar,
    Int32,
    UInt32,
    Int64,
    UInt64,
    Float,
    Double,
}

public sealed class NtPrimitive : NtType
{
    public NtPrimitiveKind Kind { get; }
    public override string Name { get; }
    public override int Size { get; }

    private NtPrimitive(NtPrimitiveKind kind, string name, int size) => (Kind, Name, Size) = (kind, name, size);

    private static readonly ImmutableArray<NtPrimitive> All =
    [
        new(NtPrimitiveKind.Void, "Void", 0), new(NtPrimitiveKind.Boolean, "UChar", 1), new(NtPrimitiveKind.Int8, "Char", 1),
        new(NtPrimitiveKind.UInt8, "UChar", 1), new(NtPrimitiveKind.Int16, "Int2B", 2), new(NtPrimitiveKind.UInt16, "Uint2B", 2),
        new(NtPrimitiveKind.WideChar, "Wchar", 2), new(NtPrimitiveKind.Int32, "Int4B", 4), new(NtPrimitiveKind.UInt32, "Uint4B", 4),
        new(NtPrimitiveKind.Int64, "Int8B", 8), new(NtPrimitiveKind.UInt64, "Uint8B", 8), new(NtPrimitiveKind.Float, "Float", 4),
        new(NtPrimitiveKind.Double, "Double", 8),
    ];

    public static NtPrimitive Of(NtPrimitiveKind kind) => All[(int)kind];
}

/// <summary>A pointer, 8 bytes. A pointer to a routine has an <see cref="NtFunctionType"/> as target.</summary>
public sealed class NtPointer(NtType target) : NtType
{
    public NtType Target { get; } = target;
    public override string Name => Target is NtFunctionType ? "Ptr64     " : "Ptr64 " + Target.Name;
    public override int Size => 8;
}

/// <summary>A routine whose parameters the table does not describe.</summary>
public sealed class NtFunctionType : NtType
{
    public static NtFunctionType Instance { get; } = new();
    public override string Name => "";
    public override int Size => 0;
}

/// <summary>A structure that is known by name only.</summary>
public sealed class NtForward(string name) : NtType
{
    public override string Name { get; } = name;
    public override int Size => 0;
}

/// <summary>An array; a count of zero means an open length.</summary>
public sealed class NtArray(NtType element, int count) : NtType
{
    public NtType Element { get; } = element;
    public int Count { get; } = count;
    public override string Name => $"[{Count}] {Element.Name}";
    public override int Size => Element.Size * Count;
}

/// <summary>Some bits of a storage unit.</summary>
public sealed class NtBitField(NtPrimitive storage, int position, int length) : NtType
{
    public NtPrimitive Storage { get; } = storage;
    public int Position { get; } = position;
    public int Length { get; } = length;
    public override string Name => Length == 1 ? $"Pos {Position}, 1 Bit" : $"Pos {Position}, {Length} Bits";
    public override int Size => Storage.Size;
}

/// <summary>An enum of NT.</summary>
public sealed class NtEnum(string name, NtPrimitive storage, ImmutableArray<NtEnumerator> values, Type clrType) : NtType
{
    public override string Name { get; } = name;
    public override int Size => Storage.Size;
    public NtPrimitive Storage { get; } = storage;

    /// <summary>The members, in the order of declaration.</summary>
    public ImmutableArray<NtEnumerator> Values { get; } = values;

    public Type ClrType { get; } = clrType;
}

public readonly record struct NtEnumerator(string Name, long Value);

/// <summary>A structure or union of NT.</summary>
public sealed class NtStruct : NtType
{
    private readonly Lazy<ImmutableArray<NtField>> fields;

    internal NtStruct(string name, int size, bool isUnion, Type clrType, Func<ImmutableArray<NtField>> readFields)
    {
        (Name, Size, IsUnion, ClrType) = (name, size, isUnion, clrType);
        fields = new Lazy<ImmutableArray<NtField>>(readFields);
    }

    public override string Name { get; }
    public override int Size { get; }
    public bool IsUnion { get; }
    public Type ClrType { get; }

    /// <summary>True for the type of a member like IRP.Tail, which has no name in C.</summary>
    public bool IsUnnamed => Name.Contains("::<unnamed-", StringComparison.Ordinal);

    /// <summary>The name that <c>dt</c> prints: <c>&lt;unnamed-tag&gt;</c> for an unnamed type.</summary>
    public string DisplayName => IsUnnamed ? "<unnamed-tag>" : Name;

    /// <summary>The fields in the order of declaration; the members of C's anonymous unions stand among them.</summary>
    public ImmutableArray<NtField> Fields => fields.Value;

    /// <summary>The field of this name (exact case), or null.</summary>
    public NtField? FindField(string name) => Fields.FirstOrDefault(f => f.Name == name);
}

public sealed record NtField(string Name, int Offset, NtType Type);
