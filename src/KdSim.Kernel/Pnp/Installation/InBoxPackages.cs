namespace KdSim.Kernel.Pnp.Installation;

/// <summary>The INF files that are on every machine, behind those that it was given: they name no files.</summary>
internal static class InBoxPackages
{
    private const string MachineInf = "machine.inf";

    public static InfFile Machine { get; } = InfFile.Parse(MachineInf, Read(MachineInf));

    private static byte[] Read(string name)
    {
        using Stream stream = typeof(InBoxPackages).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"the resource {name} is missing");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
