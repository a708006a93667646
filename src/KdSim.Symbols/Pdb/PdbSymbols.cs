using KdSim.Symbols.Unwind;

namespace KdSim.Symbols.Pdb;

/// <summary>What kind of record a symbol came from. In <see cref="PdbFile.FindSymbol"/> the lower value wins among equals.</summary>
public enum PdbSymbolKind
{
    Function, Data, Public, Constant, Typedef,
}

/// <summary>
/// A symbol of the image. <see cref="Length"/> is known for functions with private symbols only (else 0); <see cref="Type"/> is null
/// for public symbols. A typedef or constant has no address (RVA 0).
/// </summary>
public sealed record PdbSymbol(string Name, PdbSymbolKind Kind, uint Rva, uint Length, PdbType? Type, bool IsCode)
{
    /// <summary>The value of a constant.</summary>
    public long Value { get; init; }
}

/// <summary>A function with its bounds. Locals and inlined calls are read through <see cref="PdbFile"/>.</summary>
public sealed record PdbFunction(string Name, uint Rva, uint Length, PdbType? Type, string Module, bool IsStatic)
{
    /// <summary>First RVA behind the prolog and of the epilog, as the compiler noted them.</summary>
    public uint DebugStart { get; init; }
    public uint DebugEnd { get; init; }

    internal int ModuleIndex { get; init; }
    internal int Offset { get; init; }

    public bool Contains(uint rva) => rva >= Rva && rva - Rva < Length;
}

/// <summary>A local variable or parameter. <see cref="Location"/> is null where it has none (optimised away at this address).</summary>
public sealed record PdbLocal(string Name, PdbType Type, bool IsParameter, PdbLocation? Location, string? InlinedInto = null);

/// <summary>Where a variable lives.</summary>
public abstract record PdbLocation
{
    public sealed record Register(PdbRegister Target) : PdbLocation;

    /// <summary>In memory at register + offset.</summary>
    public sealed record RegisterRelative(PdbRegister Base, int Offset) : PdbLocation;

    /// <summary>A static variable in the image.</summary>
    public sealed record Static(uint Rva) : PdbLocation;

    public sealed record Constant(long Value) : PdbLocation;

    /// <summary>In pieces: each part's offset within the variable and where it is.</summary>
    public sealed record Pieces(IReadOnlyList<(uint Offset, PdbLocation Location)> Parts) : PdbLocation;
}

/// <summary>A register by CodeView's AMD64 number.</summary>
public readonly record struct PdbRegister(ushort Number)
{
    static readonly string[] s_names64 = ["rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp"];
    static readonly string[] s_names32 = ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"];
    static readonly string[] s_names8 = ["al", "cl", "dl", "bl", "ah", "ch", "dh", "bh"];
    static readonly Gpr[] s_order64 = [Unwind.Gpr.Rax, Unwind.Gpr.Rbx, Unwind.Gpr.Rcx, Unwind.Gpr.Rdx, Unwind.Gpr.Rsi, Unwind.Gpr.Rdi,
        Unwind.Gpr.Rbp, Unwind.Gpr.Rsp];

    public const ushort Rsp = 335, Rbp = 334, R13 = 341;

    /// <summary>The general register it is (a part of), or null.</summary>
    public Gpr? Gpr => Number switch
    {
        >= 328 and <= 335 => s_order64[Number - 328],
        >= 336 and <= 343 => (Gpr)(8 + Number - 336),
        >= 344 and <= 351 => (Gpr)(8 + Number - 344),
        >= 352 and <= 359 => (Gpr)(8 + Number - 352),
        >= 360 and <= 367 => (Gpr)(8 + Number - 360),
        >= 17 and <= 24 => (Gpr)(Number - 17),
        >= 9 and <= 16 => (Gpr)(Number - 9),
        >= 1 and <= 4 => (Gpr)(Number - 1),
        >= 5 and <= 8 => (Gpr)(Number - 5),
        324 => Unwind.Gpr.Rsi,
        325 => Unwind.Gpr.Rdi,
        326 => Unwind.Gpr.Rbp,
        327 => Unwind.Gpr.Rsp,
        _ => null,
    };

    /// <summary>The xmm register's number, or null.</summary>
    public int? Xmm => Number switch
    {
        >= 154 and <= 161 => Number - 154,
        >= 252 and <= 259 => Number - 252 + 8,
        _ => null,
    };

    /// <summary>ah, ch, dh, bh: bits 8 to 15 of the general register.</summary>
    public bool IsHighByte => Number is >= 5 and <= 8;

    /// <summary>Size in bytes; 0 for registers that are neither general nor xmm.</summary>
    public int Size => Number switch
    {
        >= 328 and <= 343 => 8,
        >= 17 and <= 24 or >= 360 and <= 367 => 4,
        >= 9 and <= 16 or >= 352 and <= 359 => 2,
        >= 1 and <= 8 or >= 324 and <= 327 or >= 344 and <= 351 => 1,
        _ => Xmm is null ? 0 : 16,
    };

    public string Name => Number switch
    {
        >= 328 and <= 335 => s_names64[Number - 328],
        >= 336 and <= 343 => $"r{8 + Number - 336}",
        >= 344 and <= 351 => $"r{8 + Number - 344}b",
        >= 352 and <= 359 => $"r{8 + Number - 352}w",
        >= 360 and <= 367 => $"r{8 + Number - 360}d",
        >= 17 and <= 24 => s_names32[Number - 17],
        >= 9 and <= 16 => s_names32[Number - 9][1..],
        >= 1 and <= 8 => s_names8[Number - 1],
        324 => "sil",
        325 => "dil",
        326 => "bpl",
        327 => "spl",
        _ => Xmm is { } xmm ? $"xmm{xmm}" : $"cvreg{Number}",
    };

    public override string ToString() => Name;
}

/// <summary>A source position. <see cref="Rva"/> and <see cref="Length"/> bound the code that belongs to it.</summary>
public sealed record PdbLine(string File, uint Line, uint Rva, uint Length);

/// <summary>A call that was inlined at an address: the function whose code it is, where that begins, the line within it. Outermost first.</summary>
public sealed record PdbInlineFrame(string Name, uint Rva, PdbLine? Line);

/// <summary>One module (object file) of the image.</summary>
public sealed record PdbModule(int Index, string Name, string ObjectFile)
{
    internal uint Stream { get; init; }
    internal uint SymbolBytes { get; init; }
    internal uint C11Bytes { get; init; }
    internal uint C13Bytes { get; init; }
}
