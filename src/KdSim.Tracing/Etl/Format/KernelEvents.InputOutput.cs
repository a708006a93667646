namespace KdSim.Tracing.Etl.Format;

/// <summary>Tables: drivers, disks, files, the registry.</summary>
public static partial class KernelEvents
{
    static Table[] InputOutputTables() =>
    [
        new(KernelGroup.DiskIo, "DiskIO", """
            10:Read 11:Write v2: u32 DiskNumber, x32 IrpFlags, u32 TransferSize, u32 ResponseTime, u64 ByteOffset, ptr FileKey, ptr Irp, u64
                HighResResponseTime
            10:Read 11:Write v3: u32 DiskNumber, x32 IrpFlags, u32 TransferSize, u32 ResponseTime, u64 ByteOffset, ptr FileKey, ptr Irp, u64
                HighResResponseTime, tid IssuingThreadID
            12:ReadInit 13:WriteInit 15:FlushInit v2: ptr Irp
            12:ReadInit 13:WriteInit 15:FlushInit v3: ptr Irp, tid IssuingThreadID
            14:FlushBuffers v2: u32 DiskNumber, x32 IrpFlags, u64 HighResResponseTime, ptr Irp
            14:FlushBuffers v3: u32 DiskNumber, x32 IrpFlags, u64 HighResResponseTime, ptr Irp, tid IssuingThreadID
            34:DriverMajorFunctionCall v2: u32 MajorFunction, u32 MinorFunction, routine RoutineAddr, ptr FileKey, ptr Irp, u32 UniqMatchID
            35:DriverMajorFunctionReturn v2: ptr Irp, u32 UniqMatchID
            36:DriverCompletionRoutineCall 37:DriverCompletionRoutine v2: routine Routine, ptr IrpPtr, u32 UniqMatchID
            52:DriverCompleteRequest v2: routine RoutineAddr, ptr Irp, u32 UniqMatchID
            53:DriverCompleteRequestReturn v2: ptr Irp, u32 UniqMatchID
            """),
        new(KernelGroup.FileIo, "FileIO", """
            0:Name 32:FileCreate 35:FileDelete 36:FileRundown v0: ptr FileKey, wstr FileName
            37:MapFile 38:UnmapFile 39:MapFileDCStart 40:MapFileDCStop v2: ptr ViewBase, ptr FileKey, x64 MiscInfo, size ViewSize, pid ProcessID
            37:MapFile 38:UnmapFile 39:MapFileDCStart 40:MapFileDCStop v3: ptr ViewBase, ptr FileKey, x64 MiscInfo, size ViewSize, u64 ByteOffset,
                pid ProcessID
            64:Create v2: ptr IrpPtr, size ThreadID, ptr FileObject, x32 CreateOptions, x32 FileAttributes, x32 ShareAccess, wstr FileName
            64:Create v3: ptr IrpPtr, ptr FileObject, tid ThreadID, x32 CreateOptions, x32 FileAttributes, x32 ShareAccess, wstr FileName
            65:Cleanup 66:Close 73:Flush v2: ptr IrpPtr, size ThreadID, ptr FileObject, ptr FileKey
            65:Cleanup 66:Close 73:Flush v3: ptr IrpPtr, ptr FileObject, ptr FileKey, tid ThreadID
            67:Read 68:Write v2: u64 Offset, ptr IrpPtr, size ThreadID, ptr FileObject, ptr FileKey, u32 IoSize, x32 IoFlags
            67:Read 68:Write v3: u64 Offset, ptr IrpPtr, ptr FileObject, ptr FileKey, tid ThreadID, u32 IoSize, x32 IoFlags, x32 ExtraFlags
            69:SetInfo 70:Delete 71:Rename 74:QueryInfo 75:FSControl v2: ptr IrpPtr, size ThreadID, ptr FileObject, ptr FileKey, ptr ExtraInfo, u32
                InfoClass
            69:SetInfo 70:Delete 71:Rename 74:QueryInfo 75:FSControl v3: ptr IrpPtr, ptr FileObject, ptr FileKey, ptr ExtraInfo, tid ThreadID, u32
                InfoClass
            72:DirEnum 77:DirNotify v2: ptr IrpPtr, size ThreadID, ptr FileObject, ptr FileKey, u32 Length, u32 InfoClass, u32 FileIndex, wstr
                FileName
            72:DirEnum 77:DirNotify v3: ptr IrpPtr, ptr FileObject, ptr FileKey, tid ThreadID, u32 Length, u32 InfoClass, u32 FileIndex, wstr FileName
            76:OperationEnd v2: ptr IrpPtr, ptr ExtraInfo, status NtStatus
            79:DeletePath 80:RenamePath v3: ptr IrpPtr, ptr FileObject, ptr FileKey, ptr ExtraInfo, tid ThreadID, u32 InfoClass, wstr FileName
            """),
        new(KernelGroup.Registry, "Registry", """
            10:Create 11:Open 12:Delete 13:Query 14:SetValue 15:DeleteValue 16:QueryValue 17:EnumerateKey 18:EnumerateValueKey 19:QueryMultipleValue
                20:SetInformation 21:Flush 22:KCBCreate 23:KCBDelete 24:KCBRundownBegin 25:KCBRundownEnd 26:Virtualize 27:Close 28:SetSecurity
                29:QuerySecurity v1: status Status, ptr KeyHandle, i64 ElapsedTime, u32 Index, wstr KeyName
            10:Create 11:Open 12:Delete 13:Query 14:SetValue 15:DeleteValue 16:QueryValue 17:EnumerateKey 18:EnumerateValueKey 19:QueryMultipleValue
                20:SetInformation 21:Flush 22:KCBCreate 23:KCBDelete 24:KCBRundownBegin 25:KCBRundownEnd 26:Virtualize 27:Close 28:SetSecurity
                29:QuerySecurity v2: ticks InitialTime, status Status, u32 Index, ptr KeyHandle, wstr KeyName
            34:Counters v1: u64 Counter1, u64 Counter2, u64 Counter3, u64 Counter4, u64 Counter5, u64 Counter6, u64 Counter7, u64 Counter8, u64
                Counter9, u64 Counter10, u64 Counter11
            35:Config v1: u32 CurrentControlSet
            """),
        new(KernelGroup.SplitIo, "SplitIo", """
            32:VolMgr v2: ptr ParentIrp, ptr ChildIrp
            """),
        new(KernelGroup.Alpc, "ALPC", """
            33:SendMessage 34:ReceiveMessage 35:WaitForReply v2: u32 MessageID
            36:WaitForNewMessage v2: u32 IsServerPort, astr PortName
            37:Unwait v2: status Status
            """),
    ];
}
