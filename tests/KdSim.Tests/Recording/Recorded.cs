using KdSim.CommandLine;
using KdSim.ConsoleFront;
using KdSim.Machines;
using Xunit;

namespace KdSim.Tests.Recording;

/// <summary>Runs the tool with --record, and gives the file.</summary>
static class Recorded
{
    /// <param name="profile">Behind the comma of --record; empty for the default.</param>
    public static byte[] Run(string commands, string profile = "") => Run("run.etl", commands, profile);

    /// <param name="name">The name of the file, which is in the file: it has to be the same each time.</param>
    public static byte[] Run(string name, string commands, string profile, params IEnumerable<string> options)
    {
        string folder = Directory.CreateTempSubdirectory("kdsim").FullName, path = Path.Combine(folder, name);
        try
        {
            Console(commands, [.. options, "--record", profile.Length == 0 ? path : $"{path},{profile}"]);
            return File.ReadAllBytes(path);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The output of a session.</summary>
    public static string Console(string commands, params IEnumerable<string> options)
    {
        Options parsed = OptionTable.Parse(["-kqm", .. options, "-c", commands], windows: false, inputIsTerminal: false);
        using StringWriter output = new() { NewLine = "\n" };
        using (ConsoleHost host = new(parsed, MachineChoice.From(parsed), TextReader.Null, output))
            Assert.Equal(0, host.Run());
        return output.ToString();
    }
}
