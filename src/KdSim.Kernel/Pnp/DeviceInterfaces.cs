using System.Text;
using KdSim.Kernel.Cm;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Pnp;

/// <summary>
/// Device interfaces: a key under Control\DeviceClasses for each, a symbolic link <c>\??\PCI#VEN...#{class}</c> to the physical device while it is enabled.
/// PASSIVE_LEVEL.
/// </summary>
public sealed class DeviceInterfaces(NtKernel kernel) : KernelComponent(kernel)
{
    internal const string Classes = @"\Registry\Machine\SYSTEM\CurrentControlSet\Control\DeviceClasses\";
    private const uint Tag = 0x66497044; // "DpIf"
    private const uint IncludeNonActive = 1;
    private const int NameBytes = 0x200;

    [NtExport("IoRegisterDeviceInterface", MaxIrql = Irql.Passive)]
    public NtStatus IoRegisterDeviceInterface(Ptr<DEVICE_OBJECT> PhysicalDeviceObject, ulong InterfaceClassGuid, Ptr<UNICODE_STRING> ReferenceString,
        Ptr<UNICODE_STRING> SymbolicLinkName)
    {
        View<DEVICE_NODE> node = Kernel.DeviceNodes.Of(PhysicalDeviceObject);
        if (node.IsNull)
            return NtStatus.InvalidDeviceRequest;
        string reference = ReferenceString.IsNull ? "" : Kernel.DeviceNodes.Text(ReferenceString.Read());
        if (reference.AsSpan().IndexOfAny('\\', '/') >= 0)
            return NtStatus.InvalidDeviceRequest;
        string guid = ReadGuid(InterfaceClassGuid), path = Kernel.DeviceNodes.PathOf(node);
        string name = $@"\??\{path.Replace('\\', '#')}#{guid}";
        Kernel.DeviceKeys.Set(KeyOf(name), RegistryValue.Text("DeviceInstance", path));
        string link = reference.Length == 0 ? name : $@"{name}\{reference}";
        Kernel.DeviceKeys.Set(ReferenceKey(link), RegistryValue.Text("SymbolicLink", @"\\?" + link[3..]));
        SymbolicLinkName.Write(NewString(link));
        return NtStatus.Success;
    }

