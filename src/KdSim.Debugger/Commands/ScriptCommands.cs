using System.Text;
using KdSim.Debugger.Language;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdSim.Debugger.Commands;

/// <summary>Comments.</summary>
[Command("*", "* text", "Comment to the end of the line", Example = "* nothing happens")]
[Command("$$", "$$ text", "Comment to the next semicolon", Example = "$$ nothing happens")]
public sealed class Comment : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session) => [];
}

/// <summary><c>.echo</c>.</summary>
[Command(".echo", ".echo text", "Show text", Example = ".echo hello")]
public sealed class Echo : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        string text = arguments.Text;
        if (text.StartsWith('"') && text.IndexOf('"', 1) is int end && end > 0)
            text = text[1..end] + text[(end + 1)..];
        yield return new Line(new Text(text));
    }
}

/// <summary>Aliases.</summary>
[Command("as", "as [/x|/ma|/mu|/msa|/msu|/e|/c] name text", "Set an alias; its text is the rest of the line", Example = "as Here @rip")]
[Command("aS", "aS [switch] name text", "Set an alias; its text ends at a semicolon", Example = "aS Here @rip")]
[Command("ad", "ad [/q] name|*", "Delete an alias")]
[Command("al", "al", "List aliases", Example = "al")]
public sealed class SetAlias : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        AliasTable aliases = session.Aliases;
        switch (arguments.Name)
        {
            case "al":
                if (!aliases.All.Any())
                {
                    yield return new Line(new Text("No aliases"));
                    yield break;
                }
                yield return new Text("  Alias            Value  \n -------          ------- \n");
                foreach ((string name, string value) in aliases.All)
                    yield return new Line(new Text($" {name,-16} {value} "));
                yield break;
            case "ad":
                bool quiet = arguments.Text.StartsWith("/q ", StringComparison.Ordinal);
                string which = Bare(quiet ? arguments.Text[3..].Trim() : arguments.Text);
                if (which == "*")
                    aliases.Clear();
                else if (!aliases.Remove(which) && !quiet)
                    throw new CommandException($"Unable to delete alias '{which}'");
                yield break;
        }
        Set(arguments, session);
    }

    static string Bare(string name) => name.StartsWith("${/v:", StringComparison.Ordinal) && name.EndsWith('}') ? name[5..^1] : name;

    static void Set(TextArguments arguments, DebuggerSession session)
    {
        string text = arguments.Text, option = "";
        if (text.StartsWith('/'))
        {
            int end = text.IndexOf(' ');
            option = end < 0 ? throw arguments.Wrong("Syntax", text.Length) : text[..end];
            text = text[end..].TrimStart();
        }
        int blank = text.IndexOf(' ');
        if (blank < 0)
            throw arguments.Wrong("Syntax", text.Length);
        string name = Bare(text[..blank]), value = text[blank..].Trim();
        if (arguments.Name == "aS" && option.Length == 0 && value.StartsWith('"'))
            value = value.Trim('"');
        session.Aliases.Set(name, option switch
        {
            "" => value,
            "/x" => $"0x{session.Evaluate(value):x}",
            "/ma" => session.ReadAnsi(session.Evaluate(value)),
            "/mu" => session.ReadUnicode(session.Evaluate(value), 4096).Split('\0')[0],
            "/msa" => Counted(session, value, wide: false),
            "/msu" => Counted(session, value, wide: true),
            "/f" => File.Exists(value.Trim('"')) ? File.ReadAllText(value.Trim('"')) : throw new CommandException("Out of memory"),
            "/c" => session.Capture(() => session.RunNested(value)).TrimEnd('\n'),
            "/e" => Environment.GetEnvironmentVariable(value) ?? throw new CommandException($"Unable to read environment variable '{value}'"),
            _ => throw arguments.Wrong("Syntax", 1),
        });
    }

    static string Counted(DebuggerSession session, string expression, bool wide)
    {
        ulong address = session.Evaluate(expression);
        ulong buffer = session.ReadPointer(address + 8);
        session.TryReadInteger(address, 2, out ulong length);
        return wide ? session.ReadUnicode(buffer, (int)length) : session.ReadAnsi(buffer, (int)length);
    }
}

