using KdSim.Kernel.Routines;
using KdSim.Machine.Buses;
using KdSim.Nt;

namespace KdSim.Kernel.Scenarios;

/// <summary>What the world does to the machine: as statements of a thread, and at times of its own on a system thread. PASSIVE_LEVEL.</summary>
public sealed class ScenarioWorld(NtKernel kernel) : KernelComponent(kernel)
{
    private const ulong TicksOf100Ns = 200;

    /// <summary>The thread of the timed actions: each at its time, counted from the start of the scenario.</summary>
    [NtRoutine("KiScenarioWorld")]
    public async KTask KiScenarioWorld(ulong Context)
    {
        ulong interval = Guest.Scratch(8), start = Cpu.State.Clock;
        for (int i = 0; i < Kernel.Options.Scenario!.Timed.Length; i++)
        {
            int index = InOrder(i);
            ulong due = start + Kernel.Options.Scenario!.Timed[index].Due;
            if (due > Cpu.State.Clock)
            {
                Memory.WriteU64(interval, unchecked(0 - Math.Max(1, (due - Cpu.State.Clock) / TicksOf100Ns)));
                await Guest.Call(Stub.KeDelayExecutionThread, 0, 0, interval);
            }
            NtStatus status = await Act(Kernel.Options.Scenario!.Timed[index].Action);
            if (!status.IsSuccess)
                Report(Kernel.Options.Scenario!.Timed[index].Action, status);
        }
        await Guest.Call(Stub.KiScenarioThreadEnds);
    }

    /// <summary>A system service of the simulator's own: the thread stands still while the system sleeps.</summary>
    [NtRoutine("NtScenarioStandStill", MaxIrql = Irql.Passive)]
    public async KTask NtScenarioStandStill() => await Kernel.SystemPower.WaitUntilAwake();

    /// <summary>Another: carries out the statement at which the thread stands.</summary>
    [NtRoutine("NtScenarioAct", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> NtScenarioAct(ulong Thread)
    {
        if (Thread >= (ulong)Kernel.Options.Scenario!.Threads.Length || Kernel.ScenarioRunner.StepOf((int)Thread).Statement is not Statement.World)
            return NtStatus.InvalidParameter;
        NtStatus status = await Act((Statement.World)Kernel.ScenarioRunner.StatementOf((int)Thread));
        if (!status.IsSuccess)
            Report((Statement.World)Kernel.ScenarioRunner.StatementOf((int)Thread), status);
        return status;
    }

    private KTask<NtStatus> Act(Statement.World action)
    {
        switch (action.Action)
        {
            case WorldAction.Load or WorldAction.Unload:
                return Kernel.DriverLoading.Change(action.Name, action.Action == WorldAction.Load);
            case WorldAction.Sleep:
                return Kernel.SystemPower.Sleep((SYSTEM_POWER_STATE)action.Value);
            case WorldAction.Resume:
                return Kernel.SystemPower.Resume();
        }
        View<DEVICE_NODE> node = Kernel.PnpActions.Find(action.Name);
        bool isFunction = Kernel.PnpActions.TryFindFunction(action.Name, out PciAddress address);
        return action.Action switch
        {
            WorldAction.Plug when isFunction => Kernel.PnpActions.SetPresent(address, true),
            WorldAction.SurpriseRemove when isFunction => Kernel.PnpActions.SetPresent(address, false),
            WorldAction.Unplug when isFunction && !node.IsNull => Kernel.PnpActions.Unplug(node.Ptr, address),
            WorldAction.Unplug when !node.IsNull => Kernel.PnpActions.Remove(node.Ptr),
            WorldAction.Enable when !node.IsNull => Kernel.PnpActions.Enable(node.Ptr),
            WorldAction.Disable when !node.IsNull => Kernel.PnpActions.Disable(node.Ptr),
            WorldAction.SetRegister when isFunction =>
                KTaskOf(Kernel.Computer.Pci!.TrySetRegister(address, action.Register, action.Value) ? NtStatus.Success : NtStatus.NotFound),
            _ => KTaskOf(NtStatus.NoSuchDevice),
        };
    }

    private static KTask<NtStatus> KTaskOf(NtStatus status) => new(isDone: true, status);

    private void Report(Statement.World action, NtStatus status)
    {
        Kernel.ScenarioThreads.CountFailure();
        Kernel.ScenarioExpectations.Report(action.Place, $"{action.Action} {action.Name} answered {status}");
    }

    /// <summary>The index of the action that is the given one in time; equal times keep the order of the file.</summary>
    private int InOrder(int rank) =>
        Enumerable.Range(0, Kernel.Options.Scenario!.Timed.Length).OrderBy(i => Kernel.Options.Scenario!.Timed[i].Due).ElementAt(rank);
}
