using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace KdSim.CommandLine;

/// <summary>The options of the tool: one table that parsing, `-?` and the tests read.</summary>
static class OptionTable
{
    static readonly Option<string?> Commands = Text("-c", "\"commands\"", "commands to run before the first prompt");
    static readonly Option<string?> CommandFile = Text("-cf", "file", "a script to run before the first prompt");
    static readonly Option<string?> RestartFile = Text("-cfr", "file", "a script to run before the first prompt and after each .reboot");
    static readonly Option<string?> SymbolPath = Text("-y", "path", "where to look for .pdb files (several folders: separated by ;)");
    static readonly Option<string?> ImagePath = Text("-i", "path", "where to look for driver images");
    static readonly Option<string?> SourcePath = Text("-srcpath", "path", "where to look for source files");
    static readonly Option<string?> LogOverwrite = Text("-logo", "file", "log the session to a new file");
    static readonly Option<string?> LogAppend = Text("-loga", "file", "append the session to a log file");
    static readonly Option<string?> LogOverwriteWide = Text("-logou", "file", "the same as -logo, in UTF-16");
    static readonly Option<string?> LogAppendWide = Text("-logau", "file", "the same as -loga, in UTF-16");
    static readonly Option<string[]> Extensions = new("-a") { HelpName = "Extension", Description = "an extension to load (-aKdExts); repeatable" };
    static readonly Option<string?> Evaluator = Text("-ee", "masm|c++", "the default expression evaluator");
    static readonly Option<bool> Quiet = Flag("-kqm", "quiet: no banner, no load messages");
    static readonly Option<bool> Lines = Flag("-lines", "load source line information (it is on anyway)");
    static readonly Option<bool> Verbose = Flag("-v", "say which files are loaded");
    static readonly Option<bool> BeforeDrivers = Flag("-b", "stop before the first driver is loaded (-bonc is the same)", "-bonc");
    static readonly Option<bool> FirstLoad = Flag("-d", "stop at the first load of a driver");
    static readonly Option<bool> Noisy = Flag("-n", "noisy symbol loading");
    static readonly Option<bool> NotLazy = Flag("-s", "load all symbols at once, not when they are needed");
    static readonly Option<bool> Registers = Flag("-r", "show the registers at each stop");
    static readonly Option<bool> FirstChance = Flag("-x", "stop at every exception when it is raised, not only when nobody handles it");
    static readonly Option<bool> NoWarning = Flag("-myob", "do not explain a break-in that was asked for");
    static readonly Option<bool> AnySymbols = Flag("-sicv", "take symbol files whose identity does not match");
    static readonly Option<bool> NoSymbolVariables = Flag("-sins", "ignore _NT_SYMBOL_PATH and _NT_ALT_SYMBOL_PATH");
    static readonly Option<bool> AsItIs = Flag(
        "-failinc", "taken and without effect, as -ses, -sdce and -noshell: it is so anyway (exact symbols, no dialogs, no host commands)", "-ses", "-sdce",
        "-noshell");
    static readonly Option<bool> Version = Flag("-version", "show the version and leave", "--version");
    static readonly Option<bool> Help = Flag("-?", "show this text and leave", "--help");

    static readonly Option<string?> Machine = Text("--machine", "file", "the machine file (TOML); the default is the demo machine");
    static readonly Option<string[]> Drivers = new("--driver")
    {
        HelpName = "file.inf|file.sys",
        Description = "a driver to install (.inf) or to load as a legacy service (.sys); repeatable",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
    };
    static readonly Option<string?> HardwareId = Text("--hwid", "id", "make a root-enumerated device with this hardware ID for the --driver INF");
    static readonly Option<string?> Scenario = Text("--scenario", "file", "what user programs do");
    static readonly Option<string?> Cpus = Text("--cpus", "n", "processors, 1 to 8");
    static readonly Option<string?> Memory = Text("--memory", "size", "RAM, such as 256M or 1G");
    static readonly Option<string?> Seed = Text("--seed", "n", "decides every free choice of the machine");
    static readonly Option<string?> Limit = Text("--limit", "time", "virtual time that one g of an unattended run may take (60s)");
    static readonly Option<string?> TraceFile = Text("-z", "file.etl", "open a trace: walk through it, or .reexec it");
    static readonly Option<string?> Record =
        Text("--record", "file.etl[,profile]", "write a trace of the run; profile: default, full, light, or kinds put together with + and -");
    static readonly Option<bool> Plain = Flag("--plain", "no colours, no line editing: prompts and answers");
    static readonly Option<bool> Json = Flag("--json", "one JSON object a command and line");
    static readonly Option<string?> FailOn = Text("--fail-on", "list", "exit code 1 on any of error,bugcheck,assert,timeout");
    static readonly Option<bool> NoSettings = Flag("--no-settings", "ignore the user's settings");

