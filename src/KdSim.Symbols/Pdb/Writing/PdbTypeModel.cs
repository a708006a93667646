namespace KdSim.Symbols.Pdb.Writing;

/// <summary>
/// A type as the caller of <see cref="PdbWriter"/> describes it. Structures refer to each other by name
/// (<see cref="Named"/>), so cycles through pointers need no care; a <see cref="Udt"/> object used directly is for
/// unnamed members, whose name ("&lt;unnamed-tag&gt;") says nothing.
/// </summary>
public abstract record PdbTypeModel
{
    /// <summary>Name of unnamed structures, unions and enums, as compilers of C write it.</summary>
    public const string UnnamedTag = "<unnamed-tag>";

    public sealed record Primitive(PrimitiveKind Kind) : PdbTypeModel;

    public sealed record Pointer(PdbTypeModel Target) : PdbTypeModel;

    public sealed record Array(PdbTypeModel Element, uint Count) : PdbTypeModel;

    public sealed record Function(PdbTypeModel Return, IReadOnlyList<PdbTypeModel> Parameters, bool IsVariadic = false) : PdbTypeModel;

    public sealed record Qualified(PdbTypeModel Target, bool IsConst, bool IsVolatile) : PdbTypeModel;

    /// <summary>The structure, union or enum of that name. Behind a pointer it may stay undefined (opaque structure).</summary>
    public sealed record Named(string Name) : PdbTypeModel;

    public sealed record Udt(string Name, bool IsUnion, uint Size, IReadOnlyList<PdbFieldModel> Fields) : PdbTypeModel;

    public sealed record Enum(string Name, PrimitiveKind Underlying, IReadOnlyList<PdbEnumValueModel> Values) : PdbTypeModel;
}

/// <summary>One field; a bit field when <see cref="BitLength"/> is not zero (position counts from the unit's lowest bit).</summary>
public sealed record PdbFieldModel(string Name, uint Offset, PdbTypeModel Type, int BitPosition = 0, int BitLength = 0);

/// <summary>One enumerator.</summary>
public sealed record PdbEnumValueModel(string Name, long Value);
