using System.Text.RegularExpressions;
using CsCheck;
using KdSim.Debugger.Expressions;
using KdSim.Debugger.Language;
using KdSim.Debugging.Commands;
using Xunit;

namespace KdSim.Debugger.Tests;

/// <summary>The parsers over random input: they answer or complain in their own words, and what they answer agrees with a simple model.</summary>
public class ParserFuzzTests
{
    static readonly string[] Pieces =
    [
        " ", ";", "\n", "{", "}", "(", ")", "\"", "'", "\\", "$$", "*", "${", "${/d:", "}", "$u0", "$<", "$$>a<", ".if", ".elsif", ".else", ".for",
        ".while", ".do", ".foreach", "/pS", "/ps", "/s", "/f", ".catch", ".block", ".break", ".continue", ".leave", "j", "z(", "as", "aS", "ad", "al",
        "r $.u1=", "?", "??", ".echo", ".printf", "%d", "%I64x", "%", "1", "0x", "0n9", "0y1", "ff`1", "@", "@@", "@@c++(", "@@masm(", "@$t0", "$scmp(",
        "$spat(", "@\"", "poi", "not", "hi", "by", "mod", "and", "+", "-", "*", "/", "<<", ">>>", ">", "=", "==", "!=", "!", "&", "&&", "|", "^", ",",
        "L", "L?", "`", "nt!x", "a::b", "sizeof", "(char*)", "->", ".", "[", "]", "#FIELD_OFFSET(", "~", "é", "\0", "\u2028", "#", "?:", "//", "1.5", "'a'",
    ];

    static readonly Gen<string> Text = Gen.Int[0, Pieces.Length - 1].Array[0, 24].Select(indices => string.Concat(indices.Select(i => Pieces[i])));

    static readonly Gen<string> AnyText = Gen.Frequency((3, Text), (1, Gen.String));

    static Gen<T> OneOf<T>(params T[] choices) => Gen.Int[0, choices.Length - 1].Select(i => choices[i]);

    /// <summary>Runs something that may refuse in the debugger's words and in no others.</summary>
    static void Survives(Action action)
    {
        try
        {
            action();
        }
        catch (CommandException)
        {
        }
    }

    [Fact]
    public void Lines_are_taken_apart_or_refused() => AnyText.Sample(text => Survives(() => ProgramParser.Parse(text)), iter: 10000);

    [Fact]
    public void Masm_expressions_are_parsed_or_refused() =>
        Gen.Select(AnyText, OneOf(8, 10, 16)).Sample((text, radix) => Survives(() => MasmParser.For(radix).Parse(text)), iter: 10000);

    [Fact]
    public void Cpp_expressions_are_evaluated_or_refused()
    {
        Pulse pulse = new();
        AnyText.Sample(text => Survives(() => pulse.Session.Cpp.Evaluate(text)), iter: 5000, threads: 1);
    }

    [Fact]
    public void Aliases_expand_any_text()
    {
        AliasTable aliases = new();
        aliases.Set("nt!x", "${nt!x}");
        aliases.SetFixed(0, "$u0 1");
        AnyText.Sample(text => _ = aliases.Expand(text), iter: 10000);
    }

    /// <summary>Whole lines of every kind on a session: it goes on, and no failure is one of ours.</summary>
    [Fact]
    public void Sessions_survive_any_line()
    {
        Pulse pulse = new();
        pulse.Target.MoveTo(pulse.AddressOf("pulse!DriverEntry"));
        // No loops without an end, and no files.
        Text.Where(t => !t.Contains(" >") && !t.Contains("while") && !t.Contains(".for") && !t.Contains(".do") && !t.Contains("z("))
            .Sample(line => Assert.DoesNotContain("The command failed", pulse.Run(line)), iter: 1500, threads: 1);
        Assert.Equal("still here\n", pulse.Run(".echo still here"));
    }

    [Fact]
    public void Numbers_are_read_in_every_base() => Gen.ULong.Sample(value =>
    {
        foreach (string text in new[] { $"0x{value:x}", $"0X{value:X}", $"0n{value}", $"0t{Octal(value)}", $"0y{value:b}", $"0{value:x}h" })
            Assert.Equal(value, new MasmModel().Value(text));
        Assert.Equal(value, new MasmModel(16).Value($"0{value:x}"));
        Assert.Equal(value, new MasmModel(10).Value($"{value}"));
        Assert.Equal(value, new MasmModel(8).Value($"0{Octal(value)}"));
        Assert.Equal(value, new MasmModel().Value($"{value >> 32:x}`{(uint)value:x8}"));
    });

