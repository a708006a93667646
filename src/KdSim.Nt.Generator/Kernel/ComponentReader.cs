using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace KdSim.Nt.Generator.Kernel;

/// <summary>Reads a component class: its routines, by the attributes on its methods, and what their signatures say.</summary>
internal static class ComponentReader
{
    private const string Base = "KdSim.Kernel.KernelComponent";
    private const string Namespace = "KdSim.Kernel.Routines.";

    public static Component? Read(GeneratorSyntaxContext syntax, CancellationToken cancel)
    {
        if (syntax.SemanticModel.GetDeclaredSymbol(syntax.Node, cancel) is not INamedTypeSymbol { IsAbstract: false } type || !IsComponent(type))
            return null;
        var routines = new List<Routine>();
        var complaints = new List<Complaint>();
        foreach (IMethodSymbol method in type.GetMembers().OfType<IMethodSymbol>())
            foreach (AttributeData attribute in method.GetAttributes())
                if (attribute.AttributeClass is { } kind && kind.ToDisplayString().StartsWith(Namespace))
                    if (ReadRoutine(type, method, attribute, kind.Name, complaints) is { } routine)
                        routines.Add(routine);
        string fullName = type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat);
        var component = new Component(type.Name, fullName, type.Locations[0], routines, complaints);
        foreach (AttributeData attribute in type.GetAttributes())
            if (attribute.AttributeClass?.Name == "NtDataAttribute")
                component.Data.Add(ReadData(attribute));
        return component;
    }

    private static (string Name, string Row) ReadData(AttributeData attribute)
    {
        string name = (string)attribute.ConstructorArguments[0].Value!;
        var settings = new List<string> { $"Name = {Literal(name)}", $"Size = {attribute.ConstructorArguments[1].Value}" };
        foreach (KeyValuePair<string, TypedConstant> argument in attribute.NamedArguments)
            settings.Add($"{argument.Key} = {argument.Value.ToCSharpString()}");
        return (name, string.Join(", ", settings));
    }

    private static bool IsComponent(INamedTypeSymbol type)
    {
        for (INamedTypeSymbol? ancestor = type.BaseType; ancestor is not null; ancestor = ancestor.BaseType)
            if (ancestor.ToDisplayString() == Base)
                return true;
        return false;
    }

    private static Routine? ReadRoutine(INamedTypeSymbol type, IMethodSymbol method, AttributeData attribute, string kind, List<Complaint> complaints)
    {
        if (kind is not ("NtExportAttribute" or "NtRoutineAttribute" or "GuestCodeAttribute"))
            return null;
        string name = (string)attribute.ConstructorArguments[0].Value!;
        bool guestCode = kind == "GuestCodeAttribute";
        string thunk = guestCode ? $"k.{type.Name}.{method.Name}(a)" : Thunk(type, method, complaints);
        return new Routine(name, type.Name + "." + method.Name, Entry(name, type, method, attribute, kind), thunk, method.Locations[0]);
    }

    private static string Thunk(INamedTypeSymbol type, IMethodSymbol method, List<Complaint> complaints)
    {
        string arguments = string.Join(", ", method.Parameters.Select((p, i) => Argument(method, p, i, complaints)));
        string call = $"k.{type.Name}.{method.Name}({arguments})";
        return method.ReturnsVoid ? call : $"t.{(IsOutcome(method) || IsTask(method) ? "Finish" : "Return")}({call})";
    }

    private static string Argument(IMethodSymbol method, IParameterSymbol parameter, int index, List<Complaint> complaints)
    {
        ITypeSymbol type = parameter.Type;
        if (type.ToDisplayString() == Namespace + "VarArgs")
            return $"t.VarArgs({index})";
        if (parameter.RefKind != RefKind.None || !type.IsUnmanagedType || type.TypeKind == TypeKind.Pointer)
            complaints.Add(new Complaint(Complaint.Parameter, parameter.Locations[0], method.Name, parameter.Name, type.ToDisplayString()));
        return type.SpecialType == SpecialType.System_Boolean
            ? $"t.Boolean({index})"
            : $"t.Argument<{type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat)}>({index})";
    }

    private static bool IsTask(IMethodSymbol method) => method.ReturnType.Name == "KTask";

    private static bool IsOutcome(IMethodSymbol method) => method.ReturnType.Name == "Outcome";

    /// <summary>The initializer of the routine's row: named arguments of the attribute become properties of the same name.</summary>
    private static string Entry(string name, INamedTypeSymbol type, IMethodSymbol method, AttributeData attribute, string kind)
    {
        string routineClass = kind == "GuestCodeAttribute" ? "GuestCode" : IsTask(method) ? "Sequence" : IsOutcome(method) ? "Tail" : "Leaf";
        var settings = new List<string>
        {
            $"Name = {Literal(name)}",
            $"Class = RoutineClass.{routineClass}",
            $"Method = {Literal(type.Name + "." + method.Name)}",
            $"Parameters = [{string.Join(", ", method.Parameters.Where(_ => routineClass != "GuestCode").Select(p => Literal(p.Name)))}]",
        };
        // Guest code is exported unless its attribute says otherwise.
        if (kind == "NtExportAttribute" || kind == "GuestCodeAttribute" && attribute.NamedArguments.All(argument => argument.Key != "IsExported"))
            settings.Add("IsExported = true");
        foreach (KeyValuePair<string, TypedConstant> argument in attribute.NamedArguments)
            settings.Add($"{argument.Key} = {argument.Value.ToCSharpString()}");
        return string.Join(", ", settings);
    }

    private static string Literal(string text) => SymbolDisplay.FormatLiteral(text, quote: true);
}
