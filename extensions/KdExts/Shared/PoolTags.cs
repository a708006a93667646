namespace KdExts.Shared;

/// <summary>What the well-known pool tags stand for. A driver's tag is not here: it is named by the driver that holds it.</summary>
static class PoolTags
{
    static readonly Dictionary<string, string> Known = new(StringComparer.Ordinal)
    {
        ["Irp "] = "Io, IRP packets",
        ["Mdl "] = "Io, memory descriptor lists",
        ["Devi"] = "Device objects",
        ["Driv"] = "Driver objects",
        ["File"] = "File objects",
        ["Proc"] = "Process objects",
        ["Thre"] = "Thread objects",
        ["Even"] = "Event objects",
        ["Dire"] = "Object directories",
        ["Symb"] = "Symbolic link objects",
        ["ObjT"] = "Object types",
        ["ObNm"] = "Names of objects",
        ["ObDi"] = "Entries of object directories",
        ["Obtb"] = "Handle tables",
        ["PsAp"] = "Ps, APCs",
        ["IoSB"] = "Io, system buffers",
        ["IoWo"] = "Io, work items",
        ["Io  "] = "Io, general allocations",
        ["IoDn"] = "Io, device nodes",
        ["PnpD"] = "Pnp, device nodes",
        ["PpRm"] = "Pnp, resources",
        ["CM  "] = "Configuration manager",
        ["KDpc"] = "Ke, DPCs",
        ["KInt"] = "Ke, interrupt objects",
        ["LSwi"] = "Initial process information",
    };

    /// <summary>A tag's line without its indent, as <c>!pool</c> ends the block that was asked for.</summary>
    public static string Describe(uint tag) => Known.TryGetValue(PoolReader.TagText(tag), out string? text)
        ? $"Pooltag {PoolReader.TagText(tag)} : {text}"
        : "Owning component : Unknown (update pooltag.txt)";

    public static string? Find(uint tag) => Known.GetValueOrDefault(PoolReader.TagText(tag));
}
