using System.Buffers.Binary;
using KdSim.Symbols.Pe;

namespace KdSim.Symbols.Unwind;

/// <summary>
/// Unwinds one x64 frame: turns the registers inside a function into those of its caller, as RtlVirtualUnwind does. Works over any
/// memory. A failed call leaves the context untouched and says why. (Microsoft: "x64 exception handling", "x64 prolog and epilog".)
/// </summary>
public static class Unwinder
{
    internal const int MaxChain = 32;

    /// <summary>Unwinds a function without unwind data: it moved neither rsp nor a nonvolatile register.</summary>
    public static bool TryUnwindLeaf(ReadMemory read, UnwindContext context, out string? problem)
    {
        if (!TryPop(read, context, out ulong rip, out problem))
            return false;
        context.Rip = rip;
        return true;
    }

    /// <summary>
    /// Unwinds the frame of <paramref name="function"/> (the row that holds context.Rip). <paramref name="wanted"/> says which kind of
    /// handler the caller looks for; it is reported only outside prolog and epilog.
    /// </summary>
    public static bool TryUnwind(
        ReadMemory read, ulong imageBase, RuntimeFunction function, UnwindContext context, UnwindFlags wanted,
        out UnwoundFrame frame, out string? problem)
    {
        frame = default;
        problem = null;
        if (Direct(read, imageBase, function) is not { } row)
        {
            problem = $"the function table row at 0x{imageBase + (function.UnwindRva & ~1u):x} cannot be read";
            return false;
        }
        if (UnwindInfo.Read(read, imageBase, row.UnwindRva, out problem) is not { } info)
            return false;
        uint rva = (uint)(context.Rip - imageBase);
        uint prologOffset = rva - row.Begin;
        var work = context.Clone();
        ulong establisher = EstablisherFrame(info, prologOffset, work);
        if (prologOffset >= info.PrologSize && (info.Version == 1 || info.IsInEpilog(row, rva)))
        {
            if (Epilog.TryRun(read, imageBase, row, info, work))
            {
                frame = new(establisher, 0, 0, false);
                context.CopyFrom(work);
                return true;
            }
        }
        bool isMachineFrame = false;
        var primary = info;
        for (int depth = 0; ; depth++)
        {
            uint done = depth == 0 ? prologOffset : uint.MaxValue; // A fragment's parents have run their prologs.
            if (!TryUndo(read, primary, done, establisher, work, ref isMachineFrame, out problem))
                return false;
            if ((primary.Flags & UnwindFlags.Chained) == 0)
                break;
            if (depth >= MaxChain)
            {
                problem = $"the chain of unwind information at 0x{imageBase + row.UnwindRva:x} is longer than {MaxChain}";
                return false;
            }
            if (ReadRow(read, imageBase + primary.TrailerRva) is not { } parent || Direct(read, imageBase, parent) is not { } direct)
            {
                problem = $"the chained function table row at 0x{imageBase + primary.TrailerRva:x} cannot be read";
                return false;
            }
            if (UnwindInfo.Read(read, imageBase, direct.UnwindRva, out problem) is not { } next)
                return false;
            primary = next;
        }
        if (!isMachineFrame && !TryUnwindLeaf(read, work, out problem))
            return false;
        if (!TryFindHandler(read, imageBase, primary, prologOffset < info.PrologSize ? UnwindFlags.None : wanted, out ulong handler, out problem))
            return false;
        frame = new(establisher, handler, handler == 0 ? 0 : imageBase + primary.TrailerRva + 4, isMachineFrame);
        context.CopyFrom(work);
        return true;
    }

    /// <summary>The value of rsp right behind the prolog: what a language handler knows the frame by.</summary>
    static ulong EstablisherFrame(UnwindInfo info, uint prologOffset, UnwindContext context)
    {
        if (info.FrameRegister is not { } register)
            return context.Rsp;
        bool isSet = prologOffset >= info.PrologSize || (info.Flags & UnwindFlags.Chained) != 0;
        foreach (var operation in info.Operations)
            isSet |= operation.Code == UnwindOpcode.SetFrame && prologOffset >= operation.PrologOffset;
        return isSet ? context[register] - (uint)info.FrameOffset : context.Rsp;
    }

