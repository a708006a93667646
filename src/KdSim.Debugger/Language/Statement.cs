namespace KdSim.Debugger.Language;

/// <summary>One command of a line or block. Blocks stay text: they are parsed when they are entered, after aliases were replaced in them.</summary>
/// <param name="Position">Where it begins in the text that was parsed.</param>
public abstract record Statement(int Position, string Text)
{
    /// <summary>A command by its name. <see cref="Bound"/> keeps what the dispatcher made of it, so that a seen text is not parsed again.</summary>
    public sealed record Simple(int Position, string Text) : Statement(Position, Text)
    {
        public object? Bound { get; set; }
    }

    public sealed record If(int Position, string Text, IReadOnlyList<(string Condition, string Block)> Arms, string? Else)
        : Statement(Position, Text);

    public sealed record For(int Position, string Text, string Initial, string Condition, string Increments, string Block)
        : Statement(Position, Text);

    public sealed record While(int Position, string Text, string Condition, string Block, bool TestsLast) : Statement(Position, Text);

    /// <param name="Source">c: commands, s: a string, f: a file.</param>
    public sealed record ForEach(int Position, string Text, char Source, string Variable, string Input, string Block, string SkipFirst,
        string SkipEach)
        : Statement(Position, Text);

    public sealed record Catch(int Position, string Text, string Block) : Statement(Position, Text);

    public sealed record Group(int Position, string Text, string Body) : Statement(Position, Text);

    public sealed record Leave(int Position, string Text, LeaveKind Kind) : Statement(Position, Text);

    /// <summary><c>j expr 'one' ; 'two'</c>.</summary>
    public sealed record Either(int Position, string Text, string Condition, string Then, string Else) : Statement(Position, Text);

    /// <summary><c>z(expr)</c>: again from the start of the line while the expression holds.</summary>
    public sealed record Again(int Position, string Text, string Condition) : Statement(Position, Text);
}

/// <summary>What <c>.break</c>, <c>.continue</c> and <c>.leave</c> leave.</summary>
public enum LeaveKind { Break, Continue, Leave }

/// <summary>A parsed line or block.</summary>
public sealed record CommandProgram(string Text, IReadOnlyList<Statement> Statements);

/// <summary>A line that cannot be taken apart, or a command that does not take its arguments.</summary>
/// <param name="kind">Syntax, Extra character, Range...</param>
/// <param name="consumed">How many characters of the text were understood: the caret stands under the last of them.</param>
/// <param name="text">The command.</param>
public sealed class CommandSyntaxException(string kind, int consumed, string text)
    : Debugging.Commands.CommandException($"^ {kind} error in '{text}'")
{
    public string Kind { get; } = kind;

    public int Consumed { get; } = consumed;
}
