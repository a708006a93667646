using System.Text.RegularExpressions;
using Xunit;

namespace KdSim.Tests.Live;

/// <summary>What the debugger shows of programs: stacks down to user mode, their modules, their memory.</summary>
public class UserModeTests
{
    [Fact]
    public void The_stack_of_a_request_goes_through_the_system_service_into_the_program()
    {
        string output = LiveConsole.RunDemo(["bp pulse!PulseDispatchRead", "g", "k", "r cs", "bp ntdll!NtReadFile", "g", "r cs", "t", "t", "t", "k"]);
        string[] calls =
        [
            "pulse!PulseDispatchRead", "nt!IofCallDriver", "pulseflt!PulseFltDispatchRead", "nt!IofCallDriver", "nt!NtReadFile", "nt!KiSystemServiceCopyEnd",
            "ntdll!NtReadFile", "reader!main", "ntdll!RtlUserThreadStart",
        ];
        Assert.Matches(string.Join(".*\n.* ", calls.Select(Regex.Escape)), output);
        Assert.Contains("cs=0010", output);
        Assert.Contains("cs=0033", output);
        // Three steps: mov, mov, syscall.
        Assert.Matches("nt!KiSystemCall64:\n[^\n]* swapgs\n", output);
        Assert.Matches("00 .* nt!KiSystemCall64\n01 .* reader!main.*\n02 .* ntdll!RtlUserThreadStart", output);
    }

    [Fact]
    public void Modules_and_memory_of_user_mode_are_those_of_the_implicit_process()
    {
        string output = LiveConsole.RunDemo(["bp pulse!PulseDispatchRead", "g", "!process 0 0"]);
        string talker = Regex.Match(output, @"PROCESS ([0-9a-f]{16})\n[^\n]*\n[^\n]*\n    Image: talker\.exe").Groups[1].Value;
        output = LiveConsole.RunDemo(["bp pulse!PulseDispatchRead", "g", "lm m talker", "lm m reader", $".process /p {talker}", "lm m talker", "lm m reader",
            "dt nt!_PEB a000000000 ImageBaseAddress", "da talker L2", "dt nt!_RTL_USER_PROCESS_PARAMETERS a000001400 CommandLine"]);
        Assert.Single(Regex.Matches(output, @"(?m)^00007ff7`[0-9a-f]{8} 00007ff7`[0-9a-f]{8} +reader "));
        Assert.Single(Regex.Matches(output, @"(?m)^00007ff7`[0-9a-f]{8} 00007ff7`[0-9a-f]{8} +talker "));
        Assert.Contains("ImageBaseAddress : 0x00007ff7`10000000", output);
        Assert.Contains("\"MZ\"", output);
        Assert.Contains("\"talker.exe\"", output);
    }
}
