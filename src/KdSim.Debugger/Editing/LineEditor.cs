namespace KdSim.Debugger.Editing;

/// <summary>What a key did.</summary>
public enum EditorResult
{
    /// <summary>Nothing that shows.</summary>
    None,

    Changed,

    /// <summary>Enter: <see cref="LineEditor.Text"/> is the line.</summary>
    Accepted,

    /// <summary>Ctrl+C: the line is gone.</summary>
    Cancelled,

    /// <summary>Ctrl+D on an empty line.</summary>
    EndOfInput,

    /// <summary>Ctrl+L.</summary>
    ClearScreen,
}

/// <summary>Ways to go on at the cursor: the text from <paramref name="Start"/> to the cursor is replaced by one of the candidates.</summary>
public sealed record Completion(int Start, IReadOnlyList<string> Candidates);

/// <summary>
/// Edits one line: keys in, text and cursor out. Emacs keys, history with search, completion, pasted text. It knows no terminal and no
/// debugger; it never blocks.
/// </summary>
public sealed class LineEditor(History history, Func<string, int, Completion>? complete = null)
{
    const int MostUndo = 200;

    readonly List<(string Text, int Cursor)> _undo = [];
    string _killed = "";
    string _draft = "";
    int _historyIndex = -1;
    bool _wasTab;
    string? _search;
    int _found;
    (string Text, int Cursor) _beforeSearch;

    public string Text { get; private set; } = "";

    public int Cursor { get; private set; }

    /// <summary>What stands in place of the prompt while the history is searched; null: the prompt itself.</summary>
    public string? SearchPrompt => _search is null ? null : $"({(_found < 0 ? "failed " : "")}reverse-i-search)`{_search}': ";

    /// <summary>The candidates to show below the line, after a second Tab; empty otherwise.</summary>
    public IReadOnlyList<string> Candidates { get; private set; } = [];

    /// <summary>An empty line, at the end of the history.</summary>
    public void Reset()
    {
        (Text, Cursor, _draft, _historyIndex, _search, _wasTab) = ("", 0, "", -1, null, false);
        _undo.Clear();
        Candidates = [];
    }

    /// <summary>Inserts text as it is: what was pasted.</summary>
    public EditorResult Paste(string text)
    {
        Candidates = [];
        EndSearch(keep: true);
        Change(Text.Insert(Cursor, text), Cursor + text.Length);
        return EditorResult.Changed;
    }

    public EditorResult Press(ConsoleKeyInfo key)
    {
        Candidates = [];
        bool control = key.Modifiers.HasFlag(ConsoleModifiers.Control), alt = key.Modifiers.HasFlag(ConsoleModifiers.Alt);
        bool tab = key.Key == ConsoleKey.Tab && !control;
        EditorResult result = _search is not null && Search(key, control) is { } searched ? searched
            : control ? Control(key) : alt ? Alternate(key) : Plain(key);
        _wasTab = tab;
        return result;
    }

    EditorResult Plain(ConsoleKeyInfo key)
    {
        switch (key.Key)
        {
            case ConsoleKey.Enter: return Accept();
            case ConsoleKey.Backspace: return Delete(Cursor - 1, Cursor);
            case ConsoleKey.Delete: return Delete(Cursor, Cursor + 1);
            case ConsoleKey.LeftArrow: return Move(Cursor - 1);
            case ConsoleKey.RightArrow: return Move(Cursor + 1);
            case ConsoleKey.Home: return Move(0);
            case ConsoleKey.End: return Move(Text.Length);
            case ConsoleKey.UpArrow: return Walk(-1);
            case ConsoleKey.DownArrow: return Walk(1);
            case ConsoleKey.Tab: return Complete();
            case ConsoleKey.Escape: return EditorResult.None;
        }
        if (key.KeyChar is '\r' or '\n')
            return Accept();
        if (char.IsControl(key.KeyChar) || key.KeyChar == '\0')
            return EditorResult.None;
        Change(Text.Insert(Cursor, key.KeyChar.ToString()), Cursor + 1, joins: true);
        return EditorResult.Changed;
    }

