using System.Globalization;
using System.Text;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Rtl.Crt;

/// <summary>The C runtime's numbers as text and back. Any IRQL where the strings are resident.</summary>
public sealed class Numbers(NtKernel kernel) : KernelComponent(kernel)
{
    private const int InvalidArgument = 22, OutOfRange = 34;

    [NtExport("atoi")]
    public int atoi(ulong String) => (int)Clamp(Parse(String, 0, 10, isWide: false), int.MinValue, int.MaxValue);

    [NtExport("atol")]
    public int atol(ulong String) => atoi(String);

    [NtExport("_atoi64")]
    public long _atoi64(ulong String) => (long)Clamp(Parse(String, 0, 10, isWide: false), long.MinValue, long.MaxValue);

    [NtExport("_wtoi")]
    public int _wtoi(ulong String) => (int)Clamp(Parse(String, 0, 10, isWide: true), int.MinValue, int.MaxValue);

    [NtExport("_wtol")]
    public int _wtol(ulong String) => _wtoi(String);

    [NtExport("_wtoi64")]
    public long _wtoi64(ulong String) => (long)Clamp(Parse(String, 0, 10, isWide: true), long.MinValue, long.MaxValue);

    [NtExport("strtol")]
    public int strtol(ulong String, Ptr<ulong> End, int Base) => (int)Clamp(Parse(String, End, Base, isWide: false), int.MinValue, int.MaxValue);

    [NtExport("strtoul")]
    public uint strtoul(ulong String, Ptr<ulong> End, int Base) => Unsigned(Parse(String, End, Base, isWide: false));

    [NtExport("wcstol")]
    public int wcstol(ulong String, Ptr<ulong> End, int Base) => (int)Clamp(Parse(String, End, Base, isWide: true), int.MinValue, int.MaxValue);

    [NtExport("wcstoul")]
    public uint wcstoul(ulong String, Ptr<ulong> End, int Base) => Unsigned(Parse(String, End, Base, isWide: true));

    [NtExport("_itoa")]
    public ulong _itoa(int Value, ulong Buffer, int Radix) => Write(Buffer, Signed(Value, Radix, (uint)Value), isWide: false);

    [NtExport("_ultoa")]
    public ulong _ultoa(uint Value, ulong Buffer, int Radix) => Write(Buffer, Digits(Value, Radix), isWide: false);

    [NtExport("_i64toa")]
    public ulong _i64toa(long Value, ulong Buffer, int Radix) => Write(Buffer, Signed(Value, Radix, (ulong)Value), isWide: false);

    [NtExport("_itow")]
    public ulong _itow(int Value, ulong Buffer, int Radix) => Write(Buffer, Signed(Value, Radix, (uint)Value), isWide: true);

    [NtExport("_ultow")]
    public ulong _ultow(uint Value, ulong Buffer, int Radix) => Write(Buffer, Digits(Value, Radix), isWide: true);

    [NtExport("_itoa_s")]
    public int _itoa_s(int Value, ulong Buffer, ulong Size, int Radix) => WriteSecure(Buffer, Size, Radix, Value, (uint)Value, isWide: false);

    [NtExport("_itow_s")]
    public int _itow_s(int Value, ulong Buffer, ulong Size, int Radix) => WriteSecure(Buffer, Size, Radix, Value, (uint)Value, isWide: true);

    [NtExport("_ultow_s")]
    public int _ultow_s(uint Value, ulong Buffer, ulong Size, int Radix) => WriteSecure(Buffer, Size, Radix, Value, Value, isWide: true);

    /// <summary>
    /// Space, a sign, a prefix that the base allows, digits. Saturates far outside of 64 bits. Where the end is wanted and there are no digits it is the start.
    /// </summary>
    private Int128 Parse(ulong text, ulong end, int radix, bool isWide)
    {
        ulong at = text, size = isWide ? 2u : 1u;
        while (Characters.IsSpace(Read(at, isWide)))
            at += size;
        bool isNegative = Read(at, isWide) == '-';
        if (isNegative || Read(at, isWide) == '+')
            at += size;
        if (radix is 0 or 16 && Read(at, isWide) == '0' && Characters.Lower(Read(at + size, isWide)) == 'x' && DigitOf(Read(at + 2 * size, isWide)) < 16)
            (at, radix) = (at + 2 * size, 16);
        else if (radix == 0)
            radix = Read(at, isWide) == '0' ? 8 : 10;
        Int128 value = 0;
        bool hasDigits = false;
        for (; DigitOf(Read(at, isWide)) is var digit && digit < radix; at += size)
        {
            hasDigits = true;
            if (value <= ulong.MaxValue)
                value = value * radix + digit;
        }
        if (end != 0)
            Memory.WriteU64(end, hasDigits ? at : text);
        return isNegative ? -value : value;
    }

    private uint Read(ulong address, bool isWide) => isWide ? Memory.ReadU16(address) : Memory.ReadU8(address);

    private static int DigitOf(uint character) =>
        Characters.IsDigit(character) ? (int)(character - '0') : Characters.IsLetter(character) ? (int)(Characters.Lower(character) - 'a') + 10 : int.MaxValue;

    private static Int128 Clamp(Int128 value, Int128 least, Int128 most) => Int128.Clamp(value, least, most);

    /// <summary>C's rule: a minus negates the unsigned value; out of range is ULONG_MAX.</summary>
    private static uint Unsigned(Int128 value) => Int128.Abs(value) > uint.MaxValue ? uint.MaxValue : unchecked((uint)(long)value);

    /// <summary>Only base 10 has a sign; in others a negative number is its bits.</summary>
    private static string Signed(long value, int radix, ulong bits) =>
        radix == 10 ? value.ToString(CultureInfo.InvariantCulture) : Digits(bits, radix);

    private static string Digits(ulong value, int radix)
    {
        if (radix is < 2 or > 36)
            return "";
        var digits = new StringBuilder();
        do
        {
            digits.Insert(0, "0123456789abcdefghijklmnopqrstuvwxyz"[(int)(value % (ulong)radix)]);
            value /= (ulong)radix;
        }
        while (value != 0);
        return digits.ToString();
    }

    private ulong Write(ulong buffer, string digits, bool isWide)
    {
        Memory.Write(buffer, isWide ? Utf16.Bytes(digits + "\0") : Encoding.Latin1.GetBytes(digits + "\0"));
        return buffer;
    }

    private int WriteSecure(ulong buffer, ulong size, int radix, long value, ulong bits, bool isWide)
    {
        if (buffer == 0 || size == 0)
            return InvalidArgument;
        string digits = radix is < 2 or > 36 ? "" : Signed(value, radix, bits);
        bool fits = (ulong)digits.Length < size;
        Write(buffer, fits ? digits : "", isWide);
        return digits.Length == 0 ? InvalidArgument : fits ? 0 : OutOfRange;
    }
}
