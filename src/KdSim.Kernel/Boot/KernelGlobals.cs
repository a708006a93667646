using KdSim.Kernel.Mm;
using KdSim.Kernel.Routines;

namespace KdSim.Kernel.Boot;

/// <summary>Variables of nt that drivers read without calling anything, and those that belong to no component in particular.</summary>
[NtData("MmUserProbeAddress", 8, IsExported = true)]
[NtData("MmHighestUserAddress", 8, IsExported = true)]
[NtData("MmSystemRangeStart", 8, IsExported = true)]
[NtData("KdDebuggerEnabled", 1, IsExported = true)]
[NtData("KdDebuggerNotPresent", 1, IsExported = true)]
[NtData("NtBuildNumber", 4, IsExported = true)]
[NtData("NtGlobalFlag", 4, IsExported = true)]
[NtData("NlsMbCodePageTag", 1, IsExported = true)]
[NtData("NlsMbOemCodePageTag", 1, IsExported = true)]
[NtData("KeNumberProcessors", 4, IsExported = true)]
[NtData("KeTickCount", 12, IsExported = true)]
[NtData("InitSafeBootMode", 4, IsExported = true)]
[NtData("NlsAnsiCodePage", 2, IsExported = true)]
[NtData("NlsOemCodePage", 2, IsExported = true)]
[NtData("NtBuildLab", 64, IsExported = true)]
[NtData("MmBadPointer", 8, IsExported = true)]
[NtData("KiProcessorBlock", 8 * 64)]
[NtData("KiBugCheckData", 8 * 5)]
[NtData("MmNonPagedPoolStart", 8)]
[NtData("MmNonPagedPoolEnd", 8)]
[NtData("MmPagedPoolStart", 8)]
[NtData("MmPagedPoolEnd", 8)]
public sealed class KernelGlobals(NtKernel kernel) : KernelComponent(kernel)
{
    private const ulong HighestUserAddress = 0x0000_7FFF_FFFE_FFFF;
    private const ushort AnsiCodePage = 1252, OemCodePage = 437;

    internal void Initialize()
    {
        Memory.WriteU64(Kernel.Data(Datum.MmUserProbeAddress), 0x0000_7FFF_FFFF_0000);
        Memory.WriteU64(Kernel.Data(Datum.MmHighestUserAddress), HighestUserAddress);
        Memory.WriteU64(Kernel.Data(Datum.MmSystemRangeStart), 0xFFFF_8000_0000_0000);
        Memory.WriteU64(Kernel.Data(Datum.MmNonPagedPoolStart), SystemLayout.NonPagedPool.Start);
        Memory.WriteU64(Kernel.Data(Datum.MmNonPagedPoolEnd), SystemLayout.NonPagedPool.End);
        Memory.WriteU64(Kernel.Data(Datum.MmPagedPoolStart), SystemLayout.PagedPool.Start);
        Memory.WriteU64(Kernel.Data(Datum.MmPagedPoolEnd), SystemLayout.PagedPool.End);
        Memory.WriteU8(Kernel.Data(Datum.KdDebuggerEnabled), 1);
        Memory.WriteU32(Kernel.Data(Datum.NtBuildNumber), 0xF000_0000 | 17763);
        Memory.WriteU16(Kernel.Data(Datum.NlsAnsiCodePage), AnsiCodePage);
        Memory.WriteU16(Kernel.Data(Datum.NlsOemCodePage), OemCodePage);
        Memory.Write(Kernel.Data(Datum.NtBuildLab), "17763.1.amd64fre.kdsim"u8);
        Memory.WriteU64(Kernel.Data(Datum.MmBadPointer), SystemLayout.MissingImports.End - 0x1000); // Never mapped.
        Memory.WriteU32(Kernel.Data(Datum.KeNumberProcessors), (uint)Kernel.Computer.Processors.Length);
    }
}
