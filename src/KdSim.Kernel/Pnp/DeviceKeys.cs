using System.Collections.Immutable;
using KdSim.Kernel.Cm;
using KdSim.Kernel.Pnp.Installation;
using KdSim.Nt;

namespace KdSim.Kernel.Pnp;

/// <summary>A device's part of the registry: its instance key under Enum, its software key under Control\Class, its service.</summary>
public sealed class DeviceKeys(NtKernel kernel) : KernelComponent(kernel)
{
    public const string Enum = @"\Registry\Machine\SYSTEM\CurrentControlSet\Enum\";
    public const string Class = @"\Registry\Machine\SYSTEM\CurrentControlSet\Control\Class\";
    public const string Services = @"\Registry\Machine\SYSTEM\CurrentControlSet\Services\";

    public string KeyOf(View<DEVICE_NODE> node) => Enum + Kernel.DeviceNodes.PathOf(node);

    public string? Text(View<DEVICE_NODE> node, string name) => Kernel.Roots.Registry.Value(KeyOf(node), name)?.AsText();

    public ImmutableArray<string> Texts(View<DEVICE_NODE> node, string name) => Kernel.Roots.Registry.Value(KeyOf(node), name)?.AsTexts() ?? [];

    public uint? Number(View<DEVICE_NODE> node, string name) => Kernel.Roots.Registry.Value(KeyOf(node), name)?.AsNumber();

    public void Set(View<DEVICE_NODE> node, RegistryValue value) => Set(KeyOf(node), value);

    public void Set(string key, RegistryValue value) => Kernel.Roots = Kernel.Roots with { Registry = Kernel.Roots.Registry.Set(key, value) };

    /// <summary>The key of the device's class, or null if the device has none.</summary>
    public string? ClassKey(View<DEVICE_NODE> node) => Text(node, "ClassGUID") is { Length: > 0 } guid ? Class + guid : null;

    /// <summary>The software key (PLUGPLAY_REGKEY_DRIVER), or null if no driver is installed.</summary>
    public string? SoftwareKey(View<DEVICE_NODE> node) => Text(node, "Driver") is { Length: > 0 } driver ? Class + driver : null;

    /// <summary>
    /// Drivers of the stack in the order of their AddDevice: lower filters of the device and of its class, the function driver, upper filters of the device
    /// and of its class (WDK, "Device filter driver ordering").
    /// </summary>
    public ImmutableArray<string> StackOf(View<DEVICE_NODE> node, out int function)
    {
        ImmutableArray<string> ClassFilters(string name) => ClassKey(node) is { } key ? Kernel.Roots.Registry.Value(key, name)?.AsTexts() ?? [] : [];
        ImmutableArray<string> lower = [.. Texts(node, "LowerFilters"), .. ClassFilters("LowerFilters")];
        function = lower.Length;
        return Text(node, "Service") is { Length: > 0 } service
            ? [.. lower, service, .. Texts(node, "UpperFilters"), .. ClassFilters("UpperFilters")]
            : [.. lower];
    }

    /// <summary>
    /// What user-mode Plug and Play does for a new device: installs the best driver of the driver store. A pure function of registry, files and
    /// identity; false if the store has none.
    /// </summary>
    public bool Install(View<DEVICE_NODE> node)
    {
        var identity = new DeviceIdentity(Kernel.DeviceNodes.PathOf(node), Texts(node, "HardwareID"), Texts(node, "CompatibleIDs"));
        if (InfInstaller.Install(Kernel.Roots.DriverStore, identity, Kernel.Roots.Registry, Kernel.Roots.InstalledFiles) is not { } done)
            return false;
        Kernel.Roots = Kernel.Roots with { Registry = done.Registry, InstalledFiles = done.Files };
        return true;
    }
}
