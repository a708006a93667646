using KdSim.Debugging.Commands;

namespace KdSim.Debugger.Expressions;

/// <summary>An expression that cannot be parsed or evaluated, in WinDbg's words: a phrase and the text from the bad token on.</summary>
public sealed class ExpressionException(string phrase, string rest) : CommandException($"{phrase} error at '{rest}'")
{
    ExpressionException(string message) : this(message, "") => Complete = message;

    string? Complete { get; }

    public override string Message => Complete ?? base.Message;

    public static ExpressionException Unresolved(string rest, string? hint = null) => new("Couldn't resolve", rest) { Hint = hint };

    public static ExpressionException Memory(string rest, ulong? address = null) => new("Memory access", rest.Length == 0 ? "<EOL>" : rest)
    {
        Hint = address is { } at ? $"There is no memory at {Debugging.Output.Addresses.Accent(at)}" : null,
    };

    public static ExpressionException Operand(string rest) => new("Operand", rest);
    public static ExpressionException Syntax(string rest) => new("Syntax", rest.Length == 0 ? "<EOL>" : rest);
    public static ExpressionException Overflow(string rest) => new("Overflow", rest);
    public static ExpressionException BadRegister(string rest) => new("Bad register", rest);

    public static ExpressionException Missing(string rest) => new($"Numeric expression missing from '{(rest.Length == 0 ? "<EOL>" : rest)}'")
    {
        Hint = rest is ['&' or '|', ..] ? "MASM expressions have no && and ||: write and, or, or use @@c++( )" : null,
    };
}
