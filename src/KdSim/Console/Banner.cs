using System.Globalization;
using System.Reflection;
using KdSim.Kernel.Images;
using KdSim.Kernel.Rtl;
using KdSim.Kernel.Routines;
using KdSim.Live;

namespace KdSim.ConsoleFront;

/// <summary>What the console says first, in the order in which kd says it.</summary>
static class Banner
{
    public static string Version => typeof(Banner).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    public static string Text(LiveTarget target)
    {
        int processors = target.ProcessorCount;
        string kind = processors > 1 ? $"MP ({processors} procs)" : "UP";
        ulong modules = target.Machine.Kernel.Data(Datum.PsLoadedModuleList);
        return string.Create(CultureInfo.InvariantCulture, $"""

            KdSim {Version}: a kernel debugger and the machine it debugs

            Connected to the machine '{target.Machine.Description.Name}', x64, seed {target.Machine.Description.Seed}
            Windows 10 Kernel Version {Versions.Build} {kind} Free x64 (simulated)
            Kernel base = 0x{Accent(SyntheticImages.KernelBase)} PsLoadedModuleList = 0x{Accent(modules)}


            """);
    }

    static string Accent(ulong value) => $"{value >> 32:x8}`{(uint)value:x8}";
}