    [NtExport("IoSetDeviceInterfaceState", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> IoSetDeviceInterfaceState(Ptr<UNICODE_STRING> SymbolicLinkName, bool Enable)
    {
        View<DEVICE_NODE> node = OwnerOf(SymbolicLinkName);
        if (node.IsNull)
            return NtStatus.ObjectNameNotFound;
        if (IsLinked(SymbolicLinkName) == Enable)
            return Enable ? NtStatus.ObjectNameExists : NtStatus.ObjectNameNotFound;
        NtStatus status;
        if (Enable)
        {
            View<OBJECT_NAME_INFORMATION> target = new(Guest.Scratch(NameBytes));
            ulong length = Guest.Scratch(16);
            status = await Guest.Call(Kernel.NtExports["ObQueryNameString"], node.PhysicalDeviceObject, target.Address, NameBytes, length);
            if (status.IsSuccess)
                status = await Guest.Call(Kernel.NtExports["IoCreateSymbolicLink"], SymbolicLinkName, target.Address);
        }
        else
        {
            status = await Guest.Call(Kernel.NtExports["IoDeleteSymbolicLink"], SymbolicLinkName);
        }
        if (!status.IsSuccess)
            return status;
        SetLinked(SymbolicLinkName, Enable);
        await Kernel.PnpNotifications.InterfaceChanged(SymbolicLinkName, Enable);
        return NtStatus.Success;
    }

    /// <summary>A list of links, each with its NUL and one more NUL at the end, in paged pool.</summary>
    [NtExport("IoGetDeviceInterfaces", MaxIrql = Irql.Passive)]
    public NtStatus IoGetDeviceInterfaces(ulong InterfaceClassGuid, Ptr<DEVICE_OBJECT> PhysicalDeviceObject, uint Flags, Ptr<ulong> SymbolicLinkList)
    {
        string owner = PhysicalDeviceObject.IsNull ? "" : Kernel.DeviceNodes.PathOf(Kernel.DeviceNodes.Of(PhysicalDeviceObject));
        var text = new StringBuilder();
        foreach (string link in LinksOf(ReadGuid(InterfaceClassGuid), owner, (Flags & IncludeNonActive) != 0))
            text.Append(link).Append('\0');
        byte[] bytes = Encoding.Unicode.GetBytes(text.Append('\0').ToString());
        ulong block = Kernel.Pool.Allocate(POOL_TYPE.PagedPool, (ulong)bytes.Length, Tag);
        Memory.Write(block, bytes);
        SymbolicLinkList.Write(block);
        return NtStatus.Success;
    }

    /// <summary>The link of another class for the same device and reference string.</summary>
    [NtExport("IoGetDeviceInterfaceAlias", MaxIrql = Irql.Passive)]
    public NtStatus IoGetDeviceInterfaceAlias(Ptr<UNICODE_STRING> SymbolicLinkName, ulong AliasInterfaceClassGuid, Ptr<UNICODE_STRING> AliasSymbolicLinkName)
    {
        string link = Kernel.DeviceNodes.Text(SymbolicLinkName.Read());
        int start = link.LastIndexOf('{'), end = link.LastIndexOf('}');
        if (start < 0 || end < start)
            return NtStatus.InvalidParameter;
        string alias = link[..start] + ReadGuid(AliasInterfaceClassGuid) + link[(end + 1)..];
        if (Kernel.Roots.Registry.Find(ReferenceKey(alias)) is null)
            return NtStatus.ObjectNameNotFound;
        AliasSymbolicLinkName.Write(NewString(alias));
        return NtStatus.Success;
    }

    /// <summary>A device that is removed loses its links, if its driver has forgotten them.</summary>
    internal async KTask DisableAll(View<DEVICE_NODE> node)
    {
        View<UNICODE_STRING> link = Guest.Scratch<UNICODE_STRING>();
        while (FirstEnabled(node) is { Length: > 0 } name)
        {
            link.Write(NewString(name));
            await Guest.Call(Stub.IoSetDeviceInterfaceState, link.Address, 0);
            Kernel.Pool.Free(link.Read().Buffer);
        }
    }

    internal string ReadGuid(ulong address)
    {
        Span<byte> bytes = stackalloc byte[16];
        Memory.Read(address, bytes);
        return $"{{{new Guid(bytes)}}}";
    }

    /// <summary>The class of a link.</summary>
    internal static Guid ClassOf(string link)
    {
        int start = link.LastIndexOf('{'), end = link.LastIndexOf('}');
        return Guid.Parse(link[start..(end + 1)]);
    }

    /// <summary>Links of a class in the order of their keys; of one device, if it is named.</summary>
    internal List<string> LinksOf(string guid, string owner, bool all)
    {
        var links = new List<string>();
        Registry registry = Kernel.Roots.Registry;
        if (registry.Find(Classes + guid) is not { } @class)
            return links;
        foreach (int instance in @class.Subkeys.Values)
        {
            if (owner.Length != 0 && !owner.Equals(registry[instance].Value("DeviceInstance")?.AsText(), StringComparison.OrdinalIgnoreCase))
                continue;
            foreach ((string name, int reference) in registry[instance].Subkeys)
                if (name.StartsWith('#') && registry[reference].Value("SymbolicLink")?.AsText() is { } link)
                    if (all || registry[reference].Value("Linked")?.AsNumber() == 1)
                        links.Add(@"\??" + link[3..]);
        }
        return links;
    }

    /// <summary>The key of an interface: ##?# and the name with every backslash turned into #.</summary>
    internal static string KeyOf(string link)
    {
        int end = link.LastIndexOf('}') + 1, start = link.LastIndexOf('{');
        return $"{Classes}{link[start..end]}\\##?#{link[4..end]}";
    }

    internal static string ReferenceKey(string link)
    {
        int end = link.LastIndexOf('}') + 1;
        return $"{KeyOf(link)}\\#{link[end..].TrimStart('\\')}";
    }

    private string FirstEnabled(View<DEVICE_NODE> node)
    {
        if (Kernel.Roots.Registry.Find(Classes.TrimEnd('\\')) is { } classes)
            foreach (string guid in classes.Subkeys.Keys)
                if (LinksOf(guid, Kernel.DeviceNodes.PathOf(node), all: false) is { Count: > 0 } links)
                    return links[0];
        return "";
    }

    private View<DEVICE_NODE> OwnerOf(Ptr<UNICODE_STRING> name)
    {
        string link = Kernel.DeviceNodes.Text(name.Read());
        if (link.IndexOf('{') < 4 || Kernel.Roots.Registry.Find(ReferenceKey(link)) is null)
            return default;
        return Kernel.Roots.Registry.Value(KeyOf(link), "DeviceInstance")?.AsText() is { } path ? Kernel.DeviceNodes.Find(path) : default;
    }

    private bool IsLinked(Ptr<UNICODE_STRING> name) =>
        Kernel.Roots.Registry.Value(ReferenceKey(Kernel.DeviceNodes.Text(name.Read())), "Linked")?.AsNumber() == 1;

    private void SetLinked(Ptr<UNICODE_STRING> name, bool linked) =>
        Kernel.DeviceKeys.Set(ReferenceKey(Kernel.DeviceNodes.Text(name.Read())), RegistryValue.Number("Linked", linked ? 1u : 0));

    private UNICODE_STRING NewString(string text) => Kernel.ModuleList.NewString(text);
}
