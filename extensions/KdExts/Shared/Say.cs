using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdExts.Shared;

/// <summary>Pieces of text in the style of WinDbg's kernel extensions: addresses of 16 digits without an accent, NULL as eight zeros.</summary>
static class Say
{
    public static string Plain(ulong value) => value.ToString("x16");

    /// <summary>An address; NULL is eight zeros.</summary>
    public static string Short(ulong value) => value == 0 ? "00000000" : Plain(value);

    /// <summary>An address that a click looks at with another command.</summary>
    public static Node Linked(ulong address, string command) =>
        address == 0 ? "00000000" : new Link(Plain(address), $"{command} {Plain(address)}");

    /// <summary>A routine by name; its address where there is no symbol.</summary>
    public static Node Code(IDebugSession session, ulong address) => session.Symbols.TryGetName(address, out string name, out ulong displacement)
        ? new Symbol(displacement == 0 ? name : $"{name}+0x{displacement:x}", address)
        : new Address(address, AddressStyle.Plain);

    /// <summary>Text padded to a width, for the last cell before another.</summary>
    public static string Pad(string text, int width) => text.PadRight(width);

    /// <summary>Names of the set bits of a flags word, each followed by a separator; unknown bits are left to the number beside them.</summary>
    public static string Bits(ulong value, IEnumerable<KeyValuePair<string, long>> names, string separator = ", ") =>
        string.Concat(names.Where(n => n.Value != 0 && ((ulong)n.Value & value) == (ulong)n.Value).Select(n => n.Key + separator));
}
