using KdSim.Kernel.Ke;
using KdSim.Kernel.Routines;
using KdSim.Machine.Time;
using KdSim.Nt;
using Xunit;

namespace KdSim.Kernel.Tests.Ke;

public class ThreadTests
{
    [Fact]
    public void The_first_system_thread_ends_and_the_processor_idles()
    {
        using var machine = TestMachine.Boot();
        View<KTHREAD> first = machine.Kernel.Processors.Block(0).CurrentThread;
        Assert.NotEqual(machine.Kernel.Processors.Block(0).IdleThread.Address, first.Address);
        machine.Run();
        Assert.Null(machine.Computer.Failure);
        View<KPRCB> prcb = machine.Kernel.Processors.Block(0);
        Assert.Equal(prcb.IdleThread, prcb.CurrentThread);
        Assert.Equal(1u, prcb.CurrentThread.View.ContextSwitches);
    }

    [Fact]
    public void The_clock_interrupt_moves_the_shared_times()
    {
        using var machine = TestMachine.Boot();
        machine.Run(4 * Clock.TicksPerIncrement + Ticks.PerMillisecond);
        Assert.Null(machine.Computer.Failure);
        Assert.Equal(4ul * Clock.Increment, machine.Kernel.Clock.InterruptTime);
        Assert.Equal(machine.Kernel.Options.SystemTime + 4 * Clock.Increment, machine.Kernel.Clock.SystemTime);
        Assert.Equal(4u, machine.Kernel.Processors.Block(0).ClockInterrupts);
    }

    [Fact]
    public void Worker_threads_wait_on_their_queues_and_their_stacks_walk_from_KiSwapContext()
    {
        using var machine = TestMachine.Boot();
        machine.Run();
        View<KTHREAD> thread = Worker(machine);
        Assert.Equal((KTHREAD_STATE.Waiting, KWAIT_REASON.WrQueue), ((KTHREAD_STATE)thread.State, (KWAIT_REASON)thread.WaitReason));
        View<KSWITCH_FRAME> frame = new(thread.KernelStack);
        ulong swap = machine.Kernel.Stubs.AddressOf(Stub.KiSwapContext);
        Assert.InRange(frame.Return, swap, swap + 16);
        ulong caller = new View<KEXCEPTION_FRAME>(frame.Address + KSWITCH_FRAME.SizeOf).Return;
        ulong worker = machine.Kernel.Stubs.AddressOf(Stub.ExpWorkerThread);
        Assert.InRange(caller, worker, worker + 16);
    }

    [Fact]
    public void Threads_run_the_same_with_any_number_of_stops()
    {
        using var whole = TestMachine.Boot();
        using var parts = TestMachine.Boot();
        whole.Run(40 * Ticks.PerMillisecond);
        for (ulong time = Ticks.PerMillisecond / 3; time < 40 * Ticks.PerMillisecond; time += 777_777)
            parts.Run(time);
        parts.Run(40 * Ticks.PerMillisecond);
        Assert.Equal(whole.Computer.Hash(), parts.Computer.Hash());
    }

    private static View<KTHREAD> Worker(TestMachine machine)
    {
        machine.Kernel.Enter(machine.Computer.Processors[0]);
        ulong queue = machine.Kernel.Data(Datum.ExWorkerQueue);
        ulong entry = machine.Kernel.Memory.ReadU64(queue + KQUEUE.Offsets.ThreadListHead);
        return View<KTHREAD>.Containing(entry, KTHREAD.Offsets.QueueListEntry);
    }
}
