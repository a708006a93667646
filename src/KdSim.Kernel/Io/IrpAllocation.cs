using KdSim.Kernel.Ke;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Io;

/// <summary>IRPs in nonpaged pool: the packet, then its stack locations. Any IRQL up to DISPATCH.</summary>
public sealed class IrpAllocation(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Tag = 0x20707249; // "Irp "
    private const byte QuotaCharged = 1;

    public static ushort SizeOf(int stackCount) => (ushort)(IRP.SizeOf + stackCount * IO_STACK_LOCATION.SizeOf);

    [NtExport("IoSizeofIrpEx", MaxIrql = Irql.Dispatch)]
    public ushort IoSizeofIrpEx(Ptr<DEVICE_OBJECT> DeviceObject, sbyte StackSize) => SizeOf(StackSize);

    /// <summary>Null if there is no memory.</summary>
    [NtExport("IoAllocateIrp", MaxIrql = Irql.Dispatch)]
    public Ptr<IRP> IoAllocateIrp(sbyte StackSize, bool ChargeQuota)
    {
        if (StackSize < 0)
            return default;
        ulong address = Kernel.Pool.TryAllocate(POOL_TYPE.NonPagedPool, SizeOf(StackSize), Tag);
        if (address == 0)
            return default;
        Initialize(new View<IRP>(address), SizeOf(StackSize), StackSize);
        View<IRP> irp = new(address);
        irp.AllocationFlags = ChargeQuota ? QuotaCharged : (byte)0;
        Observer?.IrpAllocated(Cpu.Number, address, Kernel.KernelObjects.Thread.Address);
        return irp.Ptr;
    }

    [NtExport("IoAllocateIrpEx", MaxIrql = Irql.Dispatch)]
    public Ptr<IRP> IoAllocateIrpEx(Ptr<DEVICE_OBJECT> DeviceObject, sbyte StackSize, bool ChargeQuota) => IoAllocateIrp(StackSize, ChargeQuota);

    [NtExport("IoFreeIrp", MaxIrql = Irql.Dispatch)]
    public void IoFreeIrp(Ptr<IRP> Irp)
    {
        View<IRP> irp = Irp;
        if (irp.Type != (short)IO_OBJECTS.Irp)
            throw new GuestBugCheck(BugCheckCode.MULTIPLE_IRP_COMPLETE_REQUESTS, Irp, 0xBAD);
        ulong list = irp.ThreadListEntryView.Address;
        if (!Memory.IsListEmpty(list))
            throw new GuestBugCheck(BugCheckCode.MULTIPLE_IRP_COMPLETE_REQUESTS, Irp, 0xBAE);
        Observer?.IrpFreed(Cpu.Number, Irp);
        irp.Type = 0;
        Kernel.Pool.Free(Irp);
    }

    /// <summary>For IRPs in a driver's own memory.</summary>
    [NtExport("IoInitializeIrp", MaxIrql = Irql.Dispatch)]
    public void IoInitializeIrp(Ptr<IRP> Irp, ushort PacketSize, sbyte StackSize) => Initialize(Irp, PacketSize, StackSize);

    [NtExport("IoInitializeIrpEx", MaxIrql = Irql.Dispatch)]
    public void IoInitializeIrpEx(Ptr<IRP> Irp, Ptr<DEVICE_OBJECT> DeviceObject, ushort PacketSize, sbyte StackSize) => Initialize(Irp, PacketSize, StackSize);

    /// <summary>As new, but for how it was allocated.</summary>
    [NtExport("IoReuseIrp", MaxIrql = Irql.Dispatch)]
    public void IoReuseIrp(Ptr<IRP> Irp, NtStatus Iostatus)
    {
        View<IRP> irp = Irp;
        byte flags = irp.AllocationFlags;
        Initialize(irp, irp.Size, irp.StackCount);
        irp.AllocationFlags = flags;
        View<IO_STATUS_BLOCK> status = irp.IoStatus;
        status.Status = Iostatus;
    }

    /// <summary>An IRP whose completion counts down its master's IrpCount.</summary>
    [NtExport("IoMakeAssociatedIrp", MaxIrql = Irql.Dispatch)]
    public Ptr<IRP> IoMakeAssociatedIrp(Ptr<IRP> Irp, sbyte StackSize)
    {
        Ptr<IRP> made = IoAllocateIrp(StackSize, ChargeQuota: false);
        if (made.IsNull)
            return default;
        View<IRP> associated = made;
        associated.Flags |= IRP_FLAGS.ASSOCIATED_IRP;
        View<IRP_Tail_Overlay> overlay = associated.Tail.Overlay;
        overlay.Thread = Irp.View.Tail.Overlay.Thread;
        View<IRP_AssociatedIrp> link = associated.AssociatedIrp;
        link.MasterIrp = Irp;
        return made;
    }

    [NtExport("IoMakeAssociatedIrpEx", MaxIrql = Irql.Dispatch)]
    public Ptr<IRP> IoMakeAssociatedIrpEx(Ptr<IRP> Irp, Ptr<DEVICE_OBJECT> DeviceObject, sbyte StackSize) => IoMakeAssociatedIrp(Irp, StackSize);

    /// <summary>Puts the IRP on the list of a thread: it is cancelled when the thread ends.</summary>
    public void QueueToThread(View<IRP> irp, View<ETHREAD> thread)
    {
        ulong head = thread.IrpListView.Address;
        if (Memory.ReadU64(head) == 0)
            Memory.InitializeList(head);
        Memory.InsertHead(head, irp.ThreadListEntryView.Address);
    }

    public void RemoveFromThread(View<IRP> irp)
    {
        ulong entry = irp.ThreadListEntryView.Address;
        if (Memory.IsListEmpty(entry))
            return;
        Memory.RemoveEntry(entry);
        Memory.InitializeList(entry);
    }

    private void Initialize(View<IRP> irp, ushort size, sbyte stackCount)
    {
        Memory.Fill(irp.Address, size, 0);
        irp.Type = (short)IO_OBJECTS.Irp;
        irp.Size = size;
        irp.StackCount = stackCount;
        irp.CurrentLocation = (sbyte)(stackCount + 1);
        irp.ApcEnvironment = (sbyte)Kernel.KernelObjects.Thread.As<KTHREAD>().ApcStateIndex;
        Memory.InitializeList(irp.ThreadListEntryView.Address);
        View<IRP_Tail_Overlay> overlay = irp.Tail.Overlay;
        overlay.CurrentStackLocation = (Ptr<IO_STACK_LOCATION>)(irp.Address + SizeOf(stackCount));
    }
}
