using System.Globalization;
using KdSim.CommandLine;
using Tomlyn.Parsing;
using Tomlyn.Syntax;

namespace KdSim.Machines;

/// <summary>
/// Reads machine files (TOML). Each mistake names the file, line and column and what was expected; an unknown key is a mistake, so that
/// a misspelt one is not silently ignored. Relative paths mean the folder of the machine file.
/// </summary>
sealed class MachineFile
{
    const long MostBytes = 1 << 20;

    readonly string _file;
    readonly string _folder;

    MachineFile(string file, string folder) => (_file, _folder) = (file, folder);

    /// <exception cref="UsageException">The file cannot be read or breaks a rule.</exception>
    public static MachineDescription Load(string path)
    {
        string text;
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > MostBytes } file)
                throw new UsageException($"{path}: {file.Length} bytes; a machine file has at most {MostBytes}");
            text = File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{path}: {error.Message}");
        }
        return Parse(path, Path.GetDirectoryName(Path.GetFullPath(path))!, text);
    }

    public static MachineDescription Parse(string file, string folder, string text) => new MachineFile(file, folder).Read(text);

    MachineDescription Read(string text)
    {
        DocumentSyntax document = Syntax(text);
        foreach (DiagnosticMessage diagnostic in document.Diagnostics)
            if (diagnostic.Kind == DiagnosticMessageKind.Error)
                throw Mistake(diagnostic.Span, diagnostic.Message);

        var machine = new MachineDescription { Name = Path.GetFileNameWithoutExtension(_file) };
        foreach (KeyValueSyntax pair in document.KeyValues) machine = Top(machine, pair);
        var devices = new List<DeviceDescription>();
        var drivers = new List<DriverDescription>();
        foreach (TableSyntaxBase table in document.Tables)
        {
            string name = table.Name?.ToString().Trim() ?? "";
            switch (table, name)
            {
                case (TableSyntax, "machine"):
                    foreach (KeyValueSyntax pair in table.Items) machine = Top(machine, pair);
                    break;
                case (TableArraySyntax, "device"):
                    devices.Add(Device(table));
                    break;
                case (TableArraySyntax, "driver"):
                    drivers.Add(Driver(table));
                    break;
                default:
                    string found = table is TableArraySyntax ? $"[[{name}]]" : $"[{name}]";
                    throw Mistake(table.Span, $"[machine], [[device]] or [[driver]] expected, found {found}");
            }
        }
        if (devices.GroupBy(device => device.Name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new UsageException($"{_file}: two devices are named '{twice.Key}'");
        if (devices.GroupBy(device => (device.Slot, device.Function)).FirstOrDefault(group => group.Count() > 1) is { } same)
            throw new UsageException(
                $"{_file}: {string.Join(" and ", same.Select(device => device.Name))} both stand in PCI slot {same.Key.Slot}.{same.Key.Function}");
        return machine with { Devices = devices, Drivers = drivers };
    }

    DocumentSyntax Syntax(string text)
    {
        try
        {
            return SyntaxParser.Parse(text, _file, validate: true);
        }
        catch (ArgumentException error)
        {
            // Tomlyn 2.10 fails so on some broken escapes, before it has a diagnostic.
            throw new UsageException($"{_file}: this is not TOML: {error.Message}");
        }
    }

    MachineDescription Top(MachineDescription machine, KeyValueSyntax pair) => Key(pair) switch
    {
        "name" => machine with { Name = Text(pair) },
        "cpus" => machine with { Cpus = (int)Number(pair, 1, 8) },
        "memory" => machine with { Memory = Checked(pair, () => OptionTable.Size("memory", Text(pair))!.Value) },
        "seed" => machine with { Seed = (ulong)Number(pair, 0, long.MaxValue) },
        "boot" => machine with { Boot = Date(pair) },
        "on_idle" => machine with { OnIdle = Choice<OnIdle>(pair) },
        "force_irql_checking" => machine with { ForceIrqlChecking = Truth(pair) },
        "dpc_timeout" => machine with { DpcTimeoutMs = Milliseconds(pair) },
        "dpc_watchdog_period" => machine with { DpcWatchdogPeriodMs = Milliseconds(pair) },
        "scenario" => machine with { Scenario = HostPath(pair) },
        string other => throw Mistake(pair.Span,
            $"name, cpus, memory, seed, boot, on_idle, force_irql_checking, dpc_timeout, dpc_watchdog_period or scenario expected, found '{other}'"),
    };

    DeviceDescription Device(TableSyntaxBase table)
    {
        string? name = null, model = null;
        int? slot = null;
        int function = 0;
        bool plugged = true;
        foreach (KeyValueSyntax pair in table.Items)
            switch (Key(pair))
            {
                case "name": name = Text(pair); break;
                case "model": model = Text(pair); break;
                case "slot": slot = (int)Number(pair, 1, 31); break;
                case "function": function = (int)Number(pair, 0, 7); break;
                case "plugged": plugged = Truth(pair); break;
                default: throw Mistake(pair.Span, $"name, model, slot, function or plugged expected, found '{Key(pair)}'");
            }
        if (model is null) throw Mistake(table.Span, "model = \"...\" is missing");
        return new DeviceDescription(name ?? model, model, slot ?? throw Mistake(table.Span, "slot = N is missing"), function, plugged);
    }

    DriverDescription Driver(TableSyntaxBase table)
    {
        string? path = null, hardwareId = null;
        foreach (KeyValueSyntax pair in table.Items)
            switch (Key(pair))
            {
                case "inf": path = HostPath(pair); break;
                case "sys": path = HostPath(pair); break;
                case "hwid": hardwareId = Text(pair); break;
                default: throw Mistake(pair.Span, $"inf, sys or hwid expected, found '{Key(pair)}'");
            }
        return new DriverDescription(path ?? throw Mistake(table.Span, "inf = \"...\" or sys = \"...\" is missing"), hardwareId);
    }

    static string Key(KeyValueSyntax pair) => pair.Key?.ToString().Trim() ?? "";

    string Text(KeyValueSyntax pair) =>
        (pair.Value as StringValueSyntax)?.Value ?? throw Mistake(pair.Span, $"{Key(pair)}: a text in quotes expected");

    string HostPath(KeyValueSyntax pair)
    {
        string path = Text(pair).Replace('\\', '/');
        if (path.Length == 0 || path.Contains('\0')) throw Mistake(pair.Span, $"{Key(pair)}: the path of a file expected");
        return Path.GetFullPath(path, _folder);
    }

    long Number(KeyValueSyntax pair, long least, long most) =>
        pair.Value is IntegerValueSyntax number && number.Value >= least && number.Value <= most
            ? number.Value
            : throw Mistake(pair.Span, $"{Key(pair)}: a number from {least} to {most} expected");

    /// <summary>A virtual time of whole milliseconds; "0s" switches a limit off.</summary>
    uint Milliseconds(KeyValueSyntax pair)
    {
        ulong nanoseconds = Checked(pair, () => OptionTable.Time(Key(pair), Text(pair))!.Value);
        return nanoseconds % 1_000_000 == 0 && nanoseconds / 1_000_000 <= int.MaxValue
            ? (uint)(nanoseconds / 1_000_000)
            : throw Mistake(pair.Span, $"{Key(pair)}: whole milliseconds expected");
    }

    bool Truth(KeyValueSyntax pair) =>
        (pair.Value as BooleanValueSyntax)?.Value ?? throw Mistake(pair.Span, $"{Key(pair)}: true or false expected");

    DateTime Date(KeyValueSyntax pair)
    {
        string text = pair.Value?.ToString().Trim().Trim('"') ?? "";
        return DateTime.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTime date)
            && date.Year is > 1970 and < 2200
            ? date
            : throw Mistake(pair.Span, $"{Key(pair)}: a date such as 2026-01-05T09:00:00Z expected");
    }

    T Choice<T>(KeyValueSyntax pair) where T : struct, Enum =>
        Enum.TryParse(Text(pair), ignoreCase: true, out T value) && Enum.IsDefined(value)
            ? value
            : throw Mistake(pair.Span, $"{Key(pair)}: {string.Join(", ", Enum.GetNames<T>()).ToLowerInvariant()} expected");

    T Checked<T>(KeyValueSyntax pair, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (UsageException error)
        {
            throw Mistake(pair.Span, error.Message);
        }
    }

    UsageException Mistake(SourceSpan span, string problem) => new($"{_file}({span.Start.Line + 1},{span.Start.Column + 1}): {problem}");
}
