using Xunit;

namespace KdSim.Symbols.Tests.Pdb;

public class PdbWriterTests
{
    [Fact]
    public void EqualInputGivesEqualBytes()
    {
        byte[] bytes = SamplePdb.Bytes();
        Assert.Equal(bytes, SamplePdb.Bytes());
        if (Environment.GetEnvironmentVariable("KDSIM_KEEP") is { } folder)
            File.WriteAllBytes(Path.Combine(folder, "sample.pdb"), bytes);
    }
}
