using System.Globalization;
using Jint;
using Jint.Native;
using Jint.Native.Function;
using Jint.Native.Object;
using Jint.Native.Symbol;
using Jint.Runtime;
using KdSim.Debugger.DataModel;
using KdSim.Debugger.Language;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;

namespace KdSim.Debugger.Scripting;

/// <summary>A script that is loaded.</summary>
/// <param name="Path">As it was typed.</param>
sealed record LoadedScript(string Path, ScriptRuntime Runtime)
{
    /// <summary>The file's name without its extension: <c>Debugger.State.Scripts.Name</c>.</summary>
    public string Name => System.IO.Path.GetFileNameWithoutExtension(Path);
}

/// <summary>
/// JavaScript files: loading (root code, then <c>initializeScript</c>), running (<c>invokeScript</c>), unloading
/// (<c>uninitializeScript</c>). Function aliases become commands: <c>!name argument, argument</c>.
/// </summary>
public sealed class JavaScriptHost
{
    readonly DebuggerSession _session;
    readonly List<LoadedScript> _loaded = [];

    public JavaScriptHost(DebuggerSession session)
    {
        _session = session;
        session.Model.Provided["scriptContents"] = Contents;
    }

    public JavaScriptLimits Limits { get; set; } = new();

    /// <summary>Paths of the loaded scripts, in the order of loading.</summary>
    public IEnumerable<string> Loaded => _loaded.Select(s => s.Path);

    /// <summary>Loads a file anew, and calls its <c>invokeScript</c> if asked to. Errors name file, line and column.</summary>
    /// <param name="loaded">Called when the file was read and understood, before any of it runs.</param>
    public void Load(string path, bool invoke, Action loaded)
    {
        string text = Read(path);
        if (_loaded.Any(s => s.Path == path))
            Unload(path);
        LoadedScript script = new(path, new ScriptRuntime(_session, Limits));
        string command = CommandLayer(script);
        try
        {
            Guarded(path, () =>
            {
                Prepared<Acornima.Ast.Script> program = Engine.PrepareScript(text, path);
                loaded();
                script.Runtime.Engine.Execute(program);
                if (script.Runtime.Engine.Global.Get("initializeScript") is Function initialize)
                    AddAliases(script, script.Runtime.Register(script.Runtime.Engine.Call(initialize)));
                if (invoke && script.Runtime.Engine.Global.Get("invokeScript") is Function entry)
                    script.Runtime.Engine.Call(entry);
            });
        }
        catch (CommandException problem)
        {
            _session.Commands.Remove(command);
            throw new CommandException($"{problem.Message}\nError: Unable to execute JavaScript script '{path}'");
        }
        _loaded.Add(script);
    }

    /// <summary>Forgets a script: by its path, its file's name, or that without extension.</summary>
    public string Unload(string name)
    {
        LoadedScript script = _loaded.FirstOrDefault(s => s.Path == name || Path.GetFileName(s.Path) == name || s.Name == name) ??
            throw new CommandException($"Error: Unable to find JavaScript script '{name}'");
        _loaded.Remove(script);
        foreach (CommandEntry alias in _session.Commands.InExtensions.Where(e => e.Command is AliasCommand command && command.Script == script).ToList())
            _session.Model.Provided.Remove(alias.Name[1..]);
        _session.Commands.Remove(CommandLayer(script));
        Guarded(script.Path, () =>
        {
            if (script.Runtime.Engine.Global.Get("uninitializeScript") is Function last)
                script.Runtime.Engine.Call(last);
        });
        return script.Path;
    }

    /// <summary><c>@$scriptContents</c> of <c>dx</c>: the functions of all loaded scripts by name; of two, the later one's.</summary>
    ModelRecord Contents() => new("",
    [
        .. _loaded.SelectMany(s => s.Runtime.Engine.Global.GetOwnProperties().Select(p => (Script: s, Name: p.Key.ToString(), p.Value.Value)))
            .Where(f => f.Value is ScriptFunction).GroupBy(f => f.Name, StringComparer.Ordinal).Select(g => g.Last())
            .Select(f => new ModelMember(f.Name, () => Callable(f.Script, f.Value))),
    ]);

    static ModelFunction Callable(LoadedScript script, JsValue function) => new(arguments =>
    {
        ModelValue? result = null;
        Guarded(script.Path, () => result = ModelBridge.ToModel(script.Runtime,
            script.Runtime.Engine.Call(function, [.. arguments.Select(a => ModelBridge.ToScript(script.Runtime, a))])));
        return result!;
    });

    static string CommandLayer(LoadedScript script) => $"js:{script.Path}";

