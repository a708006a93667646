using KdSim.Nt;
using Xunit;

namespace KdSim.Kernel.Tests.Ke;

public class ThreadTests
{
    [Fact]
    public void The_first_system_thread_ends_and_its_stack_is_given_back()
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
}
