using KdSim.CommandLine;
using Xunit;

namespace KdSim.Tests.CommandLine;

public class OptionTests
{
    static Options Parse(params string[] arguments) => OptionTable.Parse(arguments, windows: false, inputIsTerminal: true);

    [Fact]
    public void Every_row_of_the_table_is_taken()
    {
        Options all = Parse(
            "-c", "!irql; q", "-cf", "f.kd", "-y", "sym;more", "-i", "img", "-srcpath", "src", "-loga", "log", "-ee", "c++", "-kqm", "-lines", "-v",
            "-b", "-n", "-s", "-r", "--machine", "m.toml", "--driver", "a.inf", "--driver", "b.sys", "--hwid", @"ROOT\A", "--scenario", "s", "--cpus", "4",
            "--memory", "512M", "--seed", "0x10", "--limit", "500ms", "--plain", "--json", "--fail-on", "error,bugcheck", "--no-settings");
        Assert.Equal(("!irql; q", "f.kd", "sym;more", "img", "src", "log", true, "c++"),
            (all.Commands, all.CommandFile, all.SymbolPath, all.ImagePath, all.SourcePath, all.LogFile, all.LogAppend, all.Evaluator));
        Assert.True(all is { Quiet: true, Verbose: true, NoisySymbols: true, NoLazySymbols: true });
        Assert.True(all is { RegistersAtStops: true, Plain: true, Json: true, NoSettings: true });
        Assert.Equal(InitialBreak.BeforeDrivers, all.Break);
        Assert.Equal(["a.inf", "b.sys"], all.Drivers);
        Assert.Equal(("m.toml", @"ROOT\A", "s", 4, 512ul << 20, 16ul, 500_000_000ul),
            (all.Machine, all.HardwareId, all.Scenario, all.Cpus!.Value, all.Memory!.Value, all.Seed!.Value, all.Limit!.Value));
        Assert.Equal(["error", "bugcheck"], all.FailOn);
        Assert.True(all.Unattended);
    }

    [Fact]
    public void Options_have_kds_looks()
    {
        Assert.True(Parse("-NV") is { NoisySymbols: true, Verbose: true });
        Assert.Equal("@rip", Parse("-C", "@rip").Commands);
        Assert.Equal("-b", Parse("-c", "-b").Commands);
        Assert.Equal(InitialBreak.BeforeDrivers, Parse("-bonc").Break);
        Assert.Equal(InitialBreak.FirstModuleLoad, Parse("-d").Break);
        Assert.Equal((false, "log"), (Parse("-logo", "log").LogAppend, Parse("-logo", "log").LogFile));
        Assert.Equal(("x", "x"), (Parse("-cfr", "x").CommandFile, Parse("-cfr", "x").RestartFile));
        Assert.Null(Parse("-cf", "x").RestartFile);
        Assert.Equal((true, false, "l"), (Parse("-logou", "l").WideLog, Parse("-logou", "l").LogAppend, Parse("-logou", "l").LogFile));
        Assert.Equal((true, true, "l"), (Parse("-logau", "l").WideLog, Parse("-logau", "l").LogAppend, Parse("-logau", "l").LogFile));
        Assert.Equal(["KdExts", "other"], Parse("-aKdExts", "-aother").Extensions);
        Assert.True(Parse("-x") is { BreakOnFirstChance: true });
        Assert.True(Parse("-myob") is { NoBreakInWarning: true });
        Assert.True(Parse("-sicv") is { AnySymbols: true });
        Assert.True(Parse("-sins") is { NoSymbolVariables: true });
        foreach (string withoutEffect in new[] { "-failinc", "-ses", "-sdce", "-noshell", "-lines" }) Parse(withoutEffect);
        Assert.True(Parse("-?").ShowHelp);
        Assert.True(Parse("-version").ShowVersion);
        Assert.True(OptionTable.Parse(["/KQM"], windows: true, inputIsTerminal: true).Quiet);
        Assert.False(Parse().Unattended);
    }

