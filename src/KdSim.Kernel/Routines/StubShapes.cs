namespace KdSim.Kernel.Routines;

/// <summary>
/// The code of stubs, one shape a class. <c>0F 01 C1</c> (vmcall) is the trap.
/// A sequence that is done at its first trap goes on behind the second; guest code that it calls returns to the second.
/// </summary>
internal static class StubShapes
{
    /// <summary>Bytes between the slot of the return address and RSP at a sequence's traps: RBP and the home space for callees.</summary>
    public const int SequenceFrameSize = 8 + 0x20;

    public const int SequenceEntryTrap = 10;
    public const int SequenceResumeTrap = 13;
    public const int SequenceEpilog = 16;

    public const int CallTrap = 4;

    /// <summary>The trap behind the call: the called routine has returned.</summary>
    public const int CallReturnTrap = 9;

    /// <summary>Bytes between RSP at the trap of a calling stub and the slot of its return address.</summary>
    public const int CallFrameSize = 0x28;

    /// <summary><c>trap; ret</c></summary>
    public static ReadOnlySpan<byte> Leaf => [0x0F, 0x01, 0xC1, 0xC3];

    /// <summary><c>sub rsp,28h; trap; call rax; trap; add rsp,28h; ret</c></summary>
    public static ReadOnlySpan<byte> Call => 
        [0x48, 0x83, 0xEC, 0x28, 0x0F, 0x01, 0xC1, 0xFF, 0xD0, 0x0F, 0x01, 0xC1, 0x48, 0x83, 0xC4, 0x28, 0xC3];

    /// <summary><c>push rbp; sub rsp,20h; lea rbp,[rsp+20h]; trap; trap; lea rsp,[rbp]; pop rbp; ret</c></summary>
    public static ReadOnlySpan<byte> Sequence =>
    [
        0x55, 0x48, 0x83, 0xEC, 0x20, 0x48, 0x8D, 0x6C, 0x24, 0x20, 0x0F, 0x01, 0xC1, 0x0F, 0x01, 0xC1, 0x48, 0x8D, 0x65, 0x00, 0x5D, 0xC3,
    ];

    public static ReadOnlySpan<byte> Of(Routine routine) => routine switch
    {
        { Class: RoutineClass.Sequence } => Sequence,
        { CallsResult: true } => Call,
        _ => Leaf,
    };
}
