namespace KdSim.Debugger.Expressions;

/// <summary>
/// A MASM expression. <paramref name="Position"/> and <paramref name="End"/> are offsets in the text that was parsed; errors quote from them.
/// </summary>
public abstract record MasmNode(int Position, int End)
{
    public sealed record Number(ulong Value, int Position, int End) : MasmNode(Position, End);

    /// <summary>A word that is no number in the radix of the parser: a symbol, else a register.</summary>
    public sealed record Name(string Word, bool Forced, int Position, int End) : MasmNode(Position, End);

    /// <summary><c>@rax</c>, <c>@$t0</c>, <c>$ip</c>.</summary>
    public sealed record Register(string Word, int Position, int End) : MasmNode(Position, End);

    /// <summary><c>`pulse!queue.c:88`</c>.</summary>
    public sealed record SourceLine(string Text, int Position, int End) : MasmNode(Position, End);

    public sealed record Unary(string Operator, MasmNode Operand, int Position, int End) : MasmNode(Position, End);

    public sealed record Binary(string Operator, MasmNode Left, MasmNode Right, int Position, int End) : MasmNode(Position, End);

    /// <summary><c>$vvalid(a, 4)</c>, <c>$scmp("a", "b")</c>: arguments are nodes or strings.</summary>
    public sealed record Call(string Function, IReadOnlyList<object> Arguments, int Position, int End) : MasmNode(Position, End);

    /// <summary>Text for an evaluator that is named (<c>@@c++( )</c>) or is the other one (<c>@@( )</c>: null).</summary>
    public sealed record Switched(string? Evaluator, string Text, int Position, int End) : MasmNode(Position, End);
}

/// <summary>A parsed expression: its tree, and how much of the text it used.</summary>
public sealed record MasmExpression(string Text, MasmNode Root, int Length);
