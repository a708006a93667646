using System.Globalization;

namespace KdSim.CommandLine;

/// <summary>kd's environment variables: each gives what its option did not say. The paths are added behind the option's.</summary>
static class KdEnvironment
{
    public static Options Apply(Options options, Func<string, string?> variable)
    {
        string? symbols = options.NoSymbolVariables ? null : Joined(variable("_NT_ALT_SYMBOL_PATH"), variable("_NT_SYMBOL_PATH"));
        string? append = variable("_NT_DEBUG_LOG_FILE_APPEND"), overwrite = variable("_NT_DEBUG_LOG_FILE_OPEN");
        string? evaluator = variable("_NT_EXPR_EVAL")?.ToLowerInvariant();
        return options with
        {
            SymbolPath = Joined(options.SymbolPath, symbols),
            SourcePath = Joined(options.SourcePath, variable("_NT_SOURCE_PATH")),
            ImagePath = Joined(options.ImagePath, variable("_NT_EXECUTABLE_IMAGE_PATH")),
            ExtensionPath = Joined(options.ExtensionPath, variable("_NT_DEBUGGER_EXTENSION_PATH")),
            Evaluator = options.Evaluator ?? (evaluator is "masm" or "c++" ? evaluator : null),
            LogFile = options.LogFile ?? append ?? overwrite,
            LogAppend = options.LogFile is null ? append is not null : options.LogAppend,
            NoBreakInWarning = options.NoBreakInWarning || variable("KDQUIET") is { Length: > 0 },
            HistorySize = options.HistorySize ??
                (int.TryParse(variable("_NT_DEBUG_HISTORY_SIZE"), NumberStyles.None, CultureInfo.InvariantCulture, out int size) ? size : null),
        };
    }

    static string? Joined(string? first, string? second) =>
        string.IsNullOrEmpty(first) ? string.IsNullOrEmpty(second) ? null : second : string.IsNullOrEmpty(second) ? first : $"{first};{second}";
}
