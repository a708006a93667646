using KdSim.Debugger.Editing;
using Xunit;

namespace KdSim.Debugger.Tests.Editing;

/// <summary>Keys in, line and cursor out. Keys are written as text: <c>^A</c> is Ctrl+A, <c>~b</c> Alt+B, <c>{Up}</c> a key by its name.</summary>
public class LineEditorTests
{
    static readonly string[] Past = ["bp pulse!PulseIsr", "g", "k", "dt nt!_IRP", "g"];

    static LineEditor Editor(History? history = null) => new(history ?? Filled(), (line, cursor) =>
    {
        int start = line[..cursor].LastIndexOf(' ') + 1;
        string[] known = ["pulse!PulseIsr", "pulse!PulseDpcForIsr", "pulse!PulseDispatchRead", "nt!"];
        return new Completion(start, [.. known.Where(k => k.StartsWith(line[start..cursor]))]);
    });

    static History Filled()
    {
        History history = new();
        foreach (string line in Past)
            history.Add(line);
        return history;
    }

    static EditorResult Type(LineEditor editor, string keys)
    {
        EditorResult result = EditorResult.None;
        for (int i = 0; i < keys.Length; i++)
        {
            ConsoleKeyInfo key;
            if (keys[i] == '^')
                key = new((char)(char.ToUpper(keys[++i]) - 64), Enum.Parse<ConsoleKey>(char.ToUpper(keys[i]).ToString()), false, false, true);
            else if (keys[i] == '~')
                key = new(keys[++i], char.IsLetter(keys[i]) ? Enum.Parse<ConsoleKey>(char.ToUpper(keys[i]).ToString()) : 0, false, true, false);
            else if (keys[i] == '{')
            {
                int end = keys.IndexOf('}', i);
                key = new('\0', Enum.Parse<ConsoleKey>(keys[(i + 1)..end]), false, false, false);
                i = end;
            }
            else
                key = new(keys[i], 0, false, false, false);
            result = editor.Press(key);
        }
        return result;
    }

    /// <summary>The line after the keys, the cursor as a bar.</summary>
    [Theory]
    [InlineData("? 1+2", "? 1+2|")]
    [InlineData("abc^Ax", "x|abc")]
    [InlineData("abc^A^Ex", "abcx|")]
    [InlineData("abc^B^Bx", "ax|bc")]
    [InlineData("abc{LeftArrow}{LeftArrow}{RightArrow}x", "abx|c")]
    [InlineData("abc{Home}{Delete}", "|bc")]
    [InlineData("abc{Backspace}", "ab|")]
    [InlineData("abc^H", "ab|")]
    [InlineData("abc^A^D", "|bc")]
    [InlineData("one two three^W", "one two |")]
    [InlineData("one two three^W^W", "one |")]
    [InlineData("one two^A~f^K", "one|")]
    [InlineData("one two^U", "|")]
    [InlineData("one two^U^Y^Y", "one twoone two|")]
    [InlineData("one two~b~b", "|one two")]
    [InlineData("one two^A~d", "| two")]
    [InlineData("ab^T", "ba|")]
    [InlineData("{UpArrow}", "g|")]
    [InlineData("^P^P", "dt nt!_IRP|")]
    [InlineData("^P^P^N", "g|")]
    [InlineData("typed^P^P^N^N", "typed|")]
    [InlineData("^P^P^P^P^P^P^P^P", "bp pulse!PulseIsr|")]
    [InlineData("u ~.", "u g|")]
    [InlineData("^Rpul", "bp |pulse!PulseIsr")]
    [InlineData("^Rg^R", "|g")]
    [InlineData("x^Rpul^G", "x|")]
    [InlineData("^Rirp^E", "dt nt!_IRP|")]
    [InlineData("^Rirp{Backspace}{Backspace}{Backspace}k^E", "k|")]
    [InlineData("bp nt{Tab}", "bp nt!|")]
    [InlineData("bp p{Tab}", "bp pulse!PulseI|", "")]
    [InlineData("bp pulse!PulseI{Tab}", "bp pulse!PulseIsr |")]
    [InlineData("bp pulse!PulseD{Tab}", "bp pulse!PulseD|")]
    [InlineData("zzz{Tab}", "zzz|")]
    public void Keys_edit_the_line(string keys, string expected, string? other = null)
    {
        // "p" has several ways on; what they share is inserted.
        if (other is not null)
            expected = "bp pulse!Pulse|";
        LineEditor editor = Editor();
        Type(editor, keys);
        Assert.Equal(expected, editor.Text.Insert(editor.Cursor, "|"));
    }

    [Fact]
    public void Undo_takes_back_words_and_cuts()
    {
        LineEditor editor = Editor();
        Type(editor, "one two^W");
        editor.Press(new('\u001f', 0, false, false, true));
        Assert.Equal("one two", editor.Text);
        editor.Press(new('\u001f', 0, false, false, true));
        Assert.Equal("one ", editor.Text);
    }

    [Fact]
    public void Enter_gives_the_line_and_keeps_it()
    {
        History history = Filled();
        LineEditor editor = Editor(history);
        Assert.Equal(EditorResult.Accepted, Type(editor, "lm{Enter}"));
        Assert.Equal(("lm", "lm"), (editor.Text, history.Lines[^1]));
        editor.Reset();
        Assert.Equal(EditorResult.Accepted, Type(editor, "lm\r"));
        Assert.Equal(Past.Length + 1, history.Lines.Count);
    }

