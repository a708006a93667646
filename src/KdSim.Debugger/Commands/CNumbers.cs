using System.Globalization;

namespace KdSim.Debugger.Commands;

/// <summary>C's <c>%g %e %f</c> with exponents of three digits.</summary>
static class CNumbers
{
    public static string General(double value, int precision)
    {
        if (!double.IsFinite(value))
            return NotFinite(value);
        if (value == 0)
            return double.IsNegative(value) ? "-0" : "0";
        int exponent = int.Parse(value.ToString($"E{Math.Max(precision, 1) - 1}", CultureInfo.InvariantCulture).Split('E')[1],
            CultureInfo.InvariantCulture);
        if (exponent < -4 || exponent >= precision)
        {
            string[] parts = value.ToString($"E{Math.Max(precision, 1) - 1}", CultureInfo.InvariantCulture).Split('E');
            return Trimmed(parts[0]) + Exponent(exponent);
        }
        return Trimmed(value.ToString($"F{Math.Max(precision - 1 - exponent, 0)}", CultureInfo.InvariantCulture));
    }

    public static string Fixed(double value, int precision) =>
        double.IsFinite(value) ? value.ToString($"F{precision}", CultureInfo.InvariantCulture) : NotFinite(value);

    static string NotFinite(double value) => double.IsInfinity(value) ? value > 0 ? "1.#INF" : "-1.#INF"
        : BitConverter.DoubleToInt64Bits(value) < 0 ? "-1.#QNAN" : "1.#QNAN";

    public static string Scientific(double value, int precision)
    {
        if (!double.IsFinite(value))
            return NotFinite(value);
        string[] parts = value.ToString($"E{precision}", CultureInfo.InvariantCulture).Split('E');
        return parts.Length < 2 ? parts[0] : parts[0] + Exponent(int.Parse(parts[1], CultureInfo.InvariantCulture));
    }

    static string Exponent(int exponent) => $"e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):d3}";

    static string Trimmed(string number) => number.Contains('.') ? number.TrimEnd('0').TrimEnd('.') : number;
}
