using KdSim.Kernel.Mm;
using KdSim.Kernel.Routines;
using KdSim.Kernel.Scenarios;
using KdSim.Machine;
using KdSim.Machine.Snapshots;
using KdSim.Nt;
using Xunit;

namespace KdSim.Kernel.Tests.Scenarios;

/// <summary>Programs in user mode on a machine with the UserTest driver: APCs, alertable waits, the end of threads and processes, notifications.</summary>
public class UserModeTests
{
    private const ulong Millisecond = 2_000_000, Second = 2_000_000_000;

    private sealed class Listener : IKernelObserver
    {
        public List<string> Heard { get; } = [];

        public void DebugPrinted(int cpu, uint component, uint level, string text) => Heard.Add(text.TrimEnd('\n'));

        public void ExpectationFailed(int cpu, string text) => Heard.Add(text);

        public void ScenarioFinished(int cpu, string text) => Heard.Add(text);

        public void BugChecked(int cpu, uint code, ulong parameter1, ulong parameter2, ulong parameter3, ulong parameter4) => Heard.Add($"bug check {code:x}");

        public void ProcessExited(int cpu, ulong process, uint status) => Heard.Add($"exit {status:x8}");
    }

    /// <summary>What was heard, from the start of the scenario on.</summary>
    private static List<string> Run(string text, ulong ticks = 200 * Millisecond) => Run(text, ticks, out _);

    private static List<string> Run(string text, ulong ticks, out int findings)
    {
        using TestMachine machine = TestMachine.Boot(Program(text), "usertest");
        var listener = new Listener();
        machine.Kernel.Observer = listener;
        RunResult result = machine.Run(ticks);
        Assert.True(result.Reason == StopReason.TimeLimit, result.Text);
        Assert.Null(machine.Computer.Failure);
        findings = machine.Kernel.Roots.Findings.Count;
        return listener.Heard;
    }

    private static ScenarioProgram Program(string text) => ScenarioProgram.Compile(ScenarioGrammar.Parse("user.scenario", text));

    private static IEnumerable<string> Without(List<string> heard, string start) => heard.Where(line => !line.StartsWith(start, StringComparison.Ordinal));

    [Fact]
    public void A_user_apc_of_a_driver_runs_in_the_next_alertable_wait()
    {
        List<string> heard = Run("""
            thread one process one.exe {
                h = open "\\.\UserTest"
                r = ioctl h 0x80402003 apc
                expect r status STATUS_SUCCESS
                expect r bytes 1
                sleep 1ms
                expect r apcs 0
                sleep 1s alertable
                expect r apcs 2
                close h
            }
            """);
        Assert.Equal(["usertest: APC at IRQL 1", "exit 00000000", "Scenario finished: 1 thread, 9 statements, 0 expectations failed"],
            Without(heard, "usertest: process").Where(line => !line.Contains("image")));
    }

    /// <summary>
    /// The driver's own wait ends with STATUS_USER_APC (C0). When the service returns the driver's APC runs, and behind it that of the request, since
    /// NtContinue tests for more. Without an APC the wait times out (102).
    /// </summary>
    [Fact]
    public void An_alertable_wait_of_a_driver_ends_with_a_user_apc()
    {
        List<string> heard = Run("""
            thread one process one.exe {
                h = open "\\.\UserTest"
                r = ioctl h 0x8040201b apc
                expect r bytes 0xc0
                expect r apcs 2
                q = ioctl h 0x80402007
                expect q bytes 0x102
            }
            """, 2 * Second);
        Assert.Equal("Scenario finished: 1 thread, 6 statements, 0 expectations failed", heard[^1]);
    }

    [Fact]
    public void A_request_tells_of_its_end_by_a_user_apc()
    {
        List<string> heard = Run("""
            thread one process one.exe {
                h = open "\\.\UserTest" async
                r = ioctl h 0x80402013 async apc
                cancel r
                wait r alertable
                expect r status STATUS_CANCELLED
                sleep 16ms alertable
                expect r apcs 1
            }
            """);
        Assert.Equal("Scenario finished: 1 thread, 7 statements, 0 expectations failed", heard[^1]);
    }

    [Fact]
    public void A_thread_that_ends_cancels_its_requests()
    {
        List<string> heard = Run("""
            thread one process one.exe {
                h = open "\\.\UserTest" async
                r = ioctl h 0x80402013 async
                expect r pending
            }
            """);
        int cancelled = heard.IndexOf("usertest: cancelled");
        Assert.True(cancelled > 0 && cancelled < heard.IndexOf("exit 00000000"), string.Join('\n', heard));
    }

