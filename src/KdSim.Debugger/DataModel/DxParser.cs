using System.Text;
using KdSim.Debugger.Expressions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Structures;

namespace KdSim.Debugger.DataModel;

/// <summary>Names that lambdas gave to their arguments, inner ones first.</summary>
public sealed record DxScope(string Name, ModelValue Value, DxScope? Outer);

/// <summary>A compiled expression: run as often as it is needed, parsed once.</summary>
public delegate ModelValue DxCode(DxScope? scope);

/// <summary>
/// The grammar of <c>dx</c>: C++ expressions, member and method calls on objects of the model, lambdas, anonymous objects, and assignment
/// to user variables. Operators and types are those of the C++ evaluator.
/// </summary>
public sealed class DxParser(ModelRoots roots, CppEvaluator cpp, string text)
{
    const int DeepestNesting = 100;

    readonly CppLexer _lexer = new(text);
    readonly List<string> _parameters = [];
    int _depth;

    /// <summary>The whole text; what follows a comma are format specifiers, which are left.</summary>
    public DxCode Parse(out string format)
    {
        _lexer.Next();
        DxCode code = Assignment();
        format = "";
        if (_lexer.Is(","))
            format = _lexer.Rest[1..];
        else if (_lexer.Current != CppLexer.Kind.End)
            throw Unexpected();
        return code;
    }

    CommandException Unexpected() => new($"Error: Unexpected token at '{(_lexer.Rest.Length == 0 ? "<end>" : _lexer.Rest)}'");

    void Expect(string symbol)
    {
        if (!_lexer.Take(symbol))
            throw Unexpected();
    }

    DxCode Assignment()
    {
        if (_lexer is { Current: CppLexer.Kind.Register, Word: ['$', .. var name] } && !PseudoNames.IsBuiltIn(name))
        {
            int start = _lexer.Start;
            _lexer.Next();
            if (_lexer.Take("="))
            {
                DxCode value = Assignment();
                return scope => roots.Variables[name] = value(scope);
            }
            _lexer.MoveTo(start);
        }
        DxCode left = Conditional();
        if (!_lexer.Take("="))
            return left;
        DxCode right = Assignment();
        return scope => Native(cpp.Assign(Number(left(scope)), Number(right(scope))));
    }

    DxCode Conditional()
    {
        DxCode condition = Binary(0);
        if (!_lexer.Take("?"))
            return condition;
        DxCode then = Assignment();
        Expect(":");
        DxCode otherwise = Conditional();
        return scope => condition(scope).IsTrue ? then(scope) : otherwise(scope);
    }

    DxCode Binary(int least)
    {
        DxCode left = Unary();
        while (_lexer.Current == CppLexer.Kind.Symbol && CppEvaluator.LevelOf(_lexer.Word) is int level && level >= least)
        {
            string op = _lexer.Word;
            _lexer.Next();
            DxCode right = Binary(level + 1), before = left;
            left = op switch
            {
                "&&" => scope => ModelNumber.Of(before(scope).IsTrue && right(scope).IsTrue),
                "||" => scope => ModelNumber.Of(before(scope).IsTrue || right(scope).IsTrue),
                _ => scope => Operate(op, before(scope), right(scope)),
            };
        }
        return left;
    }

    ModelValue Operate(string op, ModelValue left, ModelValue right)
    {
        if (ModelNumber.NumberOf(left) is { } a && ModelNumber.NumberOf(right) is { } b && !a.Type.IsRecord && !b.Type.IsRecord)
            return Native(cpp.Operate(op, a, b));
        if (op == "+" && (left is ModelText || right is ModelText))
            return new ModelText(left.Display(ModelFormat.Default) + right.Display(ModelFormat.Default));
        int order = left.Compare(right);
        return ModelNumber.Of(op switch
        {
            "==" => order == 0,
            "!=" => order != 0,
            "<" => order < 0,
            ">" => order > 0,
            "<=" => order <= 0,
            ">=" => order >= 0,
            _ => throw new CommandException($"Error: Operator {op} cannot be applied to these values"),
        });
    }