    static readonly RootCommand Root = MakeRoot();

    /// <summary>All options with the placeholder of their argument and what they do, for `-?`.</summary>
    public static IEnumerable<(string Names, string Description)> Rows() =>
        Root.Options.Select(option => (option.HelpName is { } argument ? $"{option.Name} {argument}" : option.Name, option.Description ?? ""));

    public static Options Parse(IReadOnlyList<string> arguments, bool windows, bool inputIsTerminal)
    {
        ParseResult result = Root.Parse(
            Normaliser.Normalise(arguments, windows), new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false });
        if (result.Errors.Count > 0) throw new UsageException(Describe(result.Errors[0]));
        if (result.UnmatchedTokens.Count > 0) throw new UsageException($"{result.UnmatchedTokens[0]}: not an option of kdsim; see kdsim -?");

        string? wideLog = result.GetValue(LogAppendWide) ?? result.GetValue(LogOverwriteWide);
        string? append = result.GetValue(LogAppend) ?? result.GetValue(LogAppendWide);
        string? overwrite = result.GetValue(LogOverwrite) ?? result.GetValue(LogOverwriteWide);
        string? commands = result.GetValue(Commands), restart = result.GetValue(RestartFile), file = result.GetValue(CommandFile) ?? restart;
        return new Options
        {
            Commands = commands,
            CommandFile = file,
            SymbolPath = result.GetValue(SymbolPath),
            ImagePath = result.GetValue(ImagePath),
            SourcePath = result.GetValue(SourcePath),
            LogFile = append ?? overwrite,
            LogAppend = append is not null,
            WideLog = wideLog is not null,
            RestartFile = restart,
            Extensions = result.GetValue(Extensions) ?? [],
            BreakOnFirstChance = result.GetValue(FirstChance),
            NoBreakInWarning = result.GetValue(NoWarning),
            AnySymbols = result.GetValue(AnySymbols),
            NoSymbolVariables = result.GetValue(NoSymbolVariables),
            Evaluator = OneOf("-ee", result.GetValue(Evaluator), "masm", "c++"),
            Quiet = result.GetValue(Quiet),
            Verbose = result.GetValue(Verbose),
            NoisySymbols = result.GetValue(Noisy),
            NoLazySymbols = result.GetValue(NotLazy),
            RegistersAtStops = result.GetValue(Registers),
            Break = result.GetValue(BeforeDrivers) ? InitialBreak.BeforeDrivers
                : result.GetValue(FirstLoad) ? InitialBreak.FirstModuleLoad : InitialBreak.Started,
            ShowVersion = result.GetValue(Version),
            ShowHelp = result.GetValue(Help),
            Machine = result.GetValue(Machine),
            Drivers = result.GetValue(Drivers) ?? [],
            HardwareId = result.GetValue(HardwareId),
            Scenario = result.GetValue(Scenario),
            Cpus = (int?)Number("--cpus", result.GetValue(Cpus), 1, 8),
            Memory = Size("--memory", result.GetValue(Memory)),
            Seed = Number("--seed", result.GetValue(Seed), 0, ulong.MaxValue),
            Limit = Time("--limit", result.GetValue(Limit)),
            TraceFile = result.GetValue(TraceFile),
            Record = result.GetValue(Record),
            Plain = result.GetValue(Plain),
            Json = result.GetValue(Json),
            FailOn = List("--fail-on", result.GetValue(FailOn), "error", "bugcheck", "assert", "timeout"),
            NoSettings = result.GetValue(NoSettings),
            Unattended = !inputIsTerminal || commands is not null || file is not null,
        };
    }

    static RootCommand MakeRoot()
    {
        var root = new RootCommand("A kernel debugger and the machine it debugs.") { TreatUnmatchedTokensAsErrors = false };
        root.Options.Clear();
        root.Directives.Clear();
        foreach (Option option in new Option[]
        {
            Commands, CommandFile, RestartFile, SymbolPath, ImagePath, SourcePath, LogOverwrite, LogAppend, LogOverwriteWide, LogAppendWide, Extensions,
            Evaluator, Quiet, Lines, Verbose, BeforeDrivers, FirstLoad, FirstChance, Noisy, NotLazy, Registers, NoWarning, AnySymbols,
            NoSymbolVariables, AsItIs, Machine, Drivers, HardwareId, Scenario, Cpus, Memory, Seed, Limit,
            TraceFile, Record, Plain, Json, FailOn, NoSettings,
            Version, Help,
        })
            root.Options.Add(option);
        return root;
    }

    static Option<string?> Text(string name, string argument, string description, params string[] aliases) =>
        new(name, aliases) { HelpName = argument, Description = description };

    static Option<bool> Flag(string name, string description, params string[] aliases) =>
        new(name, aliases) { Description = description, Arity = ArgumentArity.Zero };

    static string Describe(ParseError error) => error.SymbolResult is OptionResult { IdentifierToken: { } token } option
        ? option.Tokens.Count == 0 && option.Option.Arity.MinimumNumberOfValues > 0
            ? $"{token.Value}: an argument is missing"
            : $"{token.Value}: {error.Message}"
        : error.Message;

    static string? OneOf(string option, string? text, params string[] choices) =>
        text is null || choices.Contains(text, StringComparer.OrdinalIgnoreCase)
            ? text?.ToLowerInvariant()
            : throw new UsageException($"{option}: {string.Join(" or ", choices)} expected, found '{text}'");

    static string[] List(string option, string? text, params string[] choices) =>
        [.. (text ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(item => OneOf(option, item, choices)!)];

    static ulong? Number(string option, string? text, ulong least, ulong most)
    {
        if (text is null) return null;
        bool hexadecimal = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        bool valid = hexadecimal
            ? ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong value)
            : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
        if (valid && value >= least && value <= most) return value;
        throw new UsageException($"{option}: a number{(most == ulong.MaxValue ? "" : $" from {least} to {most}")} expected, found '{text}'");
    }

    /// <summary>A size with K, M or G behind it, in bytes. The machine's own limits are checked where it is built.</summary>
    public static ulong? Size(string option, string? text)
    {
        if (text is null) return null;
        int shift = char.ToUpperInvariant(text.LastOrDefault()) switch { 'K' => 10, 'M' => 20, 'G' => 30, _ => 0 };
        if (ulong.TryParse(shift > 0 ? text[..^1] : text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value) && value <= ulong.MaxValue >> shift)
            return value << shift;
        throw new UsageException($"{option}: a size such as 256M expected, found '{text}'");
    }

    /// <summary>A virtual time such as 60s or 5ms, in nanoseconds.</summary>
    public static ulong? Time(string option, string? text)
    {
        if (text is null) return null;
        (string unit, ulong scale)[] units = [("ns", 1), ("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000)];
        foreach ((string unit, ulong scale) in units)
            if (text.EndsWith(unit, StringComparison.Ordinal)
                && ulong.TryParse(text[..^unit.Length], NumberStyles.None, CultureInfo.InvariantCulture, out ulong value)
                && value <= ulong.MaxValue / 2 / scale)
                return value * scale;
        throw new UsageException($"{option}: a time such as 60s or 500ms expected, found '{text}'");
    }
}
