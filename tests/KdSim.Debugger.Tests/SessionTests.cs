using System.Text.Json.Nodes;
using KdSim.Debugger.Language;
using KdSim.Debugger.Rendering;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Targets;
using Xunit;

namespace KdSim.Debugger.Tests;

public class SessionTests
{
    [Fact]
    public void A_seen_text_is_not_parsed_again()
    {
        Pulse pulse = new();
        ulong isr = pulse.AddressOf("pulse!PulseIsr");
        pulse.Run("bp pulse!PulseIsr \"r $t0 = @$t0 + 1; .if (@$t0 < 64) { gc }\"");
        for (int i = 0; i < 200; i++)
            pulse.Target.Stops.Enqueue(t => { t.MoveTo(isr); return new StopEvent.Breakpoint(0, [t.HandleAt(isr)]); });
        pulse.Run("g");
        (int programs, int expressions) = (pulse.Session.ProgramsParsed, pulse.Session.Masm.Parses);
        Assert.Equal(100, 200 - pulse.Target.Stops.Count);
        pulse.Run("r $t0 = 0");
        pulse.Run("g");
        Assert.Equal(programs + 1, pulse.Session.ProgramsParsed);
        Assert.Equal(expressions + 1, pulse.Session.Masm.Parses);
    }

    [Fact]
    public void Passes_count_only_hits()
    {
        Pulse pulse = new();
        ulong isr = pulse.AddressOf("pulse!PulseIsr");
        pulse.Run("bp pulse!PulseIsr 3");
        for (int i = 0; i < 5; i++)
            pulse.Target.Stops.Enqueue(t => { t.MoveTo(isr); return new StopEvent.Breakpoint(0, [t.HandleAt(isr)]); });
        Assert.Contains("Breakpoint 0 hit", pulse.Run("g"));
        Assert.Equal(2, pulse.Target.Stops.Count);
    }

    [Fact]
    public void A_one_shot_breakpoint_leaves_the_table()
    {
        Pulse pulse = new();
        ulong isr = pulse.AddressOf("pulse!PulseIsr");
        pulse.Run("bp /1 pulse!PulseIsr");
        pulse.Target.Stops.Enqueue(t => { t.MoveTo(isr); return new StopEvent.Breakpoint(0, [t.HandleAt(isr)]); });
        Assert.StartsWith("Breakpoint 0 hit\n", pulse.Run("g"));
        Assert.Equal("", pulse.Run("bl"));
        Assert.Empty(pulse.Target.Table);
    }

    [Fact]
    public void A_deferred_breakpoint_resolves_when_its_module_loads()
    {
        Pulse pulse = new();
        pulse.Target.Remove(pulse.Module);
        Assert.Equal("Bp expression 'pulse!PulseIsr' could not be resolved, adding deferred bp\n", pulse.Run("bu pulse!PulseIsr"));
        Assert.Empty(pulse.Target.Table);
        pulse.Target.Stops.Enqueue(t => { t.With(pulse.Module); return new StopEvent.ModuleLoad(0, pulse.Module); });
        pulse.Run("g");
        Assert.Equal(pulse.AddressOf("pulse!PulseIsr"), Assert.Single(pulse.Target.Table).Value.Address);
        pulse.Target.Stops.Enqueue(t => { t.Remove(pulse.Module); return new StopEvent.ModuleUnload(0, pulse.Module); });
        pulse.Run("g");
        Assert.Empty(pulse.Target.Table);
    }

    [Fact]
    public void Stepping_over_a_call_waits_for_this_stack_depth()
    {
        Pulse pulse = new();
        ulong rsp = Pulse.Stack + 0x7000, code = Pulse.Data;
        pulse.Target.Write(default, code, [0xe8, 0, 0, 0, 0, 0x90]);
        pulse.Target.MoveTo(code).Set(0, s => s.WithGeneral(4, rsp));
        // The recursion comes by first, deeper in the stack: not the end of the step.
        pulse.Target.Stops.Enqueue(t =>
            { t.MoveTo(code + 5).Set(0, s => s.WithGeneral(4, rsp - 0x80)); return new StopEvent.Breakpoint(0, [t.HandleAt(code + 5)]); });
        pulse.Target.Stops.Enqueue(t =>
            { t.MoveTo(code + 5).Set(0, s => s.WithGeneral(4, rsp)); return new StopEvent.Breakpoint(0, [t.HandleAt(code + 5)]); });
        Assert.Equal("0xffffb10c`77f0a005:\nffffb10c`77f0a005 90              nop\n", pulse.Run("p"));
        Assert.Empty(pulse.Target.Stops);
        Assert.Empty(pulse.Target.Table);
    }

