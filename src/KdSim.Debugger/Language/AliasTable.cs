using System.Text;

namespace KdSim.Debugger.Language;

/// <summary>
/// Aliases: text for text, before parsing, once per line and once at the entry of each block. Fixed names (<c>$u0</c> to <c>$u9</c>) are
/// replaced anywhere, user names as whole tokens or in <c>${ }</c>.
/// </summary>
public sealed class AliasTable
{
    readonly SortedDictionary<string, string> _user = new(StringComparer.Ordinal);
    readonly string[] _fixed = new string[10];

    /// <summary>User-named aliases in order of their names.</summary>
    public IEnumerable<KeyValuePair<string, string>> All => _user;

    /// <summary>The automatic ones, such as <c>$ntnsym</c>.</summary>
    public Func<string, string?> Automatic { get; set; } = static _ => null;

    public void Set(string name, string text) => _user[name] = text;

    public bool Remove(string name) => _user.Remove(name);

    public void Clear() => _user.Clear();

    /// <summary>Fixed aliases replace each other when they are defined.</summary>
    public void SetFixed(int index, string text) => _fixed[index] = ReplaceFixed(text.Trim());

    public string Expand(string line)
    {
        if (line.StartsWith("as", StringComparison.OrdinalIgnoreCase) && IsEnd(line, 2) || line.StartsWith("ad") && IsEnd(line, 2) ||
            line.StartsWith("al") && IsEnd(line, 2))
            return line;
        string text = ReplaceFixed(line);
        return _user.Count == 0 && !text.Contains('$') ? text : ReplaceNamed(text);
    }

    static bool IsEnd(string line, int at) => at >= line.Length || char.IsWhiteSpace(line[at]);

    string ReplaceFixed(string text)
    {
        if (!text.Contains("$u", StringComparison.Ordinal))
            return text;
        StringBuilder result = new();
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '$' && i + 2 < text.Length && text[i + 1] == 'u' && char.IsDigit(text[i + 2]))
            {
                result.Append(_fixed[text[i + 2] - '0']);
                i += 2;
            }
            else
                result.Append(text[i]);
        }
        return result.ToString();
    }

    string ReplaceNamed(string text)
    {
        StringBuilder result = new();
        int i = 0;
        while (i < text.Length)
        {
            if (text[i] == '$' && i + 1 < text.Length && text[i + 1] == '{' && text.IndexOf('}', i) is int close && close > 0)
            {
                result.Append(Evaluate(text[(i + 2)..close], text[i..(close + 1)]));
                i = close + 1;
                continue;
            }
            if (IsBorder(i == 0 ? ' ' : text[i - 1]) && !IsBorder(text[i]))
            {
                int end = i;
                while (end < text.Length && !IsBorder(text[end]))
                    end++;
                string token = text[i..end];
                if (_user.TryGetValue(token, out string? value) || token[0] == '$' && (value = Automatic(token)) is not null)
                {
                    result.Append(value);
                    i = end;
                    continue;
                }
            }
            result.Append(text[i++]);
        }
        return result.ToString();
    }

    static bool IsBorder(char c) => char.IsWhiteSpace(c) || c is ';' or '"';

    /// <summary><c>${X}</c>, <c>${/d:X}</c> defined?, <c>${/f:X}</c> or empty, <c>${/n:X}</c> the name, <c>${/v:X}</c> always literal.</summary>
    string Evaluate(string inner, string literal)
    {
        char option = inner.Length > 3 && inner[0] == '/' && inner[2] == ':' ? inner[1] : '\0';
        string name = option == '\0' ? inner : inner[3..];
        string? value = _user.TryGetValue(name, out string? user) ? user : FixedOrAutomatic(name);
        return option switch
        {
            'd' => value is null ? "0" : "1",
            'f' => value ?? "",
            'n' => value is null ? literal : name,
            'v' => literal,
            _ => value ?? literal,
        };
    }

    string? FixedOrAutomatic(string name) =>
        name.Length == 3 && name.StartsWith("$u") && char.IsDigit(name[2]) ? _fixed[name[2] - '0'] : Automatic(name);
}
