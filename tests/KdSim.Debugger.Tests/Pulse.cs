using System.Reflection;
using KdSim.Debugger.Rendering;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Targets;
using KdSim.Symbols.Pe;

namespace KdSim.Debugger.Tests;

/// <summary>The committed driver pulse.sys with its PDB, a copy of it, mapped in a fake target, and a stack. No kernel: symbols are the driver's own.</summary>
sealed class Pulse
{
    public const ulong Base = 0xfffff8065a3c0000;
    public const ulong Stack = 0xfffffa8d3c1f0000;
    public const int StackSize = 0x8000;
    public const ulong Data = 0xffffb10c77f0a000;

    public Pulse(SessionOptions? options = null) : this("KdSim.Debugger.Tests", "pulse", options)
    {
    }

    /// <summary>Another committed driver, of the fixtures of a test project.</summary>
    public Pulse(string project, string name, SessionOptions? options = null)
    {
        string path = Path.Combine(Root, "tests", project, "fixtures", name + ".sys");
        PeImage image = PeImage.Parse(File.ReadAllBytes(path), name + ".sys");
        Module = new TargetModule(Base, image.SizeOfImage, name, name + ".sys", $@"\SystemRoot\System32\drivers\{name}.sys",
            image.TimeDateStamp, image.CheckSum,
            HostPath: path);
        Target = new FakeTarget();
        Target.With(name + ".sys", Base, image.Map()).With("stack", Stack, new byte[StackSize]).With("data", Data,
            new byte[0x1000]).With(Module);
        Session = new DebuggerSession(Target, new ConsoleRenderer(Output),
            options ?? new SessionOptions { Quiet = true, SourcePath = Path.GetDirectoryName(path)! });
    }

    public FakeTarget Target { get; }
    public TargetModule Module { get; }
    public DebuggerSession Session { get; }
    public StringWriter Output { get; } = new() { NewLine = "\n" };

    public static string Root { get; } = FindRoot();

    /// <summary>The checkout that the tests were built from.</summary>
    static string FindRoot()
    {
        string start = Path.GetDirectoryName(Assembly.GetExecutingAssembly().Location)!;
        for (DirectoryInfo? folder = new(start); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "KdSim.sln")))
                return folder.FullName;
        throw new InvalidOperationException($"KdSim.sln is not above {start}");
    }

    public ulong AddressOf(string name) =>
        Session.Symbols.TryGetAddress(name, out ulong address) ? address : throw new InvalidOperationException($"no symbol {name}");

    /// <summary>Runs a line and gives what it wrote.</summary>
    public string Run(string line)
    {
        Output.GetStringBuilder().Clear();
        Session.Execute(line);
        return Output.ToString();
    }

    /// <summary>Runs lines with their prompts, as a console shows them.</summary>
    public string Transcript(params IEnumerable<string> lines)
    {
        Output.GetStringBuilder().Clear();
        foreach (string line in lines)
        {
            Output.Write($"{Session.Prompt}{line}\n");
            Session.Execute(line);
        }
        return Output.ToString().Replace(Root.Replace('\\', '/'), "ROOT").Replace(Root, "ROOT");
    }
}
