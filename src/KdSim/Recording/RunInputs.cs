using System.Text;
using KdSim.Kernel.Routines;
using KdSim.Live;
using KdSim.Machines;
using KdSim.Tracing.Etl.Providers;

namespace KdSim.Recording;

/// <summary>A file that goes into the trace as it is.</summary>
sealed record EmbeddedFile(EmbeddedKind Kind, string Name, byte[] Bytes);

/// <summary>All that decides a run, as a trace keeps it: texts whole, images by their hash. Names are without folders.</summary>
sealed record RunInputs(string MachineName, IReadOnlyList<EmbeddedFile> Files, IReadOnlyList<(string Name, ReadOnlyMemory<byte> Bytes)> Images)
{
    public static RunInputs Of(LiveMachine machine)
    {
        var files = new List<EmbeddedFile>
        {
            new(EmbeddedKind.MachineFile, "machine.toml", Encoding.UTF8.GetBytes(MachineFileWriter.Write(machine.Description))),
        };
        var images = new List<(string, ReadOnlyMemory<byte>)> { (ImageNames.Kernel, machine.Kernel.Images.All[0].File) };
        foreach ((string path, byte[] bytes) in machine.Files)
            switch (Path.GetExtension(path).ToLowerInvariant())
            {
                case ".inf": files.Add(new EmbeddedFile(EmbeddedKind.Inf, Path.GetFileName(path), bytes)); break;
                case ".sys": images.Add((Path.GetFileName(path), bytes)); break;
                default: files.Add(new EmbeddedFile(EmbeddedKind.Scenario, Path.GetFileName(path), bytes)); break;
            }
        return new RunInputs(machine.Description.Name, files, images);
    }
}
