namespace KdSim.Debugger.Language;

/// <summary>
/// WinDbg's string patterns: <c>*</c>, <c>?</c>, <c>[a-c7]</c>, <c>#</c> (zero or more of what stands before), <c>+</c> (one or more),
/// <c>\</c> escapes. Case does not matter.
/// </summary>
public static class Wildcard
{
    public static bool HasAny(string pattern) => pattern.AsSpan().IndexOfAny("*?[#+") >= 0;

    /// <summary>Matches the whole text. Iterative in <c>*</c> runs; other repeats backtrack within one element only.</summary>
    public static bool Matches(string pattern, string text)
    {
        // Reachable pattern positions per character of the text: linear in both, whatever the pattern is.
        List<Element> elements = Compile(pattern);
        bool[] now = new bool[elements.Count + 1];
        now[0] = true;
        CloseOver(elements, now);
        foreach (char c in text)
        {
            bool[] next = new bool[elements.Count + 1];
            for (int i = 0; i < elements.Count; i++)
            {
                if (!now[i] || !elements[i].Accepts(c))
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

    static void CloseOver(List<Element> elements, bool[] states)
    {
        for (int i = 0; i < elements.Count; i++)
            if (states[i] && elements[i].Repeats)
                states[i + 1] = true;
    }

    sealed record Element(string? Set, bool Any, bool Repeats)
    {
        public bool Accepts(char c) => Any || Set!.Contains(char.ToLowerInvariant(c));
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
