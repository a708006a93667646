using KdSim.Debugger.Sessions;
using KdSim.Debugging.Structures;

namespace KdSim.Debugger.Expressions;

/// <summary>Unary and postfix operators, casts, names, registers and macros.</summary>
public sealed partial class CppEvaluator
{
    TypedValue Unary()
    {
        if (++_depth > DeepestNesting)
            throw ExpressionException.Overflow(_lexer.Rest);
        try
        {
            string rest = _lexer.Rest;
            if (_lexer.Current == CppLexer.Kind.Symbol)
                switch (_lexer.Word)
                {
                    case "-": return Negate();
                    case "+": _lexer.Next(); return Unary();
                    case "!": _lexer.Next(); return TypedValue.OfBool(Unary().Signed == 0);
                    case "~": _lexer.Next(); return Complement();
                    case "*": _lexer.Next(); return Dereference(Unary(), rest);
                    case "&": _lexer.Next(); return AddressOf(Unary(), rest);
                    case "++" or "--": return Step();
                    case "(" when TryCast(out TypeInfo? type): return Convert(Unary(), type!);
                }
            if (_lexer is { Current: CppLexer.Kind.Word, Word: "sizeof" })
                return SizeOf();
            return Postfix(Primary());
        }
        finally
        {
            _depth--;
        }
    }

    TypedValue Negate()
    {
        _lexer.Next();
        TypedValue value = Unary();
        if (value.Type.Kind == TypeKind.Float)
            return new TypedValue(BasicTypes.Double, BitConverter.DoubleToUInt64Bits(-ToDouble(value)));
        bool wide = value.Type.Size > 4;
        return new TypedValue(wide ? value.Type : BasicTypes.Int, Narrow(0 - (ulong)value.Signed, wide));
    }

    TypedValue Complement()
    {
        TypedValue value = Unary();
        bool wide = value.Type.Size > 4;
        return new TypedValue(wide ? value.Type : value.Type.Signed || value.Type.Size < 4 ? BasicTypes.Int : BasicTypes.UInt,
            Narrow(~(ulong)value.Signed, wide));
    }

    TypedValue Step()
    {
        string op = _lexer.Word, rest = _lexer.Rest;
        _lexer.Next();
        TypedValue value = Unary();
        return Store(value, Binary(op[..1], value, TypedValue.OfInteger(1), rest), rest);
    }

    TypedValue Dereference(TypedValue pointer, string rest)
    {
        TypeInfo target = Decay(ref pointer) ?? throw ExpressionException.Operand(rest);
        return Load(target, pointer.Bits);
    }

    static TypedValue AddressOf(TypedValue value, string rest) => value.Address is { } address
        ? new TypedValue(BasicTypes.PointerTo(value.Type), address)
        : throw ExpressionException.Operand(rest);

    TypedValue SizeOf()
    {
        _lexer.Next();
        if (_lexer.Is("(") && TryCast(out TypeInfo? type))
            return new TypedValue(BasicTypes.UInt64, type!.Size);
        bool outer = _skipping;
        _skipping = true;
        TypedValue value = Unary();
        _skipping = outer;
        return new TypedValue(BasicTypes.UInt64, value.Type.Size);
    }

    /// <summary>After <c>(</c>: takes a type and its <c>)</c> if one stands there; otherwise leaves the tokens as they were.</summary>
    bool TryCast(out TypeInfo? type)
    {
        int before = _lexer.Start;
        _lexer.Next();
        type = TryType();
        if (type is not null && _lexer.Take(")"))
            return true;
        _lexer.MoveTo(before);
        type = null;
        return false;
    }

    TypeInfo? TryType()
    {
        if (_lexer.Current != CppLexer.Kind.Word)
            return null;
        bool tagged = false;
        while (_lexer is { Current: CppLexer.Kind.Word, Word: "struct" or "union" or "enum" or "class" or "const" or "volatile" })
        {
            tagged |= _lexer.Word is not ("const" or "volatile");
            _lexer.Next();
        }
        string name = _lexer.Word;
        _lexer.Next();
        while (!tagged && _lexer.Current == CppLexer.Kind.Word && name is "unsigned" or "signed" or "long" or "unsigned long" &&
            _lexer.Word is "char" or "short" or "int" or "long" or "__int64" or "int64")
        {
            name = $"{name} {_lexer.Word}";
            _lexer.Next();
        }
        TypeInfo? type = FindType(name);
        while (type is not null && _lexer.Take("*"))
            type = BasicTypes.PointerTo(type);
        return type;
    }

