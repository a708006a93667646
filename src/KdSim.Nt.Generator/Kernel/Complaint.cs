using System;
using Microsoft.CodeAnalysis;

namespace KdSim.Nt.Generator.Kernel;

/// <summary>A fault in the declaration of a kernel routine, with its place.</summary>
internal sealed class Complaint(DiagnosticDescriptor rule, Location place, params string[] arguments) : IEquatable<Complaint>
{
    public static readonly DiagnosticDescriptor Parameter = Rule("KDKE001", "A kernel routine's parameters are values of at most 8 bytes",
        "parameter '{1}' of '{0}' has type '{2}': use an integer, bool, an enum, Ptr<T> or VarArgs");

    public static readonly DiagnosticDescriptor Twice = Rule("KDKE002", "A kernel routine is defined once", "'{0}' is also defined by {1}");

    public static readonly DiagnosticDescriptor SameName = Rule("KDKE003", "A component's class name is unique in the kernel",
        "'{0}' and '{1}' would be the same property of NtKernel");

    public Diagnostic ToDiagnostic() => Diagnostic.Create(rule, place, (object[])arguments);

    public bool Equals(Complaint? other) => other is not null && ToDiagnostic().Equals(other.ToDiagnostic());

    public override bool Equals(object? obj) => Equals(obj as Complaint);

    public override int GetHashCode() => rule.Id.GetHashCode();

    private static DiagnosticDescriptor Rule(string id, string title, string message) =>
        new(id, title, message, "KdSim.Kernel", DiagnosticSeverity.Error, isEnabledByDefault: true);
}
