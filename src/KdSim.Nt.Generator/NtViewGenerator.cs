using System.Collections.Generic;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace KdSim.Nt.Generator;

/// <summary>
/// Writes, for each structure marked <c>[NtType]</c>, its offsets and size as constants and its fields as extension members of <c>View&lt;T&gt;</c>.
/// One output file a structure, and a structure is rewritten only when its own text changes.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class NtViewGenerator : IIncrementalGenerator
{
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        IncrementalValuesProvider<Generated> structures = context.SyntaxProvider.ForAttributeWithMetadataName(
            StructureReader.NtTypeAttribute,
            static (node, _) => node is Microsoft.CodeAnalysis.CSharp.Syntax.StructDeclarationSyntax,
            static (syntax, _) => Generate((INamedTypeSymbol)syntax.TargetSymbol));
        context.RegisterSourceOutput(structures, static (output, generated) => generated.AddTo(output));
    }

    private static Generated Generate(INamedTypeSymbol symbol)
    {
        var mistakes = new List<Mistake>();
        Structure? structure = StructureReader.Read(symbol, mistakes);
        string source = structure is null ? "" : ViewWriter.Write(structure);
        return new Generated(symbol.Name, source, mistakes);
    }

    /// <summary>The result for one structure; compared by content, so that an unchanged structure adds no work to a build.</summary>
    private sealed class Generated(string name, string source, List<Mistake> mistakes) : System.IEquatable<Generated>
    {
        public void AddTo(SourceProductionContext output)
        {
            foreach (Mistake mistake in Mistakes)
                output.ReportDiagnostic(mistake.ToDiagnostic());
            if (Source.Length != 0)
                output.AddSource(Name + ".View.g.cs", SourceText.From(Source, Encoding.UTF8));
        }

        private string Name { get; } = name;
        private string Source { get; } = source;
        private List<Mistake> Mistakes { get; } = mistakes;

        public bool Equals(Generated? other)
        {
            if (other is null || other.Name != Name || other.Source != Source || other.Mistakes.Count != Mistakes.Count)
                return false;
            for (int i = 0; i < Mistakes.Count; i++)
                if (!Mistakes[i].Equals(other.Mistakes[i]))
                    return false;
            return true;
        }

        public override bool Equals(object? obj) => Equals(obj as Generated);

        public override int GetHashCode() => Source.GetHashCode();
    }
}
