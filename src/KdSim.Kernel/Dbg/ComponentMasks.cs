using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Dbg;

/// <summary>
/// Which messages of which component are shown: one mask a component in guest memory, <c>nt!Kd_NAME_Mask</c>, that <c>ed</c> changes. A message of level
/// 0 to 31 is shown if that bit is set in its component's mask or in <c>nt!Kd_WIN2000_Mask</c>; a higher level is itself the set of bits (WDK,
/// Reading and Filtering Debugging Messages). Any IRQL.
/// </summary>
[NtData("Kd_WIN2000_Mask", 4)]
[NtData("Kd_SYSTEM_Mask", 4)]
[NtData("Kd_SMSS_Mask", 4)]
[NtData("Kd_SETUP_Mask", 4)]
[NtData("Kd_NTFS_Mask", 4)]
[NtData("Kd_FSTUB_Mask", 4)]
[NtData("Kd_CRASHDUMP_Mask", 4)]
[NtData("Kd_CDAUDIO_Mask", 4)]
[NtData("Kd_CDROM_Mask", 4)]
[NtData("Kd_CLASSPNP_Mask", 4)]
[NtData("Kd_DISK_Mask", 4)]
[NtData("Kd_REDBOOK_Mask", 4)]
[NtData("Kd_STORPROP_Mask", 4)]
[NtData("Kd_SCSIPORT_Mask", 4)]
[NtData("Kd_SCSIMINIPORT_Mask", 4)]
[NtData("Kd_CONFIG_Mask", 4)]
[NtData("Kd_I8042PRT_Mask", 4)]
[NtData("Kd_SERMOUSE_Mask", 4)]
[NtData("Kd_LSERMOUS_Mask", 4)]
[NtData("Kd_KBDHID_Mask", 4)]
[NtData("Kd_MOUHID_Mask", 4)]
[NtData("Kd_KBDCLASS_Mask", 4)]
[NtData("Kd_MOUCLASS_Mask", 4)]
[NtData("Kd_TWOTRACK_Mask", 4)]
[NtData("Kd_WMILIB_Mask", 4)]
[NtData("Kd_ACPI_Mask", 4)]
[NtData("Kd_AMLI_Mask", 4)]
[NtData("Kd_HALIA64_Mask", 4)]
[NtData("Kd_VIDEO_Mask", 4)]
[NtData("Kd_SVCHOST_Mask", 4)]
[NtData("Kd_VIDEOPRT_Mask", 4)]
[NtData("Kd_TCPIP_Mask", 4)]
[NtData("Kd_DMSYNTH_Mask", 4)]
[NtData("Kd_NTOSPNP_Mask", 4)]
[NtData("Kd_FASTFAT_Mask", 4)]
[NtData("Kd_SAMSS_Mask", 4)]
[NtData("Kd_PNPMGR_Mask", 4)]
[NtData("Kd_NETAPI_Mask", 4)]
[NtData("Kd_SCSERVER_Mask", 4)]
[NtData("Kd_SCCLIENT_Mask", 4)]
[NtData("Kd_SERIAL_Mask", 4)]
[NtData("Kd_SERENUM_Mask", 4)]
[NtData("Kd_UHCD_Mask", 4)]
[NtData("Kd_RPCPROXY_Mask", 4)]
[NtData("Kd_AUTOCHK_Mask", 4)]
[NtData("Kd_DCOMSS_Mask", 4)]
[NtData("Kd_UNIMODEM_Mask", 4)]
[NtData("Kd_SIS_Mask", 4)]
[NtData("Kd_FLTMGR_Mask", 4)]
[NtData("Kd_WMICORE_Mask", 4)]
[NtData("Kd_BURNENG_Mask", 4)]
[NtData("Kd_IMAPI_Mask", 4)]
[NtData("Kd_SXS_Mask", 4)]
[NtData("Kd_FUSION_Mask", 4)]
[NtData("Kd_IDLETASK_Mask", 4)]
[NtData("Kd_SOFTPCI_Mask", 4)]
[NtData("Kd_TAPE_Mask", 4)]
[NtData("Kd_MCHGR_Mask", 4)]
[NtData("Kd_IDEP_Mask", 4)]
[NtData("Kd_PCIIDE_Mask", 4)]
[NtData("Kd_FLOPPY_Mask", 4)]
[NtData("Kd_FDC_Mask", 4)]
[NtData("Kd_TERMSRV_Mask", 4)]
[NtData("Kd_W32TIME_Mask", 4)]
[NtData("Kd_PREFETCHER_Mask", 4)]
[NtData("Kd_RSFILTER_Mask", 4)]
[NtData("Kd_FCPORT_Mask", 4)]
[NtData("Kd_PCI_Mask", 4)]
[NtData("Kd_DMIO_Mask", 4)]
[NtData("Kd_DMCONFIG_Mask", 4)]
[NtData("Kd_DMADMIN_Mask", 4)]
[NtData("Kd_WSOCKTRANSPORT_Mask", 4)]
[NtData("Kd_VSS_Mask", 4)]
[NtData("Kd_PNPMEM_Mask", 4)]
[NtData("Kd_PROCESSOR_Mask", 4)]
[NtData("Kd_DMSERVER_Mask", 4)]
[NtData("Kd_SR_Mask", 4)]
[NtData("Kd_INFINIBAND_Mask", 4)]
[NtData("Kd_IHVDRIVER_Mask", 4)]
[NtData("Kd_IHVVIDEO_Mask", 4)]
[NtData("Kd_IHVAUDIO_Mask", 4)]
[NtData("Kd_IHVNETWORK_Mask", 4)]
[NtData("Kd_IHVSTREAMING_Mask", 4)]
[NtData("Kd_IHVBUS_Mask", 4)]
[NtData("Kd_HPS_Mask", 4)]
[NtData("Kd_RTLTHREADPOOL_Mask", 4)]
[NtData("Kd_LDR_Mask", 4)]
[NtData("Kd_TCPIP6_Mask", 4)]
[NtData("Kd_ISAPNP_Mask", 4)]
[NtData("Kd_SHPC_Mask", 4)]
[NtData("Kd_STORPORT_Mask", 4)]
[NtData("Kd_STORMINIPORT_Mask", 4)]
[NtData("Kd_PRINTSPOOLER_Mask", 4)]
[NtData("Kd_VSSDYNDISK_Mask", 4)]
[NtData("Kd_VERIFIER_Mask", 4)]
[NtData("Kd_VDS_Mask", 4)]
[NtData("Kd_VDSBAS_Mask", 4)]
[NtData("Kd_VDSDYN_Mask", 4)]
[NtData("Kd_VDSDYNDR_Mask", 4)]
[NtData("Kd_VDSLDR_Mask", 4)]
[NtData("Kd_VDSUTIL_Mask", 4)]
[NtData("Kd_DFRGIFC_Mask", 4)]
[NtData("Kd_DEFAULT_Mask", 4)]
[NtData("Kd_MM_Mask", 4)]
[NtData("Kd_DFSC_Mask", 4)]
[NtData("Kd_WOW64_Mask", 4)]
[NtData("Kd_ALPC_Mask", 4)]
[NtData("Kd_WDI_Mask", 4)]
[NtData("Kd_PERFLIB_Mask", 4)]
[NtData("Kd_KTM_Mask", 4)]
[NtData("Kd_IOSTRESS_Mask", 4)]
[NtData("Kd_HEAP_Mask", 4)]
[NtData("Kd_WHEA_Mask", 4)]
[NtData("Kd_USERGDI_Mask", 4)]
[NtData("Kd_MMCSS_Mask", 4)]
[NtData("Kd_TPM_Mask", 4)]
[NtData("Kd_THREADORDER_Mask", 4)]
[NtData("Kd_ENVIRON_Mask", 4)]
[NtData("Kd_EMS_Mask", 4)]
[NtData("Kd_WDT_Mask", 4)]
[NtData("Kd_FVEVOL_Mask", 4)]
[NtData("Kd_NDIS_Mask", 4)]
[NtData("Kd_NVCTRACE_Mask", 4)]
[NtData("Kd_LUAFV_Mask", 4)]
[NtData("Kd_APPCOMPAT_Mask", 4)]
[NtData("Kd_USBSTOR_Mask", 4)]
[NtData("Kd_SBP2PORT_Mask", 4)]
[NtData("Kd_COVERAGE_Mask", 4)]
[NtData("Kd_CACHEMGR_Mask", 4)]
[NtData("Kd_MOUNTMGR_Mask", 4)]
[NtData("Kd_CFR_Mask", 4)]
[NtData("Kd_TXF_Mask", 4)]
[NtData("Kd_KSECDD_Mask", 4)]
[NtData("Kd_FLTREGRESS_Mask", 4)]
[NtData("Kd_MPIO_Mask", 4)]
[NtData("Kd_MSDSM_Mask", 4)]
[NtData("Kd_UDFS_Mask", 4)]
[NtData("Kd_PSHED_Mask", 4)]
[NtData("Kd_STORVSP_Mask", 4)]
[NtData("Kd_LSASS_Mask", 4)]
[NtData("Kd_SSPICLI_Mask", 4)]
[NtData("Kd_CNG_Mask", 4)]
[NtData("Kd_EXFAT_Mask", 4)]
[NtData("Kd_FILETRACE_Mask", 4)]
[NtData("Kd_XSAVE_Mask", 4)]
[NtData("Kd_SE_Mask", 4)]
[NtData("Kd_DRIVEEXTENDER_Mask", 4)]
public sealed class ComponentMasks(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>DPFLTR_DEFAULT_ID, the component of DbgPrint.</summary>
    public const uint Default = 101;

    /// <summary>DPFLTR_ERROR_LEVEL.</summary>
    public const uint Error = 0;

    /// <summary>DPFLTR_INFO_LEVEL, the level of DbgPrint.</summary>
    public const uint Information = 3;

    private const uint FirstOfHardwareVendors = 77, LastOfHardwareVendors = 82;

    /// <summary>By component number.</summary>
    private static readonly Datum[] Masks =
    [
        Datum.Kd_SYSTEM_Mask, Datum.Kd_SMSS_Mask, Datum.Kd_SETUP_Mask, Datum.Kd_NTFS_Mask, Datum.Kd_FSTUB_Mask, Datum.Kd_CRASHDUMP_Mask,
        Datum.Kd_CDAUDIO_Mask, Datum.Kd_CDROM_Mask, Datum.Kd_CLASSPNP_Mask, Datum.Kd_DISK_Mask, Datum.Kd_REDBOOK_Mask,
        Datum.Kd_STORPROP_Mask, Datum.Kd_SCSIPORT_Mask, Datum.Kd_SCSIMINIPORT_Mask, Datum.Kd_CONFIG_Mask, Datum.Kd_I8042PRT_Mask,
        Datum.Kd_SERMOUSE_Mask, Datum.Kd_LSERMOUS_Mask, Datum.Kd_KBDHID_Mask, Datum.Kd_MOUHID_Mask, Datum.Kd_KBDCLASS_Mask,
        Datum.Kd_MOUCLASS_Mask, Datum.Kd_TWOTRACK_Mask, Datum.Kd_WMILIB_Mask, Datum.Kd_ACPI_Mask, Datum.Kd_AMLI_Mask,
        Datum.Kd_HALIA64_Mask, Datum.Kd_VIDEO_Mask, Datum.Kd_SVCHOST_Mask, Datum.Kd_VIDEOPRT_Mask, Datum.Kd_TCPIP_Mask,
        Datum.Kd_DMSYNTH_Mask, Datum.Kd_NTOSPNP_Mask, Datum.Kd_FASTFAT_Mask, Datum.Kd_SAMSS_Mask, Datum.Kd_PNPMGR_Mask,
        Datum.Kd_NETAPI_Mask, Datum.Kd_SCSERVER_Mask, Datum.Kd_SCCLIENT_Mask, Datum.Kd_SERIAL_Mask, Datum.Kd_SERENUM_Mask,
        Datum.Kd_UHCD_Mask, Datum.Kd_RPCPROXY_Mask, Datum.Kd_AUTOCHK_Mask, Datum.Kd_DCOMSS_Mask, Datum.Kd_UNIMODEM_Mask,
        Datum.Kd_SIS_Mask, Datum.Kd_FLTMGR_Mask, Datum.Kd_WMICORE_Mask, Datum.Kd_BURNENG_Mask, Datum.Kd_IMAPI_Mask, Datum.Kd_SXS_Mask,
        Datum.Kd_FUSION_Mask, Datum.Kd_IDLETASK_Mask, Datum.Kd_SOFTPCI_Mask, Datum.Kd_TAPE_Mask, Datum.Kd_MCHGR_Mask, Datum.Kd_IDEP_Mask,
        Datum.Kd_PCIIDE_Mask, Datum.Kd_FLOPPY_Mask, Datum.Kd_FDC_Mask, Datum.Kd_TERMSRV_Mask, Datum.Kd_W32TIME_Mask,
        Datum.Kd_PREFETCHER_Mask, Datum.Kd_RSFILTER_Mask, Datum.Kd_FCPORT_Mask, Datum.Kd_PCI_Mask, Datum.Kd_DMIO_Mask,
        Datum.Kd_DMCONFIG_Mask, Datum.Kd_DMADMIN_Mask, Datum.Kd_WSOCKTRANSPORT_Mask, Datum.Kd_VSS_Mask, Datum.Kd_PNPMEM_Mask,
        Datum.Kd_PROCESSOR_Mask, Datum.Kd_DMSERVER_Mask, Datum.Kd_SR_Mask, Datum.Kd_INFINIBAND_Mask, Datum.Kd_IHVDRIVER_Mask,
        Datum.Kd_IHVVIDEO_Mask, Datum.Kd_IHVAUDIO_Mask, Datum.Kd_IHVNETWORK_Mask, Datum.Kd_IHVSTREAMING_Mask, Datum.Kd_IHVBUS_Mask,
        Datum.Kd_HPS_Mask, Datum.Kd_RTLTHREADPOOL_Mask, Datum.Kd_LDR_Mask, Datum.Kd_TCPIP6_Mask, Datum.Kd_ISAPNP_Mask, Datum.Kd_SHPC_Mask,
        Datum.Kd_STORPORT_Mask, Datum.Kd_STORMINIPORT_Mask, Datum.Kd_PRINTSPOOLER_Mask, Datum.Kd_VSSDYNDISK_Mask, Datum.Kd_VERIFIER_Mask,
        Datum.Kd_VDS_Mask, Datum.Kd_VDSBAS_Mask, Datum.Kd_VDSDYN_Mask, Datum.Kd_VDSDYNDR_Mask, Datum.Kd_VDSLDR_Mask,
        Datum.Kd_VDSUTIL_Mask, Datum.Kd_DFRGIFC_Mask, Datum.Kd_DEFAULT_Mask, Datum.Kd_MM_Mask, Datum.Kd_DFSC_Mask, Datum.Kd_WOW64_Mask,
        Datum.Kd_ALPC_Mask, Datum.Kd_WDI_Mask, Datum.Kd_PERFLIB_Mask, Datum.Kd_KTM_Mask, Datum.Kd_IOSTRESS_Mask, Datum.Kd_HEAP_Mask,
        Datum.Kd_WHEA_Mask, Datum.Kd_USERGDI_Mask, Datum.Kd_MMCSS_Mask, Datum.Kd_TPM_Mask, Datum.Kd_THREADORDER_Mask,
        Datum.Kd_ENVIRON_Mask, Datum.Kd_EMS_Mask, Datum.Kd_WDT_Mask, Datum.Kd_FVEVOL_Mask, Datum.Kd_NDIS_Mask, Datum.Kd_NVCTRACE_Mask,
        Datum.Kd_LUAFV_Mask, Datum.Kd_APPCOMPAT_Mask, Datum.Kd_USBSTOR_Mask, Datum.Kd_SBP2PORT_Mask, Datum.Kd_COVERAGE_Mask,
        Datum.Kd_CACHEMGR_Mask, Datum.Kd_MOUNTMGR_Mask, Datum.Kd_CFR_Mask, Datum.Kd_TXF_Mask, Datum.Kd_KSECDD_Mask,
        Datum.Kd_FLTREGRESS_Mask, Datum.Kd_MPIO_Mask, Datum.Kd_MSDSM_Mask, Datum.Kd_UDFS_Mask, Datum.Kd_PSHED_Mask, Datum.Kd_STORVSP_Mask,
        Datum.Kd_LSASS_Mask, Datum.Kd_SSPICLI_Mask, Datum.Kd_CNG_Mask, Datum.Kd_EXFAT_Mask, Datum.Kd_FILETRACE_Mask, Datum.Kd_XSAVE_Mask,
        Datum.Kd_SE_Mask, Datum.Kd_DRIVEEXTENDER_Mask,
    ];

    public static uint Count => (uint)Masks.Length;

    /// <summary>NT shows errors of every component; of the components that drivers print under, what the machine's options say.</summary>
    internal void Initialize()
    {
        Memory.WriteU32(Kernel.Data(Datum.Kd_WIN2000_Mask), 1);
        Memory.WriteU32(AddressOf(Default), Kernel.Options.DebugPrintMask);
        for (uint component = FirstOfHardwareVendors; component <= LastOfHardwareVendors; component++)
            Memory.WriteU32(AddressOf(component), Kernel.Options.DebugPrintMask);
    }

    public ulong AddressOf(uint component) => Kernel.Data(Masks[component]);

    /// <summary>Whether a message is shown; of a component that does not exist, never.</summary>
    public bool IsShown(uint component, uint level) =>
        component < Count && (Bits(level) & (Memory.ReadU32(AddressOf(component)) | Memory.ReadU32(Kernel.Data(Datum.Kd_WIN2000_Mask)))) != 0;

    /// <summary>TRUE, FALSE or STATUS_INVALID_PARAMETER_1, as NT answers.</summary>
    [NtExport("DbgQueryDebugFilterState")]
    public NtStatus DbgQueryDebugFilterState(uint ComponentId, uint Level) =>
        ComponentId >= Count ? NtStatus.InvalidParameter1 : (NtStatus)(IsShown(ComponentId, Level) ? 1u : 0u);

    [NtExport("DbgSetDebugFilterState", MaxIrql = Irql.Passive)]
    public NtStatus DbgSetDebugFilterState(uint ComponentId, uint Level, bool State)
    {
        if (ComponentId >= Count)
            return NtStatus.InvalidParameter1;
        ulong mask = AddressOf(ComponentId);
        Memory.WriteU32(mask, State ? Memory.ReadU32(mask) | Bits(Level) : Memory.ReadU32(mask) & ~Bits(Level));
        return NtStatus.Success;
    }

    private static uint Bits(uint level) => level > 31 ? level : 1u << (int)level;
}
