namespace KdSim.Tracing.Etl.Format;

/// <summary>Tables: the trace itself, configuration, processes, images, power.</summary>
public static partial class KernelEvents
{
    static Table[] SystemTables() =>
    [
        new(KernelGroup.EventTrace, "EventTrace", """
            0:Header v0: u32 BufferSize, u32 Version, u32 ProviderVersion, u32 NumberOfProcessors, filetime EndTime, u32 TimerResolution, u32
                MaxFileSize, x32 LogFileMode, u32 BuffersWritten, u32 StartBuffers, u32 PointerSize, u32 EventsLost, u32 CPUSpeed, ptr LoggerName,
                ptr LogFileNamePointer, i32 Bias, wchars[32] StandardName, systime StandardDate, i32 StandardBias, wchars[32] DaylightName, systime
                DaylightDate, i32 DaylightBias, u32 Padding, filetime BootTime, i64 PerfFreq, filetime StartTime, u32 ReservedFlags, u32 BuffersLost,
                wstr SessionName, wstr LogFileName
            5:Extension 32:EndExtension v0: x32 GroupMask1, x32 GroupMask2, x32 GroupMask3, x32 GroupMask4, x32 GroupMask5, x32 GroupMask6, x32
                GroupMask7, x32 GroupMask8, u32 KernelEventVersion
            8:RundownComplete v0:
            80:PartitionInfo v0: bytes[] Data
            """),
        new(KernelGroup.Process, "Process", """
            1:Start 2:Stop 3:DCStart 4:DCStop 39:Defunct v1: ptr UniqueProcessKey, pid ProcessID, pid ParentID, u32 SessionID, i32 ExitStatus, user
                UserSID, astr ImageFileName
            1:Start 2:Stop 3:DCStart 4:DCStop 39:Defunct v2: ptr UniqueProcessKey, pid ProcessID, pid ParentID, u32 SessionID, i32 ExitStatus, user
                UserSID, astr ImageFileName, wstr CommandLine
            1:Start 2:Stop 3:DCStart 4:DCStop 39:Defunct v3: ptr UniqueProcessKey, pid ProcessID, pid ParentID, u32 SessionID, i32 ExitStatus, ptr
                PageDirectoryBase, user UserSID, astr ImageFileName, wstr CommandLine
            1:Start 2:Stop 3:DCStart 4:DCStop 39:Defunct v4: ptr UniqueProcessKey, pid ProcessID, pid ParentID, u32 SessionID, i32 ExitStatus, ptr
                PageDirectoryBase, x32 Flags, user UserSID, astr ImageFileName, wstr CommandLine, wstr PackageFullName, wstr ApplicationID
            39:Defunct v5: ptr UniqueProcessKey, pid ProcessID, pid ParentID, u32 SessionID, i32 ExitStatus, ptr PageDirectoryBase, x32 Flags, user
                UserSID, astr ImageFileName, wstr CommandLine, wstr PackageFullName, wstr ApplicationID, filetime ExitTime
            11:Terminate v0: pid ProcessID
            32:PerfCtr 33:PerfCtrRundown v2: pid ProcessID, u32 MemoryCount, u32 HandleCount, u32 Reserved, size PeakVirtualSize, size
                PeakWorkingSetSize, size PeakPagefileUsage, size QuotaPeakPagedPoolUsage, size QuotaPeakNonPagedPoolUsage, size VirtualSize, size
                WorkingSetSize, size PagefileUsage, size QuotaPagedPoolUsage, size QuotaNonPagedPoolUsage, size PrivatePageCount
            """),
        new(KernelGroup.Image, "Image", """
            2:Unload 3:DCStart 4:DCStop 10:Load v0: ptr ImageBase, size ImageSize, wstr FileName
            2:Unload 3:DCStart 4:DCStop 10:Load v1: ptr ImageBase, size ImageSize, pid ProcessID, wstr FileName
            2:Unload 3:DCStart 4:DCStop 10:Load v2: ptr ImageBase, size ImageSize, pid ProcessID, x32 ImageChecksum, x32 TimeDateStamp, u32
                Reserved0, ptr DefaultBase, u32 Reserved1, u32 Reserved2, u32 Reserved3, u32 Reserved4, wstr FileName
            2:Unload 3:DCStart 4:DCStop 10:Load v3: ptr ImageBase, size ImageSize, pid ProcessID, x32 ImageChecksum, x32 TimeDateStamp, u8
                SignatureLevel, u8 SignatureType, u16 Reserved0, ptr DefaultBase, u32 Reserved1, u32 Reserved2, u32 Reserved3, u32 Reserved4, wstr
                FileName
            33:KernelBase v0: ptr ImageBase
            """),
        new(KernelGroup.DbgPrint, "DbgPrint", """
            32:Print v0: u32 Component, u32 Level, astr Message
            """),
        new(KernelGroup.SystemConfig, "SystemConfig", """
            10:CPU v2: u32 MHz, u32 NumberOfProcessors, u32 MemSize, u32 PageSize, u32 AllocationGranularity, wchars[256] ComputerName, wchars[134]
                DomainName, size HyperThreadingFlag
            10:CPU v3: u32 MHz, u32 NumberOfProcessors, u32 MemSize, u32 PageSize, u32 AllocationGranularity, wchars[256] ComputerName, wchars[134]
                DomainName, size HyperThreadingFlag, ptr HighestUserAddress, u16 ProcessorArchitecture, u16 ProcessorLevel, u16 ProcessorRevision, u8
                NxEnabled, u8 PaeEnabled, u32 MemorySpeed
            16:Power v0: u8 S1, u8 S2, u8 S3, u8 S4, u8 S5
            16:Power v2: u8 S1, u8 S2, u8 S3, u8 S4, u8 S5, u8 AoAc, u8 Pad1, u8 Pad2
            21:IRQ v3: x64 IRQAffinity, u16 IRQGroup, u16 Reserved, u32 IRQNum, u32 DeviceDescriptionLen, wstr DeviceDescription
            22:PnP v3: u32 IDLength, u32 DescriptionLength, u32 FriendlyNameLength, wstr DeviceID, wstr DeviceDescription, wstr FriendlyName
            22:PnP v4: guid ClassGuid, u32 UpperFiltersCount, u32 LowerFiltersCount, wstr DeviceID, wstr DeviceDescription, wstr FriendlyName, wstr
                PdoName, wstr ServiceName, wstr[] Filters
            22:PnP v5: guid ClassGuid, u32 UpperFiltersCount, u32 LowerFiltersCount, x32 DevStatus, u32 DevProblem, wstr DeviceID, wstr
                DeviceDescription, wstr FriendlyName, wstr PdoName, wstr ServiceName, wstr[] Filters
            """),
        new(KernelGroup.Object, "Object", """
            32:CreateHandle 33:CloseHandle v2: ptr Object, u32 Handle, u16 ObjectType
            """),
        new(KernelGroup.Power, "Power", """
            34:SetPowerAction v0: u64 Trigger, u32 Action, u32 LightestState
            35:SetPowerActionReturn v0: u64 Trigger, status Status
            36:SetDevicesState v0: u32 State, u8 Waking, u8 Shutdown, u8 IrpMinor
            38:PoNotifyDevice v0: ptr Irp, ptr DriverStart, u8 OrderLevel, u8 Major, u8 Minor, u32 Type, u32 State, u32 NameLength, wstr Name
            39:PoNotifyDeviceComplete v0: ptr Irp, status Status
            """),
        new(ClassicProviders.SysConfig, null, "SysConfig", """
            32:BuildInfo v0: filetime InstallDate, wstr BuildLab, wstr ProductName
            33:SystemPaths v0: wstr SystemDirectory, wstr SystemWindowsDirectory
            34:UnknownVolume v0: wstr Value
            35:VolumeMapping v0: wstr NtPath, wstr DosPath
            """),
        new(ClassicProviders.ImageId, null, "KernelTraceControl", """
            0:ImageID v0: ptr ImageBase, size ImageSize, pid ProcessID, x32 TimeDateStamp, wstr OriginalFileName
            36:DbgID_RSDS v0: ptr ImageBase, pid ProcessID, guid GuidSig, u32 Age, astr PdbFileName
            """),
        new(ClassicProviders.LostEvent, null, "LostEvent", "32:LostEvent v0:"),
    ];
}
