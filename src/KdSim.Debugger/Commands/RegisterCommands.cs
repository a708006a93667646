using KdSim.Debugger.Inspection;
using KdSim.Debugger.Sessions;
using KdSim.Debugger.Stacks;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;
using KdSim.Debugging.Targets;
using KdSim.Nt;

namespace KdSim.Debugger.Commands;

/// <summary><c>.cxr .trap .ecxr</c>: registers from a CONTEXT or KTRAP_FRAME in memory.</summary>
[Command(".cxr", ".cxr [address]", "Set the register context from a CONTEXT record")]
[Command(".ecxr", ".ecxr", "Set the register context to that of the exception or bug check")]
[Command(".trap", ".trap [address]", "Set the register context from a trap frame")]
[Reads("nt!_KTRAP_FRAME", "nt!_CONTEXT", "nt!_KPRCB", "nt!KiProcessorBlock")]
public sealed class SetRegisterContext : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        bool isTrapFrame = arguments.Name == ".trap";
        ulong address = arguments.Name == ".ecxr" ? ExceptionContext(session) : arguments.Text.Length == 0 ? 0 : session.Evaluate(arguments.Text);
        if (address is 0 or ulong.MaxValue)
        {
            session.ResetContext();
            yield return new Line(new Text("Resetting default scope"));
            yield break;
        }
        session.SetContext(ContextRecords.Read(session, address, isTrapFrame));
        if (isTrapFrame)
            yield return new Text("NOTE: The trap frame does not contain all registers.\nSome register values may be zeroed or incorrect.\n");
        yield return new Text(RegisterDump.Text(session));
        yield return new Text(session.Stops.Location());
    }

    /// <summary>The CONTEXT of the exception that the target stopped at, that the bug check names, or that its processor saved on the way to it.</summary>
    static ulong ExceptionContext(DebuggerSession session)
    {
        if (session.Runner.Last is StopEvent.Exception { Context: not 0 } exception)
            return exception.Context;
        ulong[] stop = BugCheckData.Read(session);
        if (stop[0] == 0)
            throw new CommandException("Unable to get exception context, HRESULT 0x8000FFFF");
        return (BugCheckCode)stop[0] switch
        {
            BugCheckCode.SYSTEM_THREAD_EXCEPTION_NOT_HANDLED => stop[4],
            BugCheckCode.SYSTEM_SERVICE_EXCEPTION => stop[3],
            _ => SavedContext(session),
        };
    }

    static ulong SavedContext(DebuggerSession session)
    {
        ulong prcb = session.ReadPointer(session.AddressOf("nt!KiProcessorBlock") + (ulong)session.CurrentProcessor * 8);
        return prcb + session.Types["nt!_KPRCB"].OffsetOf("ProcessorState.ContextFrame");
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
