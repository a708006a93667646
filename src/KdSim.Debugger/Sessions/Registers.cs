using KdSim.Debugging.Targets;

namespace KdSim.Debugger.Sessions;

/// <summary>Registers of a context by name: whole ones, their parts (<c>eax ax al r8d</c>), flags, segments, control and debug registers.</summary>
public static class Registers
{
    /// <summary>General registers in encoding order.</summary>
    public static readonly string[] General =
        ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"];

    static readonly Dictionary<string, (int Index, int Shift, int Bits)> Parts = MakeParts();

    static readonly Dictionary<string, (int Bit, int Width)> Flags = new(StringComparer.Ordinal)
    {
        ["cf"] = (0, 1), ["pf"] = (2, 1), ["af"] = (4, 1), ["zf"] = (6, 1), ["sf"] = (7, 1), ["tf"] = (8, 1), ["if"] = (9, 1),
        ["df"] = (10, 1), ["of"] = (11, 1), ["iopl"] = (12, 2),
    };

    static Dictionary<string, (int, int, int)> MakeParts()
    {
        Dictionary<string, (int, int, int)> parts = new(StringComparer.Ordinal);
        for (int i = 0; i < 16; i++)
        {
            string name = General[i];
            parts[name] = (i, 0, 64);
            if (i >= 8)
            {
                parts[name + "d"] = (i, 0, 32);
                parts[name + "w"] = (i, 0, 16);
                parts[name + "b"] = (i, 0, 8);
                continue;
            }
            parts["e" + name[1..]] = (i, 0, 32);
            parts[name[1..]] = (i, 0, 16);
            parts[i < 4 ? name[1] + "l" : name[1..] + "l"] = (i, 0, 8);
            if (i < 4)
                parts[name[1] + "h"] = (i, 8, 8);
        }
        return parts;
    }

    /// <summary>Whether a name is a register at all, whatever the target has of it.</summary>
    public static int WidthOf(string name)
    {
        if (Parts.TryGetValue(name, out var part))
            return part.Bits;
        if (Flags.TryGetValue(name, out var flag))
            return flag.Width;
        return name switch
        {
            "rip" or "cr0" or "cr2" or "cr3" or "cr4" or "cr8" or "dr0" or "dr1" or "dr2" or "dr3" or "dr6" or "dr7" or "gdtr" or "idtr" =>
                64,
            "eip" or "efl" or "eflags" or "mxcsr" => 32,
            "ip" or "fl" or "cs" or "ss" or "ds" or "es" or "fs" or "gs" or "tr" or "ldtr" or "gdtl" or "idtl" => 16,
            _ => IsXmm(name, out _) ? 128 : 0,
        };
    }

    public static bool IsXmm(string name, out int index)
    {
        index = 0;
        return name.StartsWith("xmm", StringComparison.Ordinal) && int.TryParse(name.AsSpan(3), out index) && index is >= 0 and < 16;
    }

    public static bool TryGet(ProcessorContext context, string name, out ulong value)
    {
        value = 0;
        if (context.Integer is { } integer)
        {
            if (Parts.TryGetValue(name, out var part))
            {
                ulong whole = integer.General[part.Index] >> part.Shift;
                value = part.Bits == 64 ? whole : whole & (1UL << part.Bits) - 1;
                return true;
            }
            if (Flags.TryGetValue(name, out var flag))
            {
                value = integer.Rflags >> flag.Bit & (1UL << flag.Width) - 1;
                return true;
            }
        }
        ulong? found = name switch
        {
            "rip" => context.Integer?.Rip,
            "eip" => (uint?)context.Integer?.Rip,
            "ip" => (ushort?)context.Integer?.Rip,
            "efl" or "eflags" => (uint?)context.Integer?.Rflags,
            "fl" => (ushort?)context.Integer?.Rflags,
            "cs" => context.Segments?.Cs,
            "ss" => context.Segments?.Ss,
            "ds" => context.Segments?.Ds,
            "es" => context.Segments?.Es,
            "fs" => context.Segments?.Fs,
            "gs" => context.Segments?.Gs,
            "cr0" => context.Control?.Cr0,
            "cr2" => context.Control?.Cr2,
            "cr3" => context.Control?.Cr3,
            "cr4" => context.Control?.Cr4,
            "cr8" => context.Control?.Cr8,
            "gdtr" => context.Control?.GdtBase,
            "gdtl" => context.Control?.GdtLimit,
            "idtr" => context.Control?.IdtBase,
            "idtl" => context.Control?.IdtLimit,
            "tr" => context.Control?.Tr,
            "ldtr" => context.Control?.Ldtr,
            "dr0" => context.Debug?.Dr0,
            "dr1" => context.Debug?.Dr1,
            "dr2" => context.Debug?.Dr2,
            "dr3" => context.Debug?.Dr3,
            "dr6" => context.Debug?.Dr6,
            "dr7" => context.Debug?.Dr7,
            "mxcsr" => context.Xmm?.Mxcsr,
            _ => IsXmm(name, out int index) ? (ulong?)context.Xmm?.Registers[index] : null,
        };
        value = found ?? 0;
        return found is not null;
    }

    /// <summary>The context with a register changed, only the changed part set; null when the name cannot be written.</summary>
    public static ProcessorContext? With(ProcessorContext context, string name, ulong value)
    {
        if (context.Integer is not { } integer)
            return null;
        if (Parts.TryGetValue(name, out var part))
        {
            ulong mask = part.Bits == 64 ? ulong.MaxValue : ((1UL << part.Bits) - 1) << part.Shift;
            // Writing 32 bits through the debugger leaves the upper half alone, unlike the processor.
            ulong whole = integer.General[part.Index] & ~mask | value << part.Shift & mask;
            return new ProcessorContext { Integer = integer.WithGeneral(part.Index, whole) };
        }
        if (Flags.TryGetValue(name, out var flag))
        {
            ulong mask = ((1UL << flag.Width) - 1) << flag.Bit;
            return new ProcessorContext { Integer = integer with { Rflags = integer.Rflags & ~mask | value << flag.Bit & mask } };
        }
        return name switch
        {
            "rip" => new ProcessorContext { Integer = integer with { Rip = value } },
            "efl" or "eflags" => new ProcessorContext { Integer = integer with { Rflags = (uint)value } },
            "cr8" when context.Control is { } control => new ProcessorContext { Control = control with { Cr8 = value } },
            "cr3" when context.Control is { } control => new ProcessorContext { Control = control with { Cr3 = value } },
            _ => null,
        };
    }
}
