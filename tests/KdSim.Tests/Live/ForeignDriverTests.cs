using Xunit;

namespace KdSim.Tests.Live;

/// <summary>
/// Drivers in the styles that drivers of others come in. Loading one always ends in an answer: what DriverEntry returned, or a stop that names what it
/// needs and who asked; and where there is a DriverUnload, it goes again.
/// </summary>
public class ForeignDriverTests
{
    static string Session(string? scenario, string[] drivers, params string[] lines) =>
        LiveConsole.Session(scenario, [.. drivers.SelectMany(driver => new[] { "--driver", LiveConsole.Driver(driver) })], lines);

    [Theory]
    [InlineData("nt4style", "", "nt4style: conflict found", "nt4style: some ticks")]
    [InlineData("gsentry", "g = open \"\\\\.\\GsEntry\"\n close g\n", "gsentry: all 7 steps ok", "gsentry: unloaded, 1 work items, notified")]
    [InlineData("haltest", "", "haltest: all 6 steps ok", "haltest: unloaded")]
    [InlineData("cmtest", "", "cmtest: all 2 steps ok", "cmtest: unloaded")]
    [InlineData("kerntest", "k = open \"\\\\.\\KernTest\"\n close k\n", "kerntest: user mapping ok", "kerntest: unloaded")]
    [InlineData("servtest", "", "servtest: all 7 steps ok", "servtest: unloaded")]
    [InlineData("buffers", "", "", "")]
    public void A_driver_loads_and_unloads(string driver, string meanwhile, string said, string saidAtUnload)
    {
        string output = Session($"thread main {{\n {meanwhile} sleep 1500ms\n unload {driver}\n}}", [driver], "g", "lm");
        Assert.Contains($"Driver {driver}: DriverEntry returned 0x00000000 (STATUS_SUCCESS)\n", output);
        Assert.Contains(said, output);
        Assert.Contains(saidAtUnload, output);
        Assert.Contains(" 0 expectations failed\n", output);
        Assert.Matches($"Unloaded modules:\n.* {driver}\\.sys", output);
    }

    [Fact]
    public void A_driver_of_NT_4_age_finds_its_buses_and_its_interrupt()
    {
        string output = Session(null, ["nt4style"]);
        Assert.Contains("nt4style: bus 0 of type 5 is PCI\n", output);
        Assert.Contains("nt4style: 2 buses\n", output);
        Assert.Contains("nt4style: irq 4 vector 0x90 irql 9 affinity 0x3\n", output);
    }

    [Fact]
    public void The_slots_of_the_machine_are_found_by_number() => Assert.Contains("haltest: 2 functions\n", Session(null, ["haltest"]));

    [Theory]
    [InlineData("kmdfstyle", "kmdfstyle: binding", "WDFLDR.SYS!WdfVersionBind", "kmdfstyle!FxDriverEntryWorker")]
    [InlineData("fltstyle", "fltstyle: registering", "FLTMGR.SYS!FltRegisterFilter", "fltstyle!DriverEntry")]
    [InlineData("missing", "missing: calling", "ntoskrnl.exe!NtKdSimNoSuchRoutine", "missing!MissingCall")]
    public void A_missing_module_is_named_when_it_is_called(string driver, string before, string routine, string caller)
    {
        string output = Session(null, [driver], ".lastevent");
        Assert.Contains(before + "\n", output);
        Assert.Matches($@"\*\*\* {routine} is not implemented: called by {caller}\+0x[0-9a-f]+ with \(0x", output);
    }

    [Fact]
    public void A_driver_that_fails_leaves_nothing_behind()
    {
        string output = Session(null, ["failing"], "lm", "!drvobj failing");
        Assert.Contains("Driver failing: DriverEntry returned 0xC000000E (STATUS_NO_SUCH_DEVICE)\n", output);
        Assert.Matches("Unloaded modules:\n.* failing\\.sys", output);
        Assert.DoesNotContain("Driver object (", output);
    }

    [Fact]
    public void A_filter_attaches_to_a_device_by_its_name_and_detaches()
    {
        const string Talk = """
            thread main {
                b = open "\\.\Buffers"
                x = ioctl b 0x80212000 in "hello" out 5
                expect x data "olleh"
                close b
                unload attach
                unload buffers
            }
            """;
        string output = Session(Talk, ["buffers", "attach"], "g", "lm");
        Assert.Contains("attach: over \\Driver\\buffers\n", output);
        Assert.Contains("all back\n", output);
        Assert.Contains(" 0 expectations failed\n", output);
        Assert.Matches("(?s)Unloaded modules:\n.*attach.sys.*buffers.sys", output);
        Assert.Contains("Driver attach: DriverEntry returned 0xC0000034 (STATUS_OBJECT_NAME_NOT_FOUND)\n", Session(null, ["attach"]));
    }

    [Fact]
    public void A_driver_is_loaded_from_anywhere_and_without_symbols()
    {
        string folder = Directory.CreateTempSubdirectory("kd sim").FullName;
        try
        {
            string file = Path.Combine(folder, "My driver.v2.sys");
            File.Copy(LiveConsole.Driver("buffers"), file);
            string output = LiveConsole.Session(null, ["--driver", file], "lm m my*");
            Assert.Contains("Driver My driver.v2: DriverEntry returned 0x00000000 (STATUS_SUCCESS)\n", output);
            Assert.Contains("my_driver_v2", output);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