    [Fact]
    public void Control_keys_end_the_line_or_the_input()
    {
        LineEditor editor = Editor();
        Assert.Equal(EditorResult.Cancelled, Type(editor, "half^C"));
        Assert.Equal("", editor.Text);
        Assert.Equal(EditorResult.EndOfInput, Type(editor, "^D"));
        Assert.Equal(EditorResult.ClearScreen, Type(editor, "a^L"));
    }

    [Fact]
    public void A_second_tab_lists_the_ways_on()
    {
        LineEditor editor = Editor();
        Type(editor, "bp pulse!Pulse{Tab}");
        Assert.Empty(editor.Candidates);
        Type(editor, "{Tab}");
        Assert.Equal(3, editor.Candidates.Count);
        Type(editor, "x");
        Assert.Empty(editor.Candidates);
    }

    [Fact]
    public void Search_says_what_it_looks_for()
    {
        LineEditor editor = Editor();
        Type(editor, "^Rpul");
        Assert.Equal("(reverse-i-search)`pul': ", editor.SearchPrompt);
        Type(editor, "q");
        Assert.Equal("(failed reverse-i-search)`pulq': ", editor.SearchPrompt);
        Type(editor, "^G");
        Assert.Null(editor.SearchPrompt);
    }

    [Fact]
    public void A_pasted_text_arrives_whole()
    {
        KeyStream stream = new();
        string sent = "a\e[200~.if (1)\r{\r.echo x\r}\e[201~b";
        List<EditorInput> inputs = [.. sent.SelectMany((c, i) => stream.Feed(
            new ConsoleKeyInfo(c, c == '\e' ? ConsoleKey.Escape : c == '\r' ? ConsoleKey.Enter : 0, false, false, false), i < sent.Length - 1))];
        Assert.Equal(["a", ".if (1)\n{\n.echo x\n}", "b"], inputs.Select(i => i.Pasted ?? i.Key.KeyChar.ToString()));
        LineEditor editor = Editor();
        editor.Paste(inputs[1].Pasted!);
        Assert.Equal(".if (1)↵{↵.echo x↵}", LineView.Of(editor.Text, 0, 7, 80).Text);
    }

    [Fact]
    public void An_escape_alone_is_not_held_back()
    {
        KeyStream stream = new();
        ConsoleKeyInfo escape = new('\e', ConsoleKey.Escape, false, false, false);
        Assert.Single(stream.Feed(escape, more: false));
        Assert.Empty(stream.Feed(escape, more: true));
        Assert.Equal(2, stream.Feed(new ConsoleKeyInfo('x', 0, false, false, false), more: false).Count());
    }

    [Theory]
    [InlineData("short", 5, "short", 12)]
    [InlineData("0123456789abcdefghij", 0, "0123456789a>", 7)]
    [InlineData("0123456789abcdefghij", 20, "<9abcdefghij", 19)]
    public void A_long_line_scrolls(string text, int cursor, string shown, int column) =>
        Assert.Equal(new LineView(shown, column), LineView.Of(text, cursor, 7, 20));

    [Fact]
    public void History_survives_its_file()
    {
        string folder = Directory.CreateTempSubdirectory("kdsim").FullName;
        try
        {
            History first = new(3), second = new(3);
            foreach (string line in new[] { "a", "b", "b", " ", "two\nlines", "c" })
                first.Add(line);
            first.Save(Path.Combine(folder, "sub", "history"));
            second.Load(Path.Combine(folder, "sub", "history"));
            Assert.Equal(["b", "two\nlines", "c"], second.Lines);
            second.Load(Path.Combine(folder, "nosuch"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("bp", "bp")]
    [InlineData("db @r", "@rsp")]
    [InlineData("bp pulse!PulseDisp", "pulse!PulseDispatchRead")]
    [InlineData("u pu", "pulse!")]
    [InlineData("dt pulse!_LIST_EN", "pulse!_LIST_ENTRY")]
    [InlineData("dt pulse!_LIST_ENTRY ", "Flink")]
    [InlineData("dt pulse!_IRP IoStatus.", "IoStatus.Status")]
    [InlineData(".hh .for", ".formats")]
    [InlineData(".echo x; ln pulse!DriverE", "pulse!DriverEntry")]
    [InlineData("!for_each_m", "!for_each_module")]
    public void Tab_offers_what_fits(string line, string expected)
    {
        Pulse pulse = new();
        _ = pulse.Session.Modules.Loaded[0].Symbols;
        Assert.Contains(expected, new Completer(pulse.Session).Complete(line, line.Length).Candidates);
    }

    [Fact]
    public void Tab_offers_files_where_a_command_takes_one()
    {
        string folder = Directory.CreateTempSubdirectory("kdsim").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "script.kd"), "");
            Directory.CreateDirectory(Path.Combine(folder, "scripts"));
            Completer completer = new(new Pulse().Session);
            string line = $"$$>a<{folder}/scr";
            Assert.Equal([$"{folder}/script.kd", $"{folder}/scripts/"], completer.Complete(line, line.Length).Candidates);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
