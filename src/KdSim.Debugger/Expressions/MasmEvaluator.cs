using KdSim.Debugger.Language;

namespace KdSim.Debugger.Expressions;

/// <summary>
/// Evaluates MASM expressions; every value is an unsigned 64-bit number. Parsed expressions are kept by their text, so a condition is parsed once.
/// </summary>
public sealed class MasmEvaluator(IEvaluationContext context)
{
    const int MostKept = 4096;

    readonly Dictionary<(int, string), MasmExpression> _kept = [];

    /// <summary>How many texts were parsed: a seen text is not parsed again.</summary>
    public int Parses { get; private set; }

    /// <summary>Evaluates the whole text; junk after the expression is an error.</summary>
    public ulong Evaluate(string text)
    {
        ulong value = EvaluatePrefix(text, out int length);
        if (text.AsSpan(length).Trim().Length > 0)
            throw ExpressionException.Syntax(text[length..].TrimStart());
        return value;
    }

    /// <summary>Evaluates the longest expression at the start of the text and says how long it is.</summary>
    public ulong EvaluatePrefix(string text, out int length)
    {
        MasmExpression expression = Parse(text);
        length = expression.Length;
        return Value(expression.Root, expression.Text);
    }

    public MasmExpression Parse(string text)
    {
        (int, string) key = (context.Radix, text);
        if (_kept.TryGetValue(key, out MasmExpression? kept))
            return kept;
        if (_kept.Count >= MostKept)
            _kept.Clear();
        Parses++;
        return _kept[key] = MasmParser.For(context.Radix).Parse(text);
    }

    ulong Value(MasmNode node, string text) => node switch
    {
        MasmNode.Number number => number.Value,
        MasmNode.Register register => context.TryRegister(register.Word, out ulong value)
            ? value
            : throw ExpressionException.BadRegister(text[register.Position..]),
        MasmNode.Name name => NameValue(name, text),
        MasmNode.SourceLine line => context.TrySourceLine(line.Text, out ulong at)
            ? at
            : throw ExpressionException.Unresolved(text[line.Position..]),
        MasmNode.Unary unary => UnaryValue(unary, text),
        MasmNode.Binary binary => BinaryValue(binary, text),
        MasmNode.Call call => CallValue(call, text),
        MasmNode.Switched { Evaluator: "masm" } switched => Evaluate(switched.Text),
        MasmNode.Switched switched => context.EvaluateCpp(switched.Text),
        _ => throw new InvalidOperationException($"no such node: {node}"),
    };

    ulong NameValue(MasmNode.Name name, string text)
    {
        if (context.TrySymbol(name.Word, out ulong value) || !name.Forced && context.TryRegister(name.Word.ToLowerInvariant(), out value))
            return value;
        throw ExpressionException.Unresolved(text[name.Position..], Hint(name.Word));
    }

    static string Hint(string word)
    {
        int bang = word.IndexOf('!');
        return bang > 0
            ? $"No loaded module '{word[..bang]}' has a symbol '{word[(bang + 1)..]}': lm lists the modules, x {word[..bang]}!* the symbols"
            : $"'{word}' is no symbol, register or number: x *!*{word.TrimStart('$')}* looks for it";
    }

    ulong UnaryValue(MasmNode.Unary unary, string text)
    {
        ulong value = Value(unary.Operand, text);
        return unary.Operator switch
        {
            "+" => value,
            "-" => 0 - value,
            "not" => value == 0 ? 1UL : 0,
            "hi" => value >> 16 & 0xffff,
            "low" => value & 0xffff,
            "by" => Memory(value, 1, unary, text),
            "wo" => Memory(value, 2, unary, text),
            "dwo" => Memory(value, 4, unary, text),
            "qwo" or "poi" => Memory(value, 8, unary, text),
            "$pby" => Memory(value, 1, unary, text, physical: true),
            "$pwo" => Memory(value, 2, unary, text, physical: true),
            "$pdwo" => Memory(value, 4, unary, text, physical: true),
            _ => Memory(value, 8, unary, text, physical: true),
        };
    }

