using KdSim.CommandLine;
using KdSim.ConsoleFront;
using KdSim.Machines;
using KdSim.Traces;

namespace KdSim;

/// <summary>The `kdsim` tool. Exit codes: 0; 1 by --fail-on; 2 usage or files; 3 a fault of ours; 130 Ctrl+C.</summary>
static class Program
{
    const int UsageError = 2, OurFault = 3;

    static int Main(string[] arguments)
    {
        try
        {
            if (arguments is ["trace", .. string[] rest]) return TraceCommand.Run(rest);
            if (arguments is ["exports", ..]) return ExportsCommand.Run(arguments.AsSpan(1), Console.Out);
            Options options = KdEnvironment.Apply(
                OptionTable.Parse(arguments, OperatingSystem.IsWindows(), !Console.IsInputRedirected), Environment.GetEnvironmentVariable);
            if (options.ShowHelp) return Help();
            if (options.ShowVersion)
            {
                Console.Out.WriteLine($"kdsim {Banner.Version}");
                return 0;
            }
            using var output = new StreamWriter(Console.OpenStandardOutput()) { NewLine = "\n" };
            bool terminal = !options.Plain && !options.Json && !Console.IsInputRedirected && !Console.IsOutputRedirected;
            UserSettings settings = options.NoSettings ? UserSettings.None : UserSettings.Load(UserSettings.DefaultFolder());
            using var host = new ConsoleHost(options, MachineChoice.From(options), Console.In, output, settings, terminal);
            return host.Run();
        }
        catch (UsageException error)
        {
            Console.Error.WriteLine($"kdsim: {error.Message.ReplaceLineEndings(" ")}");
            return UsageError;
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            Console.Error.WriteLine($"kdsim: a fault of its own: {error}");
            return OurFault;
        }
    }

    static int Help()
    {
        Console.Out.WriteLine("""
            kdsim: a WinDbg-style kernel debugger and the deterministic x64 machine it debugs

              kdsim [options]                    debug the demo machine, or the one that the options describe
              kdsim exports FILE.sys [--json]    which of a driver's imports the simulated kernel implements
            """);
        foreach ((string verb, string description) in TraceCommand.Rows()) Console.Out.WriteLine($"  kdsim {verb + " FILE",-28} {description}");
        Console.Out.WriteLine();
        foreach ((string names, string description) in OptionTable.Rows()) Console.Out.WriteLine($"  {names,-28} {description}");
        return 0;
    }
}
