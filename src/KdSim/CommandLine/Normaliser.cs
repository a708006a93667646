namespace KdSim.CommandLine;

/// <summary>
/// Brings kd.exe's way of writing options into one form: case does not matter, options without an argument may be run together (`-nv`),
/// and on Windows a slash may stand for the dash. Long options (`--machine`) and arguments are left alone.
/// </summary>
static class Normaliser
{
    /// <summary>kd's options that take an argument: what follows is taken as it is.</summary>
    public static readonly string[] WithArgument = ["-c", "-cf", "-cfr", "-y", "-i", "-srcpath", "-logo", "-loga", "-logou", "-logau", "-ee", "-z"];

    /// <summary>kd's options that stand alone.</summary>
    public static readonly string[] Alone = 
    [
        "-kqm", "-lines", "-v", "-b", "-bonc", "-d", "-n", "-s", "-r", "-x", "-version", "-myob", "-noshell", "-failinc", "-ses", "-sdce", "-sicv", "-sins",
    ];

    /// <summary>Options of kd that have no meaning here, and why.</summary>
    public static readonly IReadOnlyDictionary<string, string> Refused = new Dictionary<string, string>
    {
        ["-k"] = "there is no wire to a target: the machine is part of kdsim",
        ["-kl"] = "there is no local kernel to debug: the machine is part of kdsim",
        ["-kx"] = "there is no EXDI server: the machine is part of kdsim",
        ["-zp"] = "there is no page file to open",
        ["-server"] = Sharing,
        ["-remote"] = Sharing,
        ["-qr"] = Sharing,
        ["-clines"] = Sharing,
        ["-noio"] = Sharing,
        ["-secure"] = "secure mode is not supported; no command runs programs of the host in any case",
        ["-sflags"] = SymbolOptions,
        ["-snc"] = SymbolOptions,
        ["-snul"] = SymbolOptions,
        ["-sup"] = SymbolOptions,
        ["-t"] = "error levels are not supported: every error is shown",
        ["-m"] = "there is no modem: the machine is part of kdsim",
        ["-iu"] = "registering URL schemes is not supported",
        ["-wake"] = "there is no sleeping debugger to wake",
    };

    const string Sharing = "sharing a session is not supported";
    const string SymbolOptions = "symbols are loaded in one way, which has no such switch";

    // Only single letters may be joined, as kd documents.
    const string Joinable = "rnvsbdx";

    public static string[] Normalise(IReadOnlyList<string> arguments, bool windows)
    {
        var result = new List<string>();
        for (int i = 0; i < arguments.Count; i++)
        {
            string argument = arguments[i];
            if (argument == "/?" || argument == "-?")
            {
                result.Add("-?");
                continue;
            }
            if (windows && argument.Length > 1 && argument[0] == '/') argument = "-" + argument[1..];
            if (argument.StartsWith("--", StringComparison.Ordinal))
            {
                result.Add(argument);
                if (!argument.Contains('=') && !LongAlone.Contains(argument) && i + 1 < arguments.Count) result.Add(arguments[++i]);
                continue;
            }
            string lower = argument.ToLowerInvariant();
            if (lower.Length < 2 || lower[0] != '-')
            {
                result.Add(argument);
                continue;
            }
            if (Refused.TryGetValue(lower, out string? why)) throw new UsageException($"{argument}: {why}");
            if (lower.Length > 2 && lower[1] == 'a' && char.IsLetter(lower[2]) && !Alone.Contains(lower))
            {
                // -aExtension: the name is glued on.
                result.Add("-a");
                result.Add(argument[2..]);
                continue;
            }
            if (WithArgument.Contains(lower))
            {
                if (i + 1 >= arguments.Count) throw new UsageException($"{argument}: an argument is missing");
                result.Add(lower);
                result.Add(arguments[++i]);
            }
            else if (Alone.Contains(lower))
            {
                result.Add(lower);
            }
            else if (lower.Length > 2 && lower[1..].All(letter => Joinable.Contains(letter)))
            {
                foreach (char letter in lower[1..]) result.Add($"-{letter}");
            }
            else
            {
                result.Add(argument);
            }
        }
        return [.. result];
    }

    /// <summary>Long options without an argument.</summary>
    public static readonly string[] LongAlone = ["--plain", "--json", "--no-settings", "--help", "--version"];
}
