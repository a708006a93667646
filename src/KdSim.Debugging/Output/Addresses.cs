namespace KdSim.Debugging.Output;

/// <summary>The three ways in which WinDbg writes an address.</summary>
public static class Addresses
{
    /// <summary>An address in one of the styles.</summary>
    public static string Format(ulong address, AddressStyle style = AddressStyle.Accent) => style switch
    {
        AddressStyle.Accent => Accent(address),
        AddressStyle.Prefixed => $"0x{address:x16}",
        _ => address.ToString("x16"),
    };

    /// <summary><c>fffff806`5a3c1240</c>.</summary>
    public static string Accent(ulong address) => string.Create(17, address, static (text, value) =>
    {
        const string Digits = "0123456789abcdef";
        for (int i = 16; i >= 0; i--)
        {
            if (i == 8)
            {
                text[i] = '`';
                continue;
            }
            text[i] = Digits[(int)(value & 15)];
            value >>= 4;
        }
    });
}
