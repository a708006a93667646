using System.Globalization;
using KdSim.Debugger.Expressions;
using KdSim.Debugging.Structures;

namespace KdSim.Debugger.DataModel;

/// <summary>A number or truth value that no memory holds.</summary>
public sealed class ModelNumber(TypedValue value) : ModelValue
{
    public TypedValue Value => value;

    public static ModelNumber Of(ulong value) => new(TypedValue.OfUnsigned(value));

    public static ModelNumber Of(bool value) => new(TypedValue.OfBool(value));

    public override string Display(ModelFormat format) => Write(value, format);

    public override bool IsTrue => value.Signed != 0;

    public override int Compare(ModelValue other) => NumberOf(other) is { } right ? Order(value, right) : base.Compare(other);

    /// <summary>The number of a value that has one.</summary>
    public static TypedValue? NumberOf(ModelValue value) => value switch
    {
        ModelNumber number => number.Value,
        ModelNative native => native.Value,
        _ => null,
    };

    public static int Order(TypedValue left, TypedValue right) =>
        left.Type.Kind == TypeKind.Float || right.Type.Kind == TypeKind.Float ? CppEvaluator.ToDouble(left).CompareTo(CppEvaluator.ToDouble(right))
        : left.Type.Signed || right.Type.Signed ? left.Signed.CompareTo(right.Signed) : ((ulong)left.Signed).CompareTo((ulong)right.Signed);

    /// <summary>Signed in decimal, unsigned in hex, unless the format says otherwise.</summary>
    public static string Write(TypedValue value, ModelFormat format)
    {
        long signed = value.Signed;
        switch (value.Type.Kind)
        {
            case TypeKind.Boolean:
                return signed == 0 ? "false" : "true";
            case TypeKind.Float:
                return CppEvaluator.ToDouble(value).ToString("R", CultureInfo.InvariantCulture);
        }
        int size = (int)Math.Clamp(value.Type.Size, 1, 8);
        ulong bits = size == 8 ? (ulong)signed : (ulong)signed & (1UL << size * 8) - 1;
        return format.Radix switch
        {
            16 => $"0x{bits:x}",
            10 => value.Type.Signed ? signed.ToString(CultureInfo.InvariantCulture) : bits.ToString(CultureInfo.InvariantCulture),
            8 => $"0{Convert.ToString((long)bits, 8)}",
            2 => $"0y{Convert.ToString((long)bits, 2)}",
            _ => value.Type.Signed ? signed.ToString(CultureInfo.InvariantCulture) : $"0x{bits:x}",
        };
    }
}
