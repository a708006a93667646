using System.Buffers.Binary;
using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdExts.Se;

/// <summary><c>!sid</c>: a security identifier.</summary>
[Command("!sid", "!sid address", "Show a security identifier", Example = "!sid @rcx")]
[Reads("nt!_SID")]
public sealed class SidCommand : WordCommand
{
    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        ulong address = arguments.Address(session);
        return SecurityText.Sid(session, address) is { } text ? [new Line($"SID is: {text}")] : [new Error($"{address:x16}: is not a SID")];
    }
}

/// <summary><c>!acl</c>: an access control list.</summary>
[Command("!acl", "!acl address", "Show an access control list", Example = "!acl @rcx")]
[Reads("nt!_ACL", "nt!_ACE_HEADER", "nt!_SID")]
public sealed class AclCommand : WordCommand
{
    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session) => SecurityText.Acl(session, arguments.Address(session), "ACL is:");
}

/// <summary><c>!sd</c>: a security descriptor.</summary>
[Command("!sd", "!sd address", "Show a security descriptor", Example = "!sd @rcx")]
[Reads("nt!_SECURITY_DESCRIPTOR", "nt!_ACL", "nt!_ACE_HEADER", "nt!_SID")]
public sealed class SecurityDescriptorCommand : WordCommand
{
    const ulong SelfRelative = 0x8000, DaclPresent = 4, SaclPresent = 0x10;

    static readonly KeyValuePair<string, long>[] Flags =
    [
        new("SE_OWNER_DEFAULTED", 1), new("SE_GROUP_DEFAULTED", 2), new("SE_DACL_PRESENT", 4), new("SE_DACL_DEFAULTED", 8),
        new("SE_SACL_PRESENT", 0x10), new("SE_SACL_DEFAULTED", 0x20), new("SE_DACL_AUTO_INHERIT_REQ", 0x100), new("SE_SACL_AUTO_INHERIT_REQ", 0x200),
        new("SE_DACL_AUTO_INHERITED", 0x400), new("SE_SACL_AUTO_INHERITED", 0x800), new("SE_DACL_PROTECTED", 0x1000),
        new("SE_SACL_PROTECTED", 0x2000), new("SE_RM_CONTROL_VALID", 0x4000), new("SE_SELF_RELATIVE", 0x8000),
    ];

    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        ulong address = arguments.Address(session);
        if (!session.TryReadInteger(address, 4, out ulong head) || (head & 0xff) != 1)
        {
            yield return new Error($"{address:x16}: is not a security descriptor");
            yield break;
        }
        ulong control = head >> 16;
        yield return new Line($"->Revision: 0x{head & 0xff:x}");
        yield return new Line($"->Sbz1    : 0x{head >> 8 & 0xff:x}");
        yield return new Line($"->Control : 0x{control:x}");
        foreach ((string name, long bit) in Flags)
            if ((control & (ulong)bit) != 0)
                yield return new Line($"            {name}");
        ulong[] parts = [.. Parts(session, address, (control & SelfRelative) != 0)];
        foreach ((string name, int index) in (IEnumerable<(string, int)>)[("Owner", 0), ("Group", 1)])
        {
            string sid = parts[index] == 0 ? " is NULL" : SecurityText.Sid(session, parts[index]) ?? $"{parts[index]:x16} is not a SID";
            yield return new Line($"->{name,-8}: {sid}");
        }
        foreach ((string name, int index, ulong present) in (IEnumerable<(string, int, ulong)>)[("Dacl", 3, DaclPresent), ("Sacl", 2, SaclPresent)])
            if (parts[index] == 0 || (control & present) == 0)
                yield return new Line($"->{name,-8}:  is NULL");
            else
                foreach (Node node in SecurityText.Acl(session, parts[index], $"->{name,-8}:"))
                    yield return node;
    }

    /// <summary>Owner, group, SACL, DACL: pointers, or offsets of 32 bits from the descriptor.</summary>
    static IEnumerable<ulong> Parts(IDebugSession session, ulong address, bool relative)
    {
        StructureLayout type = session.Types["nt!_SECURITY_DESCRIPTOR"];
        string[] fields = ["Owner", "Group", "Sacl", "Dacl"];
        for (int i = 0; i < fields.Length; i++)
        {
            ulong value = relative
                ? session.TryReadInteger(address + 4 + (ulong)i * 4, 4, out ulong offset) && offset != 0 ? address + offset : 0
                : session.TryReadPointer(address + type.OffsetOf(fields[i]), out ulong pointer) ? pointer : 0;
            yield return value;
        }
    }
}

