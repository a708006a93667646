using System.Globalization;
using System.Text;
using KdSim.Debugging.Output;

namespace KdSim.Debugger.Commands;

/// <summary>One way of writing memory in rows: <c>db dW dc dq df dyb</c>... <c>d*</c> and <c>s</c> share it.</summary>
/// <param name="Unit">Bytes of a value.</param>
/// <param name="Columns">Values in a row.</param>
/// <param name="DefaultCount">Values that are shown when the user gives no range.</param>
sealed record MemoryRows(string Kind, int Unit, int Columns, ulong DefaultCount, bool WithText = false)
{
    static readonly Dictionary<string, MemoryRows> Kinds = new MemoryRows[]
    {
        new("db", 1, 16, 128, true), new("dw", 2, 8, 64), new("dW", 2, 8, 64, true), new("dd", 4, 4, 32), new("dc", 4, 4, 32, true),
        new("dq", 8, 2, 16), new("dp", 8, 2, 16), new("df", 4, 4, 16), new("dD", 8, 3, 15), new("dyb", 1, 4, 32), new("dyd", 4, 1, 8),
    }.ToDictionary(k => k.Kind, StringComparer.Ordinal);

    public static MemoryRows? Find(string kind) => Kinds.GetValueOrDefault(kind);

    bool IsBinary => Kind[1] == 'y';

    /// <summary>Lines above the rows: the numbers of the bits, under them dashes.</summary>
    public string Header => Kind switch
    {
        "dyb" => Above("76543210 76543210 76543210 76543210") + Above("-------- -------- -------- --------"),
        "dyd" => Above(" 3          2          1          0") + Above("10987654 32109876 54321098 76543210") +
            Above("-------- -------- -------- --------"),
        _ => "",
    };

    static string Above(string bits) => $"{new string(' ', 19)}{bits}\n";

    /// <summary>A row without its address. What cannot be read shows as question marks.</summary>
    /// <param name="readable">How many of the bytes hold data.</param>
    /// <param name="rowBytes">Bytes of a whole row, so that the text of a short one stands in its column.</param>
    public string Format(byte[] bytes, int readable, int rowBytes)
    {
        StringBuilder row = new();
        int count = (bytes.Length + Unit - 1) / Unit, whole = rowBytes / Unit;
        for (int i = 0; i < whole; i++)
        {
            if (i > 0)
                row.Append(Kind == "db" && i == 8 && i < count ? '-' : ' ');
            row.Append(i >= count ? new string(' ', Width) : Cell(bytes, i * Unit, readable));
        }
        if (IsBinary)
            row.Append(' ');
        for (int i = 0; IsBinary && i < count; i++)
            row.Append(i * Unit + Unit > readable ? $" {new string('?', Unit * 2)}" : $" {Value(bytes, i * Unit).ToString("x" + Unit * 2)}");
        if (WithText)
        {
            row.Append("  ");
            for (int i = 0; i < bytes.Length; i++)
                row.Append(i >= readable ? '?' : bytes[i] is >= 0x20 and < 0x7f ? (char)bytes[i] : '.');
        }
        return row.ToString().TrimEnd(' ');
    }

    int Width => Kind switch { "df" => 16, "dD" => 22, "dyb" => 8, "dyd" => 35, _ => Unit == 8 ? 17 : Unit * 2 };

    ulong Value(byte[] bytes, int at)
    {
        ulong value = 0;
        for (int i = Unit - 1; i >= 0; i--)
            value = value << 8 | bytes[at + i];
        return value;
    }

    string Cell(byte[] bytes, int at, int readable)
    {
        if (at + Unit > readable)
            return IsBinary ? string.Join(' ', Enumerable.Repeat("????????", Unit))
                : Unit == 8 && Kind != "dD" ? "????????`????????" : new string('?', Unit * 2).PadLeft(Kind is "df" or "dD" ? Width : 0);
        ulong value = Value(bytes, at);
        return Kind switch
        {
            "df" => CNumbers.General(BitConverter.UInt32BitsToSingle((uint)value), 8).PadLeft(Width),
            "dD" => CNumbers.General(BitConverter.UInt64BitsToDouble(value), 12).PadLeft(Width),
            "dyb" or "dyd" => string.Join(' ', Enumerable.Range(0, Unit).Select(i =>
                ((byte)(value >> ((Unit - 1 - i) * 8))).ToString("b8", CultureInfo.InvariantCulture))),
            _ => Unit == 8 ? Addresses.Accent(value) : value.ToString("x" + Unit * 2),
        };
    }
}