    static string Octal(ulong value) => value == 0 ? "0" : $"{(value > 7 ? Octal(value >> 3) : "")}{value & 7}";

    /// <summary>Random trees, written with only the parentheses that precedence needs, evaluate as the tree does.</summary>
    [Fact]
    public void Masm_precedence_agrees_with_the_tree() => Trees(5).Sample(tree =>
        Assert.Equal(tree.Value, new MasmModel().Value(tree.Text)), iter: 5000);

    sealed record Tree(string Text, ulong Value, int Level);

    static readonly (string Op, int Level, Func<ulong, ulong, ulong> Apply)[] Operators =
    [
        ("*", 6, (a, b) => a * b), ("+", 5, (a, b) => a + b), ("-", 5, (a, b) => a - b), ("<<", 4, (a, b) => b > 63 ? 0 : a << (int)b),
        (">>", 4, (a, b) => b > 63 ? 0 : a >> (int)b), ("=", 3, (a, b) => a == b ? 1UL : 0), ("!=", 3, (a, b) => a != b ? 1UL : 0),
        ("<", 3, (a, b) => a < b ? 1UL : 0), (">=", 3, (a, b) => a >= b ? 1UL : 0), ("and", 2, (a, b) => a & b), ("&", 2, (a, b) => a & b),
        ("xor", 1, (a, b) => a ^ b), ("^", 1, (a, b) => a ^ b), ("or", 0, (a, b) => a | b), ("|", 0, (a, b) => a | b),
    ];

    static Gen<Tree> Trees(int depth)
    {
        Gen<Tree> leaf = Gen.Frequency((1, Gen.ULong), (3, Gen.ULong[0, 70])).Select(v => new Tree($"0x{v:x}", v, 9));
        if (depth == 0)
            return leaf;
        Gen<Tree> inner = Trees(depth - 1);
        Gen<Tree> binary = Gen.Select(OneOf(Operators), inner, inner).Select((op, left, right) => new Tree(
            $"{In(left, left.Level < op.Level)} {op.Op} {In(right, right.Level <= op.Level)}", op.Apply(left.Value, right.Value), op.Level));
        Gen<Tree> unary = Gen.Select(OneOf("-", "+", "not ", "hi ", "low "), inner).Select((op, operand) => new Tree(
            op + In(operand, operand.Level < 8), op[0] switch
            {
                '-' => 0 - operand.Value,
                'n' => operand.Value == 0 ? 1UL : 0,
                'h' => operand.Value >> 16 & 0xffff,
                'l' => operand.Value & 0xffff,
                _ => operand.Value,
            }, 8));
        return Gen.Frequency((1, leaf), (4, binary), (1, unary));
    }

    static string In(Tree tree, bool parentheses) => parentheses ? $"({tree.Text})" : tree.Text;

    /// <summary>Wildcards against the same pattern as a regular expression.</summary>
    [Fact]
    public void Wildcards_agree_with_regular_expressions()
    {
        Gen<(string Pattern, string Regex)> element = OneOf(
            ("*", ".*"), ("?", "."), ("a", "a"), ("b", "b"), ("a#", "a*"), ("b+", "b+"), ("[ab]", "[ab]"), ("[a-c]#", "[a-c]*"), ("?+", ".+"), (@"\*", @"\*"));
        Gen.Select(element.Array[0, 6], OneOf('a', 'b', 'c', '*').Array[0, 8]).Sample((elements, characters) =>
        {
            string pattern = string.Concat(elements.Select(e => e.Pattern)), regex = $"^{string.Concat(elements.Select(e => e.Regex))}$";
            string text = new(characters);
            Assert.Equal(Regex.IsMatch(text, regex), Wildcard.Matches(pattern, text));
        });
    }

    /// <summary>An evaluator without a target.</summary>
    sealed class MasmModel(int radix = 16) : IEvaluationContext
    {
        public ulong Value(string text) => new MasmEvaluator(this).Evaluate(text);

        public int Radix => radix;
        public bool PrefersCpp => false;
        public bool TryRegister(string name, out ulong value) => (value = 0) != 0;
        public bool TrySymbol(string name, out ulong value) => (value = 0) != 0;
        public bool TrySourceLine(string text, out ulong address) => (address = 0) != 0;
        public bool TryRead(ulong address, int size, bool physical, out ulong value) => (value = 0) != 0;
        public int Read(ulong address, Span<byte> buffer) => 0;
        public bool TryEntryPoint(ulong imageBase, out ulong address) => (address = 0) != 0;
        public string? ReturnType(ulong function) => null;
        public ulong EvaluateCpp(string text) => 0;
    }
}
