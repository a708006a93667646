using System.Globalization;
using Sprache;

namespace KdSim.Debugger.Expressions;

/// <summary>
/// The MASM grammar: Sprache parsers whose tokens are scanned by hand, one precedence loop, and a cut (an exception) as soon as a prefix
/// commits to a form; so errors quote the text where they are. Parsing knows the radix and nothing of the target.
/// </summary>
public sealed class MasmParser
{
    const int DeepestNesting = 200;

    static readonly Dictionary<int, MasmParser> ByRadix = [];
    static readonly string[] WordOperators = ["not", "hi", "low", "by", "wo", "dwo", "qwo", "poi", "$pby", "$pwo", "$pdwo", "$pqwo",
        "$ppoi"];
    static readonly string[] Functions = ["$iment", "$vvalid", "$scmp", "$sicmp", "$spat", "$fnsucc"];

    static readonly (string Word, int Level)[] WordLevels = [("mod", 6), ("and", 2), ("xor", 1), ("or", 0)];

    readonly int _radix;
    int _depth;

    MasmParser(int radix) => _radix = radix;

    /// <summary>The parser for numbers without a prefix in this radix: 8, 10 or 16.</summary>
    public static MasmParser For(int radix)
    {
        if (!ByRadix.TryGetValue(radix, out MasmParser? parser))
            ByRadix[radix] = parser = new MasmParser(radix);
        return parser;
    }

    /// <summary>Parses the longest expression at the start of the text.</summary>
    public MasmExpression Parse(string text)
    {
        _depth = 0;
        IResult<MasmNode> result = Climb(0)(Skip(new TextInput(text, 0)));
        return new MasmExpression(text, result.Value, result.Remainder.Position);
    }

    static IInput Skip(IInput input)
    {
        int blanks = 0;
        while (input.Position + blanks < input.Source.Length && input.Source[input.Position + blanks] is ' ' or '\t')
            blanks++;
        return blanks == 0 ? input : Advance(input, blanks);
    }

    static IInput Advance(IInput input, int count) => ((TextInput)input).At(count);

    static string Rest(IInput input) => input.Source[input.Position..];

    Parser<MasmNode> Climb(int least) => input =>
    {
        IResult<MasmNode> first = Unary(input);
        MasmNode left = first.Value;
        IInput at = Skip(first.Remainder);
        IInput end = first.Remainder;
        while (!at.AtEnd)
        {
            int level = LevelOf(at.Source.AsSpan(at.Position), out string op);
            if (level < least || level < 0)
                break;
            int position = at.Position;
            IResult<MasmNode> right = Climb(level + 1)(Skip(Advance(at, op.Length)));
            left = new MasmNode.Binary(op, left, right.Value, position, right.Value.End);
            end = right.Remainder;
            at = Skip(end);
        }
        return Result.Success(left, end);
    };

    /// <summary>The precedence of the operator that the text begins with, or -1: <c>* / mod</c> is the highest row.</summary>
    static int LevelOf(ReadOnlySpan<char> text, out string op)
    {
        (op, int level) = text switch
        {
            [':', ..] => ("", -1),
            ['>', '>', '>', ..] => (">>>", 4),
            ['<', '<', ..] => ("<<", 4),
            ['>', '>', ..] => (">>", 4),
            ['=', '=', ..] => ("==", 3),
            ['<', '=', ..] => ("<=", 3),
            ['>', '=', ..] => (">=", 3),
            ['!', '=', ..] => ("!=", 3),
            ['=', ..] => ("=", 3),
            ['<', ..] => ("<", 3),
            ['>', ..] => (">", 3),
            ['+', ..] => ("+", 5),
            ['-', ..] => ("-", 5),
            ['*', ..] => ("*", 6),
            ['/', ..] => ("/", 6),
            ['%', ..] => ("%", 6),
            ['&', ..] => ("&", 2),
            ['^', ..] => ("^", 1),
            ['|', ..] => ("|", 0),
            _ => ("", -1),
        };
        if (level >= 0)
            return level;
        foreach ((string word, int row) in WordLevels)
            if (text.StartsWith(word, StringComparison.OrdinalIgnoreCase) && (text.Length == word.Length || !IsWord(text[word.Length])))
            {
                op = word;
                return row;
            }
        return -1;
    }

    IResult<MasmNode> Unary(IInput input)
    {
        if (++_depth > DeepestNesting)
            throw ExpressionException.Overflow(Rest(input));
        try
        {
            if (input.AtEnd)
                throw ExpressionException.Missing("");
            int start = input.Position;
            if (input.Current is '+' or '-')
                return Operation(input.Current.ToString(), start, Skip(input.Advance()));
            ReadOnlySpan<char> text = input.Source.AsSpan(start);
            foreach (string word in WordOperators)
                if (text.StartsWith(word, StringComparison.OrdinalIgnoreCase) && text.Length > word.Length && IsAfterOperator(text, word))
                    return Operation(word, start, Skip(Advance(input, word.Length)));
            return Primary(input);
        }
        finally
        {
            _depth--;
        }
    }

