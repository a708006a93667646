namespace KdSim.Debugger.Language;

/// <summary>
/// WinDbg's string patterns: <c>*</c>, <c>?</c>, <c>[a-c7]</c>, <c>#</c> (zero or more of what stands before), <c>+</c> (one or more),
/// <c>\</c> escapes. Case does not matter.
/// </summary>
public static class Wildcard
{
    public static bool HasAny(string pattern) => pattern.AsSpan().IndexOfAny("*?[#+") >= 0;

    /// <summary>Matches the whole text. A pattern that is asked for again, as for each symbol of a module, is not taken apart again.</summary>
    public static bool Matches(string pattern, string text)
    {
        (string Pattern, Element[] Elements)? last = s_last;
        if (last is not { } known || !string.Equals(known.Pattern, pattern, StringComparison.Ordinal))
            s_last = known = (pattern, [.. Compile(pattern)]);
        return known.Elements.Length < BitsOfState ? MatchesShort(known.Elements, text) : MatchesLong(known.Elements, text);
    }

    const int BitsOfState = 64;

    [ThreadStatic]
    static (string Pattern, Element[] Elements)? s_last;

    /// <summary>
    /// Reachable pattern positions per character of the text, one bit each: linear in both, whatever the pattern is, and without allocation.
    /// </summary>
    static bool MatchesShort(Element[] elements, string text)
    {
        ulong now = CloseOver(elements, 1);
        foreach (char c in text)
        {
            ulong next = 0;
            char lower = char.ToLowerInvariant(c);
            for (ulong left = now; left != 0; left &= left - 1)
            {
                int i = System.Numerics.BitOperations.TrailingZeroCount(left);
                if (i < elements.Length && elements[i].Accepts(lower))
                    next |= elements[i].Repeats ? 1UL << i : 2UL << i;
            }
            if (next == 0)
                return false;
            now = CloseOver(elements, next);
        }
        return (now >> elements.Length & 1) != 0;
    }

    static ulong CloseOver(Element[] elements, ulong states)
    {
        for (int i = 0; i < elements.Length; i++)
            if (elements[i].Repeats)
                states |= (states >> i & 1) << (i + 1);
        return states;
    }

    static bool MatchesLong(Element[] elements, string text)
    {
        bool[] now = new bool[elements.Length + 1];
        now[0] = true;
        CloseOver(elements, now);
        foreach (char c in text)
        {
            bool[] next = new bool[elements.Length + 1];
            for (int i = 0; i < elements.Length; i++)
            {
                if (!now[i] || !elements[i].Accepts(char.ToLowerInvariant(c)))
                    continue;
                if (elements[i].Repeats)
                    next[i] = true;
                else
                    next[i + 1] = true;
            }
            CloseOver(elements, next);
            now = next;
        }
        return now[^1];
    }

    /// <summary>A pattern for symbols: a leading underscore stands for any number of them.</summary>
    public static bool MatchesSymbol(string pattern, string name) => pattern.StartsWith('_')
        ? Matches(pattern.TrimStart('_'), name.TrimStart('_')) || Matches(pattern, name)
        : Matches(pattern, name);

    static void CloseOver(Element[] elements, bool[] states)
    {
        for (int i = 0; i < elements.Length; i++)
            if (states[i] && elements[i].Repeats)
                states[i + 1] = true;
    }

    sealed record Element(string? Set, bool Any, bool Repeats)
    {
        /// <summary>The character is in lower case.</summary>
        public bool Accepts(char c) => Any || Set!.Contains(c);
    }

    static List<Element> Compile(string pattern)
    {
        List<Element> elements = [];
        for (int i = 0; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case '*':
                    elements.Add(new Element(null, true, true));
                    break;
                case '?':
                    elements.Add(new Element(null, true, false));
                    break;
                case '#' when elements.Count > 0:
                    elements[^1] = elements[^1] with { Repeats = true };
                    break;
                case '+' when elements.Count > 0:
                    elements.Add(elements[^1] with { Repeats = true });
                    break;
                case '[' when pattern.IndexOf(']', i) is int close && close > i:
                    elements.Add(new Element(Expand(pattern[(i + 1)..close].ToLowerInvariant()), false, false));
                    i = close;
                    break;
                default:
                    if (pattern[i] == '\\' && i + 1 < pattern.Length)
                        i++;
                    elements.Add(new Element(char.ToLowerInvariant(pattern[i]).ToString(), false, false));
                    break;
            }
        }
        return elements;
    }

    static string Expand(string set)
    {
        System.Text.StringBuilder all = new();
        for (int i = 0; i < set.Length; i++)
        {
            if (i + 2 < set.Length && set[i + 1] == '-')
            {
                for (int c = set[i]; c <= set[i + 2]; c++)
                    all.Append((char)c);
                i += 2;
            }
            else
                all.Append(set[i]);
        }
        return all.ToString();
    }
}
