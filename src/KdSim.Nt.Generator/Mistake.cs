using System;
using Microsoft.CodeAnalysis;

namespace KdSim.Nt.Generator;

/// <summary>A fault in the definition of a structure, with its place. Holds no symbols, so that it may be cached between runs.</summary>
internal sealed class Mistake(DiagnosticDescriptor rule, Location location, params string[] arguments) : IEquatable<Mistake>
{
    private const string Category = "KdSim.Nt";

    public static readonly DiagnosticDescriptor Layout = Rule("KDNT001", "An NT structure states its layout",
        "'{0}' must be a public partial struct with [StructLayout(LayoutKind.Explicit, Size = n)]");

    public static readonly DiagnosticDescriptor NoOffset = Rule("KDNT002", "A field of an NT structure has an offset", "field '{0}.{1}' has no [FieldOffset]");

    public static readonly DiagnosticDescriptor Beyond = Rule("KDNT003", "A field lies inside its structure",
        "field '{0}.{1}' ends at {2}, beyond the structure's size {3}");

    public static readonly DiagnosticDescriptor UnknownSize = Rule("KDNT004", "A field's type has a known size",
        "field '{0}.{1}': the size of type '{2}' is not known (use a primitive, an enum, Ptr<T> or an [NtType] structure)");

    public static readonly DiagnosticDescriptor Bits = Rule("KDNT005", "Bit-fields fit their storage",
        "bit-field '{1}' of '{0}' overlaps another one or does not fit its storage");

    public static readonly DiagnosticDescriptor Twice = Rule("KDNT006", "A field name stands once", "'{0}' has two fields named '{1}'");

    public Diagnostic ToDiagnostic() => Diagnostic.Create(rule, location, (object[])arguments);

    public bool Equals(Mistake? other) => other is not null && ToDiagnostic().Equals(other.ToDiagnostic());

    public override bool Equals(object? obj) => Equals(obj as Mistake);

    public override int GetHashCode() => rule.Id.GetHashCode();

    private static DiagnosticDescriptor Rule(string id, string title, string message) =>
        new(id, title, message, Category, DiagnosticSeverity.Error, isEnabledByDefault: true);
}