    /// <summary>An operator's word stands before a blank or a parenthesis: <c>by</c> in <c>by(1)</c>, but not in <c>bypass</c>.</summary>
    static bool IsAfterOperator(ReadOnlySpan<char> text, string word) => text[word.Length] is ' ' or '(' or '\t';

    IResult<MasmNode> Operation(string op, int start, IInput operandAt)
    {
        IResult<MasmNode> operand = Unary(operandAt);
        return Result.Success<MasmNode>(new MasmNode.Unary(op, operand.Value, start, operand.Remainder.Position), operand.Remainder);
    }

    IResult<MasmNode> Primary(IInput input) => input.Current switch
    {
        '(' => Parenthesis(input),
        '`' => Delimited(input, '`', (text, from, to) => new MasmNode.SourceLine(text, from, to)),
        '@' => At(input),
        '.' when input.Position + 1 >= input.Source.Length || !IsWord(input.Source[input.Position + 1]) =>
            Result.Success<MasmNode>(new MasmNode.Register("$ip", input.Position, input.Position + 1), input.Advance()),
        '$' => Dollar(input),
        '!' => Word(input.Advance(), input.Position, forced: true),
        '\'' => Characters(input),
        char c when IsWord(c) => Word(input, input.Position, forced: false),
        _ => throw ExpressionException.Missing(Rest(input)),
    };

    IResult<MasmNode> Parenthesis(IInput input)
    {
        IResult<MasmNode> inner = Climb(0)(Skip(input.Advance()));
        IInput close = Skip(inner.Remainder);
        if (close.AtEnd || close.Current != ')')
            throw ExpressionException.Syntax(Rest(close));
        return Result.Success(inner.Value with { End = close.Position + 1 }, close.Advance());
    }

    static IResult<MasmNode> Delimited(IInput input, char close, Func<string, int, int, MasmNode> make)
    {
        int start = input.Position;
        int end = input.Source.IndexOf(close, start + 1);
        if (end < 0)
            throw ExpressionException.Syntax(Rest(input));
        return Result.Success(make(input.Source[(start + 1)..end], start, end + 1), Advance(input, end + 1 - start));
    }

    static IResult<MasmNode> Characters(IInput input) => Delimited(input, '\'', (text, from, to) =>
    {
        ulong value = 0;
        foreach (char c in text.Length > 8 ? throw ExpressionException.Overflow(input.Source[from..]) : text)
            value = value << 8 | (byte)c;
        return new MasmNode.Number(value, from, to);
    });

    IResult<MasmNode> At(IInput input)
    {
        int start = input.Position;
        ReadOnlySpan<char> text = input.Source.AsSpan(start);
        if (text.StartsWith("@@"))
        {
            int open = text.IndexOf('(');
            string? name = open switch
            {
                < 0 => throw ExpressionException.Syntax(Rest(input)),
                2 => null,
                _ => text[2..open].ToString().ToLowerInvariant(),
            };
            if (name is not (null or "masm" or "c++"))
                throw ExpressionException.Syntax(Rest(input));
            int close = Matching(input.Source, start + open);
            return Result.Success<MasmNode>(
                new MasmNode.Switched(name, input.Source[(start + open + 1)..close], start, close + 1), Advance(input, close + 1 - start));
        }
        if (text.StartsWith("@!\""))
            return Delimited(Advance(input, 2), '"', (symbol, _, to) => new MasmNode.Name(symbol, true, start, to));
        int length = 1;
        while (length < text.Length && (char.IsLetterOrDigit(text[length]) || text[length] is '_' or '$' or '.'))
            length++;
        if (length == 1)
            throw ExpressionException.BadRegister(Rest(input));
        return Result.Success<MasmNode>(
            new MasmNode.Register(text[1..length].ToString().ToLowerInvariant(), start, start + length), Advance(input, length));
    }

    IResult<MasmNode> Dollar(IInput input)
    {
        int start = input.Position;
        ReadOnlySpan<char> text = input.Source.AsSpan(start);
        if (text.StartsWith("$!"))
            return Word(Advance(input, 2), start, forced: true, prefix: "$!");
        int length = 1;
        while (length < text.Length && (char.IsLetterOrDigit(text[length]) || text[length] == '_'))
            length++;
        string word = text[..length].ToString().ToLowerInvariant();
        IInput after = Advance(input, length);
        if (!Functions.Contains(word))
            return Result.Success<MasmNode>(new MasmNode.Register(word, start, start + length), after);
        return Call(word, start, Skip(after));
    }

