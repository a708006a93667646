using System.Globalization;
using System.Text;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Rtl;

/// <summary>
/// printf as the kernel's C runtime has it: integers, characters, strings of both widths, counted strings (%Z, %wZ) and pointers. Floating
/// point is not supported in the kernel's version and is shown as its conversion. Reads its arguments and strings from guest memory, so a
/// bad pointer faults as it does in NT.
/// </summary>
public ref struct PrintfFormatter(GuestMemory memory, VarArgs arguments)
{
    const int MostWidth = 4096, MostText = 64 * 1024;

    readonly GuestMemory _memory = memory;
    VarArgs _arguments = arguments;

    struct Spec
    {
        public bool Left, Plus, Space, Alternate, Zero;
        public int Width, Precision, Bytes;
        public bool? Wide;
    }

    /// <summary>Formats; `isWide` says whether %s and %c mean UTF-16, as they do in the wide versions.</summary>
    public string Format(string format, bool isWide)
    {
        var text = new StringBuilder();
        for (int i = 0; i < format.Length && text.Length < MostText;)
        {
            char c = format[i++];
            if (c != '%')
            {
                text.Append(c);
                continue;
            }
            int start = i - 1;
            Spec spec = ReadSpec(format, ref i);
            if (i >= format.Length) return text.Append(format.AsSpan(start)).ToString();
            Convert(text, format[i++], spec, isWide, format.AsSpan(start, i - start));
        }
        return text.ToString();
    }

    Spec ReadSpec(string format, ref int i)
    {
        var spec = new Spec { Precision = -1, Bytes = 4 };
        for (; i < format.Length; i++)
        {
            if (format[i] == '-') spec.Left = true;
            else if (format[i] == '+') spec.Plus = true;
            else if (format[i] == ' ') spec.Space = true;
            else if (format[i] == '#') spec.Alternate = true;
            else if (format[i] == '0') spec.Zero = true;
            else break;
        }
        spec.Width = Number(format, ref i);
        if (spec.Width < 0)
        {
            spec.Left = true;
            spec.Width = -spec.Width;
        }
        if (i < format.Length && format[i] == '.')
        {
            i++;
            spec.Precision = Number(format, ref i);
        }
        ReadSize(format, ref i, ref spec);
        return spec;
    }

    int Number(string format, ref int i)
    {
        if (i < format.Length && format[i] == '*')
        {
            i++;
            return Math.Clamp((int)_arguments.Next(), -MostWidth, MostWidth);
        }
        int value = 0;
        for (; i < format.Length && char.IsAsciiDigit(format[i]); i++) value = Math.Min(MostWidth, value * 10 + format[i] - '0');
        return value;
    }

    static void ReadSize(string format, ref int i, ref Spec spec)
    {
        while (i < format.Length)
        {
            ReadOnlySpan<char> rest = format.AsSpan(i);
            if (rest.StartsWith("I64")) (spec.Bytes, i) = (8, i + 3);
            else if (rest.StartsWith("I32")) (spec.Bytes, i) = (4, i + 3);
            else if (rest.StartsWith("ll")) (spec.Bytes, i) = (8, i + 2);
            else if (rest.StartsWith("hh")) (spec.Bytes, i) = (1, i + 2);
            else if (rest[0] is 'I' or 'z' or 'j' or 't') (spec.Bytes, i) = (8, i + 1);
            else if (rest[0] == 'h') (spec.Bytes, spec.Wide, i) = (2, false, i + 1);
            else if (rest[0] is 'l' or 'w') (spec.Wide, i) = (true, i + 1);
            else return;
        }
    }

    void Convert(StringBuilder text, char conversion, in Spec spec, bool isWide, ReadOnlySpan<char> source)
    {
        switch (conversion)
        {
            case '%':
                text.Append('%');
                break;
            case 'd' or 'i':
                Signed(text, spec, Extend(_arguments.Next(), spec.Bytes));
                break;
            case 'u':
                Unsigned(text, spec, Truncate(_arguments.Next(), spec.Bytes).ToString(CultureInfo.InvariantCulture), "");
                break;
            case 'x' or 'X':
                ulong value = Truncate(_arguments.Next(), spec.Bytes);
                Unsigned(text, spec, value.ToString(conversion.ToString(), CultureInfo.InvariantCulture), spec.Alternate && value != 0 ? "0" + conversion : "");
                break;
            case 'o':
                Unsigned(text, spec, Octal(Truncate(_arguments.Next(), spec.Bytes)), spec.Alternate ? "0" : "");
                break;
            case 'p':
                Pad(text, spec with { Zero = false }, "", _arguments.Next().ToString("X16", CultureInfo.InvariantCulture));
                break;
            case 'c' or 'C':
                bool wideCharacter = spec.Wide ?? (isWide == (conversion == 'c'));
                ulong character = _arguments.Next();
                Pad(text, spec, "", ((char)(wideCharacter ? (ushort)character : (byte)character)).ToString());
                break;
            case 's' or 'S':
                Pad(text, spec, "", String(_arguments.Next(), spec.Wide ?? (isWide == (conversion == 's')), spec.Precision));
                break;
            case 'Z':
                Pad(text, spec, "", Counted(_arguments.Next(), spec.Wide ?? false, spec.Precision));
                break;
            case 'n':
                _arguments.Next(); // The kernel does not write through %n.
                break;
            case 'e' or 'E' or 'f' or 'F' or 'g' or 'G' or 'a' or 'A':
                _arguments.Next();
                text.Append(source);
                break;
            default:
                text.Append(source);
                break;
        }
    }

    static void Signed(StringBuilder text, in Spec spec, long value)
    {
        string digits = value.ToString(CultureInfo.InvariantCulture).TrimStart('-');
        Unsigned(text, spec, digits, value < 0 ? "-" : spec.Plus ? "+" : spec.Space ? " " : "");
    }

    static void Unsigned(StringBuilder text, Spec spec, string digits, string prefix)
    {
        if (spec.Precision >= 0)
        {
            spec.Zero = false;
            digits = spec.Precision == 0 && digits == "0" ? "" : digits.PadLeft(spec.Precision, '0');
        }
        Pad(text, spec, prefix, digits);
    }

    static void Pad(StringBuilder text, in Spec spec, string prefix, string body)
    {
        int missing = Math.Max(0, spec.Width - prefix.Length - body.Length);
        if (spec.Left) text.Append(prefix).Append(body).Append(' ', missing);
        else if (spec.Zero) text.Append(prefix).Append('0', missing).Append(body);
        else text.Append(' ', missing).Append(prefix).Append(body);
    }

    readonly string String(ulong address, bool isWide, int precision)
    {
        if (address == 0) return "(null)";
        int most = precision >= 0 ? precision : MostText;
        var text = new StringBuilder();
        for (int i = 0; i < most; i++)
        {
            char c = isWide ? (char)_memory.ReadU16(address + (ulong)i * 2) : (char)_memory.ReadU8(address + (ulong)i);
            if (c == 0) break;
            text.Append(c);
        }
        return text.ToString();
    }

    readonly string Counted(ulong address, bool isWide, int precision)
    {
        if (address == 0) return "(null)";
        var counted = new View<UNICODE_STRING>(address); // ANSI_STRING has the same layout.
        ulong buffer = counted.Buffer;
        if (buffer == 0) return "(null)";
        int count = isWide ? counted.Length / 2 : counted.Length;
        if (precision >= 0) count = Math.Min(count, precision);
        byte[] bytes = new byte[isWide ? count * 2 : count];
        _memory.Read(buffer, bytes);
        return (isWide ? Encoding.Unicode : Encoding.Latin1).GetString(bytes);
    }

    static string Octal(ulong value)
    {
        if (value == 0) return "0";
        var digits = new StringBuilder();
        for (; value != 0; value >>= 3) digits.Insert(0, (char)('0' + (value & 7)));
        return digits.ToString();
    }

    static long Extend(ulong value, int bytes) => bytes switch { 8 => (long)value, 2 => (short)value, 1 => (sbyte)value, _ => (int)value };

    static ulong Truncate(ulong value, int bytes) => bytes switch { 8 => value, 2 => (ushort)value, 1 => (byte)value, _ => (uint)value };
}
