using KdSim.CommandLine;
using KdSim.Machines;
using KdSim.Tests.Live;
using Xunit;

namespace KdSim.Tests;

/// <summary>Broken files given to the tool: said before the machine starts, in one line that names the file.</summary>
public class BadFileTests
{
    static string Problem(string option, string name, byte[] content, Action<string>? beside = null)
    {
        string folder = Directory.CreateTempSubdirectory("kdsim").FullName;
        try
        {
            string path = Path.Combine(folder, name);
            File.WriteAllBytes(path, content);
            beside?.Invoke(folder);
            Options options = OptionTable.Parse([option, path], windows: false, inputIsTerminal: false);
            UsageException error = Assert.Throws<UsageException>(() => DriverPackages.Read(MachineChoice.From(options)));
            Assert.DoesNotContain('\n', error.Message);
            return error.Message;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    static byte[] Buffers => File.ReadAllBytes(LiveConsole.Driver("buffers"));

    [Theory]
    [InlineData("--driver", "cut.sys")]
    [InlineData("--driver", "empty.sys")]
    [InlineData("--driver", "empty.inf")]
    [InlineData("--machine", "empty.bin")]
    [InlineData("--scenario", "bad.scenario")]
    public void A_broken_file_is_named(string option, string name)
    {
        byte[] content = name switch { "cut.sys" => Buffers[..500], "bad.scenario" => "thread {"u8.ToArray(), "empty.bin" => [0, 1, 2], _ => [] };
        Assert.Contains(name, Problem(option, name, content));
    }

    [Fact]
    public void A_driver_that_can_only_lie_at_its_base_is_refused()
    {
        byte[] content = Buffers;
        int header = BitConverter.ToInt32(content, 0x3C);
        content[header + 22] |= 1; // IMAGE_FILE_RELOCS_STRIPPED.
        Assert.Contains("without relocations", Problem("--driver", "fixed.sys", content));
    }

    [Fact]
    public void A_broken_pdb_beside_a_driver_is_named() =>
        Assert.Contains("buffers.pdb", Problem("--driver", "buffers.sys", Buffers, folder => File.WriteAllText(Path.Combine(folder, "buffers.pdb"), "no")));
}