/// <summary>SIDs and ACLs as text. Counts come from memory and are bounded.</summary>
static class SecurityText
{
    const int MostSubAuthorities = 15;
    const int MostAces = 1024;

    static readonly string[] AceTypes =
        ["ACCESS_ALLOWED_ACE_TYPE", "ACCESS_DENIED_ACE_TYPE", "SYSTEM_AUDIT_ACE_TYPE", "SYSTEM_ALARM_ACE_TYPE", "ACCESS_ALLOWED_COMPOUND_ACE_TYPE"];

    static readonly KeyValuePair<string, long>[] AceFlags =
    [
        new("OBJECT_INHERIT_ACE", 1), new("CONTAINER_INHERIT_ACE", 2), new("NO_PROPAGATE_INHERIT_ACE", 4), new("INHERIT_ONLY_ACE", 8),
        new("INHERITED_ACE", 0x10), new("SUCCESSFUL_ACCESS_ACE_FLAG", 0x40), new("FAILED_ACCESS_ACE_FLAG", 0x80),
    ];

    /// <summary><c>S-1-5-18</c>, or null when it is none.</summary>
    public static string? Sid(IDebugSession session, ulong address)
    {
        byte[] head = new byte[8];
        if (session.Read(address, head) < head.Length || head[0] != 1 || head[1] > MostSubAuthorities)
            return null;
        byte[] parts = new byte[head[1] * 4];
        if (session.Read(address + 8, parts) < parts.Length)
            return null;
        ulong authority = 0;
        for (int i = 2; i < 8; i++)
            authority = authority << 8 | head[i];
        return $"S-{head[0]}-{authority}" + string.Concat(Enumerable.Range(0, head[1]).Select(i =>
            $"-{BinaryPrimitives.ReadUInt32LittleEndian(parts.AsSpan(i * 4))}"));
    }

    public static IEnumerable<Node> Acl(IDebugSession session, ulong address, string label)
    {
        if (session.Types["nt!_ACL"].TryRead(address) is not { IsComplete: true } acl || acl["AclRevision"] is 0 or > 4)
        {
            yield return new Error($"{address:x16}: is not an ACL");
            yield break;
        }
        yield return new Line(label);
        foreach (string field in (IEnumerable<string>)["AclRevision", "Sbz1", "AclSize", "AceCount", "Sbz2"])
            yield return new Line($"{label} ->{field,-11}: 0x{acl[field]:x}");
        StructureLayout aceType = session.Types["nt!_ACE_HEADER"];
        ulong at = address + acl.Layout.Size, end = address + acl["AclSize"];
        for (ulong i = 0; i < Math.Min(acl["AceCount"], MostAces) && at < end; i++)
        {
            string ace = $"{label} ->Ace[{i}]:";
            if (aceType.TryRead(at) is not { IsComplete: true } head || head["AceSize"] < aceType.Size)
            {
                yield return new Error($"{ace} {at:x16}: is not an ACE");
                yield break;
            }
            ulong type = head["AceType"];
            yield return new Line($"{ace} ->AceType: {(type < (ulong)AceTypes.Length ? AceTypes[type] : $"0x{type:x}")}");
            yield return new Line($"{ace} ->AceFlags: 0x{head["AceFlags"]:x}");
            foreach ((string name, long bit) in AceFlags)
                if ((head["AceFlags"] & (ulong)bit) != 0)
                    yield return new Line($"{ace}             {name}");
            yield return new Line($"{ace} ->AceSize: 0x{head["AceSize"]:x}");
            yield return new Line($"{ace} ->Mask : 0x{(session.TryReadInteger(at + aceType.Size, 4, out ulong mask) ? mask : 0):x8}");
            yield return new Line($"{ace} ->SID: {Sid(session, at + aceType.Size + 4) ?? "is not a SID"}");
            at += head["AceSize"];
        }
    }
}
