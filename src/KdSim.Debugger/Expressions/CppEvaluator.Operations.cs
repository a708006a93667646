namespace KdSim.Debugger.Expressions;

using KdSim.Debugging.Structures;

/// <content>The operators of C++ on values, for expressions that are not text: those of the data model.</content>
public sealed partial class CppEvaluator
{
    internal TypedValue Operate(string op, TypedValue left, TypedValue right) => Binary(op, left, right, op);

    /// <summary>A unary operator: <c>- ~ * &amp;</c>.</summary>
    internal TypedValue Apply(string op, TypedValue value) => op switch
    {
        "-" => Binary("-", TypedValue.OfInteger(0), value, op),
        "~" => Binary("^", value, TypedValue.OfInteger(-1), op),
        "*" => Dereference(value, op),
        _ => AddressOf(value, op),
    };

    internal TypedValue Cast(TypedValue value, TypeInfo type) => Convert(value, type);

    internal TypedValue Indexed(TypedValue value, TypedValue index) => Dereference(Binary("+", value, index, "["), "[");

    internal TypedValue Assign(TypedValue target, TypedValue value) => Store(target, value, "=");
}