    // The quote begins after the operand; inside parentheses that is the closing one.
    ulong Memory(ulong address, int size, MasmNode.Unary unary, string text, bool physical = false)
    {
        if (context.TryRead(address, size, physical, out ulong value))
            return value;
        int end = unary.Operand.End;
        if (end > 0 && end <= text.Length && text[end - 1] == ')')
            end--;
        throw ExpressionException.Memory(text[end..], address);
    }

    ulong BinaryValue(MasmNode.Binary binary, string text)
    {
        ulong left = Value(binary.Left, text);
        ulong right = Value(binary.Right, text);
        return binary.Operator switch
        {
            "+" => left + right,
            "-" => left - right,
            "*" => left * right,
            "/" => right == 0 ? throw ExpressionException.Operand(text[binary.Right.Position..]) : left / right,
            "%" or "mod" => right == 0 ? throw ExpressionException.Operand(text[binary.Right.Position..]) : left % right,
            "<<" => right > 63 ? 0 : left << (int)right,
            ">>" => right > 63 ? 0 : left >> (int)right,
            ">>>" => (ulong)((long)left >> (int)Math.Min(right, 63)),
            "=" or "==" => left == right ? 1UL : 0,
            "!=" => left != right ? 1UL : 0,
            "<" => left < right ? 1UL : 0,
            ">" => left > right ? 1UL : 0,
            "<=" => left <= right ? 1UL : 0,
            ">=" => left >= right ? 1UL : 0,
            "and" or "&" => left & right,
            "xor" or "^" => left ^ right,
            _ => left | right,
        };
    }

    ulong CallValue(MasmNode.Call call, string text)
    {
        string String(int i) => i < call.Arguments.Count && call.Arguments[i] is string literal
            ? literal
            : throw ExpressionException.Syntax(text[call.Position..]);
        ulong Number(int i) => i < call.Arguments.Count && call.Arguments[i] is MasmNode node
            ? Value(node, text)
            : throw ExpressionException.Syntax(text[call.Position..]);
        return call.Function switch
        {
            "$scmp" => (ulong)Math.Sign(string.CompareOrdinal(String(0), String(1))),
            "$sicmp" => (ulong)Math.Sign(string.Compare(String(0), String(1), StringComparison.OrdinalIgnoreCase)),
            "$spat" => Wildcard.Matches(String(1), String(0)) ? 1UL : 0,
            "$vvalid" => IsValid(Number(0), Number(1)) ? 1UL : 0,
            "$iment" => context.TryEntryPoint(Number(0), out ulong entry) ? entry
                : throw ExpressionException.Memory(text[(call.End - 1)..]),
            "$fnsucc" => IsSuccess(context.ReturnType(Number(0)), Number(1), Number(2)) ? 1UL : 0,
            _ => throw ExpressionException.Operand(text[call.Position..]),
        };
    }

    /// <summary>Whether a value that a function returned means success; where its type does not say so, the flag: 1 for zero, 0 for anything else.</summary>
    static bool IsSuccess(string? type, ulong value, ulong flag) => type switch
    {
        "bool" or "BOOL" or "BOOLEAN" => value != 0,
        "HRESULT" or "NTSTATUS" => (int)value >= 0,
        "HANDLE" => value is not (0 or ulong.MaxValue),
        ['v', 'o', 'i', 'd'] => true,
        [.., '*'] => value != 0,
        _ => flag == 0 == (value != 0),
    };

    bool IsValid(ulong address, ulong length)
    {
        byte[] page = new byte[4096];
        while (length > 0)
        {
            int want = (int)Math.Min(length, 4096);
            if (context.Read(address, page.AsSpan(0, want)) != want)
                return false;
            address += (ulong)want;
            length -= (ulong)want;
        }
        return true;
    }
}
