using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;
using KdSim.Nt;

namespace KdExts.Crash;

/// <summary><c>!analyze</c>: what stopped the system, and which driver's line is the likeliest cause.</summary>
[Command("!analyze", "!analyze [-v] [-hang] [-show code [p1 [p2 [p3 [p4]]]]]", "Explain the current bug check, or a hang", Example = "!analyze -v")]
[Reads("nt!KiBugCheckData", "nt!_KTRAP_FRAME", "nt!_CONTEXT", "nt!_EXCEPTION_RECORD", "nt!_EPROCESS", "nt!_POOL_HEADER", "nt!_KTHREAD",
    "nt!_FILE_OBJECT", "nt!_DEVICE_OBJECT", "nt!_DRIVER_OBJECT", "nt!_HANDLE_TABLE", "nt!_HANDLE_TABLE_ENTRY", "nt!_OBJECT_HEADER")]
public sealed class AnalyzeCommand : Command<AnalyzeCommand.Arguments>
{
    public sealed record Arguments(bool Verbose, bool Hang, string? Show, IReadOnlyList<string> Parameters);

    static readonly string[] HangCommands = ["!running -t", "!dpcs", "!locks"];

    const string Stars = "*******************************************************************************";
    const string Blank = "*                                                                             *";

    protected override Arguments Parse(ArgumentReader arguments)
    {
        bool verbose = false, hang = false;
        string? show = null;
        List<string> parameters = [];
        while (!arguments.AtEnd)
        {
            string word = arguments.Word();
            if (word.StartsWith("-v", StringComparison.Ordinal) || word == "-f")
                verbose = true;
            else if (word == "-show")
                show = arguments.AtEnd ? throw new CommandException("!analyze: -show needs a bug check code") : arguments.Word();
            else if (word == "-hang")
                hang = true;
            else if (word is "-c" or "-xml")
                throw new CommandException($"!analyze: {word} is not supported");
            else if (show is not null && parameters.Count < 4)
                parameters.Add(word);
            else
                throw new CommandException($"!analyze: '{word}' is not expected here");
        }
        return new Arguments(verbose, hang, show, parameters);
    }

    protected override IEnumerable<Node> Run(Arguments arguments, IDebugSession session)
    {
        if (arguments.Show is { } shown)
        {
            ulong[] values = new ulong[4];
            for (int i = 0; i < arguments.Parameters.Count; i++)
                values[i] = session.Evaluate(arguments.Parameters[i]);
            return Explanation((uint)session.Evaluate(shown), values);
        }
        if (arguments.Hang)
            return Hang(session);
        ulong data = session.AddressOf("nt!KiBugCheckData");
        uint code = (uint)session.ReadPointer(data);
        ulong[] parameters = [.. Enumerable.Range(1, 4).Select(i => session.ReadPointer(data + (ulong)i * 8))];
        return Analysis(session, code, parameters, arguments.Verbose);
    }

    static IEnumerable<Node> Title(string text) =>
        [new Line(Stars), new Line(Blank), new Line($"*                        {text,-53}*"), new Line(Blank), new Line(Stars), new Line("")];

    /// <summary>What keeps the system from going on: processors at raised IRQL, DPCs that wait, locks that are held.</summary>
    static IEnumerable<Node> Hang(IDebugSession session)
    {
        foreach (Node node in Title("Hang Analysis"))
            yield return node;
        foreach (string command in HangCommands)
        {
            yield return new Line($"{command}:");
            foreach (Node node in Answer(session, command) ?? [])
                yield return node;
            yield return new Line("");
        }
        if (session.Context.Control is not { Cr8: >= Irql.Dispatch } control)
        {
            yield return new Line("This processor runs below DISPATCH_LEVEL: nothing holds it. Look at waiting threads and pending requests (",
                new Link("!irpfind", "!irpfind"), ").");
            yield break;
        }
        Culprit culprit = Culprit.OfStack(session);
        yield return Field("CURRENT_IRQL", $"{control.Cr8:x}");
        yield return new Line("");
        yield return new Line($"Probably caused by : {Image(culprit)} ( {Site(session, culprit)} )");
    }

    static IEnumerable<Node> Analysis(IDebugSession session, uint code, ulong[] parameters, bool verbose)
    {
        foreach (Node node in Title("Bugcheck Analysis"))
            yield return node;
        if (code == 0)
        {
            yield return new Line("Unknown bugcheck code (0)");
            yield return new Line("The system has not stopped: there is no bug check to explain.");
            yield break;
        }
        Culprit culprit = Culprit.Find(session, code, parameters);
        if (!verbose)
        {
            yield return new Line("Use ", new Link("!analyze -v", "!analyze -v"), " to get detailed debugging information.");
            yield return new Line("");
            yield return new Line($"BugCheck {code:X}, {{{string.Join(", ", parameters.Select(p => p.ToString("x")))}}}");
            yield return new Line("");
            yield return new Line($"Probably caused by : {Image(culprit)} ( {Site(session, culprit)} )");
            yield return new Line("");
            yield return new Line("Followup:     MachineOwner");
            yield return new Line("---------");
            yield break;
        }
        foreach (Node node in Explanation(code, parameters))
            yield return node;
        yield return new Line("");
        yield return new Line("Debugging Details:");
        yield return new Line("------------------");
        foreach (Node node in Details(session, code, parameters, culprit))
            yield return node;
    }

