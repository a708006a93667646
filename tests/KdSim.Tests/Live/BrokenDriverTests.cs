using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace KdSim.Tests.Live;

/// <summary>
/// Each IOCTL of src/drivers/broken in a session of its own: the bug check with its four parameters, and <c>!analyze -v</c> with the driver's function and
/// source line. Parameters are patterns; <c>{ip}</c> is the instruction at fault as .frame's SYMBOL_NAME has it.
/// </summary>
public class BrokenDriverTests
{
    const string Pool = "fffffa80[0-9a-f]{8}", Paged = "fffff8a0[0-9a-f]{8}", Stack = "fffff880[0-9a-f]{8}", Image = "fffff800[0-9a-f]{8}", Any = "[0-9a-f]+";

    static readonly string Source = File.ReadAllText(Path.Combine(LiveConsole.Root, "src", "drivers", "broken", "broken.c"));

    [Theory]
    [InlineData("NULL_READ_IN_DPC", 0xD1, "0", "2", "0", "{ip}", "BrokenNullReadDpc", "ULONG value = *BrokenNull")]
    [InlineData("PAGED_DATA_AT_DISPATCH", 0xD1, Paged, "2", "0", "{ip}", "BrokenPagedDataAtDispatch", "volatile UCHAR value = paged[")]
    [InlineData("PAGED_CODE_AT_DISPATCH", 0xD1, "{ip}", "2", "8", "{ip}", "BrokenPageableFunction", "return Value == 0")]
    [InlineData("PAGED_ROUTINE_AT_DISPATCH", 0xA, Image, "2", "8", Image, "BrokenPagedRoutineAtDispatch", "NTSTATUS status = ZwOpenKey(")]
    [InlineData("DOUBLE_COMPLETION", 0x44, Pool, Any, "0", "0", "BrokenDeviceControl", "IoCompleteRequest(Irp, IO")]
    [InlineData("USER_POINTER_UNGUARDED", 0x3B, "c0000005", "{ip}", Stack, "0", "BrokenUserPointerUnguarded", "volatile ULONG value = *input;")]
    [InlineData("DIVIDE_BY_ZERO", 0x3B, "c0000094", "{ip}", Stack, "0", "BrokenDivideByZero", "1000 / BrokenZero")]
    [InlineData("CALL_NULL", 0x3B, "c0000005", "0", Stack, "0", "BrokenCallNull", "routine();")]
    [InlineData("RAISE_STATUS", 0x3B, "c000009a", Image, Stack, "0", "BrokenRaiseStatus", "ExRaiseStatus(STATUS_INS")]
    [InlineData("IRQL_LEFT_RAISED", 0x4A, Image, "2", "0", "0", "BrokenDeviceControl", null)]
    [InlineData("CRITICAL_REGION_LEFT", 0x1, Image, "0", "ffff", "0", "BrokenDeviceControl", null)]
    [InlineData("LIST_CORRUPTION", 0x139, "3", Stack, Stack, "0", "BrokenRemoveEntryList", "FastFail(FAST_FAIL_CORRUPT")]
    [InlineData("POOL_OVERRUN", 0x19, "20", Pool, Pool, Any, "BrokenPoolOverrun", "ExFreePoolWithTag(block")]
    [InlineData("DOUBLE_FREE", 0xC2, "7", "0", Any, Pool, "BrokenDoubleFree", "ExFreePoolWithTag(block, BROKEN_TAG);\n    return")]
    [InlineData("LOOP_IN_DPC", 0x133, "0", "4", "3", Image, "BrokenLoopDpc", null)]
    [InlineData("STACK_OVERFLOW", 0x7F, "8", Stack, Stack, "{ip}", "BrokenRecurse", null)]
    [InlineData("EXECUTE_DATA", 0xFC, Pool, "80[0-9a-f]{14}", Stack, Any, "BrokenExecuteData", "((VOID (*)(VOID))code)();")]
    [InlineData("WRITE_CODE", 0xBE, Image, Any, Stack, "a", "BrokenWriteCode", "*(volatile UCHAR *)(ULONG_PTR)BrokenRemoveEntryList = 0xC3;")]
    [InlineData("BUG_CHECK", 0xE2, "42", "52", "4f", "4b", "BrokenBugCheck", "KeBugCheckEx(MANUALLY_INITIATED_CRASH")]
    [InlineData("SPIN_LOCK_TWICE", 0x133, "1", "6", Image, "0", "BrokenSpinLockTwice", "KeAcquireSpinLock(&Extension->Lock, &second);")]
    [InlineData("WAIT_AT_DISPATCH", 0xB8, Pool, Any, Stack, "0", "BrokenWaitAtDispatch", "NTSTATUS status = KeWaitForSingleObject(")]
    [InlineData("WAIT_IN_DPC", 0xB8, Pool, Any, Stack, "0", "BrokenWaitDpc", "KeWaitForSingleObject(&extension->NeverSet")]
    [InlineData("BAD_KERNEL_ADDRESS", 0x50, "ffffc00000001000", "0", "{ip}", "2", "BrokenBadKernelAddress", "Irp->IoStatus.Information = *nowhere")]
    [InlineData("SYSTEM_THREAD_FAULT", 0x7E, "ffffffffc0000005", "{ip}", Stack, Stack, "BrokenFaultingThread", "ULONG value = *BrokenNull")]
    [InlineData("USED_PAGED_DATA", 0xD1, Paged, "2", "1", "{ip}", "BrokenUsedPagedDataAtDispatch", "*paged = 2;")]
    [InlineData("EXCEPTION_IN_DPC", 0x1E, "ffffffffc0000094", "{ip}", "0", "0", "BrokenDivideDpc", "ULONG value = 1000")]
    [InlineData("FREE_LIST_CORRUPTION", 0xC5, "dead000[08]", "2", "[01]", Image, "BrokenFreeListCorruption", "        ExAllocatePoolWithTag(")]
    [InlineData("EXECUTE_USER_PAGE", 0xFC, "20[0-9a-f]{6}", "80[0-9a-f]{14}", Stack, Any, "BrokenExecuteUserPage", "((VOID (*)(VOID))input)();")]
    [InlineData("STACK_COOKIE", 0x139, "2", Stack, Stack, "0", "BrokenStackCookie", "FastFail(FAST_FAIL_STACK_COOKIE")]
    public void A_fault_stops_the_system_and_is_explained(
        string ioctl, uint code, string parameter1, string parameter2, string parameter3, string parameter4, string function, string? statement)
    {
        string output = Run(ioctl, "g", "!analyze -v", ".ecxr");
        Assert.Contains($"*** Fatal System Error: 0x{code:x8}\n", output);
        Match symbol = Regex.Match(output, $"(?m)^SYMBOL_NAME:  broken!{function}(\\+[0-9a-f]+)?$");
        Assert.True(symbol.Success, $"SYMBOL_NAME does not name {function}:\n{output}");
        string[] parameters = [parameter1, parameter2, parameter3, parameter4];
        string name = Regex.Match(output, $"(?m)^([A-Z0-9_]+) \\({code:x}\\)$").Groups[1].Value;
        Assert.NotEqual("", name);
        Assert.DoesNotContain("no explanation", output);
        string ip = parameters.Contains("{ip}") ? Instruction(output) : "";
        for (int i = 0; i < 4; i++)
        {
            string found = Regex.Match(output, $"(?m)^Arg{i + 1}: 0*([0-9a-f]+), \\S").Groups[1].Value;
            Assert.Matches($"^({(parameters[i] == "{ip}" ? ip : parameters[i])})$", found);
            Assert.Contains($"\nBUGCHECK_P{i + 1}: {found}\n", output);
        }
        Assert.Contains("\nMODULE_NAME: broken\n", output);
        Assert.Contains("\nIMAGE_NAME:  broken.sys\n", output);
        Assert.Matches($"\nFAILURE_BUCKET_ID:  (AV|0x[0-9A-F]+(_[0-9a-f]+)?)_broken!{function}\n", output);
        Assert.Matches("\nLIKELY_CAUSE:  \\S.*[^{}]\n", output);
        if (statement is not null)
            Assert.Contains($"\nFAULTING_SOURCE_LINE_NUMBER:  {LineOf(function, statement)}\n", output);
    }

