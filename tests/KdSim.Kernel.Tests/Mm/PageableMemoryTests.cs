using KdSim.Kernel.Mm;
using KdSim.Kernel.Routines;
using KdSim.Machine;
using KdSim.Nt;
using Xunit;

namespace KdSim.Kernel.Tests.Mm;

/// <summary>Pageable memory is gone at DISPATCH_LEVEL unless it is locked; nt's own routines are no exception.</summary>
public class PageableMemoryTests
{
    [Fact]
    public void Paged_pool_cannot_be_touched_at_dispatch_level_but_while_an_MDL_locks_it()
    {
        using GuestCaller caller = new();
        ulong block = caller.Allocate(64, POOL_TYPE.PagedPool);
        ulong mdl = caller.Call(Stub.IoAllocateMdl, block, 64, 0, 0, 0);
        Assert.True(Touches(caller, block, Irql.Passive) && Touches(caller, block, Irql.Apc));
        Assert.False(Touches(caller, block, Irql.Dispatch));
        caller.Call(Stub.MmProbeAndLockPages, mdl, 0, (ulong)LOCK_OPERATION.IoWriteAccess);
        Assert.True(Touches(caller, block, Irql.Dispatch));
        caller.Call(Stub.MmUnlockPages, mdl);
        Assert.False(Touches(caller, block, Irql.Dispatch));
        Assert.True(Touches(caller, block, Irql.Passive));
    }

    [Fact]
    public void Nonpaged_pool_stays()
    {
        using GuestCaller caller = new();
        Assert.True(Touches(caller, caller.Allocate(64), Irql.High));
    }

    /// <summary>The page fault of the call itself: executing the routine, blamed on nt.</summary>
    [Theory]
    [InlineData(Stub.ZwClose)]
    [InlineData(Stub.RtlAnsiStringToUnicodeString)]
    [InlineData(Stub.IoGetDeviceProperty)]
    public void A_pageable_routine_of_nt_cannot_be_called_at_dispatch_level(Stub stub)
    {
        using GuestCaller caller = new();
        ulong routine = caller.Kernel.Stubs.AddressOf(stub);
        caller.Cpu.SetCr8(Irql.Dispatch);
        caller.Start(routine);
        Assert.Equal(new Kernel.Dbg.BugCheckRecord(0, BugCheckCode.IRQL_NOT_LESS_OR_EQUAL, routine, Irql.Dispatch, 8, routine), caller.Kernel.Roots.BugCheck);
    }

    /// <summary>What drivers may call at DISPATCH_LEVEL by its documentation is no pageable code.</summary>
    [Fact]
    public void Only_routines_for_passive_level_are_pageable()
    {
        Routine[] pageable = [.. RoutineTable.All.ToArray().Where(routine => routine.IsPageable)];
        Assert.True(pageable.Length > 50);
        Assert.All(pageable, routine => Assert.Equal(Irql.Passive, routine.MaxIrql));
        using GuestCaller caller = new();
        foreach (Routine routine in RoutineTable.All)
        {
            ulong entry = caller.Kernel.PageTables.Read(caller.Kernel.SystemRoot, caller.Kernel.Stubs.AddressOf(routine.Stub));
            Assert.True(routine.IsPageable == ((entry & (ulong)PteBits.Pageable) != 0), routine.Name);
        }
    }

    /// <summary>A kernel stack that a C# routine finds full is a double fault, not an error of the simulator.</summary>
    [Theory]
    [InlineData(Stub.KeDelayExecutionThread)]
    [InlineData(Stub.IoBuildPartialMdl)]
    public void A_routine_called_with_no_stack_left_is_a_double_fault(Stub stub)
    {
        using GuestCaller caller = new();
        ulong page = caller.Cpu.State.Rsp & ~0xFFFUL;
        while (caller.Kernel.PageTables.TryTranslate(caller.Kernel.SystemRoot, page - 0x1000, out _))
            page -= 0x1000;
        caller.Cpu.State.Rsp = page + 0x110;
        RunResult result = caller.Start(caller.Kernel.Stubs.AddressOf(stub), 0, 0, 0, 0);
        Assert.Null(caller.Computer.Failure);
        Assert.Equal(StopReason.Requested, result.Reason);
        Assert.NotNull(caller.Kernel.Roots.BugCheck);
    }

    private static bool Touches(GuestCaller caller, ulong address, byte irql)
    {
        byte old = (byte)caller.Cpu.State.Cr8;
        caller.Cpu.SetCr8(irql);
        bool done = caller.Cpu.TryRead(address, out ulong value) && caller.Cpu.TryWrite(address, value);
        caller.Cpu.SetCr8(old);
        return done;
    }
}
