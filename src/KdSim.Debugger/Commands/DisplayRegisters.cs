using Iced.Intel;
using KdSim.Debugger.Inspection;
using KdSim.Debugger.Language;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Targets;

namespace KdSim.Debugger.Commands;

/// <summary><c>r</c>: shows registers, or writes some.</summary>
[Command("r", "r[M mask|F|X|?] [register[:[num]type] [= [value]], ...] | r.", "Display or change registers", Example = "r rax")]
[Command("rM", "rM mask [register]", "Display registers chosen by a mask", Example = "rM 80")]
[Command("rF", "rF [register]", "Display floating-point registers")]
[Command("rX", "rX [register]", "Display the XMM registers", Example = "rX")]
public sealed class DisplayRegisters : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        string text = arguments.Text;
        if (arguments.Name == "rM")
        {
            ulong mask = session.EvaluatePrefix(text, out int used);
            text = text[used..].TrimStart();
            if (text.Length == 0)
                yield return new Text(RegisterDump.Masked(session, mask));
        }
        else if (text.Length == 0 && arguments.Name != "r")
        {
            if (arguments.Name == "rF")
                throw new CommandException("This target has no x87 registers: rX shows those of SSE");
            yield return new Text(RegisterDump.Masked(session, 0x40));
        }
        else if (text.Length == 0)
        {
            if (session.HasSetContext && !session.IsAtException)
                yield return new Text("Last set context:\n");
            yield return new Text(RegisterDump.Text(session));
            yield return new Text(session.Stops.Location(withRegisters: false));
        }
        else if (text == ".")
        {
            if (Used(session) is { Length: > 0 } list)
                yield return new Line(new Text(list));
        }
        else if (text.StartsWith("$.u", StringComparison.Ordinal) && text.Length > 4 && char.IsDigit(text[3]) && text[4..].TrimStart() is ['=', .. var value])
            session.Aliases.SetFixed(text[3] - '0', value);
        else if (text.StartsWith('?'))
            SetTyped(arguments, session, text[1..].TrimStart());
        else
            foreach (Node node in Each(arguments, session, text))
                yield return node;
    }

    /// <summary><c>rbp=fffff880`00011e70  rsp=...</c>: the registers of the current instruction, two blanks between them.</summary>
    static string Used(DebuggerSession session)
    {
        if (!Disassembler.TryDecode(session, session.Rip, out Instruction instruction, out _))
            return "";
        InstructionInfoFactory factory = new();
        IEnumerable<string> names = factory.GetInfo(instruction).GetUsedRegisters().Select(r => r.Register.ToString().ToLowerInvariant()).Distinct();
        return string.Join("  ", names.Where(n => Registers.WidthOf(n) is > 0 and <= 64 && Registers.TryGet(session.Context, n, out _))
            .Select(n => Registers.TryGet(session.Context, n, out ulong value) ? $"{n}={Padded(n, value)}" : ""));
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
                string line = session.ReadInput("Input> ").Trim();
                if (line.Length > 0)
                    Write(arguments, session, name, session.Evaluate(line));
                yield break;
            }
            if (text.StartsWith('='))
            {
                text = text[1..];
                ulong value = session.EvaluatePrefix(text, out int used);
                Write(arguments, session, name, value);
                text = text[used..].TrimStart();
                if (text.Length > 0 && text[0] != ',')
                    throw new CommandSyntaxException("Extra character", arguments.Text.Length - text.Length + 2, $"r {arguments.Text}");
            }
            else
                yield return new Line(new Text(Show(arguments, session, name, type)));
            text = text.TrimStart(' ', ',');
        }
    }

    static CommandSyntaxException BadRegister(TextArguments arguments) =>
        new("Bad register", arguments.Text.Length + 2, $"r {arguments.Text}");

    static string Show(TextArguments arguments, DebuggerSession session, string name, string type)
    {
        if (name.StartsWith('$'))
            return session.Pseudo.TryGet(name, out ulong pseudo) ? $"{name}={pseudo:x16}" : throw BadRegister(arguments);
        int bits = Registers.WidthOf(name);
        if (bits == 0)
            throw BadRegister(arguments);
        if (bits == 128 && session.Context.Xmm is { } xmm && Registers.IsXmm(name, out int index))
            return $"{name}={VectorText.Format(xmm.Registers[index], type) ?? throw arguments.Wrong("Syntax", arguments.Text.Length)}";
        return Registers.TryGet(session.Context, name, out ulong value)
            ? $"{name}={Padded(name, value)}"
            : throw new CommandException($"The target does not have {name}");
    }

    static string Padded(string name, ulong value) => Registers.WidthOf(name) is var bits and >= 8 ? value.ToString("x" + bits / 4) : value.ToString("x");

    static void Write(TextArguments arguments, DebuggerSession session, string name, ulong value)
    {
        if (session.Pseudo.TrySet(name, value))
            return;
        if (name == "$ip")
            name = "rip";
        if (session.HasSetContext)
            throw new CommandException(session.IsAtException
                ? "The registers of an exception cannot be written: .cxr goes to those of the processor"
                : "The registers of a set context cannot be written: .cxr resets it");
        IRegisterWriter writer = session.Target.Capability<IRegisterWriter>() ?? throw new CommandException("This target's registers cannot be written");
        ProcessorContext changed = Registers.With(session.Context, name, value) ?? throw BadRegister(arguments);
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

/// <summary><c>rm</c>: which registers <c>r</c> shows.</summary>
[Command("rm", "rm [?|mask]", "Show or set the mask of the registers that r displays", Example = "rm")]
public sealed class RegisterMask : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        if (arguments.Text == "?")
        {
            foreach ((ulong bit, string meaning) in RegisterDump.MaskBits)
                yield return new Line(new Text($"{bit,8:x} - {meaning}"));
            yield break;
        }
        if (arguments.Text.Length == 0)
        {
            ulong mask = session.Options.RegisterMask;
            yield return new Line(new Text($"Register output mask is {mask:x}:"));
            foreach ((ulong bit, string meaning) in RegisterDump.MaskBits.Where(b => (b.Bit & mask) != 0))
                yield return new Line(new Text($"{bit,8:x} - {(bit == 2 ? "Integer state (64-bit)" : meaning)}"));
            yield break;
        }
        ulong wanted = session.Evaluate(arguments.Text), known = RegisterDump.MaskBits.Aggregate(0UL, (all, b) => all | b.Bit);
        if ((wanted & ~known) != 0)
            yield return new Line(new Text($"Ignored invalid bits {wanted & ~known:x}"));
        wanted &= known;
        // There is one set of integer registers, the 64-bit one.
        session.Options.RegisterMask = (wanted & 3) == 0 ? wanted : wanted & ~1UL | 2;
    }
}
