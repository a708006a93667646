using System.Text;

namespace KdSim.Debugger.Editing;

/// <summary>What a terminal sent: a key, or a whole pasted text.</summary>
public readonly record struct EditorInput(ConsoleKeyInfo Key, string? Pasted);

/// <summary>
/// Puts a terminal's keys together: <c>ESC [ 200 ~</c> ... <c>ESC [ 201 ~</c> is one pasted text (bracketed paste). Anything else passes
/// through, an escape that nothing follows too.
/// </summary>
public sealed class KeyStream
{
    const string Begin = "\e[200~", End = "\e[201~";

    readonly List<ConsoleKeyInfo> _pending = [];
    StringBuilder? _paste;

    /// <summary>Takes a key; gives what is complete now.</summary>
    /// <param name="more">Whether further keys are waiting: only then may an escape be the beginning of a mark.</param>
    public IEnumerable<EditorInput> Feed(ConsoleKeyInfo key, bool more)
    {
        if (_paste is not null)
        {
            _paste.Append(key.Key == ConsoleKey.Escape ? '\e' : key.KeyChar is '\r' ? '\n' : key.Key == ConsoleKey.Enter ? '\n' : key.KeyChar);
            if (!EndsWith(_paste, End))
                return [];
            string text = _paste.ToString(0, _paste.Length - End.Length);
            _paste = null;
            return [new EditorInput(default, text)];
        }
        _pending.Add(key);
        string seen = string.Concat(_pending.Select(k => k.Key == ConsoleKey.Escape ? '\e' : k.KeyChar));
        if (seen == Begin)
        {
            _pending.Clear();
            _paste = new StringBuilder();
            return [];
        }
        if (more && Begin.StartsWith(seen, StringComparison.Ordinal))
            return [];
        EditorInput[] keys = [.. _pending.Select(k => new EditorInput(k, null))];
        _pending.Clear();
        return keys;
    }

    static bool EndsWith(StringBuilder text, string end)
    {
        if (text.Length < end.Length)
            return false;
        for (int i = 0; i < end.Length; i++)
            if (text[text.Length - end.Length + i] != end[i])
                return false;
        return true;
    }
}
