using KdSim.Debugger.Expressions;
using KdSim.Debugger.Sessions;

namespace KdSim.Debugger.Language;

/// <summary>A range of memory: where it begins, how many bytes, and whether the user said how many.</summary>
public readonly record struct AddressRange(ulong Start, ulong Length, bool IsExplicit)
{
    const ulong Limit = 256UL << 20;

    /// <summary>
    /// Reads <c>addr1 addr2</c>, <c>addr L n</c>, <c>addr L? n</c>, <c>addr L- n</c> or <c>addr</c> at the start of a text. The rest of the text
    /// is given back. A range of more than 256 MB needs <c>L?</c>.
    /// </summary>
    public static AddressRange Parse(DebuggerSession session, string text, int unit, ulong defaultCount, out string rest)
    {
        string expression = CutBeforeLength(text, out int at);
        ulong start = session.EvaluatePrefix(expression, out int used);
        if (at >= 0 && expression[used..].Trim(' ', '\t', ',').Length == 0)
            return WithLength(session, text, at, start, unit, out rest);
        rest = text[used..].TrimStart(' ', '\t', ',');
        if (rest.Length == 0 || at >= 0 || rest[0] is '"' or '\'')
            return new AddressRange(start, defaultCount * (ulong)unit, false);
        ulong end = session.EvaluatePrefix(rest, out used);
        rest = rest[used..].TrimStart();
        if (end < start)
            throw new CommandSyntaxException("Range", int.MaxValue, text);
        return Checked(start, end - start + (ulong)unit - (end - start) % (ulong)unit, text);
    }

    static AddressRange WithLength(DebuggerSession session, string text, int at, ulong start, int unit, out string rest)
    {
        string tail = text[(at + 1)..];
        bool anySize = tail.StartsWith('?'), before = tail.StartsWith('-');
        int skip = anySize || before ? 1 : 0;
        ulong count = session.EvaluatePrefix(tail[skip..], out int used);
        rest = tail[(skip + used)..].TrimStart();
        UInt128 bytes = (UInt128)count * (uint)unit;
        if (bytes > (anySize ? long.MaxValue : Limit))
            throw new CommandSyntaxException("Range", int.MaxValue, text);
        return new AddressRange(before ? start - (ulong)bytes : start, (ulong)bytes, true);
    }

    static AddressRange Checked(ulong start, ulong length, string text) =>
        length <= Limit ? new AddressRange(start, length, true) : throw new CommandSyntaxException("Range", int.MaxValue, text);

    /// <summary>The text before a length (<c>L20</c>, <c>l 4</c>), so that errors quote only the address. -1: there is none.</summary>
    static string CutBeforeLength(string text, out int at)
    {
        for (int i = 1; i < text.Length; i++)
            if (text[i] is 'L' or 'l' && text[i - 1] is ' ' or '\t' or ')' && IsLength(text, i + 1))
            {
                at = i;
                return text[..i].TrimEnd();
            }
        at = -1;
        return text;
    }

    static bool IsLength(string text, int after)
    {
        if (after >= text.Length)
            return false;
        char c = text[after];
        if (c is ' ' or '?' or '-' or '(' or '@' or '$')
            return c != ' ' || after + 1 < text.Length;
        int end = after;
        while (end < text.Length && (char.IsAsciiHexDigit(text[end]) || end == after + 1 && text[end] is 'n' or 'x' or 't' or 'y'))
            end++;
        return end > after && (end == text.Length || !MasmParser.IsWord(text[end]));
    }
}
