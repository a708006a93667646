using KdSim.Nt.Generator;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Xunit;

namespace KdSim.Nt.Tests;

/// <summary>The generator names mistakes in a definition instead of writing a wrong view.</summary>
public sealed class GeneratorTests
{
    [Theory]
    [InlineData("[FieldOffset(4)] public long A;", "KDNT003")]
    [InlineData("[FieldOffset(0), NtArray(3)] public int A;", "KDNT003")]
    [InlineData("public int A;", "KDNT002")]
    [InlineData("[FieldOffset(0)] public System.DateTime A;", "KDNT004")]
    [InlineData("[FieldOffset(0), NtBits(\"B\", 0, 3), NtBits(\"C\", 2, 1)] public int A;", "KDNT005")]
    [InlineData("[FieldOffset(0), NtBits(\"B\", 30, 3)] public int A;", "KDNT005")]
    [InlineData("[FieldOffset(0), NtBits(\"A\", 0, 3)] public int A;", "KDNT006")]
    public void A_mistake_is_an_error(string field, string rule)
    {
        (string[] rules, string[] sources) = Run("public partial struct S { " + field + " }");
        Assert.Equal([rule], rules);
        Assert.Empty(sources);
    }

    [Theory]
    [InlineData("[NtType(\"_S\"), StructLayout(LayoutKind.Explicit, Size = 8)] public struct S { }")]
    [InlineData("[NtType(\"_S\")] public partial struct S { }")]
    [InlineData("[NtType(\"_S\"), StructLayout(LayoutKind.Sequential, Size = 8)] public partial struct S { }")]
    [InlineData("partial class C { [NtType(\"_S\"), StructLayout(LayoutKind.Explicit, Size = 8)] public partial struct S { } }")]
    public void The_layout_must_be_stated(string declaration) => Assert.Equal(["KDNT001"], Run(declaration, mark: false).Rules);

    [Fact]
    public void A_field_that_a_view_hides_gets_an_underscore()
    {
        (string[] rules, string[] sources) = Run("public partial struct S { [FieldOffset(0)] public int Address; [FieldOffset(4)] public int @event; }");
        Assert.Empty(rules);
        Assert.Contains("public int Address_ {", Assert.Single(sources));
        Assert.Contains("public int @event {", sources[0]);
    }

    private static (string[] Rules, string[] Sources) Run(string declaration, bool mark = true)
    {
        string source = "using System.Runtime.InteropServices; using KdSim.Nt; namespace T;\n"
            + (mark ? "[NtType(\"_S\"), StructLayout(LayoutKind.Explicit, Size = 8)] " : "") + declaration;
        string[] trusted = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        var compilation = CSharpCompilation.Create("t",
            [CSharpSyntaxTree.ParseText(source, cancellationToken: TestContext.Current.CancellationToken)],
            trusted.Append(typeof(NtTypes).Assembly.Location).Distinct().Select(p => MetadataReference.CreateFromFile(p)));
        GeneratorDriverRunResult result = CSharpGeneratorDriver.Create(new NtViewGenerator())
            .RunGenerators(compilation, TestContext.Current.CancellationToken).GetRunResult();
        return ([.. result.Diagnostics.Select(d => d.Id)], [.. result.GeneratedTrees.Select(t => t.ToString())]);
    }
}