    static IEnumerable<Node> Explanation(uint code, IReadOnlyList<ulong> parameters)
    {
        BugCheckText text = BugCheckTexts.Find(code);
        yield return new Line($"{BugCheckCodes.Find(code) ?? "UNKNOWN_BUGCHECK"} ({code:x})");
        foreach (string line in text.Paragraph.Split('\n'))
            yield return new Line(line);
        yield return new Line("Arguments:");
        IReadOnlyList<string> meanings = BugCheckTexts.Arguments(code, parameters);
        for (int i = 0; i < 4; i++)
            yield return new Line($"Arg{i + 1}: {parameters[i]:x16}{(meanings[i].Length > 0 ? ", " : "")}{meanings[i]}");
    }

    static IEnumerable<Node> Details(IDebugSession session, uint code, ulong[] parameters, Culprit culprit)
    {
        yield return new Line("");
        yield return Field("KEY_VALUES_STRING", "1", 1);
        yield return new Line("");
        yield return Field("BUGCHECK_CODE", $"{code:x}");
        for (int i = 0; i < 4; i++)
            yield return new Line($"BUGCHECK_P{i + 1}: {parameters[i]:x}");
        yield return new Line("");
        foreach (Node node in Fault(session, (BugCheckCode)code, parameters, culprit))
            yield return node;
        if (session.CurrentProcess is var process and not 0)
        {
            yield return Field("PROCESS_NAME", ProcessNames.ImageOf(session, process));
            yield return new Line("");
        }
        if (culprit.TrapFrame != 0)
        {
            yield return new Line("TRAP_FRAME:  ", new Link($"{culprit.TrapFrame:x16}", $".trap 0x{culprit.TrapFrame:x16}"),
                $" -- (.trap 0x{culprit.TrapFrame:x16})");
            yield return new Line("");
        }
        if (culprit.Start is { } start)
        {
            yield return new Line("STACK_TEXT:  ");
            foreach (Node node in StackLines.Of(session, start))
                yield return node;
            yield return new Line("");
            yield return new Line("");
        }
        foreach (Node node in Source(session, culprit))
            yield return node;
        yield return Field("SYMBOL_NAME", Site(session, culprit));
        yield return new Line("");
        yield return Field("MODULE_NAME", culprit.Module?.Name ?? "Unknown_Module", 1);
        yield return new Line("");
        yield return Field("IMAGE_NAME", Image(culprit));
        yield return new Line("");
        string stack = culprit.ContextRecord != 0 ? $".cxr 0x{culprit.ContextRecord:x} ; kb" : ".cxr; .ecxr ; kb";
        yield return Field("STACK_COMMAND", stack);
        yield return new Line("");
        yield return Field("FAILURE_BUCKET_ID", Bucket(session, (BugCheckCode)code, parameters, culprit));
        yield return new Line("");
        yield return Field("LIKELY_CAUSE", BugCheckTexts.Cause(code, parameters, Function(session, culprit)));
        yield return new Line("");
        yield return new Line("Followup:     MachineOwner");
        yield return new Line("---------");
    }

    static Line Field(string name, string value, int blanks = 2) => new($"{name}:{new string(' ', blanks)}{value}");

    static IEnumerable<Node> Fault(IDebugSession session, BugCheckCode code, ulong[] parameters, Culprit culprit)
    {
        (ulong address, ulong access)? reference = code switch
        {
            BugCheckCode.DRIVER_IRQL_NOT_LESS_OR_EQUAL or BugCheckCode.IRQL_NOT_LESS_OR_EQUAL or BugCheckCode.DRIVER_CORRUPTED_EXPOOL =>
                (parameters[0], parameters[2]),
            BugCheckCode.DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS => (parameters[0], parameters[1]),
            BugCheckCode.PAGE_FAULT_IN_NONPAGED_AREA => (parameters[0], parameters[1]),
            BugCheckCode.ATTEMPTED_WRITE_TO_READONLY_MEMORY => (parameters[0], 1),
            BugCheckCode.ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY => (parameters[0], 8),
            _ => null,
        };
        if (reference is var (memory, kind))
        {
            string name = kind switch { 0 => "READ_ADDRESS", 8 or 16 => "EXECUTE_ADDRESS", _ => "WRITE_ADDRESS" };
            yield return Field(name, $"{memory:x16} {Region(session, memory)}".TrimEnd());
            yield return new Line("");
        }
        if (code is BugCheckCode.DRIVER_IRQL_NOT_LESS_OR_EQUAL or BugCheckCode.IRQL_NOT_LESS_OR_EQUAL or BugCheckCode.DRIVER_CORRUPTED_EXPOOL)
        {
            yield return Field("CURRENT_IRQL", $"{parameters[1]:x}");
            yield return new Line("");
        }
        if (code is BugCheckCode.SYSTEM_THREAD_EXCEPTION_NOT_HANDLED or BugCheckCode.SYSTEM_SERVICE_EXCEPTION or BugCheckCode.KMODE_EXCEPTION_NOT_HANDLED)
        {
            uint status = (uint)parameters[0];
            yield return Field("EXCEPTION_CODE", $"(NTSTATUS) 0x{status:x} - {ErrorCommand.Text(status)}");
            yield return new Line("");
        }
        if (culprit.ExceptionRecord != 0)
        {
            yield return new Line("EXCEPTION_RECORD:  ", new Link($"{culprit.ExceptionRecord:x16}", $".exr 0x{culprit.ExceptionRecord:x16}"),
                $" -- (.exr 0x{culprit.ExceptionRecord:x16})");
            foreach (Node node in Answer(session, $".exr 0x{culprit.ExceptionRecord:x}") ?? [])
                yield return node;
            yield return new Line("");
        }
        if (culprit.ContextRecord != 0)
        {
            yield return new Line("CONTEXT:  ", new Link($"{culprit.ContextRecord:x16}", $".cxr 0x{culprit.ContextRecord:x16}"),
                $" -- (.cxr 0x{culprit.ContextRecord:x16})");
            yield return new Line("");
        }
    }

