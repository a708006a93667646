using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ke;

/// <summary>
/// The processors as NT knows them: control blocks, the running thread, software interrupts, and the routines that drivers ask for numbers. One group.
/// Any IRQL.
/// </summary>
public sealed class Processors(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>Vectors of the software interrupts: their class is the IRQL at which they are served.</summary>
    public const int ApcVector = 0x1F;
    public const int DispatchVector = 0x2F;

    private const ushort AllGroups = 0xFFFF;

    public int Count => Kernel.Computer.Processors.Length;

    public ulong ActiveMask => (1UL << Count) - 1;

    /// <summary>The control block of the processor whose trap is being handled.</summary>
    public View<KPRCB> Current => Block(Cpu.Number);

    public View<KTHREAD> CurrentThread => Current.CurrentThread;

    public View<KPRCB> Block(int number) => new(Memory.ReadU64(Kernel.Data(Datum.KiProcessorBlock) + (ulong)number * 8));

    /// <summary>True when every processor runs its idle thread and none has been given another.</summary>
    public bool AreIdle => Enumerable.Range(0, Count).Select(Block).All(prcb => prcb.CurrentThread == prcb.IdleThread && prcb.NextThread.IsNull);

    /// <summary>DPCs, a thread switch or the end of a quantum wait for this processor.</summary>
    public void RequestDispatch(int number) => Kernel.Computer.Apics[Cpu.Number].SendIpi(number, DispatchVector);

    public void RequestApc(int number) => Kernel.Computer.Apics[Cpu.Number].SendIpi(number, ApcVector);

    [NtExport("KeQueryActiveProcessors")]
    public ulong KeQueryActiveProcessors() => ActiveMask;

    [NtExport("KeQueryActiveProcessorCount")]
    public uint KeQueryActiveProcessorCount(Ptr<ulong> ActiveProcessors)
    {
        if (!ActiveProcessors.IsNull)
            ActiveProcessors.Write(ActiveMask);
        return (uint)Count;
    }

    [NtExport("KeQueryActiveProcessorCountEx")]
    public uint KeQueryActiveProcessorCountEx(ushort GroupNumber) => GroupNumber is 0 or AllGroups ? (uint)Count : 0;

    [NtExport("KeQueryMaximumProcessorCount")]
    public uint KeQueryMaximumProcessorCount() => (uint)Count;

    [NtExport("KeQueryMaximumProcessorCountEx")]
    public uint KeQueryMaximumProcessorCountEx(ushort GroupNumber) => KeQueryActiveProcessorCountEx(GroupNumber);

    [NtExport("KeQueryActiveGroupCount")]
    public ushort KeQueryActiveGroupCount() => 1;

    [NtExport("KeQueryMaximumGroupCount")]
    public ushort KeQueryMaximumGroupCount() => 1;

    [NtExport("KeQueryGroupAffinity")]
    public ulong KeQueryGroupAffinity(ushort GroupNumber) => GroupNumber == 0 ? ActiveMask : 0;

    [NtExport("KeGetCurrentProcessorNumberEx")]
    public uint KeGetCurrentProcessorNumberEx(Ptr<PROCESSOR_NUMBER> ProcNumber)
    {
        if (!ProcNumber.IsNull)
            ProcNumber.Write(new PROCESSOR_NUMBER { Number = (byte)Cpu.Number });
        return (uint)Cpu.Number;
    }

    [NtExport("KeGetProcessorNumberFromIndex")]
    public NtStatus KeGetProcessorNumberFromIndex(uint ProcIndex, Ptr<PROCESSOR_NUMBER> ProcNumber)
    {
        if (ProcIndex >= (uint)Count)
            return NtStatus.InvalidParameter;
        ProcNumber.Write(new PROCESSOR_NUMBER { Number = (byte)ProcIndex });
        return NtStatus.Success;
    }

    [NtExport("KeGetProcessorIndexFromNumber")]
    public uint KeGetProcessorIndexFromNumber(Ptr<PROCESSOR_NUMBER> ProcNumber)
    {
        PROCESSOR_NUMBER number = ProcNumber.Read();
        return number is { Group: 0, Reserved: 0 } && number.Number < Count ? number.Number : uint.MaxValue;
    }
}
