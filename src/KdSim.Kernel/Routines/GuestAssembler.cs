using Iced.Intel;

namespace KdSim.Kernel.Routines;

/// <summary>
/// Iced's assembler for routines that are guest code, with the trap into C#. One a routine; <see cref="Trap"/> runs a C# routine in the middle of guest
/// code with the registers as they are.
/// </summary>
public sealed class GuestAssembler(ulong address) : Assembler(64)
{
    /// <summary>Where the routine will lie.</summary>
    public ulong Address => address;

    private readonly List<(Label At, Stub Stub, int FrameOffset)> _traps = [];
    private readonly List<(Label At, string Name)> _symbols = [];

    internal IReadOnlyList<(Label At, Stub Stub, int FrameOffset)> Traps => _traps;

    internal IReadOnlyList<(Label At, string Name)> Symbols => _symbols;

    /// <summary>Unwind operations that the routine declared; empty: a leaf function without a row in .pdata.</summary>
    internal byte[]? UnwindInfo { get; private set; }

    /// <summary>
    /// The trap into a C# routine. <paramref name="frameOffset"/> says how far above RSP the return address of the C# routine's caller lies, for arguments
    /// beyond the fourth.
    /// </summary>
    public void Trap(Stub stub, int frameOffset = 0)
    {
        Label at = CreateLabel();
        Label(ref at);
        _traps.Add((at, stub, frameOffset));
        vmcall();
    }

    /// <summary>Names a place inside the routine, for the debugger. An instruction that is no trap follows.</summary>
    public void Symbol(string name)
    {
        Label at = CreateLabel();
        Label(ref at);
        _symbols.Add((at, name));
    }

    /// <summary>Declares the UNWIND_INFO of the routine (see KdSim.Symbols.Unwind.UnwindInfoEncoder).</summary>
    public void Unwind(byte[] info) => UnwindInfo = info;
}
