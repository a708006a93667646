using KdSim.Debugger.Commands;

namespace KdSim.Debugger.Inspection;

/// <summary>128-bit registers as lists of numbers: <c>r xmm0:16ub, xmm1:d</c>. The highest element stands first.</summary>
static class VectorText
{
    /// <summary>Text of a register; null when the type is none.</summary>
    /// <param name="type"><c>[Num]{ib|ub|iw|uw|id|ud|iq|uq|f|d}</c>; empty: four single-precision numbers.</param>
    public static string? Format(UInt128 value, string type)
    {
        int digits = 0;
        while (digits < type.Length && char.IsAsciiDigit(type[digits]))
            digits++;
        string form = type.Length == digits ? "f" : type[digits..].ToLowerInvariant();
        int bits = form switch { "ib" or "ub" => 8, "iw" or "uw" => 16, "id" or "ud" or "f" => 32, "iq" or "uq" or "d" => 64, _ => 0 };
        if (bits == 0 || digits > 3)
            return null;
        int all = 128 / bits, count = digits == 0 ? all : Math.Min(int.Parse(type[..digits]), all);
        return string.Join(' ', Enumerable.Range(0, count).Select(i => Element((ulong)(value >> ((count - 1 - i) * bits)), bits, form)));
    }

    static string Element(ulong raw, int bits, string form)
    {
        ulong value = bits == 64 ? raw : raw & (1UL << bits) - 1;
        return form switch
        {
            "f" => CNumbers.General(BitConverter.UInt32BitsToSingle((uint)value), 6),
            "d" => CNumbers.General(BitConverter.UInt64BitsToDouble(value), 6),
            ['i', ..] => ((long)(value << (64 - bits)) >> (64 - bits)).ToString(),
            _ => value.ToString("x" + bits / 4),
        };
    }
}