    DxCode Unary()
    {
        if (++_depth > DeepestNesting)
            throw new CommandException("Error: The expression is nested too deeply");
        try
        {
            if (_lexer.Current != CppLexer.Kind.Symbol)
                return _lexer is { Current: CppLexer.Kind.Word, Word: "sizeof" } ? SizeOf() : Postfix(Primary());
            string op = _lexer.Word;
            switch (op)
            {
                case "!":
                    _lexer.Next();
                    DxCode negated = Unary();
                    return scope => ModelNumber.Of(!negated(scope).IsTrue);
                case "-" or "~":
                    _lexer.Next();
                    DxCode operand = Unary();
                    return scope => Native(cpp.Apply(op, Number(operand(scope))));
                case "+":
                    _lexer.Next();
                    return Unary();
                case "*":
                    _lexer.Next();
                    DxCode pointer = Unary();
                    return scope => Loaded(cpp.Apply("*", Number(pointer(scope))));
                case "&":
                    _lexer.Next();
                    return AddressOf();
                case "(" when TryCast() is { } type:
                    DxCode cast = Unary();
                    return scope => Loaded(cpp.Cast(Number(cast(scope)), type));
            }
            return Postfix(Primary());
        }
        finally
        {
            _depth--;
        }
    }

    /// <summary>The address of a symbol without a type is <c>void *</c>, so that it can be cast.</summary>
    DxCode AddressOf()
    {
        if (_lexer.Current == CppLexer.Kind.Word && _lexer.Word is var name && !_parameters.Contains(name) && roots.Symbol(name) is { Type: null } symbol)
        {
            _lexer.Next();
            return _ => Loaded(new TypedValue(BasicTypes.PointerTo(BasicTypes.Void), symbol.Address));
        }
        DxCode operand = Unary();
        return scope => Loaded(cpp.Apply("&", Number(operand(scope))));
    }

    DxCode SizeOf()
    {
        _lexer.Next();
        if (_lexer.Is("(") && TryCast() is { } type)
            return _ => ModelNumber.Of(type.Size);
        DxCode operand = Unary();
        return scope => ModelNumber.Of(Number(operand(scope)).Type.Size);
    }

    /// <summary>After <c>(</c>: takes a type and its <c>)</c> if one stands there.</summary>
    TypeInfo? TryCast()
    {
        int before = _lexer.Start;
        _lexer.Next();
        TypeInfo? type = _lexer.Current == CppLexer.Kind.Word && !_parameters.Contains(_lexer.Word) ? Type() : null;
        if (type is not null && _lexer.Take(")"))
            return type;
        _lexer.MoveTo(before);
        return null;
    }

    TypeInfo? Type()
    {
        StringBuilder name = new();
        while (_lexer.Current == CppLexer.Kind.Word)
        {
            if (_lexer.Word is not ("struct" or "union" or "enum" or "class" or "const" or "volatile"))
                name.Append(name.Length > 0 ? " " : "").Append(_lexer.Word);
            _lexer.Next();
        }
        TypeInfo? type = cpp.FindType(name.ToString());
        while (type is not null && _lexer.Take("*"))
            type = BasicTypes.PointerTo(type);
        return type;
    }

    DxCode Postfix(DxCode code)
    {
        while (_lexer.Current == CppLexer.Kind.Symbol)
        {
            DxCode target = code;
            switch (_lexer.Word)
            {
                case "." or "->":
                    _lexer.Next();
                    string name = Name();
                    code = scope => MemberOf(target(scope), name);
                    break;
                case "[":
                    _lexer.Next();
                    DxCode key = Assignment();
                    Expect("]");
                    code = scope => ElementOf(target(scope), key(scope));
                    break;
                case "(":
                    IReadOnlyList<DxCode> arguments = Arguments();
                    code = scope => target(scope).Call(arguments.Select(a => a(scope)).ToList());
                    break;
                default:
                    return code;
            }
        }
        return code;
    }

    string Name()
    {
        if (_lexer.Current != CppLexer.Kind.Word)
            throw Unexpected();
        string name = _lexer.Word;
        _lexer.Next();
        return name;
    }

    static ModelValue MemberOf(ModelValue target, string name) => target.Member(name) ?? ModelMethods.Bind(target, name) ??
        throw new CommandException($"Error: Unable to bind name '{name}'");

    static ModelValue ElementOf(ModelValue target, ModelValue key) => target.Element(key) ??
        throw new CommandException($"Error: There is no element [{key.Display(ModelFormat.Default)}]");

    IReadOnlyList<DxCode> Arguments()
    {
        Expect("(");
        List<DxCode> arguments = [];
        while (!_lexer.Take(")"))
        {
            arguments.Add(Assignment());
            if (!_lexer.Is(")"))
                Expect(",");
        }
        return arguments;
    }

