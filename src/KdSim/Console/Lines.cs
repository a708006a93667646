using KdSim.Debugger.Editing;

namespace KdSim.ConsoleFront;

/// <summary>Where typed lines come from.</summary>
interface ILines
{
    /// <summary>Shows a prompt and waits for a line; null is the end of the input.</summary>
    /// <param name="isCommand">Commands are kept in the history; answers to a command's question are not.</param>
    string? Read(string prompt, bool isCommand);

    /// <summary>Ctrl+C while a line is typed: drops it. False when no line is being typed.</summary>
    bool Cancel();
}

/// <summary>Lines of a pipe or file: the prompt is written, what is read is not.</summary>
sealed class PipedLines(TextReader input, TextWriter output, bool prompts) : ILines
{
    public string? Read(string prompt, bool isCommand)
    {
        if (prompts) output.Write(prompt);
        output.Flush();
        return input.ReadLine();
    }

    public bool Cancel() => false;
}

/// <summary>Lines that a person types at a terminal, with editing, history, search and completion.</summary>
sealed class TerminalLines(TextWriter output, History history, Func<string, int, Completion> complete, bool colours) : ILines
{
    const string BracketedPasteOn = "\e[?2004h", BracketedPasteOff = "\e[?2004l", ClearToEnd = "\e[K", Clear = "\e[H\e[2J";

    readonly LineEditor _editor = new(history, complete);
    readonly LineEditor _plainEditor = new(new History());
    readonly KeyStream _keys = new();
    readonly Lock _gate = new();
    LineEditor? _active;
    string _prompt = "";

    public string? Read(string prompt, bool isCommand)
    {
        lock (_gate)
        {
            (_prompt, _active) = (prompt, isCommand ? _editor : _plainEditor);
            _active.Reset();
            output.Write(BracketedPasteOn);
            Draw();
        }
        // Ctrl+C is a key while a line is typed, and a signal while the target runs.
        Console.TreatControlCAsInput = true;
        try
        {
            while (true)
            {
                ConsoleKeyInfo key = Console.ReadKey(intercept: true);
                lock (_gate)
                    foreach (EditorInput input in _keys.Feed(key, Console.KeyAvailable))
                        if (Take(input) is { } finished)
                            return finished.Line;
            }
        }
        catch (InvalidOperationException)
        {
            // The terminal is gone.
            return null;
        }
        finally
        {
            lock (_gate)
            {
                _active = null;
                output.Write(BracketedPasteOff);
                output.Flush();
            }
            Console.TreatControlCAsInput = false;
        }
    }

    /// <summary>Not null: the line is finished.</summary>
    (string? Line, bool _)? Take(EditorInput input)
    {
        LineEditor editor = _active!;
        switch (input.Pasted is { } text ? editor.Paste(text) : editor.Press(input.Key))
        {
            case EditorResult.Accepted:
                Draw(atEnd: true);
                output.Write('\n');
                return (editor.Text, true);
            case EditorResult.EndOfInput:
                output.Write('\n');
                return (null, true);
            case EditorResult.Cancelled:
                Abandon();
                return null;
            case EditorResult.ClearScreen:
                output.Write(Clear);
                Draw();
                return null;
            case EditorResult.Changed:
                if (editor.Candidates.Count > 0) List(editor.Candidates);
                Draw();
                return null;
            default:
                return null;
        }
    }

    public bool Cancel()
    {
        lock (_gate)
        {
            if (_active is null) return false;
            _active.Reset();
            Abandon();
            return true;
        }
    }

    void Abandon()
    {
        output.Write("^C\n");
        Draw();
    }

    void Draw(bool atEnd = false)
    {
        LineEditor editor = _active!;
        string prompt = editor.SearchPrompt ?? _prompt;
        LineView view = LineView.Of(editor.Text, editor.Cursor, prompt.Length, Width);
        output.Write($"\r{(colours ? $"\e[1m{prompt}\e[0m" : prompt)}{view.Text}{ClearToEnd}");
        if (!atEnd) output.Write($"\r{(view.Column > 0 ? $"\e[{view.Column}C" : "")}");
        output.Flush();
    }

    void List(IReadOnlyList<string> names)
    {
        int column = names.Max(n => n.Length) + 2, perRow = Math.Max(Width / column, 1);
        output.Write('\n');
        foreach (string[] row in names.Chunk(perRow))
            output.Write(string.Concat(row.Select(n => n.PadRight(column))).TrimEnd() + "\n");
    }

    static int Width => Math.Max(Console.WindowWidth, 20);
}
