using KdSim.CommandLine;
using KdSim.Kernel;
using KdSim.Live;
using KdSim.Machine;
using KdSim.Machine.Snapshots;
using KdSim.Machine.Time;
using KdSim.Machines;
using Xunit;

namespace KdSim.Tests.Live;

/// <summary>
/// What every machine promises, on every driver of this repository and on the demo: two runs are equal, in one piece or in many; saving changes
/// nothing; restoring brings back what was saved; a restored machine goes on as its source did. Looking changes nothing.
/// </summary>
public class DeterminismTests
{
    const int Moments = 6;
    const ulong DriverRun = 60_000 * Ticks.PerMicrosecond;
    const ulong DemoRun = 400_000 * Ticks.PerMicrosecond;

    public static TheoryData<string> Drivers()
    {
        var drivers = new TheoryData<string>();
        foreach (string room in new[] { Path.Combine("src", "drivers"), Path.Combine("tests", "fixtures", "drivers") })
            foreach (string folder in Directory.GetDirectories(Path.Combine(LiveConsole.Root, room)).Order(StringComparer.Ordinal))
                if (Directory.GetFiles(folder, "*.sys").Length > 0)
                    drivers.Add(Path.GetFileName(folder));
        return drivers;
    }

    [Theory]
    [MemberData(nameof(Drivers))]
    public void A_driver_runs_and_is_restored_as_in_one_unbroken_run(string driver) => CheckSnapshots(["--driver", LiveConsole.Driver(driver)], DriverRun);

    [Fact]
    public void The_demo_runs_and_is_restored_as_in_one_unbroken_run()
    {
        Assert.True(CheckSnapshots([], DemoRun), "the programs of the demo have not ended");
    }

    [Fact]
    public void A_thousand_breakpoints_on_the_demo_change_nothing()
    {
        using LiveMachine plain = Build([]);
        plain.Computer.Run(RunRequest.Until(DemoRun));
        using LiveMachine watched = Build([]);
        ulong text = watched.Kernel.Stubs.AddressOf(KdSim.Kernel.Routines.Stub.IofCallDriver) & ~0xFFFUL;
        for (ulong i = 0; i < 500; i++)
            watched.Computer.Breakpoints.Add(text + i * 16);
        for (ulong i = 0; i < 500; i++)
            watched.Computer.Breakpoints.Add(0xFFFFF80010001000 + i * 8);                 // code of the first loaded drivers
        int hits = 0;
        while (watched.Computer.Run(RunRequest.Until(DemoRun)).Reason is var reason && reason != StopReason.TimeLimit)
        {
            Assert.Equal(StopReason.Breakpoint, reason);
            hits++;
        }
        Assert.InRange(hits, 500, int.MaxValue);
        Assert.Equal(plain.Computer.Hash(), watched.Computer.Hash());
    }

    [Fact]
    public void Single_steps_through_the_demo_change_nothing()
    {
        using LiveMachine plain = Build([]);
        var programs = new Programs(plain);
        plain.Computer.Run(RunRequest.Until(DemoRun));
        using LiveMachine stepped = Build([]);
        Computer computer = stepped.Computer;
        for (ulong turn = 0; ; turn++)
        {
            // By turns one step of the machine, and one of a processor, as "t" takes it.
            RunRequest request = turn % 4 == 0 ? RunRequest.Step(computer.Current.Number) : new RunRequest { PositionLimit = computer.Position + 1 };
            StopReason reason = computer.Run(request with { TimeLimit = DemoRun }).Reason;
            if (reason == StopReason.TimeLimit)
                break;
            Assert.True(reason is StopReason.Stepped or StopReason.PositionReached, reason.ToString());
        }
        Assert.True(programs.Ended);
        Assert.Equal(plain.Computer.Hash(), computer.Hash());
    }

    static bool CheckSnapshots(string[] options, ulong end)
    {
        using LiveMachine unbroken = Build(options);
        var programs = new Programs(unbroken);
        unbroken.Computer.Run(RunRequest.Until(end));
        Assert.Null(unbroken.Computer.Failure);
        UInt128 expected = unbroken.Computer.Hash();
        ulong length = unbroken.Computer.Position;

        using LiveMachine machine = Build(options);
        var saved = new List<(Snapshot Snapshot, UInt128 Hash, ulong Position)>();
        for (ulong moment = 1; moment <= Moments; moment++)
        {
            ulong goal = Math.Max(machine.Computer.Position, length * moment / (Moments + 1));
            RunResult result = machine.Computer.Run(RunRequest.Until(end) with { PositionLimit = goal });
            Assert.Equal(StopReason.PositionReached, result.Reason);
            Assert.Equal(goal, machine.Computer.Position);
            UInt128 hash = machine.Computer.Hash();
            saved.Add((machine.Computer.TakeSnapshot(), hash, goal));
            Assert.Equal(hash, machine.Computer.Hash());
        }
        machine.Computer.Run(RunRequest.Until(end));
        Assert.Equal(expected, machine.Computer.Hash());
        foreach ((Snapshot snapshot, UInt128 hash, ulong position) in saved.OrderBy(entry => entry.Hash))
        {
            machine.Computer.Restore(snapshot);
            Assert.Equal(position, machine.Computer.Position);
            Assert.Equal(hash, machine.Computer.Hash());
            machine.Computer.Run(RunRequest.Until(end));
            Assert.Equal(expected, machine.Computer.Hash());
        }
        return programs.Ended;
    }

    internal static LiveMachine Build(string[] options)
    {
        MachineDescription description = MachineChoice.From(OptionTable.Parse(["-kqm", .. options], windows: false, inputIsTerminal: false));
        LiveMachine machine = LiveMachine.Build(description, DriverPackages.Read(description));
        machine.Kernel.Boot();
        return machine;
    }

    /// <summary>Hears when the scenario has ended.</summary>
    sealed class Programs : IKernelObserver
    {
        public Programs(LiveMachine machine) => machine.Kernel.Observer = this;

        public bool Ended { get; private set; }

        public void ScenarioFinished(int cpu, string text) => Ended = true;
    }
}
