using KdSim.Kernel.Routines;
using KdSim.Machine;
using KdSim.Nt;
using Xunit;

namespace KdSim.Kernel.Tests.Dbg;

/// <summary>Drivers' callbacks run when the system stops: those registered, latest first, once each.</summary>
public class BugCheckCallbackTests
{
    private const byte Empty = 0, Inserted = 1, Finished = 3;
    private const uint Length = 0x20;

    [Fact]
    public void Callbacks_run_with_their_buffers_at_the_stop()
    {
        using GuestCaller caller = new();
        ulong zero = caller.Kernel.Stubs.AddressOf(Stub.RtlZeroMemory); // A callback gets the arguments of RtlZeroMemory: buffer and length.
        (View<KBUGCHECK_CALLBACK_RECORD> kept, ulong keptBuffer) = Register(caller, zero);
        (View<KBUGCHECK_CALLBACK_RECORD> gone, ulong goneBuffer) = Register(caller, zero);
        View<KBUGCHECK_REASON_CALLBACK_RECORD> reason = new(caller.Allocate(KBUGCHECK_REASON_CALLBACK_RECORD.SizeOf));
        Assert.Equal(1UL, caller.Call(Stub.KeRegisterBugCheckReasonCallback, reason.Address,
            caller.Kernel.Stubs.AddressOf(Stub.KeQueryTimeIncrement), (ulong)KBUGCHECK_CALLBACK_REASON.KbCallbackSecondaryDumpData, 0) & 1);
        Assert.Equal(1UL, caller.Call(Stub.KeDeregisterBugCheckCallback, gone.Address) & 1);
        Assert.Equal(0UL, caller.Call(Stub.KeRegisterBugCheckCallback, kept.Address, zero, keptBuffer, Length) & 1);
        Assert.Equal((Inserted, Empty), (kept.State, gone.State));

        RunResult result = caller.Start(caller.Kernel.Stubs.AddressOf(Stub.KeBugCheckEx), (ulong)BugCheckCode.MANUALLY_INITIATED_CRASH, 1, 2, 3);

        Assert.Equal(StopReason.Requested, result.Reason);
        Assert.Equal(BugCheckCode.MANUALLY_INITIATED_CRASH, caller.Kernel.Roots.BugCheck?.Code);
        Assert.Equal((Finished, Empty, Finished), (kept.State, gone.State, reason.State));
        for (ulong i = 0; i < Length; i += 8)
        {
            Assert.Equal(0UL, caller.Kernel.Memory.ReadU64(keptBuffer + i));
            Assert.Equal(ulong.MaxValue, caller.Kernel.Memory.ReadU64(goneBuffer + i));
        }
    }

    /// <summary>A record whose checksum is wrong is not called.</summary>
    [Fact]
    public void A_damaged_record_is_passed_over()
    {
        using GuestCaller caller = new();
        (View<KBUGCHECK_CALLBACK_RECORD> record, ulong buffer) = Register(caller, caller.Kernel.Stubs.AddressOf(Stub.RtlZeroMemory));
        record.Checksum++;
        caller.Start(caller.Kernel.Stubs.AddressOf(Stub.KeBugCheckEx), (ulong)BugCheckCode.MANUALLY_INITIATED_CRASH);
        Assert.Equal(Inserted, record.State);
        Assert.Equal(ulong.MaxValue, caller.Kernel.Memory.ReadU64(buffer));
    }

    private static (View<KBUGCHECK_CALLBACK_RECORD> Record, ulong Buffer) Register(GuestCaller caller, ulong routine)
    {
        View<KBUGCHECK_CALLBACK_RECORD> record = new(caller.Allocate(KBUGCHECK_CALLBACK_RECORD.SizeOf));
        ulong buffer = caller.Allocate(Length);
        for (ulong i = 0; i < Length; i += 8)
            caller.Kernel.Memory.WriteU64(buffer + i, ulong.MaxValue);
        Assert.Equal(1UL, caller.Call(Stub.KeRegisterBugCheckCallback, record.Address, routine, buffer, Length) & 1);
        return (record, buffer);
    }
}