    [Fact]
    public void A_request_that_its_driver_keeps_is_disowned_after_five_minutes_and_dropped_when_it_is_completed()
    {
        List<string> heard = Run("""
            thread one process one.exe {
                h = open "\\.\UserTest" async
                r = ioctl h 0x8040200b async
            }
            thread two process two.exe {
                h = open "\\.\UserTest"
                sleep 301s
                ioctl h 0x8040200f
            }
            """, 302 * Second, out int findings);
        Assert.Contains("usertest: completes a request of thread 0000000000000000", heard);
        Assert.Equal("Scenario finished: 2 threads, 5 statements, 0 expectations failed", heard[^1]);
        Assert.Equal(1, findings);
    }

    [Theory]
    [InlineData("touch 0x10", "read from", 0x10)]
    [InlineData("touch 0x7ffe0000 write", "write to", 0x7ffe0000)]
    [InlineData("touch 0xfffff80002000000", "read from", 0xfffff80002000000)]
    public void A_fault_of_user_code_ends_its_process_only(string statement, string verb, ulong address)
    {
        List<string> heard = Run($$"""
            thread bad process bad.exe {
                parallel { { sleep 10s } { {{statement}} } }
                print "never"
            }
            thread good process good.exe { sleep 32ms; print "good" }
            """);
        string fault = Assert.Single(heard, line => line.StartsWith("***", StringComparison.Ordinal));
        Assert.Contains("An Access Violation occurred in bad.exe:", fault);
        Assert.EndsWith($"tried to {verb} an invalid address, {address:X16}", fault);
        Assert.Equal(["exit c0000005", "good", "exit 00000000"], heard.Where(line => line.StartsWith("exit", StringComparison.Ordinal) || line == "good"));
        Assert.Equal("Scenario finished: 4 threads, 4 statements, 0 expectations failed", heard[^1]);
        Assert.DoesNotContain("never", heard);
    }

    [Fact]
    public void Drivers_hear_of_images_processes_and_threads()
    {
        List<string> heard = Run("""
            thread one process one.exe {
                h = open "\\.\UserTest"
                ioctl h 0x80402017
                parallel { { sleep 1ms } }
            }
            """);
        Assert.Equal(
        [
            @"usertest: process 0000000000000030 of 0000000000000004: \??\C:\Windows\System32\one.exe, ""one.exe""",
            @"usertest: image C:\Windows\System32\one.exe in 0000000000000030",
            @"usertest: image C:\Windows\System32\ntdll.dll in 0000000000000030",
            "usertest: thread 0000000000000030.0000000000000038 begins in 0000000000000030",
            "usertest: thread 0000000000000030.0000000000000038 ends in 0000000000000030",
            "usertest: thread 0000000000000030.0000000000000034 ends in 0000000000000030",
            "usertest: process 0000000000000030 ends with 00000000",
            "exit 00000000",
            "Scenario finished: 2 threads, 3 statements, 0 expectations failed",
        ], heard);
    }

    /// <summary>A loop of statements keeps a processor busy: ticks of the clock find it in user mode and in the kernel.</summary>
    [Fact]
    public void Ticks_of_the_clock_are_charged_to_threads_and_processes()
    {
        using TestMachine machine = TestMachine.Boot(Program("""
            thread busy process busy.exe { h = open "\\.\UserTest"; loop 200000 { ioctl h 0x80402017 } }
            """), "usertest");
        machine.Run(80 * Millisecond);
        machine.Kernel.Enter(machine.Computer.Processors[0]);
        KernelMemory memory = machine.Kernel.Memory;
        ulong links = memory.ReadU64(memory.ReadU64(machine.Kernel.Data(Datum.PsActiveProcessHead)));
        View<EPROCESS> process = View<EPROCESS>.Containing(links, EPROCESS.Offsets.ActiveProcessLinks);
        View<ETHREAD> thread = View<ETHREAD>.Containing(memory.ReadU64(process.ThreadListHeadView.Address), ETHREAD.Offsets.ThreadListEntry);
        Assert.Equal("busy.exe", memory.ReadAnsi(process.Address + EPROCESS.Offsets.ImageFileName));
        Assert.InRange(thread.Tcb.KernelTime + thread.Tcb.UserTime, 3u, 5u);
        Assert.Equal((thread.Tcb.KernelTime, thread.Tcb.UserTime), (process.Pcb.KernelTime, process.Pcb.UserTime));
        Assert.True(thread.Tcb.KernelTime > 0);
    }