    /// <summary>Undoes the prolog operations that have run.</summary>
    static bool TryUndo(
        ReadMemory read, UnwindInfo info, uint prologOffset, ulong frame, UnwindContext context, ref bool isMachineFrame, out string? problem)
    {
        problem = null;
        foreach (var operation in info.Operations)
        {
            if (operation.Code is UnwindOpcode.Epilog or UnwindOpcode.Spare || prologOffset < operation.PrologOffset)
                continue;
            ulong value;
            switch (operation.Code)
            {
                case UnwindOpcode.PushNonvolatile:
                    if (!TryPop(read, context, out value, out problem))
                        return false;
                    context[(Gpr)operation.Info] = value;
                    break;
                case UnwindOpcode.AllocLarge or UnwindOpcode.AllocSmall:
                    context.Rsp += operation.Operand;
                    break;
                case UnwindOpcode.SetFrame:
                    if (info.FrameRegister is not { } register)
                    {
                        problem = "unwind information sets a frame register but names none";
                        return false;
                    }
                    context.Rsp = context[register] - (uint)info.FrameOffset;
                    break;
                case UnwindOpcode.SaveNonvolatile or UnwindOpcode.SaveNonvolatileFar:
                    if (!TryReadStack(read, frame + operation.Operand, out value, out problem))
                        return false;
                    context[(Gpr)operation.Info] = value;
                    break;
                case UnwindOpcode.SaveXmm128 or UnwindOpcode.SaveXmm128Far:
                    if (!TryReadStack(read, frame + operation.Operand, out ulong low, out problem)
                        || !TryReadStack(read, frame + operation.Operand + 8, out ulong high, out problem))
                        return false;
                    context.Xmm[operation.Info] = new UInt128(high, low);
                    break;
                case UnwindOpcode.PushMachineFrame:
                    ulong at = context.Rsp + (operation.Info == 1 ? 8u : 0);
                    if (!TryReadStack(read, at, out ulong rip, out problem) || !TryReadStack(read, at + 24, out ulong rsp, out problem))
                        return false;
                    (context.Rip, context.Rsp) = (rip, rsp);
                    isMachineFrame = true;
                    break;
            }
        }
        return true;
    }

    static bool TryFindHandler(ReadMemory read, ulong imageBase, UnwindInfo info, UnwindFlags wanted, out ulong handler, out string? problem)
    {
        handler = 0;
        problem = null;
        if ((info.Flags & wanted & (UnwindFlags.ExceptionHandler | UnwindFlags.TerminationHandler)) == 0)
            return true;
        Span<byte> bytes = stackalloc byte[4];
        if (!read(imageBase + info.TrailerRva, bytes))
        {
            problem = $"the handler address at 0x{imageBase + info.TrailerRva:x} cannot be read";
            return false;
        }
        handler = imageBase + BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        return true;
    }

    internal static bool TryPop(ReadMemory read, UnwindContext context, out ulong value, out string? problem)
    {
        if (!TryReadStack(read, context.Rsp, out value, out problem))
            return false;
        context.Rsp += 8;
        return true;
    }

    static bool TryReadStack(ReadMemory read, ulong address, out ulong value, out string? problem)
    {
        Span<byte> bytes = stackalloc byte[8];
        bool ok = read(address, bytes);
        value = ok ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : 0;
        problem = ok ? null : $"the stack at 0x{address:x} cannot be read";
        return ok;
    }

    /// <summary>One row of a function table, or null when unreadable.</summary>
    internal static RuntimeFunction? ReadRow(ReadMemory read, ulong address)
    {
        Span<byte> bytes = stackalloc byte[12];
        if (!read(address, bytes))
            return null;
        var cursor = new SpanCursor(bytes);
        return new(cursor.UInt32(), cursor.UInt32(), cursor.UInt32());
    }

    /// <summary>An odd unwind RVA points to another row, which holds the information.</summary>
    internal static RuntimeFunction? Direct(ReadMemory read, ulong imageBase, RuntimeFunction row) =>
        (row.UnwindRva & 1) == 0 ? row : ReadRow(read, imageBase + (row.UnwindRva & ~1u)) is { } other && (other.UnwindRva & 1) == 0
            ? row with { UnwindRva = other.UnwindRva } : null;
}
