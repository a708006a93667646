using KdSim.Debugger.Inspection;
using KdSim.Debugger.Sessions;
using KdSim.Debugger.Stacks;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;
using KdSim.Debugging.Targets;

namespace KdSim.Debugger.Commands;

/// <summary><c>.cxr</c> and <c>.trap</c>: registers from a CONTEXT or KTRAP_FRAME in memory.</summary>
[Command(".cxr", ".cxr [address]", "Set the register context from a CONTEXT record")]
[Command(".trap", ".trap [address]", "Set the register context from a trap frame")]
[Reads("nt!_KTRAP_FRAME", "nt!_CONTEXT")]
public sealed class SetRegisterContext : TextCommand
{
    static readonly string[] Names =
        ["Rax", "Rcx", "Rdx", "Rbx", "Rsp", "Rbp", "Rsi", "Rdi", "R8", "R9", "R10", "R11", "R12", "R13", "R14", "R15"];

    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        ulong address = arguments.Text.Length == 0 ? 0 : session.Evaluate(arguments.Text);
        if (address is 0 or ulong.MaxValue)
        {
            session.ResetContext();
            yield return new Line(new Text("Resetting default scope"));
            yield break;
        }
        bool trap = arguments.Name == ".trap";
        StructureValue frame = session.Types[trap ? "nt!_KTRAP_FRAME" : "nt!_CONTEXT"].Read(address);
        ulong[] general = new ulong[16];
        for (int i = 0; i < 16; i++)
            frame.TryGet(Names[i], out general[i]);
        ulong flags = frame["EFlags"];
        SegmentState segments = (session.Context.Segments ?? new SegmentState(0x10, 0x18, 0x2b, 0x2b, 0x53, 0x2b, 0, 0, 0)) with
        {
            Cs = (ushort)frame["SegCs"],
            Ss = (ushort)frame["SegSs"],
        };
        session.SetContext(new ProcessorContext { Integer = new IntegerState(general, frame["Rip"], flags), Segments = segments });
        if (trap)
            yield return new Text("NOTE: The trap frame does not contain all registers.\nSome register values may be zeroed or incorrect.\n");
        yield return new Text(RegisterDump.Text(session));
        yield return new Text(session.Stops.Location());
    }
}

/// <summary><c>.thread .process .context ~Ns</c>: what is current.</summary>
[Command(".thread", ".thread [/p] [/r] [ETHREAD]", "Set the register context to a thread's")]
[Command(".process", ".process [/p] [/r] [/i] [EPROCESS]", "Set the process context")]
[Command(".context", ".context [cr3]", "Set the page tables of the user-mode address space")]
[Reads("nt!_ETHREAD", "nt!_KTHREAD", "nt!_EPROCESS", "nt!_KPROCESS")]
public sealed class SetImplicit : EngineCommand<SetImplicit.Arguments>
{
    public sealed record Arguments(string Name, string? Address, bool Process);

    protected override Arguments Parse(ArgumentReader arguments)
    {
        bool process = false;
        while (arguments.Switch() is { } option)
            process |= option is "/i" ? throw new CommandException("/i is not supported: set a breakpoint with /p instead") : option is "/p" or "/P";
        return new(arguments.Name, arguments.Expression(), process);
    }

    protected override IEnumerable<Node> Run(Arguments arguments, DebuggerSession session)
    {
        ulong? address = arguments.Address is { } text ? session.Evaluate(text) : null;
        switch (arguments.Name)
        {
            case ".context":
                if (address is { } directory)
                    session.SetProcess(directory == 0 ? 0 : session.CurrentProcess, directory);
                ulong shown = session.Space.DirectoryBase != 0 ? session.Space.DirectoryBase : session.Context.Control?.Cr3 ?? 0;
                yield return new Line(new Text($"User-mode page directory base is {shown:x}"));
                break;
            case ".process":
                if (address is { } process)
                    SetProcess(session, process);
                yield return new Line(new Text("Implicit process is now "), new Address(session.CurrentProcess));
                break;
            default:
                if (address is { } thread)
                    SetThread(session, thread, arguments.Process);
                yield return new Line(new Text("Implicit thread is now "), new Address(session.CurrentThread));
                break;
        }
    }

    static void SetProcess(DebuggerSession session, ulong process)
    {
        if (process == 0)
        {
            session.SetProcess(0, 0);
            return;
        }
        StructureValue value = session.Types["nt!_EPROCESS"].Read(process);
        session.SetProcess(process, value["Pcb.DirectoryTableBase"]);
    }

    static void SetThread(DebuggerSession session, ulong thread, bool withProcess)
    {
        if (thread == 0)
        {
            session.ResetContext();
            return;
        }
        for (int i = 0; i < session.Target.ProcessorCount; i++)
            if (Processors.ThreadOn(session, i) == thread)
            {
                session.Target.TryGetContext(i, out ProcessorContext running);
                session.SetContext(running);
                session.SetThread(thread);
                return;
            }
        // A thread that waits stands in the context switch: its frame is on its kernel stack, rip is the return address there.
        StructureValue value = session.Types["nt!_KTHREAD"].Read(thread);
        ulong stack = value["KernelStack"];
        session.SetContext(SwitchFrames.Read(session, stack));
        session.SetThread(thread);
        if (withProcess && Processors.ProcessOf(session, thread) is var process and not 0)
            SetProcess(session, process);
    }
}

/// <summary>Switches the current processor: <c>~1s</c>, <c>~1</c>.</summary>
[Command("~", "~[N]s", "Change the current processor", Example = "~1s")]
public sealed class SwitchProcessor : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        string number = arguments.Text.TrimEnd('s', 'S').Trim();
        if (number.Length == 0)
        {
            for (int i = 0; i < session.Target.ProcessorCount; i++)
                yield return new Line(new Text($"{(i == session.CurrentProcessor ? '.' : ' ')} {i}  Thread {Processors.ThreadOn(session, i):x16}"));
            yield break;
        }
        if (!int.TryParse(number, out int processor) || processor >= session.Target.ProcessorCount)
            throw new CommandException($"{number} is not a valid processor number");
        session.CurrentProcessor = processor;
    }
}
