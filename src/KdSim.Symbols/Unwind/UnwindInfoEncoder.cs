using KdSim.Symbols.Pe;

namespace KdSim.Symbols.Unwind;

/// <summary>Encodes UNWIND_INFO version 1 (Microsoft's "x64 exception handling" page).</summary>
public static class UnwindInfoEncoder
{
    /// <summary>Encodes operations given in the order of the prolog's instructions.</summary>
    public static byte[] Encode(int prologSize, params ReadOnlySpan<UnwindOperation> operations) =>
        Encode(prologSize, null, 0, operations);

    /// <summary>
    /// The same for a function with a frame register (rsp + <paramref name="frameOffset"/>, a multiple of 16 up to 240), a language
    /// handler with its data, or a chain to a parent function (not both).
    /// </summary>
    public static byte[] Encode(
        int prologSize, Gpr? frameRegister, int frameOffset, ReadOnlySpan<UnwindOperation> operations,
        UnwindFlags handlerFlags = UnwindFlags.None, uint handlerRva = 0, ReadOnlySpan<byte> handlerData = default,
        RuntimeFunction? chainedTo = null)
    {
        if (prologSize is < 0 or > 255 || frameOffset is < 0 or > 240 || frameOffset % 16 != 0)
            throw new ArgumentException($"prolog of {prologSize} bytes, frame offset {frameOffset}: out of what UNWIND_INFO can say");
        if (chainedTo is not null && handlerFlags != UnwindFlags.None)
            throw new ArgumentException("chained unwind information has no handler of its own", nameof(handlerFlags));
        var codes = new ByteWriter();
        for (int i = operations.Length - 1; i >= 0; i--)
            WriteCode(codes, operations[i]);
        var writer = new ByteWriter();
        writer.Byte((byte)(1 | (int)(chainedTo is null ? handlerFlags : UnwindFlags.Chained) << 3));
        writer.Byte((byte)prologSize);
        writer.Byte(checked((byte)(codes.Length / 2)));
        writer.Byte((byte)((int)(frameRegister ?? 0) | frameOffset / 16 << 4));
        writer.Bytes(codes.Written);
        writer.Align(4);
        if (chainedTo is { } parent)
        {
            writer.UInt32(parent.Begin);
            writer.UInt32(parent.End);
            writer.UInt32(parent.UnwindRva);
        }
        else if (handlerFlags != UnwindFlags.None)
        {
            writer.UInt32(handlerRva);
            writer.Bytes(handlerData);
        }
        return writer.ToArray();
    }

    static void WriteCode(ByteWriter codes, UnwindOperation operation)
    {
        codes.Byte(operation.PrologOffset);
        codes.Byte((byte)((int)operation.Code | operation.Info << 4));
        switch (operation.Code)
        {
            case UnwindOpcode.AllocLarge when operation.Info == 0:
            case UnwindOpcode.SaveNonvolatile:
                codes.UInt16((ushort)(operation.Operand / 8));
                break;
            case UnwindOpcode.SaveXmm128:
                codes.UInt16((ushort)(operation.Operand / 16));
                break;
            case UnwindOpcode.AllocLarge:
            case UnwindOpcode.SaveNonvolatileFar:
            case UnwindOpcode.SaveXmm128Far:
                codes.UInt32(operation.Operand);
                break;
        }
    }
}
