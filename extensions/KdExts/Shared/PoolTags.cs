using KdSim.Debugging.Structures;
using KdSim.Debugging.Targets;

namespace KdExts.Shared;

/// <summary>What nt's pool tags stand for. A driver's tag is not here: the drivers whose code holds it are named instead.</summary>
static class PoolTags
{
    static readonly Dictionary<string, string> Known = new(StringComparer.Ordinal)
    {
        ["Irp "] = "Io, IRP packets",
        ["Mdl "] = "Io, memory descriptor lists",
        ["Io  "] = "Io, system buffers and general allocations",
        ["Iowi"] = "Io, work items",
        ["IoTi"] = "Io, timers",
        ["IoSh"] = "Io, shutdown notification",
        ["IoFs"] = "Io, file system notification",
        ["IoLr"] = "Io, error log packets",
        ["PInt"] = "Io, interrupt objects",
        ["Devi"] = "Device objects",
        ["Driv"] = "Driver objects",
        ["File"] = "File objects",
        ["Proc"] = "Process objects",
        ["Thre"] = "Thread objects",
        ["Even"] = "Event objects",
        ["Sema"] = "Semaphore objects",
        ["Muta"] = "Mutant objects",
        ["Time"] = "Timer objects",
        ["Call"] = "Callback objects",
        ["Key "] = "Key objects",
        ["Dire"] = "Object directories",
        ["Symb"] = "Symbolic link objects",
        ["Type"] = "Object types",
        ["ObjT"] = "Object types, the type of types",
        ["ObNm"] = "Ob, names of objects",
        ["ObDi"] = "Ob, entries of directories",
        ["Obtl"] = "Ob, handle tables",
        ["TbCl"] = "Ob, callbacks",
        ["SeSd"] = "Se, security descriptors",
        ["SeSc"] = "Se, captured security descriptors",
        ["Psap"] = "Ps, APCs",
        ["PsEx"] = "Ps, termination",
        ["MmLd"] = "Mm, loaded images",
        ["MunD"] = "Mm, unloaded drivers",
        ["MmHP"] = "Mm, physical memory ranges",
        ["Dnod"] = "Pnp, device nodes",
        ["PpDl"] = "Pnp, driver services",
        ["PnpA"] = "Pnp, device actions",
        ["PnpN"] = "Pnp, notifications",
        ["PnRe"] = "Pnp, assigned resources",
        ["PnRq"] = "Pnp, resource requirements",
        ["DpIf"] = "Pnp, device interfaces",
        ["BPID"] = "Bus drivers, device IDs",
        ["BuSR"] = "Bus drivers, relations",
        ["PRwI"] = "Po, power requests",
        ["PoSt"] = "Po, power settings",
        ["CM  "] = "Cm, values",
        ["CMcb"] = "Cm, callbacks",
        ["CMcx"] = "Cm, contexts",
        ["CBrg"] = "Ex, callback registrations",
        ["EmTr"] = "Ex, timers",
        ["ReTa"] = "Ex, owner tables of resources",
        ["ReSv"] = "Ex, waiters of resources",
        ["HaSg"] = "Hal, scatter/gather lists",
        ["HaSr"] = "Hal, scatter/gather requests",
        ["Hal "] = "Hal, DMA adapters",
        ["EtwR"] = "Etw, registrations",
        ["WmiL"] = "Wmi, library",
        ["Strg"] = "Rtl, strings",
        ["None"] = "ExAllocatePool without a tag",
        ["Ovfl"] = "Tags that did not fit the table",
    };

    /// <summary>A tag's line without its indent, as <c>!pool</c> ends the block that was asked for.</summary>
    public static string Describe(IDebugSession session, uint tag) => Find(session, tag) is { } text
        ? $"Pooltag {PoolReader.TagText(tag)} : {text}"
        : "Owning component : Unknown (update pooltag.txt)";

    /// <summary>What a tag stands for, or the drivers that have it in their code; null when there are none.</summary>
    public static string? Find(IDebugSession session, uint tag)
    {
        if (Known.TryGetValue(PoolReader.TagText(tag), out string? text))
            return text;
        List<string> drivers = [.. session.Target.Modules
            .Where(m => !m.Unloaded && m.Name is not ("nt" or "hal") && Mentions(session, m, tag)).Select(m => m.ImageName)];
        return drivers.Count == 0 ? null : $"Binary : {string.Join(", ", drivers)}";
    }

    /// <summary>A tag stands in code as a constant of 32 bits.</summary>
    static bool Mentions(IDebugSession session, TargetModule module, uint tag)
    {
        byte[] page = new byte[PoolReader.PageSize + sizeof(uint) - 1], wanted = BitConverter.GetBytes(tag);
        for (ulong at = module.Base; at < module.End; at += PoolReader.PageSize)
            if (session.Read(at, page) is var length && page.AsSpan(0, length).IndexOf(wanted) >= 0)
                return true;
        return false;
    }
}
