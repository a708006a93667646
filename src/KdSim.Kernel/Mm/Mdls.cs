using KdSim.Kernel.Routines;
using KdSim.Machine.Memory;
using KdSim.Nt;

namespace KdSim.Kernel.Mm;

/// <summary>MDLs: making them, locking the pages of buffers: locked pages of paged pool may be used at any IRQL. User pages are never taken away.</summary>
public sealed class Mdls(NtKernel kernel) : KernelComponent(kernel)
{
    private const ulong Page = PhysicalMemory.PageSize;
    private const uint MaxBytes = 0x8000_0000;
    private const uint Tag = 0x206C644D; // "Mdl "

    public static ulong PagesOf(ulong address, ulong bytes) => ((address & (Page - 1)) + bytes + Page - 1) / Page;

    /// <summary>The physical page numbers stand behind the structure.</summary>
    public static ulong PfnSlot(View<MDL> mdl, ulong index) => mdl.Address + MDL.SizeOf + index * 8;

    [NtExport("MmSizeOfMdl")]
    public ulong MmSizeOfMdl(ulong Base, ulong Length) => MDL.SizeOf + PagesOf(Base, Length) * 8;

    [NtExport("IoAllocateMdl", MaxIrql = Irql.Dispatch)]
    public Ptr<MDL> IoAllocateMdl(ulong VirtualAddress, uint Length, bool SecondaryBuffer, bool ChargeQuota, Ptr<IRP> Irp)
    {
        if (Length >= MaxBytes)
            return default;
        ulong size = MmSizeOfMdl(VirtualAddress, Length), address = Kernel.Pool.TryAllocate(POOL_TYPE.NonPagedPool, size, Tag);
        if (address == 0)
            return default;
        Memory.Fill(address, size, 0);
        View<MDL> mdl = new(address);
        mdl.Size = (short)Math.Min(size, 0x7FF8);
        mdl.StartVa = VirtualAddress & ~(Page - 1);
        mdl.ByteOffset = (uint)(VirtualAddress & (Page - 1));
        mdl.ByteCount = Length;
        if (!Irp.IsNull)
            Chain(Irp, mdl, SecondaryBuffer);
        return mdl.Ptr;
    }

    [NtExport("IoFreeMdl", MaxIrql = Irql.Dispatch)]
    public void IoFreeMdl(Ptr<MDL> Mdl)
    {
        if ((Mdl.View.MdlFlags & MDL_FLAGS.PARTIAL_HAS_BEEN_MAPPED) != 0)
            Kernel.MdlMappings.MmUnmapLockedPages(Mdl.View.MappedSystemVa, Mdl);
        Kernel.Pool.Free(Mdl);
    }

    /// <summary>The part of a described buffer that a smaller MDL describes; no page is locked by it.</summary>
    [NtExport("IoBuildPartialMdl", MaxIrql = Irql.Dispatch)]
    public void IoBuildPartialMdl(Ptr<MDL> SourceMdl, Ptr<MDL> TargetMdl, ulong VirtualAddress, uint Length)
    {
        View<MDL> source = SourceMdl, target = TargetMdl;
        ulong start = source.StartVa + source.ByteOffset, end = start + source.ByteCount;
        uint bytes = Length != 0 ? Length : (uint)(end - VirtualAddress);
        ulong pages = PagesOf(VirtualAddress, bytes);
        if (VirtualAddress < start || VirtualAddress + bytes > end || MDL.SizeOf + pages * 8 > (ulong)target.Size)
            throw new GuestBugCheck(BugCheckCode.TARGET_MDL_TOO_SMALL);
        target.Process = source.Process;
        target.StartVa = VirtualAddress & ~(Page - 1);
        target.ByteOffset = (uint)(VirtualAddress & (Page - 1));
        target.ByteCount = bytes;
        ulong skipped = (target.StartVa - source.StartVa) / Page;
        for (ulong i = 0; i < pages; i++)
            Memory.WriteU64(PfnSlot(target, i), Memory.ReadU64(PfnSlot(source, skipped + i)));
        MDL_FLAGS kept = target.MdlFlags & (MDL_FLAGS.ALLOCATED_FIXED_SIZE | MDL_FLAGS.ALLOCATED_MUST_SUCCEED);
        target.MdlFlags = kept | MDL_FLAGS.PARTIAL | (source.MdlFlags & MDL_FLAGS.IO_SPACE);
        if ((source.MdlFlags & (MDL_FLAGS.SOURCE_IS_NONPAGED_POOL | MDL_FLAGS.MAPPED_TO_SYSTEM_VA)) != 0)
        {
            target.MappedSystemVa = source.MappedSystemVa + (VirtualAddress - start);
            target.MdlFlags |= MDL_FLAGS.PARENT_MAPPED_SYSTEM_VA | (source.MdlFlags & MDL_FLAGS.SOURCE_IS_NONPAGED_POOL);
        }
    }

    /// <summary>For buffers in nonpaged pool or an image: fills in the pages; the buffer is its own mapping.</summary>
    [NtExport("MmBuildMdlForNonPagedPool", MaxIrql = Irql.Dispatch)]
    public void MmBuildMdlForNonPagedPool(Ptr<MDL> MemoryDescriptorList)
    {
        View<MDL> mdl = MemoryDescriptorList;
        ulong address = mdl.StartVa + mdl.ByteOffset;
        FillPages(mdl, address);
        mdl.MdlFlags |= MDL_FLAGS.SOURCE_IS_NONPAGED_POOL;
        mdl.Process = default;
        mdl.MappedSystemVa = address;
    }

