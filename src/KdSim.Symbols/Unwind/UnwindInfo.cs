using System.Buffers.Binary;
using KdSim.Symbols.Pe;

namespace KdSim.Symbols.Unwind;

/// <summary>A decoded UNWIND_INFO, version 1 or 2. Operations stand as in memory: last instruction of the prolog first.</summary>
public sealed class UnwindInfo
{
    readonly UnwindOperation[] _operations;

    UnwindInfo(ReadOnlySpan<byte> header, UnwindOperation[] operations, uint rva)
    {
        _operations = operations;
        Version = header[0] & 7;
        Flags = (UnwindFlags)(header[0] >> 3);
        PrologSize = header[1];
        FrameRegister = (header[3] & 0xf) == 0 ? null : (Gpr)(header[3] & 0xf);
        FrameOffset = (header[3] >> 4) * 16;
        TrailerRva = rva + 4 + (header[2] + 1u & ~1u) * 2;
    }

    public int Version { get; }
    public UnwindFlags Flags { get; }
    public int PrologSize { get; }
    public Gpr? FrameRegister { get; }
    public int FrameOffset { get; }
    public ReadOnlySpan<UnwindOperation> Operations => _operations;

    /// <summary>RVA of what follows the codes: the chained function's row, or the handler's RVA and its data.</summary>
    public uint TrailerRva { get; }

    /// <summary>Reads the information at an RVA of a module; null with the reason when it cannot be.</summary>
    public static UnwindInfo? Read(ReadMemory read, ulong imageBase, uint rva, out string? problem)
    {
        Span<byte> header = stackalloc byte[4];
        Span<byte> codes = stackalloc byte[510];
        if (!read(imageBase + rva, header) || !read(imageBase + rva + 4, codes = codes[..(header[2] * 2)]))
        {
            problem = $"unwind information at 0x{imageBase + rva:x} cannot be read";
            return null;
        }
        int version = header[0] & 7;
        if (version is not (1 or 2))
        {
            problem = $"unwind information at 0x{imageBase + rva:x} has version {version}; 1 or 2 expected";
            return null;
        }
        var operations = new List<UnwindOperation>(header[2]);
        while (!codes.IsEmpty)
        {
            int slots = Decode(codes, version, out var operation);
            if (slots == 0 || slots * 2 > codes.Length)
            {
                problem = $"unwind information at 0x{imageBase + rva:x}: operation {codes[1] & 0xf} ({codes[1] >> 4}) is not known or cut off";
                return null;
            }
            operations.Add(operation);
            codes = codes[(slots * 2)..];
        }
        problem = null;
        return new(header, [.. operations], rva);
    }

    /// <summary>Decodes one operation; answers the 16-bit slots it takes, 0 when unknown or cut off.</summary>
    static int Decode(ReadOnlySpan<byte> codes, int version, out UnwindOperation operation)
    {
        var opcode = (UnwindOpcode)(codes[1] & 0xf);
        byte info = (byte)(codes[1] >> 4);
        int slots = opcode switch
        {
            UnwindOpcode.AllocLarge => info switch { 0 => 2, 1 => 3, _ => 0 },
            UnwindOpcode.SaveNonvolatile or UnwindOpcode.SaveXmm128 => 2,
            UnwindOpcode.SaveNonvolatileFar or UnwindOpcode.SaveXmm128Far => 3,
            UnwindOpcode.Epilog => version == 2 ? 1 : 0,
            UnwindOpcode.Spare => version == 2 ? 2 : 0,
            UnwindOpcode.PushMachineFrame => info <= 1 ? 1 : 0,
            <= UnwindOpcode.SetFrame => 1,
            _ => 0,
        };
        operation = default;
        if (slots * 2 > codes.Length)
            return 0;
        uint operand = slots switch
        {
            2 => BinaryPrimitives.ReadUInt16LittleEndian(codes[2..]),
            3 => BinaryPrimitives.ReadUInt32LittleEndian(codes[2..]),
            _ => 0,
        };
        operand = opcode switch
        {
            UnwindOpcode.AllocSmall => info * 8u + 8,
            UnwindOpcode.AllocLarge when info == 0 => operand * 8,
            UnwindOpcode.SaveNonvolatile => operand * 8,
            UnwindOpcode.SaveXmm128 => operand * 16,
            UnwindOpcode.PushNonvolatile => 8,
            _ => operand,
        };
        operation = new(codes[0], opcode, info, operand);
        return slots;
    }

    /// <summary>
    /// Whether a version 2 description says that an RVA lies in an epilog. The first description holds the size and whether one ends the
    /// function; the others an epilog's distance from the function's end.
    /// </summary>
    public bool IsInEpilog(RuntimeFunction function, uint rva)
    {
        int size = -1;
        foreach (var operation in _operations)
        {
            if (operation.Code != UnwindOpcode.Epilog)
                continue;
            int distance = operation.PrologOffset | operation.Info << 8;
            if (size < 0)
            {
                size = operation.PrologOffset;
                distance = (operation.Info & 1) != 0 ? size : 0;
            }
            uint start = function.End - (uint)distance;
            if (distance != 0 && rva >= start && rva - start < size)
                return true;
        }
        return false;
    }
}
