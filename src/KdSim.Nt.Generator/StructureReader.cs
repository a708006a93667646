using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace KdSim.Nt.Generator;

/// <summary>Reads a structure's declaration and checks it: every field placed, of known size, inside the structure; bit-fields apart.</summary>
internal static class StructureReader
{
    public const string NtTypeAttribute = "KdSim.Nt.NtTypeAttribute";

    public static Structure? Read(INamedTypeSymbol symbol, List<Mistake> mistakes)
    {
        Location place = Place(symbol);
        int? size = LayoutSize(symbol);
        bool partial = symbol.DeclaringSyntaxReferences.All(r =>
            r.GetSyntax() is StructDeclarationSyntax s && s.Modifiers.Any(SyntaxKind.PartialKeyword));
        if (size is null || !partial || symbol.ContainingType is not null)
        {
            mistakes.Add(new Mistake(Mistake.Layout, place, symbol.Name));
            return null;
        }
        var structure = new Structure(symbol.ContainingNamespace.ToDisplayString(), symbol.Name, size.Value);
        foreach (IFieldSymbol field in symbol.GetMembers().OfType<IFieldSymbol>())
            if (!field.IsStatic && !field.IsConst && !field.IsImplicitlyDeclared)
                ReadField(structure, field, mistakes);
        var names = new HashSet<string>();
        foreach (string name in structure.Fields.SelectMany(f => f.Bits.Select(b => b.Name).Concat([f.Name])))
            if (!names.Add(name))
                mistakes.Add(new Mistake(Mistake.Twice, place, structure.Name, name));
        return mistakes.Count == 0 ? structure : null;
    }

    private static void ReadField(Structure structure, IFieldSymbol field, List<Mistake> mistakes)
    {
        Location place = Place(field);
        if (Argument(field, "FieldOffsetAttribute", 0) is not int offset)
        {
            mistakes.Add(new Mistake(Mistake.NoOffset, place, structure.Name, field.Name));
            return;
        }
        if (SizeOf(field.Type) is not int size)
        {
            mistakes.Add(new Mistake(Mistake.UnknownSize, place, structure.Name, field.Name, field.Type.ToDisplayString()));
            return;
        }
        var read = new Field(field.Name, TypeOf(field), offset, KindOf(field));
        if (read.Kind == FieldKind.Array)
            read.Count = (int)Argument(field, "NtArrayAttribute", 0)!;
        int end = offset + (read.Kind == FieldKind.Array ? read.Count * size : size);
        if (offset < 0 || read.Count < 0 || end > structure.Size)
            mistakes.Add(new Mistake(Mistake.Beyond, place, structure.Name, field.Name, "0x" + end.ToString("X"), "0x" + structure.Size.ToString("X")));
        ReadBits(structure, field, read, size * 8, mistakes);
        structure.Fields.Add(read);
    }

    private static void ReadBits(Structure structure, IFieldSymbol field, Field read, int width, List<Mistake> mistakes)
    {
        ulong taken = 0;
        foreach (AttributeData attribute in field.GetAttributes())
        {
            if (attribute.AttributeClass?.Name != "NtBitsAttribute")
                continue;
            var bits = new Bits((string)attribute.ConstructorArguments[0].Value!, (int)attribute.ConstructorArguments[1].Value!,
                (int)attribute.ConstructorArguments[2].Value!);
            bool fits = bits.Position >= 0 && bits.Length > 0 && bits.Position + bits.Length <= width;
            ulong mask = fits ? ulong.MaxValue >> (64 - bits.Length) << bits.Position : 0;
            if (!fits || (taken & mask) != 0)
                mistakes.Add(new Mistake(Mistake.Bits, Place(field), structure.Name, bits.Name));
            taken |= mask;
            read.Bits.Add(bits);
        }
    }

    /// <summary>The type as the view shows it: the declared one, or the pointer that <c>[NtPointer&lt;T&gt;]</c> makes of a ulong.</summary>
    private static string TypeOf(IFieldSymbol field)
    {
        AttributeData? pointer = field.GetAttributes().FirstOrDefault(a => a.AttributeClass is { Name: "NtPointerAttribute", IsGenericType: true });
        return pointer is null
            ? field.Type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat)
            : $"global::KdSim.Nt.Ptr<{pointer.AttributeClass!.TypeArguments[0].ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat)}>";
    }

    private static FieldKind KindOf(IFieldSymbol field)
    {
        if (Find(field, "NtArrayAttribute") is not null)
            return FieldKind.Array;
        if (field.Type.SpecialType == SpecialType.System_Boolean)
            return FieldKind.Boolean;
        if (Find(field.Type, "NtTypeAttribute") is not { } type || field.Type.TypeKind != TypeKind.Struct)
            return FieldKind.Value;
        bool byValue = type.NamedArguments.Any(a => a.Key == "ByValue" && a.Value.Value is true);
        return byValue ? FieldKind.SmallStructure : FieldKind.Structure;
    }

    private static int? SizeOf(ITypeSymbol type)
    {
        if (type.TypeKind == TypeKind.Enum)
            type = ((INamedTypeSymbol)type).EnumUnderlyingType!;
        switch (type.SpecialType)
        {
            case SpecialType.System_Byte or SpecialType.System_SByte or SpecialType.System_Boolean:
                return 1;
            case SpecialType.System_Int16 or SpecialType.System_UInt16 or SpecialType.System_Char:
                return 2;
            case SpecialType.System_Int32 or SpecialType.System_UInt32 or SpecialType.System_Single:
                return 4;
            case SpecialType.System_Int64 or SpecialType.System_UInt64 or SpecialType.System_Double:
                return 8;
        }
        if (type is INamedTypeSymbol { IsGenericType: true, Name: "Ptr" })
            return 8;
        return LayoutSize(type);
    }

    private static int? LayoutSize(ITypeSymbol type) =>
        Find(type, "StructLayoutAttribute") is { } layout && layout.ConstructorArguments.Length == 1
        && layout.ConstructorArguments[0].Value is 2 // LayoutKind.Explicit
        && layout.NamedArguments.FirstOrDefault(a => a.Key == "Size").Value.Value is int size && size > 0
            ? size
            : null;

    private static AttributeData? Find(ISymbol symbol, string attribute) => symbol.GetAttributes().FirstOrDefault(a => a.AttributeClass?.Name == attribute);

    private static object? Argument(ISymbol symbol, string attribute, int index) => Find(symbol, attribute)?.ConstructorArguments[index].Value;

    private static Location Place(ISymbol symbol) => symbol.Locations.Length > 0 ? symbol.Locations[0] : Location.None;
}