    [Fact]
    public void A_break_in_drops_the_rest_of_the_line()
    {
        Pulse pulse = new();
        pulse.Target.Stops.Enqueue(t =>
        {
            pulse.Session.Interrupt();
            return new StopEvent.BreakIn(0);
        });
        Assert.StartsWith("Break instruction exception - code 80000003 (first chance)\n", pulse.Run("g; .echo never"));
        Assert.DoesNotContain("never", pulse.Output.ToString());
        Assert.False(pulse.Session.Failed);
        Assert.Equal("now\n", pulse.Run(".echo now"));
    }

    [Fact]
    public void Irql_stops_and_breakpoints_may_have_the_same_handle()
    {
        Pulse pulse = new();
        pulse.Run("bp pulse!PulseIsr");
        pulse.Run("bi raise");
        int handle = pulse.Target.Table.Keys.Single();
        pulse.Session.Breakpoints.Find(1)!.Handle = handle;
        pulse.Target.Stops.Enqueue(t => new StopEvent.IrqlChange(0, [handle], 0, 2, 0));
        Assert.StartsWith("Breakpoint 1 hit\n", pulse.Run("g"));
    }

    [Fact]
    public void An_empty_line_repeats()
    {
        Pulse pulse = new();
        pulse.Run("r $t0 = @$t0 + 1");
        pulse.Run("");
        pulse.Run("");
        Assert.Equal("$t0=0000000000000003\n", pulse.Run("r $t0"));
    }

    [Fact]
    public void Json_is_one_object_a_line()
    {
        Pulse pulse = new();
        StringWriter output = new();
        DebuggerSession session = new(pulse.Target, new JsonRenderer(output));
        pulse.Target.Stops.Enqueue(t => { t.Printed!("hello\n"); return new StopEvent.BreakIn(0); });
        session.Execute("? 1+1");
        session.Execute("? nosuch");
        session.Execute("g");
        JsonNode[] lines = output.ToString().TrimEnd('\n').Split('\n').Select(l => JsonNode.Parse(l)!).ToArray();
        Assert.Equal(5, lines.Length);
        Assert.Equal("Evaluate expression: 2 = 00000000`00000002\n", (string?)lines[0]["result"]!["items"]![0]!["text"]);
        Assert.False((bool)lines[1]["ok"]!);
        Assert.Equal("Couldn't resolve error at 'nosuch'", (string?)lines[1]["error"]);
        Assert.Equal("output", (string?)lines[2]["event"]);
        Assert.Equal("break-in", (string?)lines[3]["reason"]);
        Assert.Equal(3, (int)lines[4]["n"]!);
    }

    [Fact]
    public void Every_example_of_a_command_that_only_looks_runs()
    {
        Pulse pulse = new();
        pulse.Target.MoveTo(pulse.AddressOf("pulse!DriverEntry")).Set(0, s => s.WithGeneral(4, Pulse.Stack + 0x7000));
        // The fake target has no nt; examples that need it are run on the machine.
        foreach (CommandEntry entry in pulse.Session.Commands.All.Where(e => e.Declaration.Example.Length > 0 &&
            !e.Declaration.Example.Contains("nt")
            && !e.Declaration.Example.Contains("Dispatch*") &&
                e.Name is not ("g" or "p" or "t" or "g-" or "p-" or "t-" or ".frame" or "ld" or "!log" or "!dpcisr" or "!kframes" or "!findings")))
        {
            pulse.Session.Execute(entry.Declaration.Example);
            Assert.False(pulse.Session.Failed, $"{entry.Declaration.Example}: {pulse.Output}");
        }
    }

    [Theory]
    [InlineData("a*c", "abc", true)]
    [InlineData("A?C", "abc", true)]
    [InlineData("[a-c]x", "bx", true)]
    [InlineData("[a-c]x", "dx", false)]
    [InlineData("ab#c", "ac", true)]
    [InlineData("ab+c", "abbbc", true)]
    [InlineData("ab+c", "ac", false)]
    [InlineData("*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false)]
    [InlineData("", "", true)]
    public void Wildcards(string pattern, string text, bool matches) => Assert.Equal(matches, Wildcard.Matches(pattern, text));

    [Fact]
    public void Random_lines_never_throw()
    {
        Pulse pulse = new();
        string[] pieces = ["bp", "db ", "dt ", "(", ")", "{", "}", "\"", ";", "poi", "@rip", "L?", "-", "`", "$t0", ".if", ".foreach", "${",
            "pulse!", "*", "u ", "k", "~", "?", "??",
            " 10", "@@", "'", "\\", ".printf", "%", "s -", "bi", "==", "j ", "z(", "x ", "as ", "r ", "=", "!"];
        Random random = new(1);
        for (int i = 0; i < 3000; i++)
        {
            string line = string.Concat(Enumerable.Range(0, random.Next(1, 9)).Select(_ => pieces[random.Next(pieces.Length)]));
            if (line.Contains("z("))
                line = line.Replace("z(", "y(");
            pulse.Session.Execute(line);
        }
        Assert.Null(pulse.Session.ExitCode);
        Assert.DoesNotContain("The command failed", pulse.Output.ToString());
    }
}