    EditorResult Control(ConsoleKeyInfo key)
    {
        switch (key.Key)
        {
            case ConsoleKey.A: return Move(0);
            case ConsoleKey.E: return Move(Text.Length);
            case ConsoleKey.B: return Move(Cursor - 1);
            case ConsoleKey.F: return Move(Cursor + 1);
            case ConsoleKey.P: return Walk(-1);
            case ConsoleKey.N: return Walk(1);
            case ConsoleKey.H or ConsoleKey.Backspace: return Delete(Cursor - 1, Cursor);
            case ConsoleKey.D when Text.Length == 0: return EditorResult.EndOfInput;
            case ConsoleKey.D: return Delete(Cursor, Cursor + 1);
            case ConsoleKey.K: return Kill(Cursor, Text.Length);
            case ConsoleKey.U: return Kill(0, Cursor);
            case ConsoleKey.W: return Kill(BlankBefore(), Cursor);
            case ConsoleKey.Y: return Paste(_killed);
            case ConsoleKey.T: return Transpose();
            case ConsoleKey.L: return EditorResult.ClearScreen;
            case ConsoleKey.R: return StartSearch();
            case ConsoleKey.J or ConsoleKey.M: return Accept();
            case ConsoleKey.I: return Complete();
            case ConsoleKey.LeftArrow: return Move(WordBefore());
            case ConsoleKey.RightArrow: return Move(WordAfter());
            case ConsoleKey.C:
                Reset();
                return EditorResult.Cancelled;
            case ConsoleKey.OemMinus or ConsoleKey.Divide: return Undo();
        }
        return key.KeyChar == '\u001f' ? Undo() : EditorResult.None;
    }

    EditorResult Alternate(ConsoleKeyInfo key)
    {
        switch (key.Key)
        {
            case ConsoleKey.B or ConsoleKey.LeftArrow: return Move(WordBefore());
            case ConsoleKey.F or ConsoleKey.RightArrow: return Move(WordAfter());
            case ConsoleKey.D: return Kill(Cursor, WordAfter());
            case ConsoleKey.Backspace: return Kill(WordBefore(), Cursor);
            default: return key.KeyChar == '.' ? Paste(LastWord()) : EditorResult.None;
        }
    }

    string LastWord() => history.Lines.Count == 0 ? "" : history.Lines[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries).LastOrDefault() ?? "";

    EditorResult Accept()
    {
        EndSearch(keep: true);
        history.Add(Text);
        return EditorResult.Accepted;
    }

    EditorResult Move(int to)
    {
        Cursor = Math.Clamp(to, 0, Text.Length);
        return EditorResult.Changed;
    }

    /// <param name="joins">One more letter of a word: undone together with it.</param>
    void Change(string text, int cursor, bool joins = false)
    {
        bool joined = joins && _undo.Count > 0 && Cursor > 0 && char.IsLetterOrDigit(Text[Cursor - 1]) && text.Length == Text.Length + 1;
        if (!joined)
            _undo.Add((Text, Cursor));
        if (_undo.Count > MostUndo)
            _undo.RemoveAt(0);
        (Text, Cursor) = (text, cursor);
        _historyIndex = -1;
    }

    EditorResult Undo()
    {
        if (_undo.Count == 0)
            return EditorResult.None;
        (Text, Cursor) = _undo[^1];
        _undo.RemoveAt(_undo.Count - 1);
        return EditorResult.Changed;
    }

    EditorResult Delete(int from, int to)
    {
        if (from < 0 || to > Text.Length || from >= to)
            return EditorResult.None;
        Change(Text.Remove(from, to - from), from);
        return EditorResult.Changed;
    }

    EditorResult Kill(int from, int to)
    {
        if (from >= to)
            return EditorResult.None;
        _killed = Text[from..to];
        return Delete(from, to);
    }

    EditorResult Transpose()
    {
        if (Text.Length < 2 || Cursor == 0)
            return EditorResult.None;
        int at = Math.Min(Cursor, Text.Length - 1);
        Change($"{Text[..(at - 1)]}{Text[at]}{Text[at - 1]}{Text[(at + 1)..]}", at + 1);
        return EditorResult.Changed;
    }

