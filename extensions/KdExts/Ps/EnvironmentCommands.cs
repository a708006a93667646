using KdExts.Crash;
using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdExts.Ps;

/// <summary><c>!teb</c>: the user-mode environment of a thread, in the memory of the current process.</summary>
[Command("!teb", "!teb [address]", "Show a thread environment block", Example = "!teb")]
[Reads("nt!_TEB", "nt!_ETHREAD")]
public sealed class ThreadEnvironmentCommand : WordCommand
{
    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        StructureValue teb = Environments.Teb(session, arguments.Value(session, 0));
        yield return new Line("TEB at ", new Link($"{teb.Address:x16}", $"dt nt!_TEB {teb.Address:x16}"));
        foreach ((string label, string field) in (IEnumerable<(string, string)>)
        [
            ("ExceptionList", "NtTib.ExceptionList"), ("StackBase", "NtTib.StackBase"), ("StackLimit", "NtTib.StackLimit"),
            ("SubSystemTib", "NtTib.SubSystemTib"), ("FiberData", "NtTib.FiberData"), ("ArbitraryUserPointer", "NtTib.ArbitraryUserPointer"),
            ("Self", "NtTib.Self"), ("EnvironmentPointer", "EnvironmentPointer"),
        ])
            yield return new Line($"    {label + ":",-22}{teb[field]:x16}");
        yield return new Line($"    {"ClientId:",-22}{teb["ClientId.UniqueProcess"]:x16} . {teb["ClientId.UniqueThread"]:x16}");
        yield return new Line($"    {"Tls Storage:",-22}{teb["ThreadLocalStoragePointer"]:x16}");
        yield return new Line($"    {"PEB Address:",-22}", Say.Linked(teb["ProcessEnvironmentBlock"], "!peb"));
        yield return new Line($"    {"LastErrorValue:",-22}{teb["LastErrorValue"]}");
        yield return new Line($"    {"LastStatusValue:",-22}{teb["LastStatusValue"]:x}");
        yield return new Line($"    {"Count Owned Locks:",-22}{teb["CountOfOwnedCriticalSections"]}");
    }
}

/// <summary><c>!gle</c>: the last error that a thread saw.</summary>
[Command("!gle", "!gle", "Show the last error of the current thread", Example = "!gle")]
[Reads("nt!_TEB", "nt!_ETHREAD")]
public sealed class LastErrorCommand : WordCommand
{
    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        StructureValue teb = Environments.Teb(session, 0);
        yield return new Line($"LastErrorValue: {ErrorCommand.Win32((uint)teb["LastErrorValue"])}");
        yield return new Line($"LastStatusValue: {ErrorCommand.Status((uint)teb["LastStatusValue"])}");
    }
}

/// <summary><c>!peb</c>: the user-mode environment of the current process.</summary>
[Command("!peb", "!peb [address]", "Show the process environment block of the current process", Example = "!peb")]
[Reads("nt!_PEB", "nt!_PEB_LDR_DATA", "nt!_LDR_DATA_TABLE_ENTRY", "nt!_RTL_USER_PROCESS_PARAMETERS", "nt!_EPROCESS")]
public sealed class ProcessEnvironmentCommand : WordCommand
{
    const int MostModules = 1024;

    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        ulong address = arguments.Value(session, 0);
        if (address == 0)
            address = ProcessNames.Process(session, session.CurrentProcess)?["Peb"] ?? 0;
        if (address == 0)
            throw new CommandException("The current process has no PEB: it is one of the system's (.process /p changes it)");
        StructureValue peb = Environments.Read(session, "nt!_PEB", address);
        yield return new Line("PEB at ", new Link($"{address:x16}", $"dt nt!_PEB {address:x16}"));
        foreach ((string label, string field) in (IEnumerable<(string, string)>)
            [("InheritedAddressSpace", "InheritedAddressSpace"), ("ReadImageFileExecOptions", "ReadImageFileExecOptions"), ("BeingDebugged", "BeingDebugged")])
            yield return new Line($"    {label + ":",-30}{(peb[field] != 0 ? "Yes" : "No")}");
        foreach ((string label, string field) in (IEnumerable<(string, string)>)
            [("ImageBaseAddress", "ImageBaseAddress"), ("Ldr", "Ldr"), ("ProcessParameters", "ProcessParameters"), ("ProcessHeap", "ProcessHeap")])
            yield return new Line($"    {label + ":",-30}{peb[field]:x16}");
        foreach (Node node in Modules(session, peb["Ldr"]))
            yield return node;
        if (session.Types["nt!_RTL_USER_PROCESS_PARAMETERS"].TryRead(peb["ProcessParameters"]) is not { IsComplete: true } parameters)
            yield break;
        foreach ((string label, string field) in (IEnumerable<(string, string)>)[("CurrentDirectory", "CurrentDirectory.DosPath"),
            ("WindowTitle", "WindowTitle"), ("ImageFile", "ImagePathName"), ("CommandLine", "CommandLine"), ("DllPath", "DllPath")])
            if (parameters.Has(field + ".Buffer"))
                yield return new Line($"    {label + ":",-14}'{parameters.UnicodeString(field)}'");
    }

    static IEnumerable<Node> Modules(IDebugSession session, ulong loader)
    {
        if (session.Types["nt!_PEB_LDR_DATA"].TryRead(loader) is not { IsComplete: true } data)
            yield break;
        yield return new Line($"    {"Ldr.Initialized:",-30}{(data["Initialized"] != 0 ? "Yes" : "No")}");
        yield return new Line("                    Base  Module");
        StructureLayout entry = session.Types["nt!_LDR_DATA_TABLE_ENTRY"];
        foreach (StructureValue module in entry.List(data.AddressOf("InLoadOrderModuleList"), "InLoadOrderLinks", MostModules))
            yield return new Line($"        {module["DllBase"]:x16}  {module.UnicodeString("FullDllName")}");
    }
}

/// <summary>Blocks in user memory: they are there in their own process only.</summary>
static class Environments
{
    public static StructureValue Teb(IDebugSession session, ulong address)
    {
        if (address == 0)
            address = ProcessNames.Thread(session, session.CurrentThread)?["Tcb.Teb"] ?? 0;
        return address == 0 ? throw new CommandException("The current thread has no TEB: it is one of the system's (.thread changes it)")
            : Read(session, "nt!_TEB", address);
    }

    public static StructureValue Read(IDebugSession session, string type, ulong address) =>
        session.Types[type].TryRead(address) is { IsComplete: true } read ? read
            : throw new CommandException($"Unable to read {type} at {address:x16}: user memory is that of the current process (.process /p changes it)");
}
