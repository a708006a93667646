using System.Text;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Targets;

namespace KdSim.Debugger.Inspection;

/// <summary>Registers as <c>r</c> prints them.</summary>
public static class RegisterDump
{
    static readonly string[] Order =
        ["rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rip", "rsp", "rbp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"];

    static readonly (int Bit, string Clear, string Set)[] Flags =
    [
        (11, "nv", "ov"), (10, "up", "dn"), (9, "di", "ei"), (7, "pl", "ng"), (6, "nz", "zr"), (4, "na", "ac"), (2, "po", "pe"),
            (0, "nc", "cy"),
    ];

    /// <summary>Integer registers, flags and segments; without the location lines.</summary>
    public static string Full(DebuggerSession session)
    {
        ProcessorContext context = session.Context;
        if (context.Integer is not { } integer)
            throw new Debugging.Commands.CommandException("This target has no registers");
        StringBuilder text = new();
        for (int i = 0; i < Order.Length; i++)
        {
            Registers.TryGet(context, Order[i], out ulong value);
            text.Append($"{Order[i],3}={value:x16}").Append(i % 3 == 2 || i == Order.Length - 1 ? '\n' : ' ');
        }
        text.Append($"iopl={integer.Rflags >> 12 & 3}         {string.Join(' ', Flags.Select(f => (integer.Rflags >> f.Bit & 1) == 0 ? f.Clear : f.Set))}\n");
        SegmentState? s = context.Segments;
        text.Append($"cs={s?.Cs ?? 0:x4}  ss={s?.Ss ?? 0:x4}  ds={s?.Ds ?? 0:x4}  es={s?.Es ?? 0:x4}  fs={s?.Fs ?? 0:x4}  gs={s?.Gs ?? 0:x4}");
        return text.Append($"             efl={(uint)integer.Rflags:x8}\n").ToString();
    }

    /// <summary>The parts of a mask beyond the integer registers: 20 debug, 40 XMM, 80 control, 100 descriptor tables.</summary>
    public static string Masked(DebuggerSession session, ulong mask)
    {
        StringBuilder text = new();
        ProcessorContext context = session.Context;
        if ((mask & 0xb) != 0)
            text.Append(Full(session));
        if ((mask & 0x20) != 0 && context.Debug is { } debug)
            text.Append($"dr0={debug.Dr0:x16} dr1={debug.Dr1:x16} dr2={debug.Dr2:x16}\ndr3={debug.Dr3:x16} dr6={debug.Dr6:x16} dr7={debug.Dr7:x16}\n");
        if ((mask & 0x40) != 0 && context.Xmm is { } xmm)
            for (int i = 0; i < xmm.Registers.Length; i++)
                text.Append($"{"xmm" + i,5}={xmm.Registers[i]:x32}\n");
        if ((mask & 0x80) != 0 && context.Control is { } control)
            text.Append($"cr0={control.Cr0:x16} cr2={control.Cr2:x16} cr3={control.Cr3:x16}\ncr8={control.Cr8:x16}\n");
        if ((mask & 0x100) != 0 && context.Control is { } tables)
            text.Append($"gdtr={tables.GdtBase:x16}   gdtl={tables.GdtLimit:x4} idtr={tables.IdtBase:x16}   idtl={tables.IdtLimit:x4} " +
                $"tr={tables.Tr:x4}  ldtr={tables.Ldtr:x4}\n");
        return text.ToString();
    }
}
