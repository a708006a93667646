using CsCheck;
using KdSim.Kernel.Scenarios;
using Xunit;

namespace KdSim.Kernel.Tests.Scenarios;

public class ScenarioTests
{
    const string Sample = """
        # the demo
        thread reader process app.exe priority 9 cpu 1 {
            h = open "\\.\Pulse0" async
            loop 3 {
                r = read h 64 async ; wait r timeout 5ms
                expect r status STATUS_SUCCESS
            }
            i = ioctl h ctl(22,801,out_direct,any) in hex 01 02 out 16
            parallel { { cancel h } { sleep 2us } }
            close h
        }
        at 5ms surprise pulse
        at 1s set pulse.RATE 0x10
        """;

    [Fact]
    public void Reads_threads_statements_and_timed_actions()
    {
        Scenario scenario = ScenarioGrammar.Parse("demo", Sample);
        ScenarioThread thread = Assert.Single(scenario.Threads);
        Assert.Equal(("reader", "app.exe", 9, 1), (thread.Name, thread.Process, thread.Priority, thread.Processor));
        var open = Assert.IsType<Statement.Open>(thread.Body[0]);
        Assert.Equal((@"\\.\Pulse0", true, new SourcePlace(3, 5)), (open.Path, open.Asynchronous, open.Place));
        var loop = Assert.IsType<Statement.Loop>(thread.Body[1]);
        Assert.Equal(3, loop.Body.Length);
        Assert.Equal(10_000_000ul, Assert.IsType<Statement.Wait>(loop.Body[1]).Timeout);
        var ioctl = Assert.IsType<Statement.Ioctl>(thread.Body[2]);
        Assert.Equal((0x222006u, 16u), (ioctl.Code, ioctl.OutputLength));
        Assert.Equal([1, 2], Assert.IsType<RequestData.Bytes>(ioctl.Input).Content);
        Assert.Equal(2, Assert.IsType<Statement.Parallel>(thread.Body[3]).Branches.Length);
        Assert.Equal([(10_000_000ul, WorldAction.SurpriseRemove), (2_000_000_000ul, WorldAction.SetRegister)],
            scenario.Timed.Select(timed => (timed.Due, timed.Action.Action)));
    }

    [Fact]
    public void Flattens_loops_and_blocks_to_jumps()
    {
        ScenarioProgram program = ScenarioProgram.Compile(ScenarioGrammar.Parse("demo", Sample));
        Assert.Equal([-1, 0, 0], program.Threads.Select(thread => thread.Parent));
        ThreadProgram main = program.Threads[0];
        Assert.Equal(
            [StepKind.Do, StepKind.LoopStart, StepKind.Do, StepKind.Do, StepKind.Do, StepKind.LoopEnd, StepKind.Do, StepKind.Fork, StepKind.Join,
             StepKind.Do, StepKind.End],
            main.Steps.Select(step => step.Kind));
        Assert.Equal((6, 2), (main.Steps[1].Target, main.Steps[5].Target));
        Assert.Equal([0, 1, 2], new[] { "h", "R", "i" }.Select(name => program.SlotOf("APP.EXE", name)));
    }

    [Theory]
    [InlineData("thred x {", "s(1,1): 'thread' or 'at' expected, found 'thred'")]
    [InlineData("thread x\n{\n  read 7 8\n}", "s(3,8): a handle expected, found '7'")]
    [InlineData("thread x { h = open \"a", "s(1,23): '\"' expected, found the end of the file")]
    [InlineData("thread x { open \"a\" }", "s(1,12): NAME = open expected, found 'open'")]
    [InlineData("thread x { sleep 5 }", "s(1,19): a unit of time")]
    [InlineData("thread x { read h 8 async nonsense }", "s(1,27): the end of the statement expected, found 'nonsense'")]
    [InlineData("thread x { read h 8 }", "s(1,12): nothing in scenario.exe is named 'h'")]
    [InlineData("thread x { sleep 99999999999999999999s }", "a decimal number of at most 64 bits expected")]
    [InlineData("thread x { loop 2 {", "'}' expected, found the end of the file")]
    [InlineData("at 5ms sleep 3ms", "plug, unplug")]
    public void Mistakes_name_line_and_column(string text, string expected)
    {
        ScenarioException error = Assert.Throws<ScenarioException>(() => ScenarioProgram.Compile(ScenarioGrammar.Parse("s", text)));
        Assert.Contains(expected, error.Message);
    }

    [Fact]
    public void Blocks_cannot_be_nested_without_end()
    {
        string text = "thread x " + string.Concat(Enumerable.Repeat("{ loop 1 ", 5000));
        Assert.Contains("blocks inside each other", Assert.Throws<ScenarioException>(() => ScenarioGrammar.Parse("s", text)).Message);
    }

    [Fact]
    public void No_text_makes_the_parser_fail_in_any_other_way() =>
        Gen.Select(Gen.Int[0, Sample.Length - 1], Gen.Int[0, 30], Gen.String[0, 8]).Sample((at, length, insert) =>
        {
            string text = Sample[..at] + insert + Sample[Math.Min(Sample.Length, at + length)..];
            try
            {
                ScenarioProgram.Compile(ScenarioGrammar.Parse("fuzzed", text));
            }
            catch (ScenarioException error)
            {
                Assert.StartsWith("fuzzed(", error.Message);
            }
        }, iter: 2000);
}
