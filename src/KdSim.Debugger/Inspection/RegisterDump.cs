using System.Text;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Targets;

namespace KdSim.Debugger.Inspection;

/// <summary>Registers as <c>r</c> prints them, the parts chosen by a mask.</summary>
public static class RegisterDump
{
    /// <summary>What <c>r</c> shows until <c>rm</c> says otherwise: integer and segment registers.</summary>
    public const ulong DefaultMask = 0xa;

    const ulong Integers = 3, Segments = 8, Debug = 0x20, Xmm = 0x40, Control = 0x80, Tables = 0x100;

    static readonly string[] Order =
        ["rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rip", "rsp", "rbp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"];

    static readonly (int Bit, string Clear, string Set)[] Flags =
    [
        (11, "nv", "ov"), (10, "up", "dn"), (9, "di", "ei"), (7, "pl", "ng"), (6, "nz", "zr"), (4, "na", "ac"), (2, "po", "pe"),
            (0, "nc", "cy"),
    ];

    /// <summary>The bits of the mask that this processor has, as <c>rm</c> explains them.</summary>
    public static readonly IReadOnlyList<(ulong Bit, string Meaning)> MaskBits =
    [
        (1, "Integer state (32-bit) or"), (2, "Integer state (64-bit), 64-bit takes precedence"), (Segments, "Segment registers"),
        (Debug, "Debug registers and, in kernel, CR4"), (Xmm, "SSE XMM registers"), (Control, "CR0, CR2, CR3 and CR8"),
        (Tables, "Descriptor and task state registers"),
    ];

    /// <summary>The parts that the session's mask asks for; without the location lines.</summary>
    public static string Text(DebuggerSession session) => Masked(session, session.Options.RegisterMask);

    /// <summary>The parts of a mask; what the context does not have is left out.</summary>
    public static string Masked(DebuggerSession session, ulong mask)
    {
        ProcessorContext context = session.Context;
        StringBuilder text = new();
        if ((mask & Integers) != 0)
            AppendIntegers(text, context);
        if ((mask & Segments) != 0 && context.Integer is { } flags)
        {
            SegmentState? s = context.Segments;
            text.Append($"cs={s?.Cs ?? 0:x4}  ss={s?.Ss ?? 0:x4}  ds={s?.Ds ?? 0:x4}  es={s?.Es ?? 0:x4}  fs={s?.Fs ?? 0:x4}  gs={s?.Gs ?? 0:x4}");
            text.Append($"             efl={(uint)flags.Rflags:x8}\n");
        }
        if ((mask & Debug) != 0 && context.Debug is { } debug)
        {
            text.Append($"dr0={debug.Dr0:x16} dr1={debug.Dr1:x16} dr2={debug.Dr2:x16}\ndr3={debug.Dr3:x16} dr6={debug.Dr6:x16} dr7={debug.Dr7:x16}");
            text.Append(context.Control is { } cr4 ? $" cr4={cr4.Cr4:x16}\n" : "\n");
        }
        if ((mask & Xmm) != 0 && context.Xmm is { } xmm)
            for (int i = 0; i < xmm.Registers.Length; i++)
                text.Append($"xmm{i}={VectorText.Format(xmm.Registers[i], "")}\n");
        if ((mask & Control) != 0 && context.Control is { } control)
            text.Append($"cr0={control.Cr0:x16} cr2={control.Cr2:x16} cr3={control.Cr3:x16}\ncr8={control.Cr8:x16}\n");
        if ((mask & Tables) != 0 && context.Control is { } tables)
            text.Append($"gdtr={tables.GdtBase:x16}   gdtl={tables.GdtLimit:x4} idtr={tables.IdtBase:x16}   idtl={tables.IdtLimit:x4} " +
                $"tr={tables.Tr:x4}  ldtr={tables.Ldtr:x4}\n");
        return text.ToString();
    }

    static void AppendIntegers(StringBuilder text, ProcessorContext context)
    {
        if (context.Integer is not { } integer)
            throw new Debugging.Commands.CommandException("This target has no registers");
        for (int i = 0; i < Order.Length; i++)
        {
            Registers.TryGet(context, Order[i], out ulong value);
            text.Append($"{Order[i],3}={value:x16}").Append(i % 3 == 2 || i == Order.Length - 1 ? '\n' : ' ');
        }
        text.Append($"iopl={integer.Rflags >> 12 & 3}         {string.Join(' ', Flags.Select(f => (integer.Rflags >> f.Bit & 1) == 0 ? f.Clear : f.Set))}\n");
    }
}
