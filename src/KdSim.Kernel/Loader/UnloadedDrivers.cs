using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Loader;

/// <summary>
/// nt!MmUnloadedDrivers: the ranges of the drivers that were unloaded last, in a ring. A fault there is blamed on a driver that left something running.
/// </summary>
[NtData("MmUnloadedDrivers", 8)]
[NtData("MmLastUnloadedDriver", 4)]
public sealed class UnloadedDrivers(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Tag = 0x446E_754D; // "MunD"
    private const int MaxDrivers = 50;

    private ulong Table => Kernel.Data(Datum.MmUnloadedDrivers);

    internal void Add(UNICODE_STRING name, ulong start, ulong size)
    {
        ulong table = Memory.ReadU64(Table);
        if (table == 0)
            Memory.WriteU64(Table, table = Kernel.Pool.Allocate(POOL_TYPE.NonPagedPool, UNLOADED_DRIVERS.SizeOf * MaxDrivers, Tag));
        ulong last = Kernel.Data(Datum.MmLastUnloadedDriver);
        uint index = Memory.ReadU32(last);
        Memory.WriteU32(last, (index + 1) % MaxDrivers);
        View<UNLOADED_DRIVERS> entry = new(table + index * UNLOADED_DRIVERS.SizeOf);
        if (entry.Name.Buffer.Address != 0)
            Kernel.Pool.Free(entry.Name.Buffer);
        entry.Name = Kernel.ModuleList.NewString(Memory.ReadUnicode(name.Buffer, name.Length / 2));
        entry.StartAddress = start;
        entry.EndAddress = start + size;
        entry.CurrentTime = Kernel.Clock.SystemTime;
    }

    internal bool Contains(ulong address)
    {
        ulong table = Memory.ReadU64(Table);
        for (int i = 0; i < MaxDrivers && table != 0; i++)
        {
            View<UNLOADED_DRIVERS> entry = new(table + (ulong)i * UNLOADED_DRIVERS.SizeOf);
            if (address - entry.StartAddress < entry.EndAddress - entry.StartAddress)
                return true;
        }
        return false;
    }
}
