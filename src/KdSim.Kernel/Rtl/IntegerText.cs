using System.Globalization;
using System.Text;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Rtl;

/// <summary>Numbers and GUIDs as text and back. PASSIVE_LEVEL.</summary>
public sealed class IntegerText(NtKernel kernel) : KernelComponent(kernel)
{
    [NtExport("RtlIntegerToUnicodeString", MaxIrql = Irql.Passive)]
    public NtStatus RtlIntegerToUnicodeString(uint Value, uint Base, Ptr<UNICODE_STRING> String) => Write(Value, Base, String);

    [NtExport("RtlInt64ToUnicodeString", MaxIrql = Irql.Passive)]
    public NtStatus RtlInt64ToUnicodeString(ulong Value, uint Base, Ptr<UNICODE_STRING> String) => Write(Value, Base, String);

    [NtExport("RtlUnicodeStringToInteger", MaxIrql = Irql.Passive)]
    public NtStatus RtlUnicodeStringToInteger(Ptr<UNICODE_STRING> String, uint Base, Ptr<uint> Value) =>
        Parse(Kernel.UnicodeStrings.Read(String), Base, Value);

    [NtExport("RtlCharToInteger", MaxIrql = Irql.Passive)]
    public NtStatus RtlCharToInteger(ulong String, uint Base, Ptr<uint> Value) => Parse(Memory.ReadAnsi(String), Base, Value);

    [NtExport("RtlGUIDFromString", MaxIrql = Irql.Passive)]
    public NtStatus RtlGUIDFromString(Ptr<UNICODE_STRING> GuidString, ulong Guid)
    {
        if (!System.Guid.TryParseExact(Kernel.UnicodeStrings.Read(GuidString), "B", out Guid guid)) return NtStatus.InvalidParameter;
        Memory.Write(Guid, guid.ToByteArray());
        return NtStatus.Success;
    }

    /// <summary>The text of a GUID in braces, as registry paths and interface names have it.</summary>
    public string GuidText(ulong address)
    {
        Span<byte> bytes = stackalloc byte[16];
        Memory.Read(address, bytes);
        return new Guid(bytes).ToString("B").ToUpperInvariant();
    }

    private NtStatus Write(ulong value, uint radix, Ptr<UNICODE_STRING> destination)
    {
        if (radix == 0) radix = 10;
        if (radix is not (2 or 8 or 10 or 16)) return NtStatus.InvalidParameter;
        string digits = Digits(value, radix);
        if (digits.Length * 2 > destination.View.MaximumLength) return NtStatus.BufferOverflow;
        Kernel.UnicodeStrings.TryWrite(destination, digits);
        return NtStatus.Success;
    }

    private static string Digits(ulong value, uint radix)
    {
        var digits = new StringBuilder();
        do
        {
            digits.Insert(0, "0123456789ABCDEF"[(int)(value % radix)]);
            value /= radix;
        }
        while (value != 0);
        return digits.ToString();
    }

    private NtStatus Parse(string text, uint radix, Ptr<uint> result)
    {
        string rest = text.TrimStart();
        bool negative = rest.StartsWith('-');
        if (negative || rest.StartsWith('+')) rest = rest[1..];
        if (radix == 0)
        {
            radix = rest.Length > 1 && rest[0] == '0' ? char.ToLowerInvariant(rest[1]) switch { 'x' => 16, 'o' => 8, 'b' => 2, _ => 10u } : 10;
            if (radix != 10) rest = rest[2..];
        }
        if (radix is not (2 or 8 or 10 or 16)) return NtStatus.InvalidParameter;
        uint value = 0;
        foreach (char c in rest)
        {
            if (!uint.TryParse([c], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint digit) || digit >= radix) break;
            value = unchecked(value * radix + digit);
        }
        result.Write(negative ? unchecked(0 - value) : value);
        return NtStatus.Success;
    }
}
