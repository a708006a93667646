using System.Globalization;
using KdSim.Debugging.Structures;

namespace KdSim.Debugger.Expressions;

/// <summary>Tokens of C++ expressions, with their positions.</summary>
sealed class CppLexer(string text)
{
    /// <remarks>Switched: the text inside <c>@@masm( )</c> or <c>@@( )</c>, which another evaluator takes.</remarks>
    public enum Kind { End, Number, Word, Register, Macro, Symbol, String, Switched, Same }

    static readonly string[] Symbols =
    [
        "<<=", ">>=", "=>", "->", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "++", "--",
        "(", ")", "[", "]", ".", "*", "&", "+", "-", "!", "~", "/", "%", "<", ">", "^", "|", "?", ":", "=", ",", "{", "}",
    ];

    // Longest first.
    static readonly string[] Suffixes = ["ui64", "i64", "ull", "llu", "ll", "ul", "lu", "u", "l"];

    public Kind Current { get; private set; }
    public string Word { get; private set; } = "";
    public ulong Number { get; private set; }
    public TypeInfo NumberType { get; private set; } = BasicTypes.Int;
    public int Start { get; private set; }
    public int End { get; private set; }

    public string Rest => text[Start..];

    public void MoveTo(int position)
    {
        End = position;
        Next();
    }

    public bool Is(string symbol) => Current == Kind.Symbol && Word == symbol;

    public bool Take(string symbol)
    {
        if (!Is(symbol))
            return false;
        Next();
        return true;
    }

    public void Expect(string symbol)
    {
        if (!Take(symbol))
            throw ExpressionException.Syntax(Rest);
    }

    public void Next()
    {
        int i = End;
        while (i < text.Length && char.IsWhiteSpace(text[i]))
            i++;
        Start = i;
        if (i >= text.Length || text.AsSpan(i).StartsWith("//"))
        {
            (Current, Word, Start, End) = (Kind.End, "", Math.Min(i, text.Length), text.Length);
            if (i < text.Length)
                Start = text.Length;
            return;
        }
        char c = text[i];
        if (char.IsDigit(c))
        {
            if (!TryReadReal(i))
                ReadNumber(i);
        }
        else if (text.AsSpan(i).StartsWith("@@"))
            ReadSwitched(i);
        else if (c is '@' or '#')
            ReadWord(i + 1, c == '@' ? Kind.Register : Kind.Macro);
        else if (char.IsLetter(c) || c is '_' or '$' || c == ':' && text.AsSpan(i).StartsWith("::"))
            ReadWord(i, Kind.Word);
        else if (c == '\'')
            ReadCharacter(i);
        else if (c == '"')
            ReadString(i);
        else
        {
            string symbol = Symbols.FirstOrDefault(s =>
                string.CompareOrdinal(text, i, s, 0, s.Length) == 0) ?? throw ExpressionException.Syntax(Rest);
            (Current, Word, End) = (Kind.Symbol, symbol, i + symbol.Length);
        }
    }

    void ReadWord(int start, Kind kind)
    {
        int i = start;
        while (i < text.Length && IsInWord(i, start))
            i++;
        (Current, Word, End) = (kind, text[start..i], i);
        if (Word.Length == 0)
            throw ExpressionException.Syntax(Rest);
    }

    /// <summary>Names hold <c>mod!sym</c> (but not <c>a!=b</c>), <c>$!local</c> and <c>Class::member</c>.</summary>
    bool IsInWord(int i, int start) => text[i] switch
    {
        '!' => i > start && i + 1 < text.Length && text[i + 1] != '=',
        ':' => i + 1 < text.Length && text[i + 1] == ':' || i > start && text[i - 1] == ':',
        '~' => i > start + 1 && text[i - 1] == ':',
        char c => char.IsLetterOrDigit(c) || c is '_' or '$',
    };

    void ReadSwitched(int start)
    {
        int open = text.IndexOf('(', start);
        string name = open < 0 ? "" : text[(start + 2)..open].ToLowerInvariant();
        if (open < 0 || name is not ("" or "masm" or "c++"))
            throw ExpressionException.Syntax(text[start..]);
        int close = MasmParser.Matching(text, open);
        (Current, Word, End) = (name == "c++" ? Kind.Same : Kind.Switched, text[(open + 1)..close], close + 1);
    }