    /// <summary>A built-in type, a type of the target, or <c>PIRP</c> for a pointer to <c>_IRP</c>.</summary>
    public TypeInfo? FindType(string name)
    {
        string plain = name.StartsWith("signed ", StringComparison.Ordinal) ? name[7..] : name;
        plain = plain is "long int" or "unsigned long int" ? plain[..^4] : plain;
        if ((BasicTypes.Find(plain) ?? session.Types.Find(name)) is { } known)
            return known;
        int bang = name.IndexOf('!') + 1;
        if (name.Length > bang + 1 && name[bang] == 'P')
        {
            string target = name[..bang] + name[(bang + 1)..];
            if ((BasicTypes.Find(target) ?? session.Types.Find(target)) is { } pointed)
                return BasicTypes.PointerTo(pointed);
        }
        return null;
    }

    TypedValue Postfix(TypedValue value)
    {
        while (_lexer.Current == CppLexer.Kind.Symbol)
        {
            string rest = _lexer.Rest;
            switch (_lexer.Word)
            {
                case "[":
                    _lexer.Next();
                    TypedValue index = Comma();
                    _lexer.Expect("]");
                    value = Dereference(Binary("+", value, index, rest), rest);
                    break;
                case "->":
                    _lexer.Next();
                    value = Member(Dereference(value, rest));
                    break;
                case ".":
                    _lexer.Next();
                    value = Member(value);
                    break;
                case "++" or "--":
                    string op = _lexer.Word[..1];
                    _lexer.Next();
                    Store(value, Binary(op, value, TypedValue.OfInteger(1), rest), rest);
                    break;
                default:
                    return value;
            }
        }
        return value;
    }

    TypedValue Member(TypedValue record)
    {
        if (_lexer.Current != CppLexer.Kind.Word)
            throw ExpressionException.Syntax(_lexer.Rest);
        string name = _lexer.Word, rest = _lexer.Rest;
        _lexer.Next();
        FieldPath field = record.Type.Find(name) ?? throw ExpressionException.Unresolved(rest);
        ulong address = (record.Address ?? record.Bits) + field.Offset;
        return Load(field.Type, address, field.BitPosition, field.BitLength);
    }

    TypedValue Primary()
    {
        string rest = _lexer.Rest, word = _lexer.Word;
        switch (_lexer.Current)
        {
            case CppLexer.Kind.Number:
                TypedValue number = new(_lexer.NumberType, _lexer.Number);
                _lexer.Next();
                return number;
            case CppLexer.Kind.Switched or CppLexer.Kind.Same:
                TypedValue other = _skipping ? TypedValue.OfInteger(0)
                    : _lexer.Current == CppLexer.Kind.Same ? Evaluate(word) : new TypedValue(BasicTypes.UInt64, session.Masm.Evaluate(word));
                _lexer.Next();
                return other;
            case CppLexer.Kind.Register:
                _lexer.Next();
                return Register(word.ToLowerInvariant(), rest);
            case CppLexer.Kind.Macro:
                _lexer.Next();
                return Macro(word, rest);
            case CppLexer.Kind.Word when word.EndsWith("_cast", StringComparison.Ordinal):
                _lexer.Next();
                return NamedCast();
            case CppLexer.Kind.Word:
                _lexer.Next();
                return Named(word, rest);
            case CppLexer.Kind.Symbol when word == "(":
                _lexer.Next();
                TypedValue inner = Comma();
                _lexer.Expect(")");
                return inner;
            case CppLexer.Kind.End:
                throw ExpressionException.Missing("");
            default:
                throw ExpressionException.Syntax(rest);
        }
    }

    /// <summary><c>static_cast&lt;type&gt;(value)</c> and its kin, which all do what <c>(type)value</c> does.</summary>
    TypedValue NamedCast()
    {
        _lexer.Expect("<");
        TypeInfo type = TypeArgument(_lexer.Rest);
        _lexer.Expect(">");
        _lexer.Expect("(");
        TypedValue value = Comma();
        _lexer.Expect(")");
        return Convert(value, type);
    }

