using System.Buffers.Binary;
using KdSim.Symbols.Pe;

namespace KdSim.Symbols.Unwind;

/// <summary>
/// Recognises an epilog by the bytes at rip and runs the rest of it. The x64 convention allows one form only: at most one
/// <c>add rsp, imm</c> or <c>lea rsp, [frame+disp]</c>, then 64-bit pops, then a return or a tail jump.
/// </summary>
internal static class Epilog
{
    const int MaxBytes = 64; // Add or lea, 16 pops, a jump: all shorter together.

    /// <summary>If rip is in an epilog, leaves the caller's registers in the context; else answers false (context undefined).</summary>
    public static bool TryRun(ReadMemory read, ulong imageBase, RuntimeFunction function, UnwindInfo info, UnwindContext context)
    {
        Span<byte> buffer = stackalloc byte[MaxBytes];
        ulong start = context.Rip;
        // Code may end soon: read what is there.
        int length = (int)Math.Min(MaxBytes, imageBase + function.End - start);
        if (length <= 0 || !read(start, buffer = buffer[..length]))
            return false;
        var work = context.Clone();
        ReadOnlySpan<byte> code = buffer;
        SkipStackRelease(ref code, info, work);
        while (TryDecodePop(ref code, out var register))
        {
            if (!Unwinder.TryPop(read, work, out ulong value, out _))
                return false;
            work[register] = value;
        }
        if (!IsExit(code, imageBase, function, info, start + (ulong)(length - code.Length)))
            return false;
        if (!Unwinder.TryUnwindLeaf(read, work, out _))
            return false;
        context.CopyFrom(work);
        return true;
    }

    static void SkipStackRelease(ref ReadOnlySpan<byte> code, UnwindInfo info, UnwindContext context)
    {
        if (code is [0x48, 0x83, 0xc4, var small, ..])
        {
            context.Rsp += (ulong)(sbyte)small;
            code = code[4..];
        }
        else if (code is [0x48, 0x81, 0xc4, _, _, _, _, ..])
        {
            context.Rsp += (ulong)BinaryPrimitives.ReadInt32LittleEndian(code[3..]);
            code = code[7..];
        }
        else if (info.FrameRegister is { } frame && code is [(0x48 or 0x49) and var rex, 0x8d, var modrm, ..]
            && (modrm & 0x38) == 0x20 && (Gpr)((modrm & 7) | (rex & 1) << 3) == frame && frame is not (Gpr.Rsp or Gpr.R12))
        {
            // lea rsp, [frame], [frame+disp8], [frame+disp32]; a base of r12 would need a SIB byte and is not used.
            int mode = modrm >> 6;
            int size = mode switch { 0 when (modrm & 7) != 5 => 3, 1 => 4, 2 => 7, _ => 0 };
            if (size == 0 || code.Length < size)
                return;
            long displacement = mode switch { 1 => (sbyte)code[3], 2 => BinaryPrimitives.ReadInt32LittleEndian(code[3..]), _ => 0 };
            context.Rsp = context[frame] + (ulong)displacement;
            code = code[size..];
        }
    }

    static bool TryDecodePop(ref ReadOnlySpan<byte> code, out Gpr register)
    {
        if (code is [>= 0x58 and <= 0x5f and var low, ..])
        {
            register = (Gpr)(low - 0x58);
            code = code[1..];
            return true;
        }
        if (code is [>= 0x40 and <= 0x4f and var rex, >= 0x58 and <= 0x5f and var high, ..])
        {
            register = (Gpr)((high - 0x58) | (rex & 1) << 3);
            code = code[2..];
            return true;
        }
        register = default;
        return false;
    }

    /// <summary>ret, rep ret, ret imm16, a jump out of the function, or an indirect jump in the form reserved for tail calls.</summary>
    static bool IsExit(ReadOnlySpan<byte> code, ulong imageBase, RuntimeFunction function, UnwindInfo info, ulong at)
    {
        switch (code)
        {
            case [0xc3, ..] or [0xc2, _, _, ..] or [0xf3, 0xc3, ..]:
                return true;
            case [0xeb, var near, ..]:
                return Leaves(at + 2 + (ulong)(sbyte)near);
            case [0xe9, _, _, _, _, ..]:
                return Leaves(at + 5 + (ulong)BinaryPrimitives.ReadInt32LittleEndian(code[1..]));
            case [0xff, 0x25, _, _, _, _, ..]: // jmp [rip+disp32]
                return true;
            case [>= 0x48 and <= 0x4f, 0xff, var modrm, ..] when (modrm & 0x38) == 0x20: // rex.w jmp r/m
                return true;
            default:
                return false;
        }

        // A jump to the function's own start is a tail call of itself, unless the row is only a fragment.
        bool Leaves(ulong target) => target < imageBase + function.Begin || target >= imageBase + function.End
            || (target == imageBase + function.Begin && (info.Flags & UnwindFlags.Chained) == 0);
    }
}