    /// <summary>The driver is gone from the stack when its process ends with pages that it locked; the bug check says how many.</summary>
    [Fact]
    public void A_process_cannot_end_with_locked_pages()
    {
        string output = Run("LOCKED_PAGES", "expect r status STATUS_SUCCESS", "g", "g", "!analyze -v");
        Assert.Contains("PROCESS_HAS_LOCKED_PAGES (76)", output);
        Assert.Matches($"Arg1: 0{{16}}, .*\nArg2: {Pool}, .*\nArg3: 0000000000000001, number", output);
        Assert.Contains("LIKELY_CAUSE:  A driver completed a request without MmUnlockPages: 0x1 pages", output);
    }

    /// <summary>What a driver catches, or nobody notices, leaves the system running.</summary>
    [Theory]
    [InlineData("USER_POINTER_GUARDED", "STATUS_ACCESS_VIOLATION")]
    [InlineData("USE_AFTER_FREE", "STATUS_SUCCESS")]
    public void A_caught_fault_is_caught(string ioctl, string status)
    {
        string output = Run(ioctl, $"expect r status {status}", "g", "!analyze");
        Assert.Contains("Scenario finished: 1 thread, 5 statements, 0 expectations failed", output);
        Assert.Contains("there is no bug check to explain", output);
    }