    /// <summary>Which pool or image an address lies in; empty when in none.</summary>
    static string Region(IDebugSession session, ulong address)
    {
        if (Culprit.ModuleAt(session, address) is { } module)
            return $"in {module.ImageName}";
        if (!session.Symbols.TryGetAddress("nt!MmNonPagedPoolStart", out _))
            return "";
        return new PoolReader(session).IsPaged(address) switch { true => "Paged pool", false => "Nonpaged pool", _ => "" };
    }

    static IEnumerable<Node> Source(IDebugSession session, Culprit culprit)
    {
        if (culprit.Frame is not { } frame || !session.Symbols.TryGetLine(frame.CodeAddress, out string file, out int line))
            yield break;
        yield return Field("FAULTING_SOURCE_LINE", file);
        yield return new Line("");
        yield return Field("FAULTING_SOURCE_FILE", file);
        yield return new Line("");
        yield return Field("FAULTING_SOURCE_LINE_NUMBER", $"{line}");
        yield return new Line("");
        if (Answer(session, $"lsa 0x{frame.CodeAddress:x}") is not { Count: > 0 } text)
            yield break;
        yield return new Line("FAULTING_SOURCE_CODE:  ");
        foreach (Node node in text)
            yield return node;
        yield return new Line("");
    }

    /// <summary>What another command answers; null where it cannot, as <c>lsa</c> without the source.</summary>
    static List<Node>? Answer(IDebugSession session, string command)
    {
        try
        {
            return [.. session.Execute(command)];
        }
        catch (CommandException)
        {
            return null;
        }
    }

    static string Image(Culprit culprit) => culprit.Module?.ImageName ?? "Unknown_Image";

    /// <summary><c>kdtoy!KdToyDpc+26</c>: the offset without 0x.</summary>
    static string Site(IDebugSession session, Culprit culprit) =>
        culprit.Frame is { } frame && session.Symbols.TryGetName(frame.Registers.Rip, out string name, out ulong displacement)
            ? displacement == 0 ? name : $"{name}+{displacement:x}" : culprit.Frame is { } raw ? $"{raw.Registers.Rip:x16}" : "Unknown_Symbol";

    static string Function(IDebugSession session, Culprit culprit) =>
        culprit.Frame is { } frame && session.Symbols.TryGetName(frame.CodeAddress, out string name, out _) ? name : "An unknown routine";

    static string Bucket(IDebugSession session, BugCheckCode code, ulong[] parameters, Culprit culprit)
    {
        string function = Function(session, culprit) is var name && name.Contains('!')
            ? name : $"{culprit.Module?.Name ?? "unknown"}!unknown_function";
        return code switch
        {
            BugCheckCode.DRIVER_IRQL_NOT_LESS_OR_EQUAL or BugCheckCode.IRQL_NOT_LESS_OR_EQUAL or BugCheckCode.PAGE_FAULT_IN_NONPAGED_AREA or
                BugCheckCode.ATTEMPTED_WRITE_TO_READONLY_MEMORY or BugCheckCode.ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY => $"AV_{function}",
            BugCheckCode.SYSTEM_THREAD_EXCEPTION_NOT_HANDLED or BugCheckCode.SYSTEM_SERVICE_EXCEPTION or BugCheckCode.KMODE_EXCEPTION_NOT_HANDLED
                when (uint)parameters[0] == 0xc0000005 => $"AV_{function}",
            BugCheckCode.BAD_POOL_CALLER or BugCheckCode.BAD_POOL_HEADER or BugCheckCode.KERNEL_SECURITY_CHECK_FAILURE or
                BugCheckCode.DRIVER_VERIFIER_DETECTED_VIOLATION or BugCheckCode.UNEXPECTED_KERNEL_MODE_TRAP =>
                $"0x{(uint)code:X}_{parameters[0]:x}_{function}",
            _ => $"0x{(uint)code:X}_{function}",
        };
    }
}