    DxCode Primary()
    {
        string word = _lexer.Word;
        switch (_lexer.Current)
        {
            case CppLexer.Kind.Number:
                ModelNumber number = new(new TypedValue(_lexer.NumberType, _lexer.Number));
                _lexer.Next();
                return _ => number;
            case CppLexer.Kind.String:
                ModelText literal = new(Unescaped(word[1..]));
                _lexer.Next();
                return _ => literal;
            case CppLexer.Kind.Register:
                _lexer.Next();
                return _ => roots.Register(word);
            case CppLexer.Kind.Word when word == "new":
                _lexer.Next();
                return Anonymous();
            case CppLexer.Kind.Word:
                _lexer.Next();
                if (_lexer.Is("=>"))
                    return Lambda([word]);
                return _parameters.Contains(word) ? scope => Lookup(scope, word) : _ => roots.Named(word);
            case CppLexer.Kind.Symbol when word == "(":
                if (LambdaParameters() is { } parameters)
                    return Lambda(parameters);
                _lexer.Next();
                DxCode inner = Assignment();
                Expect(")");
                return inner;
            default:
                throw Unexpected();
        }
    }

    static ModelValue Lookup(DxScope? scope, string name)
    {
        for (; scope is not null; scope = scope.Outer)
            if (scope.Name == name)
                return scope.Value;
        throw new CommandException($"Error: Unable to bind name '{name}'");
    }

    /// <summary><c>(a, b) =&gt;</c>: takes the names if a lambda begins here.</summary>
    List<string>? LambdaParameters()
    {
        int before = _lexer.Start;
        List<string> names = [];
        _lexer.Next();
        while (_lexer.Current == CppLexer.Kind.Word)
        {
            names.Add(_lexer.Word);
            _lexer.Next();
            if (!_lexer.Take(","))
                break;
        }
        if (_lexer.Take(")") && _lexer.Is("=>"))
            return names;
        _lexer.MoveTo(before);
        return null;
    }

    DxCode Lambda(List<string> names)
    {
        Expect("=>");
        _parameters.AddRange(names);
        DxCode body = Assignment();
        _parameters.RemoveRange(_parameters.Count - names.Count, names.Count);
        return outer => new ModelFunction(values =>
        {
            if (values.Count < names.Count)
                throw new CommandException($"Error: The function takes {names.Count} arguments");
            DxScope? scope = outer;
            for (int i = 0; i < names.Count; i++)
                scope = new DxScope(names[i], values[i], scope);
            return body(scope);
        });
    }

    /// <summary><c>{ A = x, B = y, z.C }</c>: members are evaluated when the object is made.</summary>
    DxCode Anonymous()
    {
        Expect("{");
        List<(string Name, DxCode Value)> members = [];
        while (!_lexer.Take("}"))
        {
            int start = _lexer.Start;
            string name = _lexer.Current == CppLexer.Kind.Word ? _lexer.Word : "";
            _lexer.Next();
            if (name.Length == 0 || !_lexer.Take("="))
            {
                _lexer.MoveTo(start);
                name = "";
            }
            DxCode value = Conditional();
            members.Add((name.Length > 0 ? name : LastName(text[start.._lexer.Start]), value));
            if (!_lexer.Is("}"))
                Expect(",");
        }
        return scope => new ModelRecord("", members.Select(m => m.Value(scope) is var value ? new ModelMember(m.Name, () => value) : null!).ToList());
    }

    static string LastName(string expression)
    {
        string trimmed = expression.Trim();
        int start = trimmed.Length;
        while (start > 0 && (char.IsLetterOrDigit(trimmed[start - 1]) || trimmed[start - 1] == '_'))
            start--;
        return start < trimmed.Length ? trimmed[start..] : throw new CommandException("Error: A member of an object needs a name");
    }

    static string Unescaped(string text)
    {
        StringBuilder plain = new();
        for (int i = 0; i < text.Length; i++)
            plain.Append(text[i] != '\\' || i + 1 >= text.Length ? text[i] : text[++i] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', char c => c });
        return plain.ToString();
    }

    static TypedValue Number(ModelValue value) => ModelNumber.NumberOf(value) ?? throw new CommandException("Error: Value is not a number");

    static ModelNumber Native(TypedValue value) => new(value);

    ModelNative Loaded(TypedValue value) => roots.Native(value);
}

/// <summary>Which names after <c>@$</c> are the debugger's, so that they are no user variables.</summary>
static class PseudoNames
{
    public static bool IsBuiltIn(string name) => name is "cursession" or "curprocess" or "curthread" or "curstack" or "curframe" or "vars" or "scriptContents";
}
