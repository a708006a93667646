using KdSim.Kernel.Ob;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Io;

/// <summary>Driver objects: creating, their extensions, reinitialization, unloading. PASSIVE_LEVEL but for the extensions.</summary>
public sealed class DriverObjects(NtKernel kernel) : KernelComponent(kernel)
{
    private const int FunctionCount = 28, MostReinitializations = 10_000;

    // What stands behind DRIVER_OBJECT: DRIVER_EXTENSION, then the list of client extensions and the reinitialization routine.
    private const int ClientList = DRIVER_OBJECT.SizeOf + DRIVER_EXTENSION.SizeOf;
    private const int Reinitialize = ClientList + 8;
    private const int ReinitializeContext = Reinitialize + 8;
    private const int TotalSize = ReinitializeContext + 8;

    /// <summary>The object of a driver that was loaded, named \Driver\SERVICE; its entry point has not run.</summary>
    public View<DRIVER_OBJECT> Create(string service, View<KLDR_DATA_TABLE_ENTRY> module)
    {
        NameLookup old = Kernel.ObjectNamespace.LookupLink("\\Driver\\" + service);
        if (old.Object != 0)
            Kernel.ObjectDirectories.Remove(old.Object); // Its image is gone: who loads sees to one image a service.
        View<DRIVER_OBJECT> driver = Create(service);
        driver.DriverStart = module.DllBase;
        driver.DriverSize = module.SizeOfImage;
        driver.DriverSection = module.Address;
        driver.DriverInit = module.EntryPoint;
        return driver;
    }

    /// <summary>The object of a driver without an image of its own (bus drivers in C#, IoCreateDriver). Null if the name is taken.</summary>
    public View<DRIVER_OBJECT> Create(string service)
    {
        string path = service.StartsWith('\\') ? service : "\\Driver\\" + service;
        (NtStatus status, ulong directory, string name) = Kernel.ObjectNamespace.PlaceFor(path);
        if (!status.IsSuccess)
            return default;
        View<DRIVER_OBJECT> driver = new(Kernel.Objects.Allocate(ObjectKind.Driver, TotalSize, name));
        View<DRIVER_EXTENSION> extension = new(driver.Address + DRIVER_OBJECT.SizeOf);
        driver.Type = (short)IO_OBJECTS.Driver;
        driver.Size = DRIVER_OBJECT.SizeOf;
        driver.DriverExtension = extension.Ptr;
        driver.DriverName = Kernel.Objects.NewString(path);
        driver.Flags = DRVO.LEGACY_DRIVER;
        extension.DriverObject = driver.Ptr;
        extension.ServiceKeyName = Kernel.Objects.NewString(name);
        for (int i = 0; i < FunctionCount; i++)
            driver.MajorFunction.Set(i, Kernel.Stubs.AddressOf(Stub.IopInvalidDeviceRequest));
        Kernel.ObjectDirectories.Insert(directory, driver.Address);
        ObjectNamespace.MakePermanent(driver.Address);
        return driver;
    }

    /// <summary>
    /// DriverEntry has succeeded: the devices that it created can be opened (nt!IopReadyDeviceObjects). For those created later the driver itself clears
    /// DO_DEVICE_INITIALIZING.
    /// </summary>
    public void Ready(View<DRIVER_OBJECT> driver)
    {
        driver.Flags |= DRVO.INITIALIZED;
        for (Ptr<DEVICE_OBJECT> next = driver.DeviceObject; !next.IsNull; next = next.View.NextDevice)
        {
            View<DEVICE_OBJECT> device = next;
            device.Flags &= ~DO.DEVICE_INITIALIZING;
        }
    }

    /// <summary>DriverEntry failed, or the driver is gone: takes the name away; the object goes with its last reference.</summary>
    public async KTask Discard(Ptr<DRIVER_OBJECT> driver) => await Kernel.HandleRoutines.MakeTemporary(driver);

