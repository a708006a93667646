using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Loader;

/// <summary>Starts loaded drivers: the DRIVER_OBJECT and the call of DriverEntry, on a system thread at PASSIVE_LEVEL.</summary>
public sealed class DriverStart(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>What the initial system thread runs: loads and starts the boot drivers, one after the other, then the device tree, then the scenario.</summary>
    [NtRoutine("Phase1Initialization")]
    public async KTask Phase1Initialization(ulong Context)
    {
        for (int i = 0; i < Kernel.Options.Drivers.Length; i++)
            await LoadAndStart(i);
        await Guest.Call(Stub.IoInitSystem);
        await Guest.Call(Stub.IopCallDriverReinitializationRoutines);
        Observer?.SystemStarted(Cpu.Number);
        if (Kernel.Options.Scenario is not null)
            await Guest.Call(Stub.KiStartScenario);
    }

    private async KTask<NtStatus> LoadAndStart(int index)
    {
        View<KLDR_DATA_TABLE_ENTRY> module = Kernel.DriverLoader.Load(Kernel.Options.Drivers[index].Name, Kernel.Options.Drivers[index].File);
        await Announce(module);
        Ptr<DRIVER_OBJECT> driver = CreateDriverObject(Kernel.Options.Drivers[index].Name, module);
        Kernel.DriverServices.Remember(driver, isPlugAndPlay: false);
        View<UNICODE_STRING> path = Guest.Scratch<UNICODE_STRING>();
        path.Write(Kernel.ModuleList.NewString("\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Services\\" + Kernel.Options.Drivers[index].Name));
        Observer?.DriverEntryCalled(Cpu.Number, driver);
        NtStatus status = await Guest.Call(module.EntryPoint, driver, path.Address);
        Kernel.Pool.Free(path.Read().Buffer);
        Observer?.DriverEntryReturned(Cpu.Number, driver, (uint)status);
        Kernel.ServiceResults.Add(Kernel.Options.Drivers[index].Name, status);
        Observer?.LegacyDriverStarted(Cpu.Number, Kernel.Options.Drivers[index].Name, (uint)status);
        if (!status.IsSuccess)
        {
            Kernel.DriverServices.Forget(driver);
            await Kernel.DriverObjects.Discard(driver);
            return status;
        }
        Kernel.DriverObjects.Ready(driver);
        Kernel.DriverLoader.DiscardInit(module);
        return status;
    }

    /// <summary>Tells those who asked (PsSetLoadImageNotifyRoutine) of a driver's image: process 0, SystemModeImage.</summary>
    internal async KTask Announce(View<KLDR_DATA_TABLE_ENTRY> module)
    {
        const uint AddressingMode = 3, SystemModeImage = 0x100;
        View<IMAGE_INFO> info = Guest.Scratch<IMAGE_INFO>();
        info.Properties = AddressingMode | SystemModeImage;
        info.ImageBase = module.DllBase;
        info.ImageSize = module.SizeOfImage;
        await Kernel.Notifications.ImageLoaded(module.Address + (ulong)KLDR_DATA_TABLE_ENTRY.Offsets.FullDllName, 0, info.Address);
    }

    internal Ptr<DRIVER_OBJECT> CreateDriverObject(string service, View<KLDR_DATA_TABLE_ENTRY> module) =>
        Kernel.DriverObjects.Create(service, module).Ptr;
}

/// <summary>What a driver's DriverEntry returned.</summary>
public sealed record DriverResult(string Service, NtStatus Status);