    TypedValue Register(string name, string rest)
    {
        if (!session.Expressions.TryRegister(name, out ulong value))
            throw ExpressionException.BadRegister(rest);
        if (PseudoRegisters.IsUser(name, out int index) && session.Pseudo.UserTypes[index] is { } typed)
            return typed.IsRecord ? new TypedValue(typed, value, value) : new TypedValue(typed, value);
        string? structure = name switch { "$thread" => "nt!_ETHREAD", "$proc" => "nt!_EPROCESS", _ => null };
        if (structure is not null && session.Types.Find(structure) is { } type)
            return new TypedValue(BasicTypes.PointerTo(type), value);
        if (name is "$ip" or "$ra" or "$ea" or "$csp" or "$eventip" or "$previp")
            return new TypedValue(BasicTypes.PointerTo(BasicTypes.UChar), value);
        return TypedValue.OfUnsigned(value);
    }

    TypedValue Named(string name, string rest)
    {
        if (name is "true" or "false")
            return TypedValue.OfBool(name == "true");
        bool localOnly = name.StartsWith("$!", StringComparison.Ordinal), globalOnly = name.StartsWith("::", StringComparison.Ordinal);
        name = localOnly || globalOnly ? name[2..] : name;
        if (!globalOnly && session.Walker.FindLocal(name) is { } local)
            return session.Walker.Load(local) ?? throw ExpressionException.Memory(rest);
        if (localOnly)
            throw ExpressionException.Unresolved(rest);
        int bang = name.IndexOf('!');
        foreach (Modules.DebuggedModule module in session.Modules.Loaded)
        {
            if (bang > 0 && !module.Name.Equals(name[..bang], StringComparison.OrdinalIgnoreCase))
                continue;
            if (module.Symbols.Find(name[(bang + 1)..]) is not { } symbol)
                continue;
            ulong address = module.Base + symbol.Rva;
            return symbol.Type is { } type ? Load(type, address) : new TypedValue(BasicTypes.UInt64, address, address);
        }
        throw ExpressionException.Unresolved(rest);
    }

    TypedValue Macro(string name, string rest)
    {
        _lexer.Expect("(");
        if (name == "CONTAINING_RECORD")
        {
            TypedValue address = Assignment();
            _lexer.Expect(",");
            TypeInfo record = TypeArgument(rest);
            _lexer.Expect(",");
            ulong offset = FieldArgument(record).Offset;
            _lexer.Expect(")");
            Decay(ref address);
            return new TypedValue(BasicTypes.PointerTo(record), address.Bits - offset);
        }
        if (name is "RTL_NUMBER_OF" or "RTL_CONTAINS_FIELD")
        {
            TypedValue value = Assignment();
            ulong result = name == "RTL_NUMBER_OF" ? NumberOf(value, rest) : ContainsField(value, rest);
            _lexer.Expect(")");
            return name == "RTL_NUMBER_OF" ? new TypedValue(BasicTypes.UInt64, result) : TypedValue.OfBool(result != 0);
        }
        TypeInfo type = TypeArgument(rest);
        _lexer.Expect(",");
        FieldPath field = FieldArgument(type);
        _lexer.Expect(")");
        return name switch
        {
            "FIELD_OFFSET" => new TypedValue(BasicTypes.Long, field.Offset),
            "RTL_FIELD_SIZE" => new TypedValue(BasicTypes.UInt64, field.Type.Size),
            "RTL_SIZEOF_THROUGH_FIELD" => new TypedValue(BasicTypes.UInt64, field.Offset + field.Type.Size),
            _ => throw ExpressionException.Unresolved(rest),
        };
    }

    static ulong NumberOf(TypedValue array, string rest) =>
        array.Type.Kind == TypeKind.Array ? array.Type.Count : throw ExpressionException.Operand(rest);

    /// <summary>After the structure: <c>, size, field</c>. Whether the field ends within so many bytes.</summary>
    ulong ContainsField(TypedValue structure, string rest)
    {
        TypeInfo type = structure.Type.Kind == TypeKind.Pointer && structure.Type.Element is { } target ? target : structure.Type;
        _lexer.Expect(",");
        TypedValue size = Assignment();
        _lexer.Expect(",");
        FieldPath field = type.IsRecord ? FieldArgument(type) : throw ExpressionException.Operand(rest);
        return field.Offset + field.Type.Size <= (ulong)size.Signed ? 1UL : 0;
    }

    TypeInfo TypeArgument(string rest) => TryType() ?? throw ExpressionException.Unresolved(rest);

    FieldPath FieldArgument(TypeInfo type)
    {
        string rest = _lexer.Rest, path = _lexer.Word;
        _lexer.Next();
        while (_lexer.Take("."))
        {
            path += "." + _lexer.Word;
            _lexer.Next();
        }
        return type.Find(path) ?? throw ExpressionException.Unresolved(rest);
    }
}
