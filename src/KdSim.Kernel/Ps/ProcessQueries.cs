using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ps;

/// <summary>What drivers ask of the current thread and of processes by a routine of their own each. All processes are 64-bit and in session 0.</summary>
public sealed class ProcessQueries(NtKernel kernel) : KernelComponent(kernel)
{
    [NtExport("PsGetProcessExitTime", MaxIrql = Irql.Dispatch)]
    public long PsGetProcessExitTime() => Kernel.KernelObjects.Process.ExitTime.QuadPart;

    [NtExport("PsGetCurrentThreadProcess", MaxIrql = Irql.Dispatch)]
    public ulong PsGetCurrentThreadProcess() => Kernel.KernelObjects.Thread.Tcb.Process;

    [NtExport("PsGetCurrentThreadProcessId", MaxIrql = Irql.Dispatch)]
    public ulong PsGetCurrentThreadProcessId() => Kernel.KernelObjects.Thread.Cid.UniqueProcess;

    [NtExport("PsGetCurrentThreadStackBase", MaxIrql = Irql.Dispatch)]
    public ulong PsGetCurrentThreadStackBase() => Kernel.KernelObjects.Thread.Tcb.StackBase;

    [NtExport("PsGetCurrentThreadStackLimit", MaxIrql = Irql.Dispatch)]
    public ulong PsGetCurrentThreadStackLimit() => Kernel.KernelObjects.Thread.Tcb.StackLimit;

    [NtExport("PsGetThreadTeb", MaxIrql = Irql.Dispatch)]
    public ulong PsGetThreadTeb(Ptr<ETHREAD> Thread) => Thread.View.Tcb.Teb;

    [NtExport("PsGetProcessPeb", MaxIrql = Irql.Dispatch)]
    public ulong PsGetProcessPeb(Ptr<EPROCESS> Process) => Process.View.Peb;

    [NtExport("PsGetProcessSectionBaseAddress", MaxIrql = Irql.Dispatch)]
    public ulong PsGetProcessSectionBaseAddress(Ptr<EPROCESS> Process) => Process.View.SectionBaseAddress;

    [NtExport("PsGetProcessDebugPort", MaxIrql = Irql.Dispatch)]
    public ulong PsGetProcessDebugPort(Ptr<EPROCESS> Process) => Process.View.DebugPort;

    [NtExport("PsIsProcessBeingDebugged", MaxIrql = Irql.Dispatch)]
    public bool PsIsProcessBeingDebugged(Ptr<EPROCESS> Process) => Process.View.DebugPort != 0;

    [NtExport("PsGetProcessWow64Process", MaxIrql = Irql.Dispatch)]
    public ulong PsGetProcessWow64Process(Ptr<EPROCESS> Process) => Process.View.WoW64Process;

    [NtExport("PsGetProcessSessionId", MaxIrql = Irql.Dispatch)]
    [NtExport("PsGetProcessSessionIdEx", MaxIrql = Irql.Dispatch)]
    public uint PsGetProcessSessionId(Ptr<EPROCESS> Process) => 0;

    [NtExport("PsGetCurrentProcessSessionId", MaxIrql = Irql.Dispatch)]
    public uint PsGetCurrentProcessSessionId() => 0;

    [NtExport("PsIsSystemProcess", MaxIrql = Irql.Dispatch)]
    public bool PsIsSystemProcess(Ptr<EPROCESS> Process) => Process == Kernel.InitialThreads.SystemProcess.Ptr;

    /// <summary>No process of this machine is protected.</summary>
    [NtExport("PsIsProtectedProcess", MaxIrql = Irql.Dispatch)]
    public bool PsIsProtectedProcess(Ptr<EPROCESS> Process) => false;

    /// <summary>One node with all processors.</summary>
    [NtExport("KeQueryHighestNodeNumber")]
    [NtExport("KeGetCurrentNodeNumber")]
    public ushort KeQueryHighestNodeNumber() => 0;

    [NtExport("KeQueryNodeActiveAffinity")]
    public void KeQueryNodeActiveAffinity(ushort NodeNumber, ulong Affinity, Ptr<ushort> Count)
    {
        bool exists = NodeNumber == 0;
        if (Affinity != 0)
        {
            Memory.WriteU64(Affinity, exists ? Kernel.Processors.ActiveMask : 0);
            Memory.WriteU64(Affinity + 8, 0);
        }
        if (!Count.IsNull)
            Count.Write(exists ? (ushort)Kernel.Processors.Count : (ushort)0);
    }

    [NtExport("KeQueryNodeMaximumProcessorCount")]
    public ushort KeQueryNodeMaximumProcessorCount(ushort NodeNumber) => NodeNumber == 0 ? (ushort)Kernel.Processors.Count : (ushort)0;

    [NtExport("KeGetRecommendedSharedDataAlignment")]
    public uint KeGetRecommendedSharedDataAlignment() => 64;

    [NtExport("KeIsExecutingDpc")]
    public bool KeIsExecutingDpc() => Kernel.Processors.Current.DpcRoutineActive;

    [NtExport("KeIsAttachedProcess", MaxIrql = Irql.Dispatch)]
    public bool KeIsAttachedProcess() => Kernel.KernelObjects.Process.Address != Kernel.KernelObjects.Thread.Tcb.Process.Address;

    /// <summary>The processors of group 0, the only one.</summary>
    [NtExport("KeSetSystemGroupAffinityThread", MaxIrql = Irql.Apc)]
    public async KTask KeSetSystemGroupAffinityThread(ulong Affinity, ulong PreviousAffinity)
    {
        ulong before = await Kernel.ThreadQueries.KeSetSystemAffinityThreadEx(Memory.ReadU64(Affinity));
        if (PreviousAffinity == 0)
            return;
        Memory.WriteU64(PreviousAffinity, before);
        Memory.WriteU64(PreviousAffinity + 8, 0);
    }

    [NtExport("KeRevertToUserGroupAffinityThread", MaxIrql = Irql.Apc)]
    public async KTask KeRevertToUserGroupAffinityThread(ulong PreviousAffinity) =>
        await Kernel.ThreadQueries.KeRevertToUserAffinityThreadEx(Memory.ReadU64(PreviousAffinity));

    /// <summary>
    /// The machine has no state beyond what a switch of threads saves (x87 and SSE), so there is nothing to save for kernel code: features that are not there
    /// are left out, as on hardware without them.
    /// </summary>
    [NtExport("KeSaveExtendedProcessorState", MaxIrql = Irql.Dispatch)]
    public NtStatus KeSaveExtendedProcessorState(ulong Mask, ulong XStateSave)
    {
        Memory.Fill(XStateSave, 0x30, 0);
        return NtStatus.Success;
    }

    [NtExport("KeRestoreExtendedProcessorState", MaxIrql = Irql.Dispatch)]
    public void KeRestoreExtendedProcessorState(ulong XStateSave)
    {
    }
}
