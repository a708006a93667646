using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Io;

/// <summary>ZwLoadDriver and ZwUnloadDriver: drivers by the registry path of their service, as the service control manager asks. PASSIVE_LEVEL.</summary>
public sealed class DriverLoading(NtKernel kernel) : KernelComponent(kernel)
{
    // A request, on the stack of the thread that waits for it: a work item, then these.
    private const ulong Done = WORK_QUEUE_ITEM.SizeOf, Name = Done + KEVENT.SizeOf, Driver = Name + 16, Status = Driver + 8;
    private const int RequestSize = (int)Status + 8;

    [NtExport("NtLoadDriver", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> NtLoadDriver(Ptr<UNICODE_STRING> DriverServiceName) => await Load(DriverServiceName, Kernel.KernelObjects.PreviousMode);

    [NtExport("ZwLoadDriver", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> ZwLoadDriver(Ptr<UNICODE_STRING> DriverServiceName) => await Load(DriverServiceName, 0);

    [NtExport("NtUnloadDriver", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> NtUnloadDriver(Ptr<UNICODE_STRING> DriverServiceName) => await Unload(DriverServiceName, Kernel.KernelObjects.PreviousMode);

    [NtExport("ZwUnloadDriver", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> ZwUnloadDriver(Ptr<UNICODE_STRING> DriverServiceName) => await Unload(DriverServiceName, 0);

    /// <summary>As `sc start` and `sc stop` of a service: what scenarios do.</summary>
    internal KTask<NtStatus> Change(string service, bool load) => Change(Kernel.ModuleList.NewString(Pnp.DeviceKeys.Services + service), load);

    private async KTask<NtStatus> Change(UNICODE_STRING name, bool load)
    {
        View<UNICODE_STRING> path = Guest.Scratch<UNICODE_STRING>();
        path.Write(name);
        NtStatus status = await Guest.Call(load ? Stub.ZwLoadDriver : Stub.ZwUnloadDriver, path.Address);
        Kernel.Pool.Free(name.Buffer);
        return status;
    }

    private async KTask<NtStatus> Load(Ptr<UNICODE_STRING> name, sbyte mode)
    {
        if (!Kernel.CallerMemory.TryReadString(name, mode, out string path))
            return NtStatus.AccessViolation;
        if (path.Length == 0)
            return NtStatus.InvalidParameter;
        if (!Kernel.DriverServices.Find(ServiceOf(path)).IsNull)
            return NtStatus.ImageAlreadyLoaded;
        ulong request = Guest.Scratch(RequestSize);
        new Ptr<UNICODE_STRING>(request + Name).Write(Kernel.ModuleList.NewString(path));
        NtStatus status = await RunInSystemProcess(request);
        Kernel.Pool.Free(new Ptr<UNICODE_STRING>(request + Name).Read().Buffer);
        return status;
    }

    private async KTask<NtStatus> Unload(Ptr<UNICODE_STRING> name, sbyte mode)
    {
        if (!Kernel.CallerMemory.TryReadString(name, mode, out string path))
            return NtStatus.AccessViolation;
        Ptr<DRIVER_OBJECT> driver = Kernel.DriverServices.Find(ServiceOf(path));
        if (driver.IsNull)
            return NtStatus.ObjectNameNotFound;
        ulong request = Guest.Scratch(RequestSize);
        Memory.WriteU64(request + Driver, driver);
        return await RunInSystemProcess(request);
    }

    /// <summary>Drivers are loaded and unloaded in the context of the System process: on this thread if it is one of it, else by a worker.</summary>
    private async KTask<NtStatus> RunInSystemProcess(ulong request)
    {
        Kernel.KernelObjects.InitializeEvent(request + Done, notification: true, signaled: false);
        if (Kernel.KernelObjects.Process == Kernel.InitialThreads.SystemProcess)
        {
            await IopLoadUnloadDriver(request);
            return (NtStatus)Memory.ReadU32(request + Status);
        }
        View<WORK_QUEUE_ITEM> item = new(request);
        item.WorkerRoutine = Kernel.Stubs.AddressOf(Stub.IopLoadUnloadDriver);
        item.Parameter = request;
        await Kernel.KernelObjects.QueueWorkItem(request, WORK_QUEUE_TYPE.DelayedWorkQueue);
        await Kernel.KernelObjects.Wait(request + Done, KWAIT_REASON.UserRequest, 0, alertable: false);
        return (NtStatus)Memory.ReadU32(request + Status);
    }

    /// <summary>The worker's part: unloads the driver that the request names, or loads the service.</summary>
    [NtRoutine("IopLoadUnloadDriver", MaxIrql = Irql.Passive)]
    public async KTask IopLoadUnloadDriver(ulong Request)
    {
        bool isLoad = Memory.ReadU64(Request + Driver) == 0;
        NtStatus status = isLoad ? await Guest.Call(Stub.IopLoadDriver, Request + Name)
            : await Guest.Call(Stub.IopUnloadDriver, Memory.ReadU64(Request + Driver));
        if (isLoad && status is NtStatus.Success or NtStatus.FailedDriverEntry)
            Report(Kernel.DriverServices.NameOf(new Ptr<UNICODE_STRING>(Request + Name)));
        if (isLoad)
            await Guest.Call(Stub.IopCallDriverReinitializationRoutines);
        Memory.WriteU32(Request + Status, (uint)status);
        await Kernel.KernelObjects.SetEvent(Request + Done, 0);
    }

    private void Report(string service)
    {
        if (Kernel.ServiceResults.All.FindLast(result => result.Service.Equals(service, StringComparison.OrdinalIgnoreCase)) is { } last)
            Observer?.LegacyDriverStarted(Cpu.Number, last.Service, (uint)last.Status);
    }

    private static string ServiceOf(string path) => path[(path.LastIndexOf('\\') + 1)..];
}
