using System.Buffers.Binary;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Structures;

namespace KdSim.Debugger.Expressions;

/// <summary>
/// Evaluates C++ expressions over the target's types: values have types, variables have values, pointer arithmetic is scaled. Assignment
/// writes target memory, never registers. No calls.
/// </summary>
public sealed partial class CppEvaluator(DebuggerSession session)
{
    const int DeepestNesting = 200;

    CppLexer _lexer = new("");
    int _depth;
    bool _skipping;
    int _switches;

    /// <summary>How deep evaluators may hold each other.</summary>
    const int MostSwitches = 16;

    public ulong EvaluateInteger(string text) => Integer(Evaluate(text));

    static ulong Integer(TypedValue value) =>
        value.Type.IsRecord || value.Type.Kind == TypeKind.Array ? value.Address ?? value.Bits : (ulong)value.Signed;

    /// <summary>Evaluates the longest expression without a comma at the start of the text, as a command's argument, to an integer.</summary>
    public ulong EvaluatePrefix(string text, out int length) => Integer(Evaluate(text, wholeText: false, out length));

    public TypedValue Evaluate(string text) => Evaluate(text, wholeText: true, out _);

    TypedValue Evaluate(string text, bool wholeText, out int length)
    {
        if (_switches >= MostSwitches)
            throw ExpressionException.Overflow(text);
        (CppLexer lexer, int depth, bool skipping) = (_lexer, _depth, _skipping);
        _switches++;
        _lexer = new CppLexer(text);
        (_depth, _skipping) = (0, false);
        try
        {
            _lexer.Next();
            if (_lexer.Current == CppLexer.Kind.End)
                throw ExpressionException.Missing("");
            TypedValue value = wholeText ? Comma() : Assignment();
            if (wholeText && _lexer.Current != CppLexer.Kind.End)
                throw ExpressionException.Syntax(_lexer.Rest);
            length = _lexer.Start;
            return value;
        }
        finally
        {
            _switches--;
            (_lexer, _depth, _skipping) = (lexer, depth, skipping);
        }
    }

    TypedValue Comma()
    {
        TypedValue value = Assignment();
        while (_lexer.Take(","))
            value = Assignment();
        return value;
    }

    TypedValue Assignment()
    {
        TypedValue left = Conditional();
        if (_lexer.Current != CppLexer.Kind.Symbol || !_lexer.Word.EndsWith('=') || _lexer.Word is "==" or "!=" or "<=" or ">=")
            return left;
        string op = _lexer.Word;
        string rest = _lexer.Rest;
        _lexer.Next();
        TypedValue right = Assignment();
        if (op.Length > 1)
            right = Binary(op[..^1], left, right, rest);
        return Store(left, right, rest);
    }

    TypedValue Store(TypedValue target, TypedValue value, string rest)
    {
        if (_skipping)
            return target;
        if (target.Address is not { } address || target.Type.Size > 8)
            throw ExpressionException.Operand(rest);
        ulong bits = Convert(value, target.Type).Bits;
        if (target.BitLength > 0)
        {
            ulong mask = (target.BitLength >= 64 ? ulong.MaxValue : (1UL << target.BitLength) - 1) << target.BitPosition;
            session.TryReadInteger(address, (int)target.Type.Size, out ulong whole);
            ulong merged = whole & ~mask | bits << target.BitPosition & mask;
            Write(address, merged, (int)target.Type.Size);
            return target with { Bits = bits & mask >> target.BitPosition };
        }
        Write(address, bits, (int)target.Type.Size);
        return target with { Bits = bits };
    }

