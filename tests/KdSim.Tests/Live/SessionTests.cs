using System.Text.Json;
using Xunit;

namespace KdSim.Tests.Live;

/// <summary>Sessions on the live machine, as a person types them.</summary>
public class SessionTests
{
    /// <summary>A breakpoint on a driver that is not loaded yet resolves before its DriverEntry, and follows it through a reboot.</summary>
    [Fact]
    public void Deferred_breakpoint() => LiveConsole.CheckGolden(LiveConsole.Transcript("buffers",
    [
        "bu buffers!DriverEntry", "bp /1 buffers!DriverEntry+5", "bu2 buffers!BuffersUnload 3 \".echo unload\"",
        "ba w4 nt!NtGlobalFlag", "bl", "g",
        ".lastevent", "r rip", "g", "bl", ".reboot", "bl", "g", "bd *", "bl", "bc *", "bl",
    ], "-b"));

    [Fact]
    public void Stepping_and_locals() => LiveConsole.CheckGolden(LiveConsole.Transcript("buffers",
    [
        "bp buffers!DriverEntry", "g", "dv /t /v", "p", "t 2", "p 3 \"r rip\"", "pr", "pr", "pa .+c", "pc", "dv",
        "dt DriverObject Type Size DriverName", "?? DriverObject->DriverName",
        "u . L2", "ub . L2", "lsa .", "l+t", "l-t", "k 1",
    ], "-b"));

    [Fact]
    public void First_module_load()
    {
        (string output, _) = LiveConsole.Run("buffers", [".lastevent"], "-d");
        Assert.Contains("Last event: Load module ", output);
    }

    [Fact]
    public void Module_load_event()
    {
        (string output, _) = LiveConsole.Run("buffers", ["sxe ld:buffers", "g", ".lastevent", "k 1"], "-b");
        Assert.Contains("ModLoad: fffff800`10000000 fffff800`10007000   buffers.sys\n", output);
        Assert.Contains("Last event: Load module buffers.sys at fffff800`10000000", output);
    }

    /// <summary>A routine of the simulated kernel is one step, whatever it does inside.</summary>
    [Fact]
    public void Steps_over_and_out_of_a_simulated_routine()
    {
        (string output, _) = LiveConsole.Run("spin", ["bp nt!DbgPrint", "g", "u . L1", "bc *", "p",
            "bp nt!DbgPrint", ".reboot", "g", "gu", "k 1"], "-b");
        Assert.Contains("NOTE: nt!DbgPrint is simulated", output);
        Assert.Contains("spin: DriverEntry spins\nspin!DriverEntry+0x10 ", output);
    }

    /// <summary>A routine that calls back: into the callback by a step, over it by another, and out of it to where the routine goes on.</summary>
    [Fact]
    public void Steps_around_callbacks()
    {
        string[] lines =
        [
            "bp nt!Phase1Initialization", "g", "bc *", "t 3", "t", ".echo in", "k 2", "gu", "k 1", ".echo out", "p", ".reboot",
            "bp nt!Phase1Initialization", "g", "bc *", "p 3", ".echo over", "p",
        ];
        (string output, _) = LiveConsole.Run("pnptest", lines, "-b", "--limit", "100ms");
        Assert.Matches("pnptest!DriverEntry [^\n]*\n[^\n]* xor     eax,eax\n0: kd> in\n", output);
        Assert.Matches("00 [^\n]*pnptest!DriverEntry [^\n]*\n01 [^\n]*nt!Phase1Initialization", output);
        Assert.Matches(@"nt!Phase1Initialization\+0xd:\n[^\n]* vmcall\n", output);
        Assert.Equal(2, output.Split("nt!Phase1Initialization+0x10:\n").Length - 1);
    }

    /// <summary>A hundred thousand hits with a condition are a matter of a second: nothing is parsed twice.</summary>
    [Fact]
    public void Conditional_breakpoint()
    {
        string[] lines =
        [
            "bu spin!SpinForEver+6 \"r $t0 = @$t0 + 1; .if (@$t0 >= 2710) { .echo enough } .else { gc }\"", "g", "r $t0", "bc *",
            "bu /w \"SpinTurns == 30000 && @@masm(dwo(spin!SpinTurns)) > 5\" spin!SpinForEver+6", "g", "dd spin!SpinTurns L1", "bc *",
            "bp spin!SpinForEver+6 100", "g", "dd spin!SpinTurns L1",
        ];
        (string output, _) = LiveConsole.Run("spin", lines, "-b");
        Assert.Contains("enough\n", output);
        Assert.Contains("$t0=0000000000002710", output);
        Assert.Contains("00007530\n", output);
        Assert.Contains("00007630\n", output);
    }