    [Fact]
    public void A_breakpoint_of_the_driver_stops_and_goes_on()
    {
        string output = Run("BREAKPOINT", "expect r status STATUS_SUCCESS", "g", "k 2", "g");
        Assert.Contains("broken!BrokenBreakpoint+", output);
        Assert.Contains("0 expectations failed", output);
    }

    /// <summary>Without the watchdog a DPC without end holds its processor until somebody looks.</summary>
    [Fact]
    public void A_hang_is_explained_by_the_driver_that_runs()
    {
        string output = RunWith("dpc_timeout = \"0s\"\ndpc_watchdog_period = \"0s\"", "LOOP_IN_DPC", "g", "~1s", "!analyze -hang", "~0s", "!analyze -hang");
        Assert.Contains("Hang Analysis", output);
        Assert.Contains("The limit of 2 s of virtual time was reached", output);
        Assert.Matches("CURRENT_IRQL:  2\n\nProbably caused by : broken.sys \\( broken!BrokenLoopDpc", output);
        Assert.Contains("runs below DISPATCH_LEVEL", output);
    }

    /// <summary>A data breakpoint sees what a routine of the kernel writes; the stack names the routine.</summary>
    [Fact]
    public void A_data_breakpoint_stops_at_a_write_of_the_kernel()
    {
        string output = Run("BUG_CHECK", "ba w8 nt!KiBugCheckData", "g", "k 2");
        Assert.Contains("Breakpoint 0 hit\n", output);
        Assert.Matches("8 bytes at [0-9a-f`]+ written: 0{16} -> 0{14}e2\n", output);
        Assert.Matches("\n0[01] [0-9a-f`]+ [0-9a-f`]+ +nt!KeBugCheckEx", output);
    }

    [Fact]
    public void A_lost_request_stays_pending()
    {
        string output = Run("LOST_IRP", "expect r pending", "g", "!irpfind");
        Assert.Matches(@"irpStack: \( e, 0\) .*\[ \\Driver\\broken\]", output);
    }

    /// <summary>Without force IRQL checking pageable memory stays where it is, as on a machine with memory to spare.</summary>
    [Theory]
    [InlineData("PAGED_CODE_AT_DISPATCH")]
    [InlineData("USED_PAGED_DATA")]
    public void Pageable_memory_stays_if_the_machine_file_says_so(string ioctl)
    {
        string output = RunWith("force_irql_checking = false", ioctl, "expect r status STATUS_SUCCESS", "g", "!analyze");
        Assert.Contains("0 expectations failed", output);
        Assert.Contains("there is no bug check to explain", output);
    }