    /// <summary>The program's own memory goes away under it: its next look faults like any other of user mode.</summary>
    [Fact]
    public void A_program_that_loses_its_memory_ends()
    {
        using TestMachine machine = TestMachine.Boot(Program("thread one process one.exe { loop 100 { sleep 1ms } }"), "usertest");
        var listener = new Listener();
        machine.Kernel.Observer = listener;
        machine.Run(60 * Millisecond);
        machine.Kernel.Enter(machine.Computer.Processors[0]);
        KernelMemory memory = machine.Kernel.Memory;
        ulong links = memory.ReadU64(memory.ReadU64(machine.Kernel.Data(Datum.PsActiveProcessHead)));
        View<EPROCESS> process = View<EPROCESS>.Containing(links, EPROCESS.Offsets.ActiveProcessLinks);
        machine.Kernel.PageTables.Set(process.Pcb.DirectoryTableBase, ScenarioMemory.ThreadAt(0), 0);
        RunResult result = machine.Run(200 * Millisecond);
        Assert.True(result.Reason == StopReason.TimeLimit, result.Text);
        Assert.EndsWith($"tried to read from an invalid address, {ScenarioMemory.ThreadAt(0) + ScenarioMemory.Phase:X16}",
            Assert.Single(listener.Heard, line => line.StartsWith("***", StringComparison.Ordinal)));
        Assert.Contains("exit c0000005", listener.Heard);
    }

    [Fact]
    public void A_driver_can_refuse_a_process()
    {
        List<string> heard = Run("""
            thread one process refused.exe { print "never" }
            thread two process fine.exe { print "fine" }
            """);
        Assert.Contains("user.scenario: process refused.exe was refused: AccessDenied", heard);
        Assert.Contains("fine", heard);
        Assert.Equal("Scenario finished: 1 thread, 1 statement, 1 expectation failed", heard[^1]);
    }

    [Fact]
    public void A_failed_open_is_a_failed_expectation_unless_the_next_statement_expects_its_status()
    {
        List<string> heard = Run("""
            thread one process one.exe {
                h = open "\\.\Nothing"
                g = open "\\.\Nothing"
                expect g status STATUS_OBJECT_NAME_NOT_FOUND
            }
            """);
        Assert.Contains("user.scenario(2,5): open \"\\\\.\\Nothing\" answered ObjectNameNotFound", heard);
        Assert.Equal("Scenario finished: 1 thread, 3 statements, 1 expectation failed", heard[^1]);
    }

    [Fact]
    public void Processes_that_end_give_all_their_memory_back()
    {
        using TestMachine machine = TestMachine.Boot(Program("""
            thread one process one.exe {
                h = open "\\.\UserTest"
                loop 3 { ioctl h 0x80402017 in zeros 9000 out 9000 }
                parallel { { sleep 1ms } { sleep 1ms } }
            }
            """), "usertest");
        ulong before = 0;
        machine.Kernel.Observer = new Starter(() => before = machine.Kernel.PhysicalPages.Available);
        machine.Run(200 * Millisecond);
        machine.Kernel.Enter(machine.Computer.Processors[0]);
        // Pool keeps pages that it has had once, page tables of kernel stacks stay: less than a process and its two threads have had.
        Assert.InRange(before - machine.Kernel.PhysicalPages.Available, 0UL, 12UL);
    }

    private sealed class Starter(Action started) : IKernelObserver
    {
        public void SystemStarted(int cpu) => started();
    }

    [Fact]
    public void A_snapshot_in_the_middle_of_system_calls_goes_on_as_the_machine_did()
    {
        using TestMachine machine = TestMachine.Boot(Program("""
            thread one process one.exe {
                h = open "\\.\UserTest"
                loop 5 { r = ioctl h 0x8040201b apc; expect r bytes 0xc0; sleep 16ms alertable; expect r apcs 2 }
            }
            thread two process two.exe { loop 5 { sleep 16ms } }
            """), "usertest");
        var listener = new Listener();
        machine.Kernel.Observer = listener;
        machine.Run(60 * Millisecond);
        Snapshot middle = machine.Computer.TakeSnapshot();
        machine.Run(300 * Millisecond);
        UInt128 end = machine.Computer.Hash();
        string[] first = [.. listener.Heard.Skip(1)];
        listener.Heard.Clear();
        machine.Computer.Restore(middle);
        machine.Run(300 * Millisecond);
        Assert.Equal(end, machine.Computer.Hash());
        Assert.Equal("Scenario finished: 2 threads, 26 statements, 0 expectations failed", listener.Heard[^1]);
        Assert.Equal(first[^1], listener.Heard[^1]);
    }
}
