using System.Collections.Generic;

namespace KdSim.Nt.Generator;

/// <summary>What the writer needs to know of a structure: names and numbers, no symbols.</summary>
internal sealed class Structure(string @namespace, string name, int size)
{
    public string Namespace { get; } = @namespace;
    public string Name { get; } = name;
    public int Size { get; } = size;
    public List<Field> Fields { get; } = [];
}

/// <summary>How a field appears on the view.</summary>
internal enum FieldKind
{
    /// <summary>A scalar, an enum, a pointer: read and written whole.</summary>
    Value,

    /// <summary>A BOOLEAN: one byte, true if not zero.</summary>
    Boolean,

    /// <summary>A small structure: read and written whole, with a view beside.</summary>
    SmallStructure,

    /// <summary>A structure: a view.</summary>
    Structure,

    /// <summary>An array: a view of its elements.</summary>
    Array,
}

internal sealed class Field(string name, string type, int offset, FieldKind kind)
{
    public string Name { get; } = name;
    public string Type { get; } = type;
    public int Offset { get; } = offset;
    public FieldKind Kind { get; } = kind;
    public int Count { get; set; }
    public List<Bits> Bits { get; } = [];
}

internal readonly struct Bits(string name, int position, int length)
{
    public string Name { get; } = name;
    public int Position { get; } = position;
    public int Length { get; } = length;
}