    /// <summary>Checks the caller's rights page by page, then fills in the pages. Raises what a touch of the page would raise.</summary>
    [NtExport("MmProbeAndLockPages", MaxIrql = Irql.Dispatch)]
    public void MmProbeAndLockPages(Ptr<MDL> MemoryDescriptorList, sbyte AccessMode, LOCK_OPERATION Operation)
    {
        View<MDL> mdl = MemoryDescriptorList;
        ulong address = mdl.StartVa + mdl.ByteOffset, bytes = mdl.ByteCount;
        if ((mdl.MdlFlags & MDL_FLAGS.PAGES_LOCKED) != 0)
            Kernel.Report(FindingKind.Other, mdl.Address, 0, (ulong)mdl.MdlFlags, "an MDL whose pages are locked was locked again");
        bool writes = Operation != LOCK_OPERATION.IoReadAccess;
        for (ulong at = address, pages = PagesOf(address, bytes); pages > 0; pages--, at = (at & ~(Page - 1)) + Page)
            Probe(at, AccessMode, writes);
        FillPages(mdl, address);
        Kernel.PageLocks.Lock(address, PagesOf(address, bytes));
        mdl.MdlFlags |= MDL_FLAGS.PAGES_LOCKED;
        if (writes)
            mdl.MdlFlags |= MDL_FLAGS.WRITE_OPERATION;
        mdl.Process = address < 0x8000_0000_0000 ? Kernel.KernelObjects.Process.Ptr : default;
        CountLocked(mdl, 1);
    }

    [NtExport("MmUnlockPages", MaxIrql = Irql.Dispatch)]
    public void MmUnlockPages(Ptr<MDL> MemoryDescriptorList)
    {
        View<MDL> mdl = MemoryDescriptorList;
        if ((mdl.MdlFlags & MDL_FLAGS.PAGES_LOCKED) == 0)
        {
            if ((mdl.MdlFlags & (MDL_FLAGS.SOURCE_IS_NONPAGED_POOL | MDL_FLAGS.PARTIAL)) == 0)
                throw new GuestBugCheck(BugCheckCode.PFN_LIST_CORRUPT, 2, mdl.Address, 0, 0);
            return;
        }
        if ((mdl.MdlFlags & MDL_FLAGS.MAPPED_TO_SYSTEM_VA) != 0)
            Kernel.MdlMappings.MmUnmapLockedPages(mdl.MappedSystemVa, mdl);
        CountLocked(mdl, -1);
        Kernel.PageLocks.Unlock(mdl.StartVa, PagesOf(mdl.StartVa + mdl.ByteOffset, mdl.ByteCount));
        mdl.MdlFlags &= ~(MDL_FLAGS.PAGES_LOCKED | MDL_FLAGS.WRITE_OPERATION);
        mdl.Process = default;
    }

    /// <summary>A process must not end with locked pages.</summary>
    private static void CountLocked(View<MDL> mdl, int sign)
    {
        if (mdl.Process.IsNull)
            return;
        View<EPROCESS> process = new(mdl.Process);
        process.NumberOfLockedPages += (ulong)(sign * (long)PagesOf(mdl.StartVa + mdl.ByteOffset, mdl.ByteCount));
    }

    /// <summary>A probe touches a byte as the caller would: with user rights for UserMode.</summary>
    private void Probe(ulong address, sbyte mode, bool writes)
    {
        if (mode != 0)
        {
            byte value = 0;
            Span<byte> one = new(ref value);
            if (!Memory.TryCopyFromUser(address, one, out _) || (writes && !Memory.TryCopyToUser(address, one, out _)))
                throw new GuestException(NtStatus.AccessViolation, address, writes);
            return;
        }
        byte read = Memory.ReadU8(address);
        if (writes)
            Memory.WriteU8(address, read);
    }

    private void FillPages(View<MDL> mdl, ulong address)
    {
        ulong pages = PagesOf(address, mdl.ByteCount), root = Cpu.State.Cr3;
        for (ulong i = 0; i < pages; i++)
        {
            ulong at = mdl.StartVa + i * Page;
            if (!Kernel.PageTables.TryTranslate(root, at, out ulong physical))
                Memory.ReadU8(at); // Raises, or brings the page in.
            if (physical / Page == 0 && !Kernel.PageTables.TryTranslate(root, at, out physical))
                throw new InvalidOperationException($"{at:x} was read but is not mapped");
            Memory.WriteU64(PfnSlot(mdl, i), physical / Page);
        }
    }

    /// <summary>True if MmProbeAndLockPages of a user buffer would not raise.</summary>
    public bool IsLockable(ulong address, ulong bytes, sbyte mode, bool writes)
    {
        if (mode == 0)
            return true;
        Span<byte> one = stackalloc byte[1];
        for (ulong at = address, pages = PagesOf(address, bytes); pages > 0; pages--, at = (at & ~(Page - 1)) + Page)
            if (!Memory.TryCopyFromUser(at, one, out _) || (writes && !Memory.TryCopyToUser(at, one, out _)))
                return false;
        return true;
    }

    private void Chain(View<IRP> irp, View<MDL> mdl, bool secondary)
    {
        if (!secondary || irp.MdlAddress.IsNull)
        {
            irp.MdlAddress = mdl.Ptr;
            return;
        }
        View<MDL> last = irp.MdlAddress;
        for (int count = 0; !last.Next.IsNull; last = last.Next)
            if (++count > 10_000)
                throw new RunawayException($"the MDLs of the IRP at {irp.Address:x} do not end");
        last.Next = mdl.Ptr;
    }
}
