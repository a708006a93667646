using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdExts.Ke;

/// <summary><c>!cpuinfo</c>: what the processors are.</summary>
[Command("!cpuinfo", "!cpuinfo [processor]", "Show family, model, stepping and speed of the processors", Example = "!cpuinfo")]
[Command("!cpuid", "!cpuid [processor]", "Show family, model, stepping and speed of the processors", Example = "!cpuid")]
[Reads("nt!_KPRCB", "nt!KiProcessorBlock")]
public sealed class CpuInfoCommand : WordCommand
{
    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        int first = 0, last = session.Target.ProcessorCount - 1;
        if (arguments.Has(0))
            first = last = Processors.Chosen(session, arguments);
        bool brief = arguments.Name == "!cpuid";
        yield return new Line(brief ? "CP  F/M/S Manufacturer  MHz" : "CP  F/M/S Manufacturer  MHz PRCB Signature    MSR 8B Signature Features");
        for (int i = first; i <= last; i++)
        {
            StructureValue prcb = Processors.Prcb(session, i);
            string vendor = string.Concat(prcb.Array("VendorString").TakeWhile(c => c != 0).Select(c => (char)c));
            string more = brief ? "" : $" {prcb["UpdateSignature.QuadPart"]:x16}                  {prcb["FeatureBits"]:x8}";
            yield return new Line($"{i,2} {prcb["CpuType"]:x2},{prcb["CpuModel"]},{prcb["CpuStepping"]} {vendor,-12} {prcb["MHz"],4}{more}");
        }
    }
}
