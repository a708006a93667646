using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdExts.Pnp;

/// <summary><c>!cmreslist</c>: the resources that a device was given.</summary>
[Command("!cmreslist", "!cmreslist address", "Show a resource list", Example = "!cmreslist @rcx")]
[Reads("nt!_CM_RESOURCE_LIST", "nt!_CM_PARTIAL_RESOURCE_DESCRIPTOR")]
public sealed class ResourceListCommand : WordCommand
{
    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session) =>
        ResourceText.List(session, arguments.Address(session), "");
}

/// <summary><c>!ioreslist</c>: the resources that a device asks for.</summary>
[Command("!ioreslist", "!ioreslist address", "Show a list of resource requirements", Example = "!ioreslist @rcx")]
[Reads("nt!_IO_RESOURCE_REQUIREMENTS_LIST", "nt!_IO_RESOURCE_LIST", "nt!_IO_RESOURCE_DESCRIPTOR")]
public sealed class RequirementsListCommand : WordCommand
{
    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session) =>
        ResourceText.Requirements(session, arguments.Address(session), "");
}

/// <summary><c>!ioresdes</c>: one requirement.</summary>
[Command("!ioresdes", "!ioresdes address", "Show a descriptor of a resource requirement", Example = "!ioresdes @rcx")]
[Reads("nt!_IO_RESOURCE_DESCRIPTOR")]
public sealed class RequirementCommand : WordCommand
{
    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session) =>
        ResourceText.Requirement(session.Types["nt!_IO_RESOURCE_DESCRIPTOR"].Read(arguments.Address(session)), 0, "");
}

/// <summary>Resource lists as text. Counts come from memory and are bounded.</summary>
static class ResourceText
{
    const int MostEntries = 64;

    public static IEnumerable<Node> List(IDebugSession session, ulong address, string indent)
    {
        StructureLayout listType = session.Types["nt!_CM_RESOURCE_LIST"];
        StructureLayout descriptor = session.Types["nt!_CM_PARTIAL_RESOURCE_DESCRIPTOR"];
        if (!session.TryReadInteger(address + listType.OffsetOf("Count"), 4, out ulong lists))
        {
            yield return new Error($"{address:x16}: Could not read the resource list");
            yield break;
        }
        StructureLayout full = session.Types["nt!_CM_FULL_RESOURCE_DESCRIPTOR"];
        ulong at = address + listType.OffsetOf("List");
        for (ulong i = 0; i < Math.Min(lists, MostEntries); i++)
        {
            if (full.TryRead(at) is not { } head || !head.TryGet("PartialResourceList.Count", out ulong count))
            {
                yield return new Error($"{at:x16}: Could not read the resource list");
                yield break;
            }
            yield return new Line($"{indent}CmResourceList at 0x{address:x16}  " +
                $"Version {head["PartialResourceList.Version"]}.{head["PartialResourceList.Revision"]}  " +
                $"Interface 0x{head["InterfaceType"]:x}  Bus #{head["BusNumber"]}");
            at += full.OffsetOf("PartialResourceList.PartialDescriptors");
            for (ulong entry = 0; entry < Math.Min(count, MostEntries); entry++, at += descriptor.Size)
            {
                if (descriptor.TryRead(at) is not { IsComplete: true } resource)
                {
                    yield return new Error($"{at:x16}: Could not read the resource descriptor");
                    yield break;
                }
                foreach (Node node in Descriptor(resource, entry, indent + "  "))
                    yield return node;
            }
        }
    }

    static IEnumerable<Node> Descriptor(StructureValue resource, ulong entry, string indent)
    {
        ulong type = resource["Type"], flags = resource["Flags"];
        yield return new Line($"{indent}Entry {entry} - {TypeName(type)} (0x{type:x}) {Share(resource["ShareDisposition"])}");
        yield return new Line($"{indent}  Flags (0x{flags:x2}) - {FlagNames(type, flags)}".TrimEnd());
        yield return type switch
        {
            1 or 3 or 7 => new Line($"{indent}  Range starts at 0x{resource["u.Generic.Start.QuadPart"]:x} for 0x{resource["u.Generic.Length"]:x} bytes"),
            2 when (flags & 2) != 0 =>
                new Line($"{indent}  Message Count {resource["u.MessageInterrupt.Raw.MessageCount"]}, " +
                    $"Vector 0x{resource["u.MessageInterrupt.Raw.Vector"]:x}, " +
                    $"Group 0, Affinity 0x{resource["u.MessageInterrupt.Raw.Affinity"]:x}"),
            2 => new Line($"{indent}  Level 0x{resource["u.Interrupt.Level"]:x}, Vector 0x{resource["u.Interrupt.Vector"]:x}, Group 0, " +
                $"Affinity 0x{resource["u.Interrupt.Affinity"]:x}"),
            4 => new Line($"{indent}  Channel 0x{resource["u.Dma.Channel"]:x} Port 0x{resource["u.Dma.Port"]:x}"),
            6 => new Line($"{indent}  Starts at 0x{resource["u.BusNumber.Start"]:x} for 0x{resource["u.BusNumber.Length"]:x} buses"),
            _ => new Line($"{indent}  Data: {string.Join(' ', resource.Array("u.DevicePrivate.Data").Select(d => $"0x{d:x8}"))}"),
        };
    }

