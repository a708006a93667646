using KdSim.Nt;
using KdSim.Symbols.Pdb;
using KdSim.Symbols.Pdb.Writing;

namespace KdSim.Kernel.Images;

/// <summary>Writes the type table of KdSim.Nt as types of a PDB.</summary>
internal static class PdbTypes
{
    public static void AddAll(PdbWriter pdb)
    {
        foreach (NtStruct structure in NtTypes.Structs)
            pdb.AddType(new PdbTypeModel.Udt(structure.Name, structure.IsUnion, (uint)structure.Size, [.. structure.Fields.Select(Field)]));
        foreach (NtEnum @enum in NtTypes.Enums)
            pdb.AddType(new PdbTypeModel.Enum(@enum.Name, Kind(@enum.Storage), [.. @enum.Values.Select(v => new PdbEnumValueModel(v.Name, v.Value))]));
    }

    private static PdbFieldModel Field(NtField field) => field.Type is NtBitField bits
        ? new PdbFieldModel(field.Name, (uint)field.Offset, Model(bits.Storage), bits.Position, bits.Length)
        : new PdbFieldModel(field.Name, (uint)field.Offset, Model(field.Type));

    private static PdbTypeModel Model(NtType type) => type switch
    {
        NtPrimitive primitive => new PdbTypeModel.Primitive(Kind(primitive)),
        NtPointer pointer => new PdbTypeModel.Pointer(Model(pointer.Target)),
        NtArray array => new PdbTypeModel.Array(Model(array.Element), (uint)array.Count),
        NtFunctionType => new PdbTypeModel.Function(new PdbTypeModel.Primitive(PrimitiveKind.Void), []),
        NtForward or NtStruct or NtEnum => new PdbTypeModel.Named(type.Name),
        _ => throw new InvalidOperationException($"the type table holds a {type.GetType().Name}, which no PDB type stands for"),
    };

    private static PrimitiveKind Kind(NtPrimitive primitive) => primitive.Kind switch
    {
        NtPrimitiveKind.Void => PrimitiveKind.Void,
        NtPrimitiveKind.Boolean or NtPrimitiveKind.UInt8 => PrimitiveKind.UnsignedChar,
        NtPrimitiveKind.Int8 => PrimitiveKind.NarrowChar,
        NtPrimitiveKind.Int16 => PrimitiveKind.Int16Short,
        NtPrimitiveKind.UInt16 => PrimitiveKind.UInt16Short,
        NtPrimitiveKind.WideChar => PrimitiveKind.WideChar,
        NtPrimitiveKind.Int32 => PrimitiveKind.Int32Long,
        NtPrimitiveKind.UInt32 => PrimitiveKind.UInt32Long,
        NtPrimitiveKind.Int64 => PrimitiveKind.Int64Quad,
        NtPrimitiveKind.UInt64 => PrimitiveKind.UInt64Quad,
        NtPrimitiveKind.Float => PrimitiveKind.Float32,
        NtPrimitiveKind.Double => PrimitiveKind.Float64,
        _ => throw new InvalidOperationException($"{primitive.Kind} has no PDB type"),
    };
}
