using System.Diagnostics;
using KdSim.CommandLine;
using KdSim.Debugging.Targets;
using KdSim.Live;
using KdSim.Machines;

namespace KdSim.Benchmarks;

/// <summary>What recording costs: the demo, and requests to three drivers, with and without a trace, in turns.</summary>
static class RecordingCost
{

    const string Requests = """
        thread reader process reader.exe {
            h = open "\\.\Pulse0"
            loop 10000 {
                rate = ioctl h 0x80202000 in hex 64 00 00 00
                expect rate status STATUS_SUCCESS
            }
            close h
        }
        thread talker process talker.exe {
            b = open "\\.\Buffers"
            loop 10000 {
                answer = ioctl b 0x80212000 in "hello" out 5
                expect answer data "olleh"
            }
            close b
        }
        """;

    public static void Run()
    {
        string folder = Directory.CreateTempSubdirectory("kdsim").FullName;
        try
        {
            string requests = Path.Combine(folder, "requests.scenario");
            File.WriteAllText(requests, Requests);
            Compare("demo", [], folder, turns: 60);
            Compare("requests", ["--scenario", requests], folder, turns: 7);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    static void Compare(string name, string[] options, string folder, int turns)
    {
        string[] profiles = ["", "light", "default", "full"];
        double[] best = [.. profiles.Select(_ => double.MaxValue)];
        ulong[] events = new ulong[profiles.Length];
        for (int turn = 0; turn < turns; turn++)
            for (int i = 0; i < profiles.Length; i++)
            {
                (double seconds, events[i]) = Once(options, profiles[i], Path.Combine(folder, "run.etl"));
                best[i] = Math.Min(best[i], seconds);
            }
        for (int i = 0; i < profiles.Length; i++)
            Console.WriteLine($"{name,-9} {(profiles[i].Length == 0 ? "no trace" : profiles[i]),-9} {best[i] * 1000,8:F1} ms {events[i],8} events" +
                (i == 0 ? "" : $"  {best[i] / best[0]:F2} times the run without, {(best[i] - best[0]) * 1e9 / events[i]:F0} ns an event"));
    }

    /// <summary>The best of many: the rest of the machine only makes a run slower.</summary>
    static (double Seconds, ulong Events) Once(string[] options, string profile, string file)
    {
        MachineDescription machine = MachineChoice.From(OptionTable.Parse(options, windows: false, inputIsTerminal: false));
        DriverPackages packages = DriverPackages.Read(machine);
        var target = new LiveTarget(() => LiveMachine.Build(machine, packages), new RunOptions(120_000_000_000));
        // What a trace begins with (manifests, the run's files, what is loaded) costs the same for any run: the speed of the run is what counts here.
        if (profile.Length > 0) target.Recordings.Start(new TraceRequest("cost", profile, file));
        GC.Collect();
        long start = Stopwatch.GetTimestamp();
        StopEvent stop = target.RunToStart(InitialBreak.Started);
        while (stop is not (StopEvent.ScenarioFinished or StopEvent.LimitReached or StopEvent.MachineFailed)) stop = target.Capability<IRunControl>()!.Go();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        if (stop is not StopEvent.ScenarioFinished) throw new InvalidOperationException($"the run ended with {stop}");
        ulong events = target.Recordings.Sessions.Count > 0 ? target.Recordings.Sessions[0].Events : 0;
        target.Recordings.Close();
        target.Machine.Dispose();
        return (seconds, events);
    }
}