    IResult<MasmNode> Call(string function, int start, IInput at)
    {
        if (at.AtEnd || at.Current != '(')
            throw ExpressionException.Syntax(Rest(at));
        // A call that cannot be taken apart is quoted from its parenthesis on.
        string whole = Rest(at);
        List<object> arguments = [];
        do
        {
            at = Skip(at.Advance());
            if (!at.AtEnd && (at.Current == '"' || at.Source.AsSpan(at.Position).StartsWith("@\"")))
            {
                (string literal, int used) = StringLiteral(at.Source, at.Position) ?? throw ExpressionException.Syntax(whole);
                arguments.Add(literal);
                at = Skip(Advance(at, used));
            }
            else
            {
                IResult<MasmNode> argument = Climb(0)(at);
                arguments.Add(argument.Value);
                at = Skip(argument.Remainder);
            }
        }
        while (!at.AtEnd && at.Current == ',');
        if (at.AtEnd || at.Current != ')')
            throw ExpressionException.Syntax(whole);
        return Result.Success<MasmNode>(new MasmNode.Call(function, arguments, start, at.Position + 1), at.Advance());
    }

    /// <summary><c>"..."</c> with backslash escapes, or raw <c>@"..."</c>; the second value is the length in the source. Null: no end.</summary>
    static (string Literal, int Length)? StringLiteral(string text, int start)
    {
        bool raw = text[start] == '@';
        int i = start + (raw ? 2 : 1);
        System.Text.StringBuilder literal = new();
        for (; i < text.Length && text[i] != '"'; i++)
        {
            char c = text[i];
            if (c == '\\' && !raw && i + 1 < text.Length)
                c = text[++i] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', char other => other };
            literal.Append(c);
        }
        return i < text.Length ? (literal.ToString(), i + 1 - start) : null;
    }

    internal static int Matching(string text, int open)
    {
        int depth = 0;
        for (int i = open; i < text.Length; i++)
        {
            depth += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
            if (depth == 0)
                return i;
        }
        throw ExpressionException.Syntax("");
    }

    internal static bool IsWord(char c) => char.IsLetterOrDigit(c) || c is '_' or '$' or '@' or '?';

    IResult<MasmNode> Word(IInput input, int start, bool forced, string prefix = "")
    {
        string source = input.Source;
        int end = input.Position;
        while (end < source.Length && IsInWord(source, end))
            end++;
        string word = source[input.Position..end];
        IInput after = Advance(input, end - input.Position);
        if (!forced && TryNumber(word, source[start..], out ulong value))
            return Result.Success<MasmNode>(new MasmNode.Number(value, start, end), after);
        if (word.Length == 0 || word.Contains('`'))
            throw ExpressionException.Syntax(source[start..]);
        return Result.Success<MasmNode>(new MasmNode.Name(prefix + word, forced, start, end), after);
    }

    /// <summary>Words hold <c>mod!sym</c> (but not <c>a!=b</c>), <c>Class::m</c>, the accent of long numbers, and dots before letters.</summary>
    static bool IsInWord(string text, int i) => text[i] switch
    {
        '!' => i + 1 < text.Length && text[i + 1] != '=',
        ':' => i + 1 < text.Length && text[i + 1] == ':' || i > 0 && text[i - 1] == ':' && text[i] == ':',
        '`' => i + 1 < text.Length && char.IsAsciiHexDigit(text[i + 1]),
        '.' => i + 1 < text.Length && char.IsLetter(text[i + 1]),
        char c => IsWord(c),
    };

    bool TryNumber(string word, string rest, out ulong value)
    {
        value = 0;
        string digits = word.Contains('`') ? word.Replace("`", "") : word;
        int radix = _radix;
        if (digits.Length >= 2 && digits[0] == '0' && char.ToLowerInvariant(digits[1]) is char mark && mark is 'x' or 'n' or 't' or 'y')
        {
            radix = mark switch { 'x' => 16, 'n' => 10, 't' => 8, _ => 2 };
            digits = digits[2..];
            if (digits.Length == 0)
                return true;
        }
        else if (digits.Length > 1 && digits[^1] is 'h' or 'H' && char.IsDigit(digits[0]))
        {
            radix = 16;
            digits = digits[..^1];
        }
        if (digits.Length == 0)
            return false;
        if (radix == 16)
        {
            if (!digits.All(char.IsAsciiHexDigit))
                return false;
            return ulong.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)
                ? true
                : throw ExpressionException.Overflow(rest);
        }
        foreach (char c in digits)
        {
            int digit = c - '0';
            if (digit < 0 || digit >= radix)
                return false;
            UInt128 next = (UInt128)value * (uint)radix + (uint)digit;
            value = next <= ulong.MaxValue ? (ulong)next : throw ExpressionException.Overflow(rest);
        }
        return true;
    }
}
