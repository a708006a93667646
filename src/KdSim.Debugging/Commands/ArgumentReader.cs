namespace KdSim.Debugging.Commands;

/// <summary>Reads the arguments of a command: blanks or commas separate words, quotes keep them together.</summary>
public sealed class ArgumentReader(string name, string text)
{
    int _position;

    /// <summary>The name that was typed: one class may serve several.</summary>
    public string Name { get; } = name;

    /// <summary>Everything after the name.</summary>
    public string Text { get; } = text;

    /// <summary>Where the next word starts, or the length of the text.</summary>
    public int Position
    {
        get
        {
            SkipBlanks();
            return _position;
        }
    }

    /// <summary>Whether only blanks are left.</summary>
    public bool AtEnd => Position >= Text.Length;

    /// <summary>The next character that is not blank, or NUL.</summary>
    public char Peek => AtEnd ? '\0' : Text[_position];

    /// <summary>The next word, without its quotes; empty at the end.</summary>
    public string Word()
    {
        SkipBlanks();
        if (_position < Text.Length && Text[_position] == '"')
            return Quoted();
        int start = _position;
        int depth = 0;
        while (_position < Text.Length && (depth > 0 || Text[_position] is not (' ' or '\t' or ',')))
        {
            depth += Text[_position] is '(' or '[' ? 1 : Text[_position] is ')' or ']' ? -1 : 0;
            _position++;
        }
        return Text[start.._position];
    }

    /// <summary>The next word as an expression's text, or null at the end. Evaluate it in the second half of the command.</summary>
    public string? Expression() => AtEnd ? null : Word();

    /// <summary>Takes the next word if it is this one (case matters).</summary>
    public bool Take(string word)
    {
        int before = Position;
        if (Word() == word)
            return true;
        _position = before;
        return false;
    }

    /// <summary>A switch: a word that begins with <c>/</c> or <c>-</c> followed by a letter or digit, and is no path; null when none is next.</summary>
    public string? Switch()
    {
        if (Peek is not ('/' or '-') || _position + 1 >= Text.Length || !char.IsLetterOrDigit(Text[_position + 1]))
            return null;
        int before = _position;
        string word = Word();
        if (word[0] == '-' || word.IndexOf('/', 1) < 3)
            return word;
        _position = before;
        return null; // /tmp/a.log is a path: no switch is that long before its next slash.
    }

    /// <summary>All that is left, blanks at both ends removed.</summary>
    public string Rest()
    {
        string rest = Text[Position..].Trim();
        _position = Text.Length;
        return rest;
    }

    /// <summary>Refuses what is left over.</summary>
    public void End()
    {
        if (!AtEnd)
            throw new CommandException($"{Name}: '{Rest()}' is not expected here");
    }

    void SkipBlanks()
    {
        while (_position < Text.Length && Text[_position] is (' ' or '\t' or ','))
            _position++;
    }

    string Quoted()
    {
        int end = Text.IndexOf('"', _position + 1);
        // \" is a quote inside the string; every other backslash is itself, as paths need it.
        while (end > 0 && Text[end - 1] == '\\')
            end = Text.IndexOf('"', end + 1);
        if (end < 0)
            throw new CommandException($"{Name}: the string at column {_position + 1} has no closing quote");
        string word = Text[(_position + 1)..end].Replace("\\\"", "\"");
        _position = end + 1;
        return word;
    }
}
