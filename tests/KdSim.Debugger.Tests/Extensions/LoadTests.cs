using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.Loader;
using KdSim.Debugging.Commands;
using Xunit;

namespace KdSim.Debugger.Tests.Extensions;

/// <summary>Loading extension DLLs, finding their commands, and what faulty ones may cost: one line, never the session.</summary>
public sealed class LoadTests : IDisposable
{
    readonly Pulse _pulse = new();
    readonly string _folder = Directory.CreateTempSubdirectory("kdsim-ext").FullName;

    static string FaultyFolder { get; } = Path.Combine(Pulse.Root, "tests", "fixtures", "FaultyExtension", "bin",
        new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name, new DirectoryInfo(AppContext.BaseDirectory).Name);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    Pulse Faulty()
    {
        _pulse.Session.Options.ExtensionPath = FaultyFolder;
        Assert.Equal("", _pulse.Run(".load faulty"));
        return _pulse;
    }

    [Fact]
    public void A_name_is_looked_for_along_the_extension_path_only()
    {
        File.Copy(Path.Combine(FaultyFolder, "faulty.dll"), Path.Combine(_folder, "faulty.dll"));
        string before = Environment.CurrentDirectory;
        try
        {
            Environment.CurrentDirectory = _folder;
            Assert.StartsWith("The call to LoadLibrary(faulty) failed, Win32 error 0n2\n", _pulse.Run(".load faulty"));
            Assert.StartsWith("The call to LoadLibrary(./faulty.dll) failed", _pulse.Run(".load ./faulty.dll"));
            _pulse.Session.Options.ExtensionPath = ".";
            Assert.StartsWith("The call to LoadLibrary(faulty) failed", _pulse.Run(".load faulty"));
        }
        finally
        {
            Environment.CurrentDirectory = before;
        }
        Assert.Equal($"Extension search path is: {_folder}\n", _pulse.Run($".extpath {_folder}"));
        Assert.Equal("", _pulse.Run(".load FAULTY.dll"));
        Assert.Contains($"    faulty: 2 commands, API {DebuggerExtensionAttribute.CurrentVersion}\n        [path: {_folder}", _pulse.Run(".chain"));
    }

    [Fact]
    public void A_qualified_name_loads_its_extension_and_a_later_one_hides_an_earlier()
    {
        FakeKernel kernel = new();
        kernel.Session.Options.ExtensionPath = FaultyFolder;
        Assert.Equal("No export nosuch found\n", kernel.Run("!faulty.nosuch"));
        Assert.Equal("kind is none\n", kernel.Run("!faulty.fault none"));
        Assert.Equal("kind is irp\n", kernel.Run("!irp 1000"));
        Assert.Equal("0000000000001000: Could not read Irp\n", kernel.Run("!kdexts.irp 1000"));
        Assert.Equal("", kernel.Run(".setdll kdexts"));
        Assert.Equal("0000000000001000: Could not read Irp\n", kernel.Run("!irp 1000"));
        Assert.Equal("kind is irp\n", kernel.Run("!faulty.irp 1000"));
        Assert.Equal("!faulty.irp\n!kdexts.irp\n", string.Join('\n', kernel.Run(".extmatch irp").Split('\n').Order(StringComparer.Ordinal).Skip(1)) + "\n");
        Assert.Equal("!faulty.fault\n!faulty.irp\n", kernel.Run(".extmatch /e faulty *"));
        Assert.Equal("Unloading faulty extension DLL\n", kernel.Run(".unload faulty"));
        Assert.Equal("", kernel.Run(".extmatch /e faulty *"));
        Assert.Equal("Unable to find module 'faulty'\n", kernel.Run(".unload faulty"));
        Assert.Equal("No export fault found\n", kernel.Run("!fault none"));
        Assert.Equal("0000000000001000: Could not read Irp\n", kernel.Run("!irp 1000"));
    }

    [Theory]
    [InlineData("throw", "kind is throw\nInvalidOperationException: it was meant to in !faulty.fault\n")]
    [InlineData("parse", "InvalidOperationException: parsing fails in two lines in !faulty.fault\n")]
    [InlineData("command", "kind is command\na clean refusal\n")]
    [InlineData("null", "kind is null\nInvalidOperationException: a node is null in !faulty.fault\n")]
    public void An_exception_is_one_line(string kind, string expected)
    {
        Pulse pulse = Faulty();
        Assert.Equal(expected, pulse.Run($"!fault {kind}"));
        Assert.Equal("Evaluate expression: 2 = 00000000`00000002\n", pulse.Run("? 1+1"));
    }

    [Fact]
    public void An_extension_asks_the_session_from_its_own_thread()
    {
        Pulse pulse = Faulty();
        pulse.Target.Set(0, s => s.WithGeneral(4, Pulse.Stack));
        Assert.Matches("kind is session\nrip is [0-9a-f]+, 2\\+2 is 4, writer 2, byte 1\nEvaluate expression: 2 = ", pulse.Run("!fault session"));
        Assert.Equal("kind is nested\nInvalidOperationException: it was meant to in !faulty.fault\n", pulse.Run("!fault nested"));
    }