    /// <summary>The type's DeleteProcedure: the image goes with the object, whatever of the driver still runs.</summary>
    [NtRoutine("IopDeleteDriver", MaxIrql = Irql.Passive)]
    public void IopDeleteDriver(Ptr<DRIVER_OBJECT> DriverObject)
    {
        View<DRIVER_OBJECT> driver = DriverObject;
        for (ulong at = Memory.ReadU64(driver.Address + ClientList); at != 0;)
        {
            ulong next = Memory.ReadU64(at);
            Kernel.Pool.Free(at);
            at = next;
        }
        Kernel.Objects.FreeString(driver.DriverName);
        Kernel.Objects.FreeString(driver.DriverExtension.View.ServiceKeyName);
        if (driver.DriverSection is var section and not 0 && !Images.SyntheticImages.IsSynthetic(driver.DriverStart))
            Kernel.DriverLoader.Unload(new View<KLDR_DATA_TABLE_ENTRY>(section));
    }

    /// <summary>
    /// Unloads a driver that has a DriverUnload routine. While a file is open on one of its devices or another is attached to it, nothing happens until the
    /// last is gone.
    /// </summary>
    public async KTask<NtStatus> Unload(Ptr<DRIVER_OBJECT> driver)
    {
        ulong routine = driver.View.DriverUnload;
        if (routine == 0 || (driver.View.Flags & DRVO.UNLOAD_INVOKED) != 0)
            return NtStatus.InvalidDeviceRequest;
        bool isBusy = false;
        for (Ptr<DEVICE_OBJECT> device = driver.View.DeviceObject; !device.IsNull; device = device.View.NextDevice)
        {
            View<DEVOBJ_EXTENSION> extension = device.View.DeviceObjectExtension;
            extension.ExtensionFlags |= DeviceObjects.UnloadPending;
            isBusy |= device.View.ReferenceCount != 0 || !device.View.AttachedDevice.IsNull;
        }
        if (isBusy)
            return NtStatus.Success;
        View<DRIVER_OBJECT> view = driver;
        view.Flags |= DRVO.UNLOAD_INVOKED;
        Kernel.DriverServices.Forget(driver);
        await Guest.Call(routine, driver);
        await Kernel.HandleRoutines.MakeTemporary(driver);
        return NtStatus.Success;
    }

