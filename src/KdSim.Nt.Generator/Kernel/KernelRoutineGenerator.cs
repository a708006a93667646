using System.Collections.Immutable;
using System.Linq;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace KdSim.Nt.Generator.Kernel;

/// <summary>
/// Writes the kernel's dispatch: a property of <c>NtKernel</c> for each component (a class that derives from <c>KernelComponent</c>), a thunk for each
/// routine (it reads the arguments, calls the method, stores the result), the enum <c>Stub</c> and the table of routines.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class KernelRoutineGenerator : IIncrementalGenerator
{
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        IncrementalValuesProvider<Component?> components = context.SyntaxProvider.CreateSyntaxProvider(
            static (node, _) => node is ClassDeclarationSyntax { BaseList: not null },
            static (syntax, cancel) => ComponentReader.Read(syntax, cancel));
        IncrementalValueProvider<ImmutableArray<Component>> all = components.Where(static c => c is not null).Select(static (c, _) => c!).Collect();
        context.RegisterSourceOutput(all, static (output, found) => Write(output, found));
    }

    private static void Write(SourceProductionContext output, ImmutableArray<Component> found)
    {
        if (found.Length == 0)
            return;
        Component[] components = found.GroupBy(c => c.Type).Select(g => g.First()).OrderBy(c => c.Name, System.StringComparer.Ordinal).ToArray();
        foreach (Complaint complaint in components.SelectMany(c => c.Complaints))
            output.ReportDiagnostic(complaint.ToDiagnostic());
        Routine[] routines = components.SelectMany(c => c.Routines).OrderBy(r => r.Name, System.StringComparer.Ordinal).ToArray();
        for (int i = 1; i < routines.Length; i++)
            if (routines[i].Name == routines[i - 1].Name)
                output.ReportDiagnostic(new Complaint(Complaint.Twice, routines[i].Place, routines[i].Name, routines[i - 1].Method).ToDiagnostic());
        for (int i = 1; i < components.Length; i++)
            if (components[i].Name == components[i - 1].Name)
                output.ReportDiagnostic(new Complaint(Complaint.SameName, components[i].Place, components[i].Type, components[i - 1].Type).ToDiagnostic());
        output.AddSource("NtKernel.Components.g.cs", SourceText.From(RoutineWriter.Components(components), Encoding.UTF8));
        output.AddSource("Data.g.cs", SourceText.From(RoutineWriter.Data(components), Encoding.UTF8));
        output.AddSource("Routines.g.cs", SourceText.From(RoutineWriter.Table(routines.GroupBy(r => r.Name).Select(g => g.First()).ToArray()), Encoding.UTF8));
    }
}