    [Theory]
    [InlineData("polite", "The command was cancelled\n")]
    [InlineData("rows", "The command was cancelled\n")]
    [InlineData("spin", "WARNING: !faulty.fault did not end after it was cancelled, and was abandoned: its thread goes on until the debugger ends\n")]
    public void A_runaway_command_is_cancelled_then_abandoned(string kind, string expected)
    {
        Pulse pulse = Faulty();
        pulse.Session.Extensions.Patience = TimeSpan.FromMilliseconds(kind == "spin" ? 20 : 20_000);
        // Not before the command is well on its way: one that has not begun is just cancelled.
        using Timer timer = new(_ => pulse.Session.Interrupt(), null, 500, 50);
        string output = pulse.Run($"!fault {kind}");
        timer.Change(Timeout.Infinite, Timeout.Infinite);
        Assert.EndsWith(expected, output);
        Assert.Equal("Evaluate expression: 2 = 00000000`00000002\n", pulse.Run("? 1+1"));
    }

    [Fact]
    public void What_is_no_extension_is_refused_by_name()
    {
        string text = Path.Combine(_folder, "text.dll"), plain = typeof(FactAttribute).Assembly.Location;
        File.WriteAllText(text, "this is not an assembly");
        Assert.StartsWith($"{text} is not an extension: ", _pulse.Run($".load {text}"));
        Assert.StartsWith($"{Path.Combine(Pulse.Root, "src", "drivers", "pulse", "pulse.sys.dll")}", _pulse.Run($".load {CopyOfDriver()}").Replace(
            _folder, Path.Combine(Pulse.Root, "src", "drivers", "pulse")));
        Assert.Equal($"{plain} is not an extension: it has no DebuggerExtensionAttribute\n", _pulse.Run($".load {plain}"));
    }

    string CopyOfDriver()
    {
        string path = Path.Combine(_folder, "pulse.sys.dll");
        File.Copy(_pulse.Module.HostPath!, path);
        return path;
    }

    /// <summary>Nothing of it is loaded: its types might not even resolve.</summary>
    [Fact]
    public void An_extension_for_another_version_of_the_api_is_refused_before_it_is_loaded()
    {
        string path = Path.Combine(_folder, "future.dll");
        PersistedAssemblyBuilder future = new(new AssemblyName("future"), typeof(object).Assembly,
            [new CustomAttributeBuilder(typeof(DebuggerExtensionAttribute).GetConstructor([typeof(int)])!, [99])]);
        future.DefineDynamicModule("future").DefineType("Future", TypeAttributes.Public).CreateType();
        future.Save(path);
        Assert.Equal($"{path} was built for version 99 of the extension API, this debugger has version {DebuggerExtensionAttribute.CurrentVersion}\n",
            _pulse.Run($".load {path}"));
        Assert.DoesNotContain(AssemblyLoadContext.All.SelectMany(c => c.Assemblies), a => a.GetName().Name == "future");
    }

    /// <summary>A command outside of an extension's name space, or whose constructor fails, costs the load; nothing of it stays.</summary>
    [Fact]
    public void An_extension_that_cannot_be_made_leaves_nothing_behind()
    {
        string path = Path.Combine(_folder, "partial.dll");
        PersistedAssemblyBuilder partial = new(new AssemblyName("partial"), typeof(object).Assembly,
            [new CustomAttributeBuilder(typeof(DebuggerExtensionAttribute).GetConstructor([typeof(int)])!, [DebuggerExtensionAttribute.CurrentVersion])]);
        TypeBuilder type = partial.DefineDynamicModule("partial").DefineType("Abstracted", TypeAttributes.Public);
        type.SetCustomAttribute(new CustomAttributeBuilder(typeof(CommandAttribute).GetConstructors()[0], ["!partial", "!partial", "Fails"]));
        type.SetParent(typeof(FailsToStart));
        ILGenerator code = type.DefineConstructor(MethodAttributes.Public, CallingConventions.Standard, []).GetILGenerator();
        code.Emit(OpCodes.Ldstr, "no constructor of mine works");
        code.Emit(OpCodes.Newobj, typeof(InvalidOperationException).GetConstructor([typeof(string)])!);
        code.Emit(OpCodes.Throw);
        type.CreateType();
        partial.Save(path);
        string output = _pulse.Run($".load {path}");
        Assert.StartsWith($"{path} cannot be loaded: ", output);
        Assert.Single(output.TrimEnd().Split('\n'));
        Assert.Equal("No export partial found\n", _pulse.Run("!partial"));
        Assert.DoesNotContain("partial", _pulse.Run(".chain").Replace(_folder, ""));
    }

    public abstract class FailsToStart : ICommand
    {
        public object Parse(ArgumentReader arguments) => arguments;

        public IEnumerable<Debugging.Output.Node> Run(object arguments, Debugging.Structures.IDebugSession session) => [];
    }
}