    [Fact]
    public void Missing_values_are_asked_for()
    {
        string[] lines =
        [
            "ed nt!Kd_DEFAULT_Mask", "12345", "", "dd nt!Kd_DEFAULT_Mask L1", "r $t1=7", "r rbx=", "55", "r rbx", "ea @rsp",
            "hello", "da @rsp L5", "eb @rsp",
        ];
        (string output, int code) = LiveConsole.Run("buffers", lines, "-b");
        Assert.Contains("Input> ", output);
        Assert.Contains("00012345\n", output);
        Assert.Contains("rbx=0000000000000055\n", output);
        Assert.Contains("\"hello\"", output);
        Assert.Equal(0, code);
    }

    [Fact]
    public void State_is_saved_and_modules_are_walked()
    {
        string[] lines =
        [
            "r $t0 = 5", ".push /r", "r $t0 = 6", "~1s", ".pop /r", "r $t0", ".pop",
            "!for_each_module \".echo <@#ModuleName ${@#Base}>\"", "# vmcall nt!KeBugCheckEx",
        ];
        (string output, _) = LiveConsole.Run("buffers", lines, "-b");
        Assert.Contains("1: kd> 0: kd> $t0=0000000000000005", output);
        Assert.Contains("No state is saved", output);
        Assert.Contains("<nt 0xfffff80002000000>", output);
        Assert.Contains("vmcall", output);
    }

    /// <summary>One object a line for every command, whatever it answers.</summary>
    [Fact]
    public void Json_lines()
    {
        string[] lines =
        [
            "lm", "r", "k", "? nosuch", "bl", "u nt!KiIdleLoop L2", "dt nt!_LIST_ENTRY", "x nt!Ki*Loop*",
            "bp buffers!DriverEntry", "g", "", "!irql", "q",
        ];
        (string output, _) = LiveConsole.Run("buffers", lines, "-b", "--json");
        string[] objects = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        int number = 0;
        foreach (string line in objects)
        {
            using JsonDocument document = JsonDocument.Parse(line);
            Assert.Equal(1, document.RootElement.GetProperty("v").GetInt32());
            if (document.RootElement.TryGetProperty("n", out JsonElement n))
                Assert.Equal(++number, n.GetInt32());
        }
        Assert.Contains(objects, o => o.Contains("\"reason\":\"breakpoint\""));
        Assert.Contains(objects, o => o.Contains("\"ok\":false") && o.Contains("Couldn't resolve error at 'nosuch'"));
    }

    /// <summary>The log of a session is whole when the session ends, whoever opened it.</summary>
    [Fact]
    public void Log_of_the_command_line()
    {
        string log = Path.GetTempFileName();
        try
        {
            const string Walk = "!list -m 2 -t nt!_LIST_ENTRY.Flink -x \".printf \\\"<%p>\\\", @$extret\" nt!PsLoadedModuleList";
            (string output, _) = LiveConsole.Run("buffers", [".echo logged", Walk], "-b", "-logo", log);
            Assert.StartsWith("0: kd> logged\n", output);
            Assert.Matches("<[0-9a-f]{16}>\n<[0-9a-f]{16}>\n", output);
            Assert.Contains("0: kd> .echo logged\nlogged\n", File.ReadAllText(log));
        }
        finally
        {
            File.Delete(log);
        }
    }

    [Fact]
    public void Scripts_logs_and_exit_codes()
    {
        string folder = Directory.CreateTempSubdirectory("kdsim").FullName;
        try
        {
            string script = Path.Combine(folder, "a script.kd"), log = Path.Combine(folder, "session.log");
            File.WriteAllText(script, ".echo first ${$arg1}\n.if (${/d:$arg2}) {\n  .echo two\n} .else {\n  .echo one\n}\n");
            string[] lines =
            [
                $".logopen \"{log}\"", $"$$>a<\"{script}\" alpha", $"$$>a<\"{script}\" alpha beta", $"$<{script}",
                ".printf \"%d %x %p %y|%5d|%-5d|%04x\\n\", 0n10, ff, 10, nt!KiIdleLoop, 3, 3, 3",
                ".logclose", ".exit 7",
            ];
            (string output, int code) = LiveConsole.Run("buffers", lines, "-b");
            Assert.Equal(7, code);
            Assert.Contains("first alpha\none\n", output);
            Assert.Contains("first alpha\ntwo\n", output);
            Assert.Contains("0: kd> .echo first ${$arg1}\n", output);
            Assert.Contains("10 ff 0000000000000010 nt!KiIdleLoop|    3|3    |0003\n", output);
            Assert.Contains("0: kd> .printf", File.ReadAllText(log));
            Assert.Contains("first alpha", File.ReadAllText(log));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
