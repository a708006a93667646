using System.Runtime.CompilerServices;
using Xunit;

namespace KdSim.Debugger.Tests;

/// <summary>Text files beside the tests. KDSIM_UPDATE=1 writes them anew; a missing one fails.</summary>
static class Golden
{
    public static void Check(string actual, [CallerMemberName] string name = "")
    {
        string path = Path.Combine(Pulse.Root, "tests", "KdSim.Debugger.Tests", "golden", name + ".txt");
        if (Environment.GetEnvironmentVariable("KDSIM_UPDATE") == "1")
            File.WriteAllText(path, actual);
        Assert.True(File.Exists(path), $"{path} is missing: run with KDSIM_UPDATE=1 and read it");
        Assert.Equal(File.ReadAllText(path), actual);
    }
}
