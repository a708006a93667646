using System.Collections.Immutable;
using KdSim.Kernel.Cm;
using KdSim.Kernel.Images;
using KdSim.Kernel.Loader;
using KdSim.Kernel.Pnp.Buses;
using KdSim.Kernel.Routines;
using KdSim.Nt;
using KdSim.Symbols.Pe;

namespace KdSim.Kernel.Pnp;

/// <summary>
/// Drivers by the name of their service: finds the loaded one, loads another (image, driver object, DriverEntry), unloads one that has no devices left.
/// Loaded drivers stand on a list in nonpaged pool. PASSIVE_LEVEL, on the thread that runs PnP actions or in ZwLoadDriver.
/// </summary>
[NtData("PnpLoadedDriverList", 16)]
public sealed class DriverServices(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Tag = 0x6C447050; // "PpDl"
    private const uint ServiceDisabled = 4;
    private const ulong Object = 0x10, IsPnp = 0x18, EntrySize = 0x20;

    /// <summary>The driver object of a loaded service; null if it is not loaded.</summary>
    public Ptr<DRIVER_OBJECT> Find(string service)
    {
        ulong entry = FindEntry(service);
        return (Ptr<DRIVER_OBJECT>)(entry == 0 ? 0 : Memory.ReadU64(entry + Object));
    }

    /// <summary>Loads a service unless it is loaded: answers STATUS_SUCCESS, or why not.</summary>
    [NtRoutine("IopLoadDriver")]
    public async KTask<NtStatus> IopLoadDriver(Ptr<UNICODE_STRING> ServiceName)
    {
        if (!Find(NameOf(ServiceName)).IsNull)
            return NtStatus.Success;
        NtStatus status = Prepare(NameOf(ServiceName), out Ptr<DRIVER_OBJECT> driver);
        if (!status.IsSuccess)
        {
            Kernel.ServiceResults.Add(NameOf(ServiceName), status);
            return status;
        }
        if (!IsInBox(driver))
            await Kernel.DriverStart.Announce(new View<KLDR_DATA_TABLE_ENTRY>(driver.View.DriverSection));
        View<UNICODE_STRING> path = Guest.Scratch<UNICODE_STRING>();
        path.Write(Kernel.ModuleList.NewString(@"\REGISTRY\MACHINE\SYSTEM\ControlSet001\Services\" + NameOf(ServiceName)));
        Observer?.DriverEntryCalled(Cpu.Number, driver);
        status = await Guest.Call(driver.View.DriverInit, driver, path.Address);
        Observer?.DriverEntryReturned(Cpu.Number, driver, (uint)status);
        Kernel.Pool.Free(path.Read().Buffer);
        Kernel.ServiceResults.Add(NameOf(ServiceName), status);
        if (!status.IsSuccess)
        {
            Forget(driver);
            await Kernel.DriverObjects.Discard(driver);
            return NtStatus.FailedDriverEntry;
        }
        View<DRIVER_OBJECT> loaded = driver;
        Kernel.DriverObjects.Ready(loaded);
        if (!IsInBox(driver))
            Kernel.DriverLoader.DiscardInit(new View<KLDR_DATA_TABLE_ENTRY>(loaded.DriverSection));
        return NtStatus.Success;
    }

    /// <summary>DriverUnload, then the image. A driver without DriverUnload stays, and a Plug and Play driver as long as it has devices.</summary>
    [NtRoutine("IopUnloadDriver")]
    public async KTask<NtStatus> IopUnloadDriver(Ptr<DRIVER_OBJECT> DriverObject)
    {
        View<DRIVER_OBJECT> driver = DriverObject;
        if (driver.DriverUnload == 0 || (driver.DriverExtension.View.AddDevice != 0 && !driver.DeviceObject.IsNull))
            return NtStatus.InvalidDeviceRequest;
        return await Kernel.DriverObjects.Unload(DriverObject);
    }

    /// <summary>A driver that waits to be reinitialized; null if there is none.</summary>
    internal Ptr<DRIVER_OBJECT> FindWaiting()
    {
        foreach (ulong entry in Memory.Walk(Head()))
            if ((new View<DRIVER_OBJECT>(Memory.ReadU64(entry + Object)).Flags & (DRVO.REINIT_REGISTERED | DRVO.BOOTREINIT_REGISTERED)) != 0)
                return (Ptr<DRIVER_OBJECT>)Memory.ReadU64(entry + Object);
        return default;
    }

    /// <summary>A Plug and Play driver that has no devices left and can be unloaded; null if there is none.</summary>
    internal Ptr<DRIVER_OBJECT> FindUnused()
    {
        foreach (ulong entry in Memory.Walk(Head()))
        {
            View<DRIVER_OBJECT> driver = new(Memory.ReadU64(entry + Object));
            bool isPnp = Memory.ReadU64(entry + IsPnp) != 0 && driver.DriverExtension.View.AddDevice != 0 && driver.DriverUnload != 0;
            if (isPnp && driver.DeviceObject.IsNull && (driver.Flags & DRVO.UNLOAD_INVOKED) == 0)
                return driver.Ptr;
        }
        return default;
    }

    /// <summary>The text of a UNICODE_STRING, without a path before it.</summary>
    public string NameOf(Ptr<UNICODE_STRING> text)
    {
        string full = Kernel.DeviceNodes.Text(text.Read());
        return full[(full.LastIndexOf('\\') + 1)..];
    }

    /// <summary>The service whose driver this is.</summary>
    public string ServiceOf(Ptr<DRIVER_OBJECT> driver) => Kernel.DeviceNodes.Text(driver.View.DriverExtension.View.ServiceKeyName);

    private NtStatus Prepare(string service, out Ptr<DRIVER_OBJECT> driver)
    {
        driver = default;
        string key = DeviceKeys.Services + service;
        Registry registry = Kernel.Roots.Registry;
        if (registry.Find(key) is null)
            return NtStatus.ObjectNameNotFound;
        if (registry.Value(key, "Start")?.AsNumber() == ServiceDisabled)
            return NtStatus.PlugplayNoDevice;
        string path = ImagePath(registry.Value(key, "ImagePath")?.AsText(), service);
        View<KLDR_DATA_TABLE_ENTRY> module = Kernel.ModuleList.Find(path[(path.LastIndexOf('\\') + 1)..]);
        Stub? entry = InBoxDrivers.EntryOf(path);
        if (entry is null)
        {
            if (!Kernel.Roots.DriverFiles.TryGetValue(path, out ReadOnlyMemory<byte> file))
                return NtStatus.ObjectNameNotFound;
            try
            {
                module = Kernel.DriverLoader.Load(path[(path.LastIndexOf('\\') + 1)..path.LastIndexOf('.')], file);
            }
            catch (BadImageException)
            {
                return NtStatus.InvalidImageFormat;
            }
        }
        driver = Kernel.DriverStart.CreateDriverObject(service, module);
        if (entry is { } stub)
        {
            View<DRIVER_OBJECT> inBox = driver;
            inBox.DriverInit = Kernel.Stubs.AddressOf(stub);
        }
        Remember(driver);
        return NtStatus.Success;
    }

    /// <summary>A driver object of nt itself, without image of its own (IoCreateDriver).</summary>
    internal Ptr<DRIVER_OBJECT> CreateBuiltIn(string name)
    {
        Ptr<DRIVER_OBJECT> driver = Kernel.DriverObjects.Create(name).Ptr;
        View<DRIVER_OBJECT> view = driver;
        view.Flags |= DRVO.BUILTIN_DRIVER;
        Remember(driver);
        return driver;
    }

    private bool IsInBox(Ptr<DRIVER_OBJECT> driver) => SyntheticImages.IsSynthetic(driver.View.DriverStart);

    /// <summary>Image paths as services write them, as full NT paths.</summary>
    private static string ImagePath(string? path, string service)
    {
        if (string.IsNullOrEmpty(path))
            return $@"\SystemRoot\System32\drivers\{service}.sys";
        return path.StartsWith('\\') ? path : @"\SystemRoot\" + path;
    }

    private ulong Head()
    {
        ulong head = Kernel.Data(Datum.PnpLoadedDriverList);
        if (Memory.ReadU64(head) == 0)
        {
            Memory.WriteU64(head, head);
            Memory.WriteU64(head + 8, head);
        }
        return head;
    }

    private ulong FindEntry(string service)
    {
        foreach (ulong entry in Memory.Walk(Head()))
            if (ServiceOf((Ptr<DRIVER_OBJECT>)Memory.ReadU64(entry + Object)).Equals(service, StringComparison.OrdinalIgnoreCase))
                return entry;
        return 0;
    }

    /// <summary>Puts a driver on the list; one that Plug and Play loaded goes again with its last device.</summary>
    internal void Remember(Ptr<DRIVER_OBJECT> driver, bool isPlugAndPlay = true)
    {
        ulong head = Head(), last = Memory.ReadU64(head + 8), entry = Kernel.Pool.Allocate(POOL_TYPE.NonPagedPool, EntrySize, Tag);
        Memory.WriteU64(entry, head);
        Memory.WriteU64(entry + 8, last);
        Memory.WriteU64(entry + Object, driver);
        Memory.WriteU64(entry + IsPnp, isPlugAndPlay ? 1u : 0);
        Memory.WriteU64(last, entry);
        Memory.WriteU64(head + 8, entry);
    }

    internal void Forget(Ptr<DRIVER_OBJECT> driver)
    {
        foreach (ulong entry in Memory.Walk(Head()))
            if (Memory.ReadU64(entry + Object) == driver)
            {
                ulong next = Memory.ReadU64(entry), previous = Memory.ReadU64(entry + 8);
                Memory.WriteU64(previous, next);
                Memory.WriteU64(next + 8, previous);
                Kernel.Pool.Free(entry);
            }
    }
}

/// <summary>What the DriverEntry of each service answered, in order of loading.</summary>
public sealed class ServiceResults(NtKernel kernel) : KernelComponent(kernel)
{
    public ImmutableList<DriverResult> All => Kernel.Roots.DriverResults;

    internal void Add(string service, NtStatus status)
    {
        Kernel.Roots = Kernel.Roots with { DriverResults = Kernel.Roots.DriverResults.Add(new DriverResult(service, status)) };
    }
}