    void ReadCharacter(int i)
    {
        bool escaped = i + 1 < text.Length && text[i + 1] == '\\';
        int at = escaped ? i + 2 : i + 1;
        if (at + 1 >= text.Length || text[at + 1] != '\'')
            throw ExpressionException.Syntax(Rest);
        char value = !escaped ? text[at] : text[at] switch
        {
            'n' => '\n', 't' => '\t', 'r' => '\r', '0' => '\0', 'a' => '\a', 'b' => '\b', 'f' => '\f', 'v' => '\v', char c => c,
        };
        (Current, Number, NumberType, End) = (Kind.Number, value, BasicTypes.Char, at + 2);
    }

    /// <summary>A string is a token without a meaning: it ends the expression before it.</summary>
    void ReadString(int start)
    {
        int i = start + 1;
        while (i < text.Length && text[i] != '"')
            i += text[i] == '\\' ? 2 : 1;
        (Current, Word, End) = (Kind.String, text[start..Math.Min(i, text.Length)], Math.Min(i + 1, text.Length));
    }

    /// <summary><c>1.5</c>, <c>2e10</c>, <c>.5f</c>: true when a floating-point number stands there.</summary>
    bool TryReadReal(int start)
    {
        int i = start;
        while (i < text.Length && char.IsAsciiDigit(text[i]))
            i++;
        if (i >= text.Length || text[i] is not ('.' or 'e' or 'E') || text[i] == '.' && i + 1 < text.Length && char.IsLetter(text[i + 1]))
            return false;
        if (text[i] == '.')
            do
                i++;
            while (i < text.Length && char.IsAsciiDigit(text[i]));
        if (i < text.Length && text[i] is 'e' or 'E')
        {
            int exponent = i + 1 < text.Length && text[i + 1] is '+' or '-' ? i + 2 : i + 1;
            if (exponent >= text.Length || !char.IsAsciiDigit(text[exponent]))
                return false;
            for (i = exponent; i < text.Length && char.IsAsciiDigit(text[i]); i++)
            {
            }
        }
        if (!double.TryParse(text.AsSpan(start, i - start), NumberStyles.Float, CultureInfo.InvariantCulture, out double value))
            return false;
        bool single = i < text.Length && text[i] is 'f' or 'F';
        (Current, Number, NumberType, End) = (Kind.Number,
            single ? BitConverter.SingleToUInt32Bits((float)value) : BitConverter.DoubleToUInt64Bits(value),
            single ? BasicTypes.Float : BasicTypes.Double, single ? i + 1 : i);
        return true;
    }

    void ReadNumber(int start)
    {
        int i = start;
        bool hex = text.AsSpan(i).StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        i += hex ? 2 : 0;
        int digits = i;
        while (i < text.Length && (hex ? char.IsAsciiHexDigit(text[i]) : char.IsDigit(text[i])) || i < text.Length && text[i] == '`')
            i++;
        string number = text[digits..i].Replace("`", "");
        bool octal = !hex && number.Length > 1 && number[0] == '0';
        UInt128 value = 0;
        uint radix = hex ? 16u : octal ? 8u : 10u;
        foreach (char c in number)
        {
            uint digit = (uint)int.Parse(c.ToString(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            value = digit < radix ? value * radix + digit : throw ExpressionException.Syntax(text[start..]);
            if (value > ulong.MaxValue)
                throw ExpressionException.Overflow(text[start..]);
        }
        int suffix = i;
        foreach (string known in Suffixes)
            if (text.AsSpan(i).StartsWith(known, StringComparison.OrdinalIgnoreCase))
            {
                i += known.Length;
                break;
            }
        if (i < text.Length && (char.IsLetterOrDigit(text[i]) || text[i] == '_'))
            throw ExpressionException.Syntax(text[suffix..]);
        string marks = text[suffix..i].ToUpperInvariant();
        ulong bits = (ulong)value;
        bool unsigned = marks.Contains('U') || (hex || octal) && bits is > int.MaxValue and <= uint.MaxValue || bits > long.MaxValue;
        bool wide = bits > uint.MaxValue || !unsigned && bits > int.MaxValue || marks.Contains("LL") || marks.Contains("I64");
        bool isLong = marks.Contains('L') && !wide;
        TypeInfo type = wide ? unsigned ? BasicTypes.UInt64 : BasicTypes.Int64
            : unsigned ? isLong ? BasicTypes.ULong : BasicTypes.UInt : isLong ? BasicTypes.Long : BasicTypes.Int;
        (Current, Number, NumberType, End) = (Kind.Number, bits, type, i);
    }
}
