using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;

namespace KdSim.Nt;

/// <summary>
/// The type table of the simulated nt, read once and lazily from the <c>[NtType]</c> structures and enums of this assembly. The order is fixed:
/// types by name (ordinal), fields as declared. Safe to use from any thread.
/// </summary>
public static class NtTypes
{
    private static readonly Lazy<ImmutableArray<NtType>> Table = new(() =>
        [.. typeof(NtTypes).Assembly.GetTypes().Where(t => t.GetCustomAttribute<NtTypeAttribute>() is not null).Select(Describe)
            .OrderBy(t => t.Name, StringComparer.Ordinal)]);

    private static readonly Lazy<FrozenDictionary<string, NtType>> ByName = new(() => Table.Value.ToFrozenDictionary(t => t.Name, StringComparer.Ordinal));

    private static readonly Lazy<FrozenDictionary<Type, NtType>> ByClrType = new(() => Table.Value.ToFrozenDictionary(ClrTypeOf));

    /// <summary>All named structures, unions (also the unnamed ones of members) and enums.</summary>
    public static ImmutableArray<NtType> All => Table.Value;

    public static IEnumerable<NtStruct> Structs => All.OfType<NtStruct>();

    public static IEnumerable<NtEnum> Enums => All.OfType<NtEnum>();

    /// <summary>A structure or enum by NT's name (<c>_IRP</c>, exact case), or null.</summary>
    public static NtType? Find(string name) => ByName.Value.GetValueOrDefault(name);

    public static NtStruct? FindStruct(string name) => Find(name) as NtStruct;

    /// <summary>The description of a C# structure of this assembly.</summary>
    public static NtStruct Of<T>() where T : unmanaged => (NtStruct)ByClrType.Value[typeof(T)];

    private static Type ClrTypeOf(NtType type) => type switch
    {
        NtStruct structure => structure.ClrType,
        NtEnum @enum => @enum.ClrType,
        _ => throw new InvalidOperationException($"the type table holds a {type.GetType().Name}"),
    };

    private static NtType Describe(Type type)
    {
        NtTypeAttribute mark = type.GetCustomAttribute<NtTypeAttribute>()!;
        if (!type.IsEnum)
            return new NtStruct(mark.Name, type.StructLayoutAttribute!.Size, mark.Union, type, () => ReadFields(type));
        ImmutableArray<NtEnumerator> values =
        [
            .. type.GetFields(BindingFlags.Public | BindingFlags.Static).OrderBy(f => f.MetadataToken)
                .Select(f => new NtEnumerator(f.Name, Convert.ToInt64(f.GetRawConstantValue(), CultureInfo.InvariantCulture))),
        ];
        return new NtEnum(mark.Name, Primitive(type.GetEnumUnderlyingType()), values, type);
    }

    private static ImmutableArray<NtField> ReadFields(Type type)
    {
        var fields = ImmutableArray.CreateBuilder<NtField>();
        foreach (FieldInfo field in type.GetFields(BindingFlags.Public | BindingFlags.Instance).OrderBy(f => f.MetadataToken))
        {
            int offset = field.GetCustomAttribute<FieldOffsetAttribute>()!.Value;
            var bits = field.GetCustomAttributes<NtBitsAttribute>().ToArray();
            bool hidden = field.GetCustomAttribute<NtHiddenAttribute>() is not null;
            if (!hidden && (bits.Length == 0 || field.GetCustomAttribute<NtVisibleAttribute>() is not null))
                fields.Add(new NtField(field.Name, offset, TypeOf(field)));
            foreach (NtBitsAttribute bit in bits)
                fields.Add(new NtField(bit.Name, offset, new NtBitField(Primitive(field.FieldType), bit.Position, bit.Length)));
        }
        return fields.DrainToImmutable();
    }

    private static NtType TypeOf(FieldInfo field)
    {
        NtType type = field switch
        {
            _ when field.GetCustomAttribute<NtFunctionAttribute>() is not null => new NtPointer(NtFunctionType.Instance),
            _ when field.GetCustomAttribute<NtPointerAttribute>() is { } pointer => new NtPointer(ByTargetName(pointer.Target)),
            _ when PointerTarget(field) is { } target => new NtPointer(TypeOf(target)),
            _ => TypeOf(field.FieldType),
        };
        return field.GetCustomAttribute<NtArrayAttribute>() is { } array ? new NtArray(type, array.Count) : type;
    }

    private static Type? PointerTarget(FieldInfo field) =>
        field.CustomAttributes.Select(a => a.AttributeType)
            .FirstOrDefault(a => a.IsGenericType && a.GetGenericTypeDefinition() == typeof(NtPointerAttribute<>))?.GetGenericArguments()[0];

    private static NtType TypeOf(Type type)
    {
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Ptr<>))
            return new NtPointer(TypeOf(type.GetGenericArguments()[0]));
        if (ByClrType.Value.TryGetValue(type, out NtType? known))
            return known;
        return Primitive(type.IsEnum ? type.GetEnumUnderlyingType() : type);
    }

    private static NtType ByTargetName(string target) => target switch
    {
        "Void" => NtPrimitive.Of(NtPrimitiveKind.Void),
        "Ptr64 Void" => new NtPointer(NtPrimitive.Of(NtPrimitiveKind.Void)),
        _ => Find(target) ?? new NtForward(target),
    };

    private static NtPrimitive Primitive(Type type) => NtPrimitive.Of(Type.GetTypeCode(type) switch
    {
        TypeCode.Boolean => NtPrimitiveKind.Boolean,
        TypeCode.SByte => NtPrimitiveKind.Int8,
        TypeCode.Byte => NtPrimitiveKind.UInt8,
        TypeCode.Int16 => NtPrimitiveKind.Int16,
        TypeCode.UInt16 => NtPrimitiveKind.UInt16,
        TypeCode.Char => NtPrimitiveKind.WideChar,
        TypeCode.Int32 => NtPrimitiveKind.Int32,
        TypeCode.UInt32 => NtPrimitiveKind.UInt32,
        TypeCode.Int64 => NtPrimitiveKind.Int64,
        TypeCode.UInt64 => NtPrimitiveKind.UInt64,
        TypeCode.Single => NtPrimitiveKind.Float,
        TypeCode.Double => NtPrimitiveKind.Double,
        _ => throw new InvalidOperationException($"{type} is no type of the NT type table"),
    });
}