    [Theory]
    [InlineData("-kl", "there is no local kernel")]
    [InlineData("-kx", "there is no EXDI")]
    [InlineData("-k com:port=1", "there is no wire")]
    [InlineData("-zp x", "there is no page file")]
    [InlineData("-server tcp:port=1", "sharing a session")]
    [InlineData("-remote tcp:port=1", "sharing a session")]
    [InlineData("-QR server", "sharing a session")]
    [InlineData("-clines 5", "sharing a session")]
    [InlineData("-noio", "sharing a session")]
    [InlineData("-secure", "secure mode")]
    [InlineData("-sflags 0x10", "symbols are loaded in one way")]
    [InlineData("-snc", "symbols are loaded in one way")]
    [InlineData("-snul", "symbols are loaded in one way")]
    [InlineData("-sup", "symbols are loaded in one way")]
    [InlineData("-t 3", "error levels")]
    [InlineData("-m", "there is no modem")]
    [InlineData("-iu k", "URL schemes")]
    [InlineData("-wake 5", "no sleeping debugger")]
    [InlineData("-c", "-c: an argument is missing")]
    [InlineData("--machine", "--machine: an argument is missing")]
    [InlineData("--cpus 9", "--cpus: a number from 1 to 8 expected, found '9'")]
    [InlineData("--memory lots", "--memory: a size such as 256M expected")]
    [InlineData("--limit 5", "--limit: a time such as 60s")]
    [InlineData("--fail-on rain", "--fail-on: error or bugcheck")]
    [InlineData("-ee basic", "-ee: masm or c++ expected")]
    [InlineData("--colour red", "--colour: not an option")]
    [InlineData("-frobnicate", "-frobnicate: not an option")]
    [InlineData("stray", "stray: not an option")]
    public void Mistakes_name_the_option(string line, string expected) =>
        Assert.Contains(expected, Assert.Throws<UsageException>(() => Parse(line.Split(' '))).Message);

    [Fact]
    public void The_environment_says_what_options_did_not()
    {
        Dictionary<string, string> variables = new()
        {
            ["_NT_SYMBOL_PATH"] = "s", ["_NT_ALT_SYMBOL_PATH"] = "alt", ["_NT_SOURCE_PATH"] = "src", ["_NT_EXECUTABLE_IMAGE_PATH"] = "img",
            ["_NT_EXPR_EVAL"] = "C++", ["_NT_DEBUG_LOG_FILE_APPEND"] = "log", ["_NT_DEBUGGER_EXTENSION_PATH"] = "ext", ["_NT_DEBUG_HISTORY_SIZE"] = "7",
            ["KDQUIET"] = "1",
        };
        Options From(params string[] arguments) => KdEnvironment.Apply(Parse(arguments), variables.GetValueOrDefault);
        Options plain = From();
        Assert.Equal(("alt;s", "src", "img", "c++", "log", true, "ext", 7),
            (plain.SymbolPath, plain.SourcePath, plain.ImagePath, plain.Evaluator, plain.LogFile, plain.LogAppend, plain.ExtensionPath, plain.HistorySize));
        Assert.True(plain.NoBreakInWarning);
        Options told = From("-y", "y", "-ee", "masm", "-logo", "mine");
        Assert.Equal(("y;alt;s", "masm", "mine", false), (told.SymbolPath, told.Evaluator, told.LogFile, told.LogAppend));
        Assert.Equal("y", From("-y", "y", "-sins").SymbolPath);
        variables = new() { ["_NT_DEBUG_LOG_FILE_OPEN"] = "open", ["_NT_EXPR_EVAL"] = "pascal" };
        Assert.Equal(("open", false, null), (From().LogFile, From().LogAppend, From().Evaluator));
    }

    [Fact]
    public void Help_lists_every_option_with_a_description() =>
        Assert.All(OptionTable.Rows(), row => Assert.False(string.IsNullOrWhiteSpace(row.Description)));
}