    /// <summary>Who asks for it stops at an exception with the registers of the code that raised it, before handlers and once more if none took it.</summary>
    [Fact]
    public void An_exception_stops_before_handlers_and_before_its_bug_check()
    {
        string output = Run("SYSTEM_THREAD_FAULT", "sxe av", "g", ".exr -1", "r rip", "k 1", "g", ".lastevent", "r rip", "g", ".lastevent", ".ecxr", "k 1");
        string ip = Regex.Match(output, "ExceptionAddress: ([0-9a-f]+) \\(broken!BrokenFaultingThread\\+").Groups[1].Value;
        Assert.Equal(16, ip.Length);
        Assert.Contains("NumberParameters: 2\n   Parameter[0]: 0000000000000000\n   Parameter[1]: 0000000000000000\nAttempt to read from address 0", output);
        Assert.Equal(2, Regex.Count(output, $"(?m)^(1: kd> |0: kd> |kd> )?rip={ip}$"));
        int first = output.IndexOf("Access violation - code c0000005 (first chance)\nbroken!BrokenFaultingThread+", StringComparison.Ordinal);
        int second = output.IndexOf("Access violation - code c0000005 (!!! second chance !!!)\nbroken!BrokenFaultingThread+", StringComparison.Ordinal);
        int stop = output.IndexOf("*** Fatal System Error: 0x0000007e", StringComparison.Ordinal);
        Assert.True(first >= 0 && second > first && stop > second, output);
        Assert.Contains($"rip={ip} ", output[stop..]);
    }

    /// <summary>Who does not ask is told of an unhandled exception, and stops at the bug check.</summary>
    [Fact]
    public void An_exception_nobody_asked_for_runs_into_its_bug_check()
    {
        string output = Run("SYSTEM_THREAD_FAULT", "g", ".cxr poi(nt!KiBugCheckData+0n32)", "k 1", ".exr poi(nt!KiBugCheckData+0n24)");
        Assert.Contains("Access violation - code c0000005 (!!! second chance !!!)\n\n*** Fatal System Error: 0x0000007e", output);
        Assert.Matches("00 [0-9a-f`]+ [0-9a-f`]+ +broken!BrokenFaultingThread", output);
        Assert.Contains("Attempt to read from address 0000000000000000", output);
    }

    [Fact]
    public void A_caught_exception_stops_at_first_chance_only()
    {
        string output = Run("USER_POINTER_GUARDED", "expect r status STATUS_ACCESS_VIOLATION", "sxe av", "g", "r rip", "g");
        Assert.Contains("Access violation - code c0000005 (first chance)\nbroken!BrokenUserPointerGuarded+", output);
        Assert.DoesNotContain("second chance", output);
        Assert.Contains("0 expectations failed", output);
    }

    /// <summary>The trap frame of a page fault has the registers of the code that faulted.</summary>
    [Fact]
    public void A_trap_frame_shows_the_fault()
    {
        string first = Run("USED_PAGED_DATA", "g", "!analyze -v");
        string frame = Regex.Match(first, "TRAP_FRAME:  ([0-9a-f]+)").Groups[1].Value;
        string output = Run("USED_PAGED_DATA", "g", $".trap {frame}", "k 1");
        Assert.Contains("NOTE: The trap frame does not contain all registers.", output);
        Assert.Matches("00 [0-9a-f`]+ [0-9a-f`]+ +broken!BrokenUsedPagedDataAtDispatch", output);
    }

    [Fact]
    public void Every_ioctl_of_the_driver_has_a_test()
    {
        string[] tested = [.. typeof(BrokenDriverTests).GetMethods().SelectMany(method => method.GetCustomAttributes(typeof(InlineDataAttribute), false))
            .Select(data => (string)((InlineDataAttribute)data).Data[0]!), "BREAKPOINT", "LOST_IRP", "LOCKED_PAGES"];
        string header = File.ReadAllText(Path.Combine(LiveConsole.Root, "src", "drivers", "broken", "broken_ioctl.h"));
        string[] declared = [.. Regex.Matches(header, @"IOCTL_BROKEN_(\w+) +BROKEN_CODE").Select(match => match.Groups[1].Value)];
        Assert.True(declared.Length > 30);
        Assert.Empty(declared.Except(tested));
    }