    [NtExport("IoCreateDriver", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> IoCreateDriver(Ptr<UNICODE_STRING> DriverName, ulong InitializationFunction)
    {
        string name = DriverName.IsNull ? $"\\Driver\\{InitializationFunction:x8}" : Kernel.UnicodeStrings.Read(DriverName);
        Ptr<DRIVER_OBJECT> driver = Create(name).Ptr;
        if (driver.IsNull)
            return NtStatus.ObjectNameCollision;
        View<DRIVER_OBJECT> view = driver;
        view.Flags = DRVO.BUILTIN_DRIVER;
        view.DriverInit = InitializationFunction;
        NtStatus status = await Guest.Call(InitializationFunction, driver, 0);
        if (status.IsSuccess)
            Ready(driver);
        else
            await Discard(driver);
        return status;
    }

    [NtExport("IoDeleteDriver", MaxIrql = Irql.Passive)]
    public async KTask IoDeleteDriver(Ptr<DRIVER_OBJECT> DriverObject) => await Kernel.Objects.Dereference(DriverObject);

    [NtExport("IoAllocateDriverObjectExtension", MaxIrql = Irql.Apc)]
    public NtStatus IoAllocateDriverObjectExtension(Ptr<DRIVER_OBJECT> DriverObject, ulong ClientIdentificationAddress, uint DriverObjectExtensionSize,
        Ptr<ulong> DriverObjectExtension)
    {
        DriverObjectExtension.Write(0);
        if (IoGetDriverObjectExtension(DriverObject, ClientIdentificationAddress) != 0)
            return NtStatus.ObjectNameCollision;
        ulong size = (ulong)DriverObjectExtensionSize + IO_CLIENT_EXTENSION.SizeOf;
        View<IO_CLIENT_EXTENSION> extension = new(Kernel.Pool.TryAllocate(POOL_TYPE.NonPagedPool, size, 0x76697244)); // "Driv"
        if (extension.IsNull)
            return NtStatus.InsufficientResources;
        Memory.Fill(extension.Address, size, 0);
        extension.ClientIdentificationAddress = ClientIdentificationAddress;
        extension.NextExtension = (Ptr<IO_CLIENT_EXTENSION>)Memory.ReadU64(DriverObject.Address + ClientList);
        Memory.WriteU64(DriverObject.Address + ClientList, extension.Address);
        DriverObjectExtension.Write(extension.Address + IO_CLIENT_EXTENSION.SizeOf);
        return NtStatus.Success;
    }

    [NtExport("IoGetDriverObjectExtension", MaxIrql = Irql.Dispatch)]
    public ulong IoGetDriverObjectExtension(Ptr<DRIVER_OBJECT> DriverObject, ulong ClientIdentificationAddress)
    {
        int count = 0;
        for (ulong at = Memory.ReadU64(DriverObject.Address + ClientList); at != 0; at = Memory.ReadU64(at))
            if (new View<IO_CLIENT_EXTENSION>(at).ClientIdentificationAddress == ClientIdentificationAddress)
                return at + IO_CLIENT_EXTENSION.SizeOf;
            else if (++count > 10_000)
                throw new RunawayException($"the extensions of the driver at {DriverObject.Address:x} do not end");
        return 0;
    }

    [NtExport("IoRegisterDriverReinitialization", MaxIrql = Irql.Passive)]
    public void IoRegisterDriverReinitialization(Ptr<DRIVER_OBJECT> DriverObject, ulong DriverReinitializationRoutine, ulong Context) =>
        Register(DriverObject, DriverReinitializationRoutine, Context, DRVO.REINIT_REGISTERED);

    [NtExport("IoRegisterBootDriverReinitialization", MaxIrql = Irql.Passive)]
    public void IoRegisterBootDriverReinitialization(Ptr<DRIVER_OBJECT> DriverObject, ulong DriverReinitializationRoutine, ulong Context) =>
        Register(DriverObject, DriverReinitializationRoutine, Context, DRVO.BOOTREINIT_REGISTERED);

    /// <summary>Calls the reinitialization routines that drivers have registered, until none is left: they may register again.</summary>
    [NtRoutine("IopCallDriverReinitializationRoutines", MaxIrql = Irql.Passive)]
    public async KTask IopCallDriverReinitializationRoutines()
    {
        for (int i = 0; i < MostReinitializations && Kernel.DriverServices.FindWaiting() is { IsNull: false } driver; i++)
            await Reinit(driver);
    }

    /// <summary>Calls a driver's reinitialization routine once if it asked for it; it may ask again.</summary>
    public async KTask<bool> Reinit(Ptr<DRIVER_OBJECT> driver)
    {
        const DRVO Asked = DRVO.REINIT_REGISTERED | DRVO.BOOTREINIT_REGISTERED;
        View<DRIVER_OBJECT> view = driver;
        if ((view.Flags & Asked) == 0)
            return false;
        view.Flags &= ~Asked;
        View<DRIVER_EXTENSION> extension = view.DriverExtension;
        uint count = extension.Count + 1;
        extension.Count = count;
        await Guest.Call(Memory.ReadU64(driver.Address + Reinitialize), driver, Memory.ReadU64(driver.Address + ReinitializeContext), count);
        return true;
    }

    private void Register(View<DRIVER_OBJECT> driver, ulong routine, ulong context, DRVO flag)
    {
        Memory.WriteU64(driver.Address + Reinitialize, routine);
        Memory.WriteU64(driver.Address + ReinitializeContext, context);
        driver.Flags |= flag;
    }
}
