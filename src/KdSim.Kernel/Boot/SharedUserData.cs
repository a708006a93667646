using KdSim.Kernel.Mm;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Boot;

/// <summary>
/// KUSER_SHARED_DATA at FFFFF780`00000000: read-only to the guest, written through its physical page. The clock interrupt updates the times.
/// </summary>
public sealed class SharedUserData(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint TickMultiplier = 0x0FA0_0000; // 15.625 ms a tick, 24 bits of fraction.

    internal void Initialize(ulong physical)
    {
        Write(physical, KUSER_SHARED_DATA.Offsets.TickCountMultiplier, TickMultiplier);
        Write(physical, KUSER_SHARED_DATA.Offsets.NtMajorVersion, 10u);
        Write(physical, KUSER_SHARED_DATA.Offsets.NtMinorVersion, 0u);
        Write(physical, KUSER_SHARED_DATA.Offsets.NtProductType, 1u);
        Write(physical, KUSER_SHARED_DATA.Offsets.ProductTypeIsValid, (byte)1);
        Write(physical, KUSER_SHARED_DATA.Offsets.ImageNumberLow, (ushort)0x8664);
        Write(physical, KUSER_SHARED_DATA.Offsets.ImageNumberHigh, (ushort)0x8664);
        string root = "C:\\Windows";
        for (int i = 0; i < root.Length; i++)
            Write(physical, KUSER_SHARED_DATA.Offsets.NtSystemRoot + i * 2, (ushort)root[i]);
        foreach (byte feature in Ex.ProcessorFeatures.Present)
            Write(physical, KUSER_SHARED_DATA.Offsets.ProcessorFeatures + feature, (byte)1);
        SetTimes(0);
    }

    /// <summary>Writes interrupt time (100 ns since boot), system time and tick count.</summary>
    public void SetTimes(ulong interruptTime)
    {
        if (!Kernel.PageTables.TryTranslate(Kernel.SystemRoot, SystemLayout.SharedUserData, out ulong physical))
            throw new InvalidOperationException("shared user data is not mapped");
        ulong ticks = 0x0010_0000 + interruptTime / 156_250; // Not zero: a driver's security cookie is made of it.
        WriteTime(physical, KUSER_SHARED_DATA.Offsets.InterruptTime, interruptTime);
        WriteTime(physical, KUSER_SHARED_DATA.Offsets.SystemTime, (ulong)Kernel.Options.SystemTime + interruptTime);
        WriteTime(physical, KUSER_SHARED_DATA.Offsets.TickCount, ticks);
        ulong copy = Kernel.Data(Datum.KeTickCount); // A KSYSTEM_TIME of nt's own, which old drivers read.
        Memory.WriteU64(copy, ticks);
        Memory.WriteU32(copy + 8, (uint)(ticks >> 32));
    }

    private void WriteTime(ulong physical, int offset, ulong time)
    {
        Write(physical, offset + 8, (uint)(time >> 32));
        Write(physical, offset, time);
    }

    private void Write<T>(ulong physical, int offset, T value) where T : unmanaged => Kernel.Computer.Memory.Write(physical + (ulong)offset, value);
}