    int WordBefore()
    {
        int at = Cursor;
        while (at > 0 && !char.IsLetterOrDigit(Text[at - 1]))
            at--;
        while (at > 0 && char.IsLetterOrDigit(Text[at - 1]))
            at--;
        return at;
    }

    int WordAfter()
    {
        int at = Cursor;
        while (at < Text.Length && !char.IsLetterOrDigit(Text[at]))
            at++;
        while (at < Text.Length && char.IsLetterOrDigit(Text[at]))
            at++;
        return at;
    }

    int BlankBefore()
    {
        int at = Cursor;
        while (at > 0 && Text[at - 1] == ' ')
            at--;
        while (at > 0 && Text[at - 1] != ' ')
            at--;
        return at;
    }

    /// <summary>Through the history; below its end the line that was being typed comes back.</summary>
    EditorResult Walk(int step)
    {
        int count = history.Lines.Count, from = _historyIndex < 0 ? count : _historyIndex, to = from + step;
        if (to < 0 || to > count)
            return EditorResult.None;
        if (from == count)
            _draft = Text;
        Text = to == count ? _draft : history.Lines[to];
        Cursor = Text.Length;
        _historyIndex = to == count ? -1 : to;
        return EditorResult.Changed;
    }

    EditorResult StartSearch()
    {
        (_search, _found, _beforeSearch) = ("", history.Lines.Count, (Text, Cursor));
        return EditorResult.Changed;
    }

    void EndSearch(bool keep)
    {
        if (_search is not null && !keep)
            (Text, Cursor) = _beforeSearch;
        _search = null;
    }

    /// <summary>A key while the history is searched; null: the search is over and the key means what it always means.</summary>
    EditorResult? Search(ConsoleKeyInfo key, bool control)
    {
        if (control && key.Key == ConsoleKey.R)
            return Find(_search!, _found < 0 ? history.Lines.Count : _found);
        if (control && key.Key == ConsoleKey.G || key.Key == ConsoleKey.Escape)
        {
            EndSearch(keep: false);
            return EditorResult.Changed;
        }
        if (key.Key == ConsoleKey.Backspace)
            return Find(_search!.Length > 0 ? _search[..^1] : "", history.Lines.Count);
        if (!control && !char.IsControl(key.KeyChar) && key.KeyChar != '\0')
            return Find(_search + key.KeyChar, Math.Min(_found < 0 ? history.Lines.Count : _found + 1, history.Lines.Count));
        EndSearch(keep: true);
        return null;
    }

    EditorResult Find(string text, int before)
    {
        _search = text;
        _found = text.Length == 0 ? history.Lines.Count : history.FindBefore(before, text);
        if (_found >= 0 && _found < history.Lines.Count)
        {
            Text = history.Lines[_found];
            Cursor = Math.Max(Text.IndexOf(text, StringComparison.OrdinalIgnoreCase), 0);
        }
        return EditorResult.Changed;
    }

    /// <summary>Tab: the only candidate, or what all candidates begin with; a second Tab lists them.</summary>
    EditorResult Complete()
    {
        if (complete is null)
            return EditorResult.None;
        Completion found = complete(Text, Cursor);
        if (found.Candidates.Count == 0)
            return EditorResult.None;
        string common = Common(found.Candidates), typed = Text[found.Start..Cursor];
        bool only = found.Candidates.Count == 1;
        if (_wasTab && !only)
            Candidates = found.Candidates;
        if (only && common is not [.., '!' or '/' or '.'])
            common += " ";
        if (common.Length > typed.Length || only && common != typed)
            Change(string.Concat(Text.AsSpan(0, found.Start), common, Text.AsSpan(Cursor)), found.Start + common.Length);
        return EditorResult.Changed;
    }

    static string Common(IReadOnlyList<string> candidates)
    {
        string common = candidates[0];
        foreach (string candidate in candidates)
        {
            int length = 0;
            while (length < common.Length && length < candidate.Length && char.ToLowerInvariant(common[length]) == char.ToLowerInvariant(candidate[length]))
                length++;
            common = common[..length];
        }
        return common;
    }
}
