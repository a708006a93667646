using KdSim.CommandLine;
using KdSim.Debugger.Control;
using KdSim.Debugging.Commands;
using Tomlyn.Parsing;
using Tomlyn.Syntax;

namespace KdSim.ConsoleFront;

/// <summary>
/// What a person wants in every session: <c>settings.toml</c> in the settings folder, which also holds the history and the workspaces. The
/// folder is <c>$KDSIM_SETTINGS</c>, else <c>kdsim</c> in the folder where the system keeps applications' data (<c>~/.config</c>).
/// </summary>
sealed record UserSettings
{
    /// <summary>Null: nothing is read or kept.</summary>
    public string? Folder { get; init; }

    public string SymbolPath { get; init; } = "";
    public string SourcePath { get; init; } = "";
    public string ImagePath { get; init; } = "";
    public string? Evaluator { get; init; }

    /// <summary>Colours and link marks on a terminal.</summary>
    public bool Colours { get; init; } = true;

    /// <summary>Lines that the history keeps.</summary>
    public int History { get; init; } = 1000;

    /// <summary>What is shown after each stop: registers, source, code, stack, watches.</summary>
    public string Context { get; init; } = "";

    /// <summary>Whether the workspace of the machine is loaded at the start and saved at the end of a session that is typed.</summary>
    public bool KeepWorkspace { get; init; }

    /// <summary>Commands that run first.</summary>
    public string Commands { get; init; } = "";

    public static UserSettings None { get; } = new();

    public string? HistoryFile => Folder is null ? null : Path.Combine(Folder, "history");
    public string? WorkspaceFolder => Folder is null ? null : Path.Combine(Folder, "workspaces");

    public static string DefaultFolder() => Environment.GetEnvironmentVariable("KDSIM_SETTINGS") is { Length: > 0 } named ? named
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData, Environment.SpecialFolderOption.DoNotVerify), "kdsim");

    /// <exception cref="UsageException">The file is there and has a mistake.</exception>
    public static UserSettings Load(string folder)
    {
        string path = Path.Combine(folder, "settings.toml");
        var settings = new UserSettings { Folder = folder };
        string text;
        try
        {
            if (!File.Exists(path)) return settings;
            text = File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{path}: {error.Message}");
        }
        DocumentSyntax document;
        try
        {
            document = SyntaxParser.Parse(text, path, validate: true);
        }
        catch (ArgumentException error)
        {
            throw new UsageException($"{path}: this is not TOML: {error.Message}");
        }
        if (document.Diagnostics.FirstOrDefault(d => d.Kind == DiagnosticMessageKind.Error) is { } wrong)
            throw new UsageException($"{path}({wrong.Span.Start.Line + 1}): {wrong.Message}");
        foreach (KeyValueSyntax pair in document.KeyValues) settings = settings.With(path, pair);
        foreach (TableSyntaxBase table in document.Tables)
            throw new UsageException($"{path}({table.Span.Start.Line + 1}): the file has no tables, only keys");
        return settings;
    }

    UserSettings With(string path, KeyValueSyntax pair)
    {
        string key = pair.Key?.ToString().Trim() ?? "";
        UsageException Wrong(string expected) => new($"{path}({pair.Span.Start.Line + 1}): {key}: {expected} expected");
        string Text() => pair.Value is StringValueSyntax { Value: { } text } ? text : throw Wrong("a string");
        bool Switch() => pair.Value is BooleanValueSyntax flag ? flag.Value : throw Wrong("true or false");
        string Parts()
        {
            try
            {
                StopContext.Parse(Text());
                return Text();
            }
            catch (CommandException wrong)
            {
                throw new UsageException($"{path}({pair.Span.Start.Line + 1}): {key}: {wrong.Message}");
            }
        }
        return key switch
        {
            "symbol_path" => this with { SymbolPath = Text() },
            "source_path" => this with { SourcePath = Text() },
            "image_path" => this with { ImagePath = Text() },
            "evaluator" => this with { Evaluator = Text() is "masm" or "c++" ? Text() : throw Wrong("\"masm\" or \"c++\"") },
            "colours" or "colors" => this with { Colours = Switch() },
            "history" => this with { History = pair.Value is IntegerValueSyntax { Value: >= 0 and <= 100000 } n ? (int)n.Value : throw Wrong("0 to 100000") },
            "context" => this with { Context = Parts() },
            "keep_workspace" => this with { KeepWorkspace = Switch() },
            "commands" => this with { Commands = Text() },
            _ => throw new UsageException($"{path}({pair.Span.Start.Line + 1}): there is no setting '{key}'"),
        };
    }
}