/// <summary>Script files.</summary>
[Command("$<", "$<file", "Run a script file line by line")]
[Command("$><", "$><file", "Run a script file as one block")]
[Command("$$<", "$$<file", "Run a script file line by line")]
[Command("$$><", "$$><file", "Run a script file as one block")]
[Command("$$>a<", "$$>a<file [arguments]", "Run a script file as one block, with arguments")]
public sealed class RunScript : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        bool block = arguments.Name.Contains('>'), takesArguments = arguments.Name == "$$>a<";
        (string path, List<string> values) = takesArguments ? Split(arguments) : (arguments.Text.Trim('"'), []);
        string[] lines;
        try
        {
            lines = File.ReadAllLines(path);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CommandException($"Command file execution failed, Win32 error 0n2\n    \"The script file '{path}' cannot be read.\"");
        }
        if (!block)
        {
            foreach (string line in lines.Where(l => l.Trim().Length > 0))
                session.RunScriptLine(line);
            yield break;
        }
        string text = string.Join('\n', lines);
        for (int i = 0; i < values.Count; i++)
            text = text.Replace($"${{$arg{i + 1}}}", values[i]).Replace($"${{/d:$arg{i + 1}}}", "1");
        text = System.Text.RegularExpressions.Regex.Replace(text, @"\$\{/d:\$arg\d+\}", "0");
        if (!takesArguments)
            foreach (string line in lines.Where(l => l.Trim().Length > 0))
                yield return new Line(new Text($"{session.Prompt}{line}"));
        session.RunNested(text);
    }

    static (string, List<string>) Split(TextArguments arguments)
    {
        ArgumentReader reader = new(arguments.Name, arguments.Text);
        string path = reader.Word();
        List<string> values = [];
        while (!reader.AtEnd)
            values.Add(reader.Word());
        return (path, values);
    }
}

/// <summary>Log files.</summary>
[Command(".logopen", ".logopen [/t] [/u] [/d] [file]", "Open a log file")]
[Command(".logappend", ".logappend [/u] [file]", "Append to a log file")]
[Command(".logclose", ".logclose", "Close the log file")]
[Command(".logfile", ".logfile", "Show whether a log file is open", Example = ".logfile")]
public sealed class LogFile : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        string open = session.Logs.OfType<StreamWriter>().Select(w => (w.BaseStream as FileStream)?.Name).FirstOrDefault(n =>
            n is not null) ?? "";
        if (arguments.Name is ".logclose" or ".logfile")
        {
            if (open.Length == 0)
                yield return new Line(new Text("No log file open"));
            else if (arguments.Name == ".logfile")
                yield return new Line(new Text($"Log '{open}' open"));
            else
            {
                yield return new Line(new Text($"Closing open log file {open}"));
                session.CloseLogs();
            }
            yield break;
        }
        ArgumentReader reader = new(arguments.Name, arguments.Text);
        bool stamped = false, wide = false;
        while (reader.Switch() is { } option)
        {
            stamped |= option == "/t";
            wide |= option == "/u";
            if (option is not ("/t" or "/u" or "/d"))
                throw arguments.Wrong("Syntax", 1);
        }
        string path = reader.Rest().Trim('"');
        path = path.Length == 0 ? "dbgeng.log" : path;
        if (stamped)
            path = Path.ChangeExtension(path, null) + $"_{Environment.ProcessId:x4}_{DateTime.Now:yyyy-MM-dd_HH-mm-ss-fff}" +
                Path.GetExtension(path);
        session.CloseLogs();
        session.AddLog(new StreamWriter(path, append: arguments.Name == ".logappend",
            wide ? new UnicodeEncoding(false, true) : new UTF8Encoding(false)) { NewLine = "\n", AutoFlush = true });
        yield return new Line(new Text($"Opened log file '{path}'"));
    }
}

/// <summary><c>.pcmd</c>: a command before each prompt after the target ran.</summary>
[Command(".pcmd", ".pcmd [-s \"command\"|-c]", "Set a command that runs at each prompt", Example = ".pcmd")]
public sealed class PromptCommand : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        if (arguments.Text == "-c")
            session.Options.PromptCommand = null;
        else if (arguments.Text.StartsWith("-s ", StringComparison.Ordinal))
            session.Options.PromptCommand = Quoted.Read(arguments.Text[3..].Trim() is ['"', ..] quoted ? quoted
                : $"\"{arguments.Text[3..].Trim()}\"").Value;
        else if (arguments.Text.Length > 0)
            throw arguments.Wrong("Syntax", 1);
        yield return new Line(new Text(session.Options.PromptCommand is { } command ? $"Per-prompt command is '{command}'"
            : "No per-prompt command"));
    }
}
