using System.Globalization;
using KdSim.Debugger.Inspection;
using KdSim.Debugger.Language;
using KdSim.Debugger.Sessions;
using KdSim.Debugger.Stacks;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;
using KdSim.Debugging.Targets;

namespace KdSim.Debugger.Commands;

/// <summary><c>r</c>: shows registers, or writes one.</summary>
[Command("r", "r[M mask] [register[:type] [= value]]", "Display or change registers", Example = "r rax")]
[Command("rM", "rM mask [register]", "Display registers chosen by a mask")]
public sealed class DisplayRegisters : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        string text = arguments.Text;
        if (arguments.Name == "rM")
        {
            yield return new Text(RegisterDump.Masked(session, session.Masm.EvaluatePrefix(text, out _)));
            yield break;
        }
        if (text.Length == 0)
        {
            if (session.HasSetContext)
                yield return new Text("Last set context:\n");
            yield return new Text(RegisterDump.Full(session));
            yield return new Text(LocationWithoutRegisters(session));
            yield break;
        }
        if (text.StartsWith("$.u", StringComparison.Ordinal) && text.Length > 4 && char.IsDigit(text[3]) && text[4] == '=')
        {
            session.Aliases.SetFixed(text[3] - '0', text[5..]);
            yield break;
        }
        if (text.StartsWith('?'))
        {
            SetTyped(arguments, session, text[1..].TrimStart());
            yield break;
        }
        foreach (Node node in Each(arguments, session, text))
            yield return node;
    }

    static string LocationWithoutRegisters(DebuggerSession session)
    {
        bool before = session.Options.ShowRegisters;
        session.Options.ShowRegisters = false;
        string text = session.Stops.Location();
        session.Options.ShowRegisters = before;
        return text;
    }

    static IEnumerable<Node> Each(TextArguments arguments, DebuggerSession session, string text)
    {
        while (text.Length > 0)
        {
            int end = text.IndexOfAny([' ', ',', '=', ':']);
            string name = (end < 0 ? text : text[..end]).TrimStart('@').ToLowerInvariant();
            text = end < 0 ? "" : text[end..];
            string type = "";
            if (text.StartsWith(':'))
            {
                int stop = text.IndexOfAny([' ', ',', '=']);
                type = stop < 0 ? text[1..] : text[1..stop];
                text = stop < 0 ? "" : text[stop..];
            }
            text = text.TrimStart();
            if (text.Trim() == "=")
            {
                yield return new Line(new Text(Show(arguments, session, name, type)));
                string line = session.ReadInput("Input> ");
                if (line.Length > 0)
                    Write(arguments, session, name, session.Evaluate(line));
                yield break;
            }
            if (text.StartsWith('='))
            {
                ulong value = session.Options.PrefersCpp ? session.Evaluate(text[1..])
                    : session.Masm.EvaluatePrefix(text[1..], out int used) + 0 * (ulong)(text = text[(1 + used)..]).Length;
                Write(arguments, session, name, value);
                text = session.Options.PrefersCpp ? "" : text.TrimStart(' ', ',');
                continue;
            }
            yield return new Line(new Text(Show(arguments, session, name, type)));
            text = text.TrimStart(' ', ',');
        }
    }

    static string Show(TextArguments arguments, DebuggerSession session, string name, string type)
    {
        if (name.StartsWith('$'))
        {
            return session.Pseudo.TryGet(name, out ulong pseudo)
                ? $"{name}={pseudo:x16}"
                : throw new CommandSyntaxException("Bad register", arguments.Text.Length + 2, $"r {arguments.Text}");
        }
        int bits = Registers.WidthOf(name);
        if (bits == 0)
            throw new CommandSyntaxException("Bad register", arguments.Text.Length + 2, $"r {arguments.Text}");
        if (bits == 128 && session.Context.Xmm is { } xmm && Registers.IsXmm(name, out int index))
            return $"{name}={Xmm(xmm.Registers[index], type)}";
        if (!Registers.TryGet(session.Context, name, out ulong value))
            throw new CommandException($"The target does not have {name}");
        return bits < 8 ? $"{name}={value:x}" : $"{name}={value.ToString("x" + bits / 4)}";
    }

    static string Xmm(UInt128 value, string type)
    {
        ulong low = (ulong)value, high = (ulong)(value >> 64);
        return type switch
        {
            "ud" or "id" => string.Join(' ',
                new[] { high >> 32, high & uint.MaxValue, low >> 32, low & uint.MaxValue }.Select(v => v.ToString("x8"))),
            "uq" or "iq" => $"{high:x16} {low:x16}",
            "d" => string.Join(' ',
                new[] { high, low }.Select(v => BitConverter.UInt64BitsToDouble(v).ToString("G", CultureInfo.InvariantCulture))),
            "ub" or "ib" => string.Join(' ', Enumerable.Range(0, 16).Select(i => ((byte)(value >> (120 - i * 8))).ToString("x2"))),
            _ => string.Join(' ', new[] { high >> 32, high, low >> 32, low }
                .Select(v => BitConverter.UInt32BitsToSingle((uint)v).ToString("G6", CultureInfo.InvariantCulture))),
        };
    }

    static void Write(TextArguments arguments, DebuggerSession session, string name, ulong value)
    {
        if (session.Pseudo.TrySet(name, value))
            return;
        if (name == "$ip")
            name = "rip";
        if (session.HasSetContext)
            throw new CommandException("The registers of a set context cannot be written: .cxr resets it");
        IRegisterWriter writer = session.Target.Capability<IRegisterWriter>() ?? throw new CommandException("This target's registers cannot be written");
        ProcessorContext changed = Registers.With(session.Context, name, value)
            ?? throw new CommandSyntaxException("Bad register", arguments.Text.Length + 2, $"r {arguments.Text}");
        if (!writer.TrySetContext(session.CurrentProcessor, changed))
            throw new CommandException($"The target refused to write {name}");
        session.Scope = null;
    }

    /// <summary><c>r? $t0 = C++ expression</c>: the register keeps the type.</summary>
    static void SetTyped(TextArguments arguments, DebuggerSession session, string text)
    {
        int equals = text.IndexOf('=');
        if (equals < 0 || !PseudoRegisters.IsUser(text[..equals].Trim().TrimStart('@').ToLowerInvariant(), out int index))
            throw arguments.Wrong("Syntax", arguments.Text.Length);
        Expressions.TypedValue value = session.Cpp.Evaluate(text[(equals + 1)..]);
        session.Pseudo[index] = value.Type.IsRecord ? value.Address ?? value.Bits : value.Bits;
        session.Pseudo.UserTypes[index] = value.Type;
    }
}

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
        yield return new Text(RegisterDump.Full(session));
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