    public static IEnumerable<Node> Requirements(IDebugSession session, ulong address, string indent)
    {
        StructureLayout listType = session.Types["nt!_IO_RESOURCE_REQUIREMENTS_LIST"], alternative = session.Types["nt!_IO_RESOURCE_LIST"];
        StructureLayout descriptor = session.Types["nt!_IO_RESOURCE_DESCRIPTOR"];
        if (listType.TryRead(address) is not { } list || !list.TryGet("AlternativeLists", out ulong alternatives))
        {
            yield return new Error($"{address:x16}: Could not read the list of resource requirements");
            yield break;
        }
        yield return new Line($"{indent}IoResList at 0x{address:x16} : Interface 0x{list["InterfaceType"]:x}  Bus {list["BusNumber"]}  " +
            $"Slot 0x{list["SlotNumber"]:x}");
        ulong at = address + listType.OffsetOf("List");
        for (ulong i = 0; i < Math.Min(alternatives, MostEntries); i++)
        {
            if (alternative.TryRead(at) is not { } head || !head.TryGet("Count", out ulong count))
                yield break;
            yield return new Line($"{indent}  Alternative {i} (Version {head["Version"]}.{head["Revision"]})");
            at += alternative.OffsetOf("Descriptors");
            for (ulong entry = 0; entry < Math.Min(count, MostEntries); entry++, at += descriptor.Size)
                if (descriptor.TryRead(at) is { IsComplete: true } wanted)
                    foreach (Node node in Requirement(wanted, entry, indent + "    "))
                        yield return node;
        }
    }

    public static IEnumerable<Node> Requirement(StructureValue wanted, ulong entry, string indent)
    {
        ulong type = wanted["Type"], option = wanted["Option"], flags = wanted["Flags"];
        string kind = (option & 1) != 0 ? "Preferred " : (option & 8) != 0 ? "Alternative " : "";
        yield return new Line($"{indent}{kind}Descriptor {entry} - {TypeName(type)} (0x{type:x}) {Share(wanted["ShareDisposition"])}");
        yield return new Line($"{indent}  Flags (0x{flags:x2}) - {FlagNames(type, flags)}".TrimEnd());
        if (type is 1 or 3 or 7)
        {
            yield return new Line($"{indent}  0x{wanted["u.Generic.Length"]:x6} byte range with alignment 0x{wanted["u.Generic.Alignment"]:x6}");
            yield return new Line($"{indent}  {wanted["u.Generic.MinimumAddress.QuadPart"]:x} - 0x{wanted["u.Generic.MaximumAddress.QuadPart"]:x}");
        }
        else if (type == 2)
            yield return new Line($"{indent}  0x{wanted["u.Interrupt.MinimumVector"]:x} - 0x{wanted["u.Interrupt.MaximumVector"]:x}");
    }

    static string TypeName(ulong type) => type switch
    {
        0 => "Null",
        1 => "Port",
        2 => "Interrupt",
        3 => "Memory",
        4 => "Dma",
        5 => "DeviceSpecific",
        6 => "BusNumber",
        7 => "Memory (large)",
        129 => "DevicePrivate",
        _ => "Unknown",
    };

    static string Share(ulong disposition) => disposition switch
    {
        0 => "Undetermined Sharing",
        1 => "Device Exclusive (0x1)",
        2 => "Driver Exclusive (0x2)",
        3 => "Shared (0x3)",
        _ => $"(0x{disposition:x})",
    };

    static string FlagNames(ulong type, ulong flags) => type switch
    {
        1 => (flags & 1) == 0 ? "PORT_MEMORY" : "PORT_IO" + ((flags & 0x10) != 0 ? " 16_BIT_DECODE" : ""),
        2 => (flags & 1) == 0 ? "LEVEL_SENSITIVE" : "LATCHED" + ((flags & 2) != 0 ? " MESSAGE" : ""),
        3 or 7 => (flags & 1) == 0 ? "READ_WRITE" : "READ_ONLY",
        _ => "",
    };
}