    static string Run(string ioctl, params string[] lines) => RunWith("dpc_timeout = \"50ms\"\ndpc_watchdog_period = \"100ms\"", ioctl, lines);

    /// <summary>Lines that begin with <c>expect</c> belong to the scenario.</summary>
    static string RunWith(string settings, string ioctl, params string[] lines)
    {
        string code = CodeOf(ioctl), data = ioctl switch
        {
            "USER_POINTER_UNGUARDED" or "USER_POINTER_GUARDED" => "pointer 0x1000 16",
            "EXECUTE_USER_PAGE" => "hex C3 C3",
            "LOCKED_PAGES" => "zeros 4096",
            _ => "zeros 16",
        };
        string folder = Directory.CreateTempSubdirectory("kdsim").FullName;
        try
        {
            string wait = ioctl == "LOST_IRP" ? " async" : "";
            File.WriteAllText(Path.Combine(folder, "broken.scenario"),
                $$"""
                thread app process app.exe {
                    h = open "\\.\Broken"
                    r = ioctl h {{code}} in {{data}} out 16{{wait}}
                    {{string.Join("\n", lines.Where(line => line.StartsWith("expect", StringComparison.Ordinal)))}}
                    sleep 50ms
                    {{(wait.Length == 0 ? "close h" : "sleep 1ms")}}
                }
                """);
            File.WriteAllText(Path.Combine(folder, "broken.toml"), $"[machine]\n{settings}\nscenario = \"broken.scenario\"\n");
            return LiveConsole.Run("broken", lines.Where(line => !line.StartsWith("expect", StringComparison.Ordinal)),
                "--machine", Path.Combine(folder, "broken.toml"), "--limit", "2s").Output;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The control code that broken_ioctl.h gives a fault.</summary>
    static string CodeOf(string ioctl)
    {
        string header = File.ReadAllText(Path.Combine(LiveConsole.Root, "src", "drivers", "broken", "broken_ioctl.h"));
        Match match = Regex.Match(header, $@"IOCTL_BROKEN_{ioctl} +BROKEN_CODE\((\d+)\)");
        Assert.True(match.Success, $"broken_ioctl.h has no {ioctl}");
        return $"0x{0x80222003 + 4 * uint.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture):x}";
    }

    /// <summary>Where the shown stack has the frame at fault: the return address column of the frame above it.</summary>
    static string Instruction(string output)
    {
        string site = Regex.Match(output, "(?m)^SYMBOL_NAME:  (.*)$").Groups[1].Value;
        string name = Regex.Replace(site, @"\+([0-9a-f]+)$", "+0x$1");
        string[] stack = output[output.IndexOf("STACK_TEXT", StringComparison.Ordinal)..].Split('\n');
        int frame = Array.FindIndex(stack, line => line.Contains($": {name} ", StringComparison.Ordinal));
        Assert.True(frame > 0, $"the stack does not show {name}:\n{output}");
        return frame == 1
            ? Regex.Match(output, "(?m)^rip=([0-9a-f]+)").Groups[1].Value
            : stack[frame - 1].Split(' ')[1].Replace("`", "");
    }

    /// <summary>The first line of a function that contains the statement.</summary>
    static int LineOf(string function, string statement)
    {
        Match definition = Regex.Match(Source, $@"(?m)^(static )?\w+ {function}\(.*\)\n\{{");
        int at = definition.Success ? Source.IndexOf(statement, definition.Index, StringComparison.Ordinal) : -1;
        Assert.True(at >= 0, $"{function} of broken.c has no '{statement}'");
        return Source[..at].Count(c => c == '\n') + 1;
    }
}
