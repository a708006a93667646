using System.Reflection;
using System.Text.RegularExpressions;
using KdSim.Debugging.Commands;
using Xunit;

namespace KdSim.Tests.Live;

/// <summary>Kernel extensions on the demo machine, as a person reads them. Addresses that grow with the kernel are settled; the rest is exact.</summary>
public class KernelExtensionTests
{
    const string Stop = "bp pulse!PulseDpcForIsr; g";

    /// <summary>The reader's process and thread by what the debugger finds, so that no address is typed.</summary>
    const string Reader = "r $t1 = poi(nt!PsActiveProcessHead); r $t1 = poi(@$t1) - @@c++(#FIELD_OFFSET(nt!_EPROCESS, ActiveProcessLinks)); " +
        "r $t2 = poi(@$t1 + @@c++(#FIELD_OFFSET(nt!_EPROCESS, ThreadListHead))) - @@c++(#FIELD_OFFSET(nt!_ETHREAD, ThreadListEntry))";

    [Fact]
    public void Kd_requests_on_the_demo() => LiveConsole.CheckGolden(LiveConsole.DemoTranscript(Stop, "!irpfind",
        "!irpfind -v 0 0 device nosuch", "!processirps", "!devhandles Buffers", "!drvobj pulse 7", "!drvobj buffers", "!devobj Buffers",
        "!devstack Buffers", "!podev Buffers", "!podev nosuch", "!poaction", "!powertriage", "!pcitree", "!pnptriage", "!devnode 0 1", "!devnode 0 f pulse",
        "!object \\Driver", "!object \\GLOBAL??\\Buffers"));

    [Fact]
    public void Kd_processors_on_the_demo() => LiveConsole.CheckGolden(LiveConsole.DemoTranscript(Stop, "!irql",
        "!idt", "!running -it", "!dpcs", "!ready", "!apc", "!apc thre 10", "!apc proc 10", "!apc 10",
        "!qlocks", "!cpuinfo", "!exqueue", "!exqueue 1",
        "!stacks", "!locks -v",
        "!whattime 384000", "!filetime 1dc5d07c76a0e00", "!filetime ffffffffffffffff"));

    [Fact]
    public void Kd_processes_on_the_demo() => LiveConsole.CheckGolden(WithoutPages(LiveConsole.DemoTranscript(Stop, Reader, "!process 0 0", "!process @$t1 7",
        "!thread @$t2", "!handle 0 3 @$t1", "!handle 0 5 30 Event", "!handle 0 10", "!handle 0 20", "!findthreads -p @$t1", "!findthreads -x 1",
        "!findthreads -t @$t2 -v", "!gle", ".process /p @$t1", ".thread @$t2", "!peb", "!teb", "!gle", "!fileobj 10")));

    /// <summary>Which physical pages hold what is no promise.</summary>
    [Fact]
    public void Kd_memory_on_the_demo() => LiveConsole.CheckGolden(WithoutPages(LiveConsole.DemoTranscript(Stop, "!poolfind Irp", "!address @rsp",
        "!address @rip", "!address poi(nt!PsActiveProcessHead)", "!address 1000", "!pte @rip", "!vtop 0 @rip", "!ptov 123456789000", "!dbgprint",
        "!validatelist nt!PsActiveProcessHead", "!validatelist @rip", "!validatelist 10", "!error c0000022", "!ioctldecode 80202000", "!token", "!reg q")));

    static string WithoutPages(string text) => Regex.Replace(text,
        "(physical (?:address )?|pfn |DirBase: |P[XPDT]E at |contains |PML4E |PDPE |PDE |PTE )[0-9a-fA-F]+", "$1<page>");

    /// <summary>Physical and virtual addresses move with the kernel: the first and the last page of the driver agree with !vtop.</summary>
    [Fact]
    public void Ptov_agrees_with_vtop()
    {
        string output = LiveConsole.DemoTranscript(Stop, "!ptov", "!vtop 0 pulse");
        Match row = Regex.Match(output, @"^ *([0-9a-f]+) fffff80010000000  [0-9a-f]+$", RegexOptions.Multiline);
        Assert.True(row.Success);
        Assert.Contains($"translates to physical address {row.Groups[1].Value}.", output);
    }

    /// <summary>The first page of a driver, by its physical address: it begins with "MZ"; what is written there is read there.</summary>
    [Fact]
    public void Kd_physical_memory_on_the_demo()
    {
        string physical = Regex.Match(LiveConsole.DemoTranscript(Stop, "!vtop 0 pulse"), "physical address ([0-9a-f]+)").Groups[1].Value;
        string output = LiveConsole.DemoTranscript(Stop, $"!db {physical} L10", $"!dc [c] {physical} L4", $"!dw {physical} L 2", $"!dd {physical} L1",
            $"!dq {physical} L1", $"!dp -m {physical} L1", $"!du {physical} L2", $"!ed {physical} 12345678 9", $"!eb {physical} aa", $"!dd {physical} L2",
            $"!search 9123456aa 0 {physical}/1000 {physical}/1000", "!dd 0ffffffff0000000", "!eb 0ffffffff0000000 1", "!eb 1000", "!dd", "!cpuid");
        LiveConsole.CheckGolden(Regex.Replace(output.Replace(physical, "<page>"), "PFNs in range [0-9a-f]+ - [0-9a-f]+|^[0-9a-f]{16} 0", "<pages>",
            RegexOptions.Multiline).Replace(physical.TrimStart('0')[..^3], "<pfn>"));
    }

    /// <summary>Each command of the kernel extensions is typed in some transcript, so that its text was read at least once.</summary>
    [Fact]
    public void Each_command_has_a_transcript()
    {
        HashSet<string> typed = [.. new[] { "KdSim.Tests", "KdSim.Debugger.Tests" }
            .SelectMany(project => Directory.EnumerateFiles(Path.Combine(LiveConsole.Root, "tests", project, "golden"), "*.txt"))
            .SelectMany(File.ReadLines).SelectMany(line => Regex.Matches(line, @"kd> (?:.*; *)?(![a-z0-9_]+)")).Select(m => m.Groups[1].Value)];
        string[] reserved = [.. typeof(KdExts.Simulator.NotSimulated).GetCustomAttributes<CommandAttribute>().Select(c => c.Name)];
        IEnumerable<string> commands = typeof(KdExts.Simulator.NotSimulated).Assembly.GetTypes()
            .SelectMany(t => t.GetCustomAttributes<CommandAttribute>()).Select(c => c.Name).Except(reserved);
        Assert.Empty(commands.Except(typed));
    }
}
