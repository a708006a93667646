using KdSim.Kernel.Routines;
using KdSim.Nt;
using Xunit;

namespace KdSim.Kernel.Tests.Ex;

public class ListCodeTests
{
    [Fact]
    public void A_sequenced_list_gives_back_the_last_entry_first_and_counts()
    {
        using var guest = new GuestCaller();
        ulong head = guest.Allocate(16), first = guest.Allocate(16), second = guest.Allocate(16);
        guest.Call(Stub.InitializeSListHead, head);
        Assert.Equal(0ul, guest.Call(Stub.ExpInterlockedPushEntrySList, head, first));
        Assert.Equal(first, guest.Call(Stub.ExpInterlockedPushEntrySList, head, second));
        Assert.Equal(2ul, guest.Call(Stub.ExQueryDepthSList, head));
        Assert.Equal(second, guest.Call(Stub.FirstEntrySList, head));
        Assert.Equal(second, guest.Call(Stub.ExpInterlockedPopEntrySList, head));
        Assert.Equal(first, guest.Call(Stub.ExpInterlockedFlushSList, head));
        Assert.Equal(0ul, guest.Call(Stub.ExQueryDepthSList, head));
        Assert.Equal(0ul, guest.Call(Stub.ExpInterlockedPopEntrySList, head));
        Assert.Equal(4ul << 16, guest.Kernel.Memory.ReadU64(head)); // Four changes: the sequence number.
    }

    [Fact]
    public void Interlocked_lists_return_the_neighbour_and_release_their_lock()
    {
        using var guest = new GuestCaller();
        ulong spinLock = guest.Allocate(16), head = guest.Allocate(16), a = guest.Allocate(16), b = guest.Allocate(16), c = guest.Allocate(16);
        guest.Kernel.Memory.WriteU64(head, head);
        guest.Kernel.Memory.WriteU64(head + 8, head);
        Assert.Equal(0ul, guest.Call(Stub.ExInterlockedInsertTailList, head, a, spinLock));
        Assert.Equal(a, guest.Call(Stub.ExInterlockedInsertTailList, head, b, spinLock));
        Assert.Equal(a, guest.Call(Stub.ExInterlockedInsertHeadList, head, c, spinLock));
        Assert.Equal(c, guest.Call(Stub.ExInterlockedRemoveHeadList, head, spinLock));
        Assert.Equal(a, guest.Call(Stub.ExInterlockedRemoveHeadList, head, spinLock));
        Assert.Equal(b, guest.Call(Stub.ExInterlockedRemoveHeadList, head, spinLock));
        Assert.Equal(0ul, guest.Call(Stub.ExInterlockedRemoveHeadList, head, spinLock));
        Assert.Equal(0ul, guest.Kernel.Memory.ReadU64(spinLock));
    }

    [Fact]
    public void Interlocked_additions_return_the_value_before()
    {
        using var guest = new GuestCaller();
        ulong spinLock = guest.Allocate(16), value = guest.Allocate(16);
        guest.Kernel.Memory.WriteU64(value, 0xFFFF_FFFF);
        Assert.Equal(0xFFFF_FFFFul, guest.Call(Stub.ExInterlockedAddLargeInteger, value, 2, spinLock));
        Assert.Equal(0x1_0000_0001ul, guest.Kernel.Memory.ReadU64(value));
        Assert.Equal(1ul, guest.Call(Stub.ExInterlockedAddUlong, value, 5, spinLock));
        Assert.Equal(0x1_0000_0006ul, guest.Kernel.Memory.ReadU64(value));
    }

    [Fact]
    public void A_queued_spin_lock_raises_holds_and_lowers()
    {
        using var guest = new GuestCaller();
        ulong spinLock = guest.Allocate(16);
        View<KLOCK_QUEUE_HANDLE> handle = new(guest.Allocate(32));
        byte before = (byte)guest.Cpu.State.Cr8;
        guest.Call(Stub.KeAcquireInStackQueuedSpinLock, spinLock, handle.Address);
        Assert.Equal(Irql.Dispatch, guest.Cpu.State.Cr8);
        Assert.Equal((before, handle.Address), (handle.OldIrql, guest.Kernel.Memory.ReadU64(spinLock)));
        guest.Call(Stub.KeReleaseInStackQueuedSpinLock, handle.Address);
        Assert.Equal((ulong)before, (ulong)guest.Cpu.State.Cr8);
        Assert.Equal(0ul, guest.Kernel.Memory.ReadU64(spinLock));
    }

    [Fact]
    public void A_shared_spin_lock_counts_readers_and_knows_its_writer()
    {
        using var guest = new GuestCaller();
        ulong spinLock = guest.Allocate(16), old = guest.Call(Stub.ExAcquireSpinLockShared, spinLock);
        guest.Call(Stub.ExAcquireSpinLockSharedAtDpcLevel, spinLock);
        Assert.Equal(2u, guest.Kernel.Memory.ReadU32(spinLock));
        Assert.Equal(0, (byte)guest.Call(Stub.ExTryConvertSharedSpinLockExclusive, spinLock));
        guest.Call(Stub.ExReleaseSpinLockSharedFromDpcLevel, spinLock);
        Assert.Equal(1, (byte)guest.Call(Stub.ExTryConvertSharedSpinLockExclusive, spinLock));
        Assert.Equal(0x8000_0000u, guest.Kernel.Memory.ReadU32(spinLock));
        Assert.Equal(0, (byte)guest.Call(Stub.ExTryAcquireSpinLockSharedAtDpcLevel, spinLock));
        guest.Call(Stub.ExReleaseSpinLockExclusive, spinLock, old);
        Assert.Equal((0u, old), (guest.Kernel.Memory.ReadU32(spinLock), (ulong)guest.Cpu.State.Cr8));
    }

    [Fact]
    public void A_stall_takes_its_virtual_time()
    {
        using var guest = new GuestCaller();
        ulong before = guest.Cpu.State.Clock;
        guest.Call(Stub.KeStallExecutionProcessor, 50);
        ulong passed = guest.Cpu.State.Clock - before;
        Assert.InRange(passed, 100_000ul, 102_000ul);
    }
}
