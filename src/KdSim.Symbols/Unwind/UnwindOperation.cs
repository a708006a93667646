namespace KdSim.Symbols.Unwind;

/// <summary>UWOP_* codes. 6 is an epilog description in version 2 of UNWIND_INFO; in version 1 it was SAVE_XMM (64 bits), never used on x64.</summary>
public enum UnwindOpcode : byte
{
    PushNonvolatile = 0, AllocLarge = 1, AllocSmall = 2, SetFrame = 3, SaveNonvolatile = 4, SaveNonvolatileFar = 5, Epilog = 6,
    Spare = 7, SaveXmm128 = 8, SaveXmm128Far = 9, PushMachineFrame = 10,
}

/// <summary>
/// One prolog operation. <see cref="PrologOffset"/> is the offset of the end of its instruction; <see cref="Info"/> is the register
/// (or the op's small value); <see cref="Operand"/> the size or stack offset in bytes.
/// </summary>
public readonly record struct UnwindOperation(byte PrologOffset, UnwindOpcode Code, byte Info, uint Operand)
{
    public static UnwindOperation Push(int prologOffset, Gpr register) =>
        new((byte)prologOffset, UnwindOpcode.PushNonvolatile, (byte)register, 8);

    public static UnwindOperation Alloc(int prologOffset, uint size) =>
        size % 8 != 0 || size == 0 ? throw new ArgumentException($"stack allocation 0x{size:x} is no multiple of 8", nameof(size))
        : size <= 128 ? new((byte)prologOffset, UnwindOpcode.AllocSmall, (byte)(size / 8 - 1), size)
        : new((byte)prologOffset, UnwindOpcode.AllocLarge, (byte)(size < 0x80000 ? 0 : 1), size);

    /// <summary>lea frame, [rsp+offset]: register and offset stand in the header of UNWIND_INFO.</summary>
    public static UnwindOperation SetFrame(int prologOffset) => new((byte)prologOffset, UnwindOpcode.SetFrame, 0, 0);

    public static UnwindOperation Save(int prologOffset, Gpr register, uint offset) =>
        new((byte)prologOffset, offset < 0x80000 ? UnwindOpcode.SaveNonvolatile : UnwindOpcode.SaveNonvolatileFar, (byte)register, offset);

    public static UnwindOperation SaveXmm(int prologOffset, int register, uint offset) =>
        new((byte)prologOffset, offset < 0x100000 ? UnwindOpcode.SaveXmm128 : UnwindOpcode.SaveXmm128Far, (byte)register, offset);

    /// <summary>An interrupt frame pushed by the processor, with or without an error code.</summary>
    public static UnwindOperation MachineFrame(bool hasErrorCode) =>
        new(0, UnwindOpcode.PushMachineFrame, (byte)(hasErrorCode ? 1 : 0), 0);
}

/// <summary>The general registers by their x64 encoding.</summary>
public enum Gpr : byte
{
    Rax, Rcx, Rdx, Rbx, Rsp, Rbp, Rsi, Rdi, R8, R9, R10, R11, R12, R13, R14, R15,
}

/// <summary>UNW_FLAG_* of UNWIND_INFO.</summary>
[Flags]
public enum UnwindFlags : byte
{
    None = 0, ExceptionHandler = 1, TerminationHandler = 2, Chained = 4,
}