    void Write(ulong address, ulong bits, int size)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, bits);
        session.Write(address, bytes[..size]);
    }

    TypedValue Conditional()
    {
        TypedValue condition = BinaryLevel(0);
        if (!_lexer.Take("?"))
            return condition;
        bool taken = condition.Signed != 0, outer = _skipping;
        _skipping = outer || !taken;
        TypedValue then = Comma();
        _lexer.Expect(":");
        _skipping = outer || taken;
        TypedValue otherwise = Conditional();
        _skipping = outer;
        return taken ? then : otherwise;
    }

    static readonly string[][] Levels =
        [["||"], ["&&"], ["|"], ["^"], ["&"], ["==", "!="], ["<", ">", "<=", ">="], ["<<", ">>"], ["+", "-"], ["*", "/", "%"]];

    internal static int LevelOf(string op) => Array.FindIndex(Levels, l => l.Contains(op));

    TypedValue BinaryLevel(int least)
    {
        TypedValue left = Unary();
        while (_lexer.Current == CppLexer.Kind.Symbol && LevelOf(_lexer.Word) is int level && level >= least)
        {
            string op = _lexer.Word, rest = _lexer.Rest;
            _lexer.Next();
            if (op is "&&" or "||")
            {
                bool outer = _skipping, decided = op == "||" == (left.Signed != 0);
                _skipping = outer || decided;
                TypedValue right = BinaryLevel(level + 1);
                _skipping = outer;
                left = TypedValue.OfBool(decided ? left.Signed != 0 : right.Signed != 0);
                continue;
            }
            left = Binary(op, left, BinaryLevel(level + 1), rest);
        }
        return left;
    }

    TypedValue Binary(string op, TypedValue left, TypedValue right, string rest)
    {
        if (Decay(ref left) is { } element && op is "+" or "-")
        {
            if (op == "-" && Decay(ref right) is { } other)
                return new TypedValue(BasicTypes.Int64, (ulong)((long)(left.Bits - right.Bits) / (long)Math.Max(other.Size, 1)));
            ulong scaled = (ulong)right.Signed * Math.Max(element.Size, 1);
            return left with { Bits = op == "+" ? left.Bits + scaled : left.Bits - scaled, Address = null };
        }
        Decay(ref right);
        if (left.Type.Kind == TypeKind.Float || right.Type.Kind == TypeKind.Float)
            return BinaryFloat(op, ToDouble(left), ToDouble(right), rest);
        bool wide = left.Type.Size > 4 || right.Type.Size > 4;
        bool unsigned = Unsigned(left, wide) || Unsigned(right, wide);
        (ulong a, ulong b) = ((ulong)left.Signed, (ulong)right.Signed);
        if (op is "/" or "%" && b == 0 && !_skipping)
            throw ExpressionException.Operand(rest);
        if (op is "==" or "!=" or "<" or ">" or "<=" or ">=")
            return TypedValue.OfBool(Compare(op, a, b, unsigned, wide));
        ulong result = op switch
        {
            "+" => a + b,
            "-" => a - b,
            "*" => a * b,
            "/" or "%" when b == 0 => 0,
            "/" => unsigned ? Narrow(a, wide) / Narrow(b, wide) : (ulong)((Int128)(long)a / (long)b),
            "%" => unsigned ? Narrow(a, wide) % Narrow(b, wide) : (ulong)((Int128)(long)a % (long)b),
            "<<" => b > 63 ? 0 : a << (int)b,
            ">>" => unsigned ? Narrow(a, wide) >> (int)Math.Min(b, 63) : (ulong)((long)a >> (int)Math.Min(b, 63)),
            "&" => a & b,
            "^" => a ^ b,
            "|" => a | b,
            _ => throw ExpressionException.Operand(rest),
        };
        bool isLong = IsLong(left.Type) || IsLong(right.Type);
        TypeInfo type = wide ? unsigned ? BasicTypes.UInt64 : BasicTypes.Int64
            : unsigned ? isLong ? BasicTypes.ULong : BasicTypes.UInt : isLong ? BasicTypes.Long : BasicTypes.Int;
        return new TypedValue(type, Narrow(result, wide));
    }

    /// <summary><c>long</c> is as wide as <c>int</c>, but a type of its own.</summary>
    static bool IsLong(TypeInfo type) => type.Size == 4 && type.Name.EndsWith("long", StringComparison.Ordinal);

    static ulong Narrow(ulong value, bool wide) => wide ? value : (uint)value;

    static bool Unsigned(TypedValue value, bool wide) => !value.Type.Signed && (wide ? value.Type.Size == 8 : value.Type.Size >= 4);

    static bool Compare(string op, ulong a, ulong b, bool unsigned, bool wide)
    {
        int order = unsigned ? Narrow(a, wide).CompareTo(Narrow(b, wide)) : ((long)a).CompareTo((long)b);
        return op switch { "==" => order == 0, "!=" => order != 0, "<" => order < 0, ">" => order > 0, "<=" => order <= 0, _ =>
            order >= 0 };
    }

    static TypedValue BinaryFloat(string op, double a, double b, string rest)
    {
        if (op is "==" or "!=" or "<" or ">" or "<=" or ">=")
            return TypedValue.OfBool(op switch { "==" => a == b, "!=" => a != b, "<" => a < b, ">" => a > b, "<=" => a <= b, _ => a >= b });
        double result = op switch { "+" => a + b, "-" => a - b, "*" => a * b, "/" => a / b, _ => throw ExpressionException.Operand(rest) };
        return new TypedValue(BasicTypes.Double, BitConverter.DoubleToUInt64Bits(result));
    }

    internal static double ToDouble(TypedValue value) => value.Type switch
    {
        { Kind: TypeKind.Float, Size: 4 } => BitConverter.UInt32BitsToSingle((uint)value.Bits),
        { Kind: TypeKind.Float } => BitConverter.UInt64BitsToDouble(value.Bits),
        { Signed: true } => value.Signed,
        _ => value.Bits,
    };

    /// <summary>An array becomes a pointer to its first element. Gives what a pointer points to; null for anything else.</summary>
    static TypeInfo? Decay(ref TypedValue value)
    {
        if (value.Type.Kind == TypeKind.Array && value.Type.Element is { } element)
        {
            value = new TypedValue(BasicTypes.PointerTo(element), value.Address ?? value.Bits);
            return element;
        }
        return value.Type.Kind == TypeKind.Pointer ? value.Type.Element ?? BasicTypes.Void : null;
    }

    TypedValue Convert(TypedValue value, TypeInfo type)
    {
        Decay(ref value);
        if (type.Kind == TypeKind.Float)
        {
            double number = ToDouble(value);
            ulong bits = type.Size == 4 ? BitConverter.SingleToUInt32Bits((float)number) : BitConverter.DoubleToUInt64Bits(number);
            return new TypedValue(type, bits);
        }
        if (value.Type.Kind == TypeKind.Float)
            value = new TypedValue(BasicTypes.Int64, (ulong)(long)ToDouble(value));
        ulong whole = (ulong)value.Signed;
        ulong result = type.Kind == TypeKind.Boolean ? whole == 0 ? 0UL : 1 : type.Size >= 8 || type.Size == 0 ? whole
            : whole & (1UL << (int)type.Size * 8) - 1;
        return new TypedValue(type, result);
    }

    /// <summary>The value that memory holds at an address.</summary>
    public TypedValue Load(TypeInfo type, ulong address, int bitPosition = 0, int bitLength = 0)
    {
        if (type.IsRecord || type.Kind is TypeKind.Array or TypeKind.Function)
            return new TypedValue(type, address, address);
        if (_skipping)
            return new TypedValue(type, 0, address);
        if (!session.TryReadInteger(address, (int)Math.Clamp(type.Size, 1, 8), out ulong bits))
            throw ExpressionException.Memory(_lexer.Rest);
        if (bitLength > 0)
            bits = bits >> bitPosition & (bitLength >= 64 ? ulong.MaxValue : (1UL << bitLength) - 1);
        return new TypedValue(type, bits, address, bitPosition, bitLength);
    }
}
