using KdSim.Kernel.Routines;
using KdSim.Symbols.Unwind;
using static Iced.Intel.AssemblerRegisters;

namespace KdSim.Kernel.Ke;

/// <summary>
/// The interrupt descriptor table and the code that its exception entries lead to: each makes room for a KTRAP_FRAME above the machine frame and traps into
/// <see cref="ExceptionEntry"/>. Interrupts are entered likewise by their own component.
/// </summary>
public sealed class TrapEntries(NtKernel kernel) : KernelComponent(kernel)
{
    private const ulong InterruptGate = 0x8E00;
    private const int FrameBelowErrorCode = 0x160;

    /// <summary>Writes the gates; a vector without an entry stays not present.</summary>
    internal void WriteIdt(ulong idt, ushort selector)
    {
        for (int vector = InterruptDispatch.FirstVector; vector <= InterruptDispatch.LastVector; vector++)
            WriteGate(idt + (ulong)vector * 16, Kernel.InterruptDispatch.ThunkOf(vector), selector, stack: 0, user: false);
        for (int vector = 0; vector < 256; vector++)
            if ((EntryOf(vector) ?? InterruptEntries.EntryOf(vector)) is { } entry)
                WriteGate(idt + (ulong)vector * 16, Kernel.Stubs.AddressOf(entry), selector, stack: vector == 8 ? 1u : 0, user: vector is 3 or 4 or 0x29);
    }

    [GuestCode("KiDivideErrorFault", IsExported = false)]
    public void KiDivideErrorFault(GuestAssembler code) => Emit(code, hasErrorCode: false);

    [GuestCode("KiDebugTrapOrFault", IsExported = false)]
    public void KiDebugTrapOrFault(GuestAssembler code) => Emit(code, hasErrorCode: false);

    [GuestCode("KiBreakpointTrap", IsExported = false)]
    public void KiBreakpointTrap(GuestAssembler code) => Emit(code, hasErrorCode: false);

    [GuestCode("KiOverflowTrap", IsExported = false)]
    public void KiOverflowTrap(GuestAssembler code) => Emit(code, hasErrorCode: false);

    [GuestCode("KiInvalidOpcodeFault", IsExported = false)]
    public void KiInvalidOpcodeFault(GuestAssembler code) => Emit(code, hasErrorCode: false);

    [GuestCode("KiDoubleFaultAbort", IsExported = false)]
    public void KiDoubleFaultAbort(GuestAssembler code) => Emit(code, hasErrorCode: true);

    [GuestCode("KiSegmentNotPresentFault", IsExported = false)]
    public void KiSegmentNotPresentFault(GuestAssembler code) => Emit(code, hasErrorCode: true);

    [GuestCode("KiStackFault", IsExported = false)]
    public void KiStackFault(GuestAssembler code) => Emit(code, hasErrorCode: true);

    [GuestCode("KiGeneralProtectionFault", IsExported = false)]
    public void KiGeneralProtectionFault(GuestAssembler code) => Emit(code, hasErrorCode: true);

    [GuestCode("KiPageFault", IsExported = false)]
    public void KiPageFault(GuestAssembler code) => Emit(code, hasErrorCode: true);

    [GuestCode("KiAlignmentFault", IsExported = false)]
    public void KiAlignmentFault(GuestAssembler code) => Emit(code, hasErrorCode: true);

    [GuestCode("KiXmmException", IsExported = false)]
    public void KiXmmException(GuestAssembler code) => Emit(code, hasErrorCode: false);

    [GuestCode("KiRaiseSecurityCheckFailure", IsExported = false)]
    public void KiRaiseSecurityCheckFailure(GuestAssembler code) => Emit(code, hasErrorCode: false);

    internal static Stub? EntryOf(int vector) => vector switch
    {
        0 => Stub.KiDivideErrorFault,
        1 => Stub.KiDebugTrapOrFault,
        3 => Stub.KiBreakpointTrap,
        4 => Stub.KiOverflowTrap,
        6 => Stub.KiInvalidOpcodeFault,
        8 => Stub.KiDoubleFaultAbort,
        11 => Stub.KiSegmentNotPresentFault,
        12 => Stub.KiStackFault,
        13 => Stub.KiGeneralProtectionFault,
        14 => Stub.KiPageFault,
        17 => Stub.KiAlignmentFault,
        19 => Stub.KiXmmException,
        0x29 => Stub.KiRaiseSecurityCheckFailure,
        _ => null,
    };

    private static void Emit(GuestAssembler code, bool hasErrorCode)
    {
        const int SubSize = 7;
        int size = hasErrorCode ? FrameBelowErrorCode : FrameBelowErrorCode + 8;
        code.sub(rsp, size);
        code.Trap(Stub.KiExceptionEntry);
        code.Unwind(UnwindInfoEncoder.Encode(SubSize, UnwindOperation.MachineFrame(hasErrorCode), UnwindOperation.Alloc(SubSize, (uint)size)));
    }

    private void WriteGate(ulong gate, ulong target, ushort selector, uint stack, bool user)
    {
        ulong flags = InterruptGate | stack | (user ? 0x6000u : 0);
        Memory.WriteU64(gate, (target & 0xFFFF) | (ulong)selector << 16 | flags << 32 | (target >> 16 & 0xFFFF) << 48);
        Memory.WriteU64(gate + 8, target >> 32);
    }
}
