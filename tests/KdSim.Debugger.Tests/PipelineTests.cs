using Xunit;

namespace KdSim.Debugger.Tests;

/// <summary>Filters and files behind a command, workspaces, and what stops show.</summary>
public class PipelineTests
{
    [Theory]
    [InlineData("x /1 pulse!PulseD* | grep create", "pulse!PulseDispatchCreate\n")]
    [InlineData("x /1 pulse!PulseD* | find Create", "pulse!PulseDispatchCreate\n")]
    [InlineData("x /1 pulse!PulseDispatch* | grep -s create", "")]
    [InlineData("x /1 /n pulse!PulseDispatchC* | grep -v close", "pulse!PulseDispatchCleanup\npulse!PulseDispatchCreate\n")]
    [InlineData("x /1 /n pulse!PulseDispatch* | grep C*e | head 1", "pulse!PulseDispatchCleanup\n")]
    [InlineData("x /1 /n pulse!PulseDispatch* | tail 1", "pulse!PulseDispatchSystemControl\n")]
    [InlineData("x /1 /N pulse!PulseDispatchC* | sort", "pulse!PulseDispatchCleanup\npulse!PulseDispatchClose\npulse!PulseDispatchCreate\n")]
    [InlineData("x /1 pulse!PulseDispatchC* | count", "0n3 lines\n")]
    [InlineData("x /1 pulse!PulseDispatch* | grep -c c", "0n8 lines\n")]
    [InlineData("x /1 /n pulse!PulseDispatchC* | more", "pulse!PulseDispatchCleanup\npulse!PulseDispatchClose\npulse!PulseDispatchCreate\n")]
    [InlineData("? 1 | 2", "Evaluate expression: 3 = 00000000`00000003\n")]
    [InlineData("? 5 > 3", "Evaluate expression: 1 = 00000000`00000001\n")]
    [InlineData(".echo a | b", "a | b\n")]
    [InlineData(".printf \"a | grep b\\n\"", "a | grep b\n")]
    [InlineData(".echo a > b", "a > b\n")]
    [InlineData(".if (1 > 0) { .echo x }", "x\n")]
    [InlineData(".echo x | head y", "head: a number expected, found 'y'\n")]
    [InlineData(".echo x | grep", "grep: a text expected\n")]
    public void Output_is_filtered(string line, string expected) => Assert.Equal(expected, new Pulse().Run(line));

    [Fact]
    public void What_was_written_before_an_error_is_filtered_too() =>
        Assert.StartsWith("yes\nCouldn't resolve error at 'nosuch'\n", new Pulse().Run(".echo yes; .echo no; ? nosuch | grep yes"));

    [Fact]
    public void Output_goes_to_files()
    {
        string folder = Directory.CreateTempSubdirectory("kdsim").FullName;
        try
        {
            Pulse pulse = new();
            string file = Path.Combine(folder, "out.txt");
            Assert.Equal("", pulse.Run($".echo one > {file}"));
            Assert.Equal("", pulse.Run($"? 2 > \"{file}\""));
            Assert.Equal("", pulse.Run($".echo three | grep three >> {file}"));
            Assert.Equal("Evaluate expression: 2 = 00000000`00000002\nthree\n", File.ReadAllText(file));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_long_answer_stops_at_the_screens_height()
    {
        Pulse pulse = new();
        List<string> asked = [];
        pulse.Session.ScreenHeight = () => 4;
        pulse.Session.AskForLine = prompt =>
        {
            asked.Add(prompt);
            return asked.Count == 2 ? "q" : "";
        };
        Assert.Equal(6, pulse.Run("x /1 pulse!Pulse* | more").Split('\n').Length - 1);
        Assert.Equal(2, asked.Count);
    }

    [Fact]
    public void A_workspace_brings_things_back()
    {
        string folder = Directory.CreateTempSubdirectory("kdsim").FullName;
        try
        {
            Pulse first = new(), second = new();
            first.Session.Workspaces.Folder = second.Session.Workspaces.Folder = Path.Combine(folder, "workspaces");
            Assert.Equal("No workspaces\n", first.Run(".workspace"));
            first.Run("as Here pulse!DriverEntry");
            first.Run("bp pulse!PulseIsr \".echo \\\"hit; it\\\"; gc\"");
            first.Run("bu /1 pulse!PulseDpcForIsr");
            first.Run(".watch 1 + 1");
            first.Run(".sympath /a;/b");
            first.Run("n 10");
            Assert.Contains("saved", first.Run(".workspace save mine"));
            Assert.Equal("Workspace 'mine' loaded\n", second.Run(".workspace load mine"));
            Assert.Equal(first.Run("bl"), second.Run("bl"));
            Assert.Equal(first.Run("al"), second.Run("al"));
            Assert.Equal(first.Run(".watch"), second.Run(".watch"));
            Assert.Equal("base is 10\n", second.Run("n"));
            Assert.Equal("/a;/b", second.Session.Options.SymbolPath);
            Assert.Contains("There is no workspace", second.Run(".workspace load other"));
            Assert.Contains("is no name", second.Run(".workspace save ../x"));
            second.Run(".workspace delete mine");
            Assert.Equal("No workspaces\n", second.Run(".workspace"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Stops_show_what_was_asked_for()
    {
        Pulse pulse = new();
        ulong isr = pulse.AddressOf("pulse!PulseIsr");
        pulse.Target.Set(0, s => s.WithGeneral(4, Pulse.Stack + 0x7000));
        pulse.Run(".watch 40 + 2");
        pulse.Run(".watch nosuch");
        Assert.Equal("Stops show registers, code, watches\n", pulse.Run(".stopview +reg +code +watch"));
        pulse.Target.Stops.Enqueue(t => { t.MoveTo(isr); return new Debugging.Targets.StopEvent.BreakIn(0); });
        pulse.Run("g");
        string first = BeforePrompt(pulse);
        Assert.Contains("---- registers\n", first);
        Assert.Contains("---- code\npulse!PulseIsr", first);
        Assert.Contains("40 + 2                           int 0n42\n", first);
        Assert.Contains("Couldn't resolve error at 'nosuch'", first);
        Assert.Equal("", BeforePrompt(pulse));
        pulse.Target.Stops.Enqueue(t => { t.Set(0, s => s.WithGeneral(1, 5)); return new Debugging.Targets.StopEvent.BreakIn(0); });
        pulse.Run("g");
        Assert.StartsWith("---- registers\nrcx=0000000000000005\n----", BeforePrompt(pulse));
        Assert.Contains("one of registers, source", pulse.Run(".stopview +nope"));
    }

    static string BeforePrompt(Pulse pulse)
    {
        pulse.Output.GetStringBuilder().Clear();
        pulse.Session.BeforePrompt();
        return pulse.Output.ToString();
    }
}