    static string Read(string path)
    {
        if (!path.EndsWith(".js", StringComparison.OrdinalIgnoreCase))
            throw new CommandException($"Error: '{path}' is no script: no provider has its extension (.scriptproviders)");
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"Error: Unable to open script file '{path}': {problem.Message}");
        }
    }

    void AddAliases(LoadedScript script, IEnumerable<(string Name, JsValue Call)> aliases)
    {
        List<CommandEntry> entries = [];
        foreach ((string name, JsValue call) in aliases)
        {
            if (call is not Function || name.Length == 0 || !name.All(c => char.IsLetterOrDigit(c) || c == '_'))
                throw new CommandException($"\"{script.Path}\": functionAlias needs a function and a name of letters and digits, not '{name}'");
            entries.Add(new CommandEntry(new CommandAttribute($"!{name}", $"!{name} [arguments]", $"A function of {script.Path}"),
                new AliasCommand(this, script, call, name), []));
            _session.Model.Provided[name] = () => Callable(script, call);
        }
        _session.Commands.Add(CommandLayer(script), entries);
    }

    /// <summary>Calls a function with the arguments of a command line; the answer is its value as text, empty for undefined.</summary>
    internal string Call(LoadedScript script, JsValue function, string name, string arguments)
    {
        string text = "";
        Guarded(script.Path, () =>
        {
            JsValue[] values = [.. ArgumentTexts(arguments).Select(a => Argument(script, a))];
            JsValue result = script.Runtime.Engine.Call(function, values);
            text = result.IsUndefined() ? "" : Show(script, $"{name}({string.Join(", ", ArgumentTexts(arguments))})", result);
        });
        return text;
    }

    static string Show(LoadedScript script, string label, JsValue value)
    {
        List<string> lines = [$"{label,-30} : {Scalar(value)}"];
        if (value is ObjectInstance items && value is not NativeObject && items.Get(GlobalSymbolRegistry.Iterator) is Function)
        {
            lines[0] = label;
            JsArray array = script.Runtime.Engine.Call(script.Runtime.Engine.Intrinsics.Array.Get("from"), value).AsArray();
            for (uint i = 0; i < array.Length; i++)
                lines.Add($"    {$"[0x{i:x}]",-16} : {Scalar(array[i])}");
        }
        return string.Join('\n', lines) + "\n";
    }

    static string Scalar(JsValue value) => value switch
    {
        JsNumber number when number.AsNumber() is var n && n == Math.Floor(n) && Math.Abs(n) < 9e15 => n < 0
            ? n.ToString("0", CultureInfo.InvariantCulture) : $"0x{(ulong)n:x}",
        JsString text => text.ToString(),
        NativeObject native => native.ToString(),
        ObjectInstance other => TypeConverter.ToString(other),
        _ => value.ToString(),
    };

    JsValue Argument(LoadedScript script, string text)
    {
        if (text.Length >= 2 && text[0] == '"' && text[^1] == '"')
            return text[1..^1].Replace("\\\"", "\"").Replace("\\\\", "\\");
        ulong value = _session.Evaluate(text);
        return value <= uint.MaxValue ? (double)value : script.Runtime.Int64(value);
    }

    /// <summary>Arguments stand between commas or blanks; quotes and parentheses keep them together.</summary>
    static List<string> ArgumentTexts(string text)
    {
        List<string> found = [];
        int start = 0, depth = 0;
        bool quoted = false;
        for (int i = 0; i <= text.Length; i++)
        {
            char c = i < text.Length ? text[i] : ' ';
            if (c == '"' && (i == 0 || text[i - 1] != '\\'))
                quoted = !quoted;
            depth += quoted ? 0 : c is '(' or '[' ? 1 : c is ')' or ']' ? -1 : 0;
            if ((quoted || depth > 0 || c is not (',' or ' ' or '\t')) && i < text.Length)
                continue;
            if (i > start)
                found.Add(text[start..i]);
            start = i + 1;
        }
        return found;
    }

    /// <summary>Runs a part of a script; what it throws becomes the text that WinDbg prints.</summary>
    static void Guarded(string path, Action action)
    {
        try
        {
            action();
        }
        catch (JavaScriptException problem)
        {
            (int line, int column) = Place(path, problem);
            throw Failed(path, line, column, JavaScriptMessage(problem));
        }
        catch (ScriptPreparationException problem) when (problem.InnerException is Acornima.ParseErrorException parse)
        {
            throw Failed(path, parse.LineNumber, parse.Column, $"Syntax error: {parse.Description}");
        }
        catch (TimeoutException)
        {
            throw new CommandException($"\"{path}\": the script took too long and was stopped");
        }
        catch (StatementsCountOverflowException)
        {
            throw new CommandException($"\"{path}\": the script ran too many statements and was stopped");
        }
        catch (MemoryLimitExceededException)
        {
            throw new CommandException($"\"{path}\": the script used too much memory and was stopped");
        }
        catch (RecursionDepthOverflowException)
        {
            throw new CommandException($"\"{path}\": the script's calls are nested too deeply");
        }
    }

    /// <summary>The innermost place in the script itself: where a function of the prelude throws, it was called from there.</summary>
    static (int Line, int Column) Place(string path, JavaScriptException problem)
    {
        string prefix = $"{path}:";
        foreach (string frame in problem.Location.SourceFile == path ? [] : (problem.JavaScriptStackTrace ?? "").Split('\n'))
            if (frame.IndexOf(prefix, StringComparison.Ordinal) is var at and >= 0 &&
                frame[(at + prefix.Length)..].TrimEnd(')', ' ', '\r').Split(':') is [var line, var column] &&
                int.TryParse(line, out int lineNumber) && int.TryParse(column, out int columnNumber))
                return (lineNumber, columnNumber - 1);
        return (problem.Location.Start.Line, problem.Location.Start.Column);
    }

    static string JavaScriptMessage(JavaScriptException problem) => problem.Error is ObjectInstance error && error.Get("name") is JsString name
        ? $"{name}: {problem.Message}" : problem.Message;

    /// <param name="column">From 0; shown from 1, as the line is.</param>
    static CommandException Failed(string path, int line, int column, string message) =>
        new($"\"{path}\" (line {line} (@ {column + 1})): Error (0x80004005): {message}");
}
