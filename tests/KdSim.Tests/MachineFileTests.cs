using System.Text;
using CsCheck;
using KdSim.CommandLine;
using KdSim.Machines;
using Xunit;

namespace KdSim.Tests;

public class MachineFileTests
{
    const string Sample = """
        [machine]
        cpus = 4
        memory = "512M"
        seed = 7
        boot = 2026-01-05T09:00:00Z
        on_idle = "exit"
        scenario = "demo.scenario"

        [[device]]
        model = "pulse"
        slot = 3

        [[driver]]
        inf = "../pulse/pulse.inf"
        [[driver]]
        sys = "buffers.sys"
        """;

    static string Folder => Path.Combine(Path.GetTempPath(), "machines");

    [Fact]
    public void Reads_everything()
    {
        MachineDescription machine = MachineFile.Parse("demo.toml", Folder, Sample);
        Assert.Equal((4, 512ul << 20, 7ul, OnIdle.Exit), (machine.Cpus, machine.Memory, machine.Seed, machine.OnIdle));
        Assert.Equal(new DateTime(2026, 1, 5, 9, 0, 0, DateTimeKind.Utc), machine.Boot);
        Assert.Equal(new DeviceDescription("pulse", "pulse", 3, 0, true), Assert.Single(machine.Devices));
        Assert.Equal(Path.GetFullPath("../pulse/pulse.inf", Folder), machine.Drivers[0].Path);
        Assert.Equal(Path.Combine(Folder, "demo.scenario"), machine.Scenario);
    }

    [Theory]
    [InlineData("cpus = 9", "m.toml(1,1): cpus: a number from 1 to 8 expected")]
    [InlineData("cups = 2", "m.toml(1,1): name, cpus")]
    [InlineData("memory = \"lots\"", "a size such as 256M")]
    [InlineData("on_idle = \"3\"", "break, run, exit expected")]
    [InlineData("[[devise]]\n", "[[device]] or [[driver]] expected")]
    [InlineData("[[device]]\nmodel=\"pulse\"", "slot = N is missing")]
    [InlineData("[[driver]]\nhwid=\"x\"", "inf = \"...\" or sys")]
    [InlineData("a = = 1", "m.toml(1,")]
    [InlineData("boot = \"yesterday\"", "a date such as")]
    [InlineData("[[device]]\nmodel=\"pulse\"\nslot=3\n[[device]]\nname=\"p\"\nmodel=\"pulse\"\nslot=3", "both stand in PCI slot 3.0")]
    public void Mistakes_name_file_and_place(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<UsageException>(() => MachineFile.Parse("m.toml", Folder, text)).Message);

    [Fact]
    public void No_text_makes_the_reader_fail_in_any_other_way() =>
        Gen.Select(Gen.Int[0, Sample.Length - 1], Gen.Int[0, 30], Gen.String[0, 8]).Sample((at, length, insert) =>
        {
            // Through bytes, as from a file: half a surrogate pair cannot come from there.
            byte[] bytes = Encoding.UTF8.GetBytes(Sample[..at] + insert + Sample[Math.Min(Sample.Length, at + length)..]);
            try
            {
                MachineFile.Parse("fuzzed", Folder, Encoding.UTF8.GetString(bytes));
            }
            catch (UsageException error)
            {
                Assert.StartsWith("fuzzed", error.Message);
            }
        }, iter: 3000);
}
