using KdSim.Kernel.Ke;
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
}
