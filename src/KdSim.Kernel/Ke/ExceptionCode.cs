using KdSim.Kernel.Routines;
using KdSim.Nt;
using KdSim.Symbols.Unwind;
using static Iced.Intel.AssemblerRegisters;

namespace KdSim.Kernel.Ke;

/// <summary>
/// The code that the exception vectors lead to. Each builds a KTRAP_FRAME (the processor has pushed its end), says its vector in the frame, and traps to
/// nt!KiExceptionEntry, which either goes back to the interrupted code or answers which routine to call. When that comes back, nt!KiExceptionExit does
/// what IRETQ does.
/// </summary>
public sealed class ExceptionCode(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>Where the entry notes its vector for C#: the fifth home slot of the frame.</summary>
    public const int VectorSlot = KTRAP_FRAME.Offsets.P5;

    /// <summary>Bytes of a trap frame below the error code.</summary>
    private const int Allocation = KTRAP_FRAME.Offsets.ErrorCode;

    [GuestCode("KiDivideErrorFault", IsExported = false)]
    public void KiDivideErrorFault(GuestAssembler code) => Entry(code, 0);

    [GuestCode("KiDebugTrapOrFault", IsExported = false)]
    public void KiDebugTrapOrFault(GuestAssembler code) => Entry(code, 1);

    [GuestCode("KiBreakpointTrap", IsExported = false)]
    public void KiBreakpointTrap(GuestAssembler code) => Entry(code, 3);

    [GuestCode("KiOverflowTrap", IsExported = false)]
    public void KiOverflowTrap(GuestAssembler code) => Entry(code, 4);

    [GuestCode("KiBoundFault", IsExported = false)]
    public void KiBoundFault(GuestAssembler code) => Entry(code, 5);

    [GuestCode("KiInvalidOpcodeFault", IsExported = false)]
    public void KiInvalidOpcodeFault(GuestAssembler code) => Entry(code, 6);

    [GuestCode("KiNpxNotAvailableFault", IsExported = false)]
    public void KiNpxNotAvailableFault(GuestAssembler code) => Entry(code, 7);

    [GuestCode("KiDoubleFaultAbort", IsExported = false)]
    public void KiDoubleFaultAbort(GuestAssembler code) => Entry(code, 8);

    [GuestCode("KiInvalidTssFault", IsExported = false)]
    public void KiInvalidTssFault(GuestAssembler code) => Entry(code, 10);

    [GuestCode("KiSegmentNotPresentFault", IsExported = false)]
    public void KiSegmentNotPresentFault(GuestAssembler code) => Entry(code, 11);

    [GuestCode("KiStackFault", IsExported = false)]
    public void KiStackFault(GuestAssembler code) => Entry(code, 12);

    [GuestCode("KiGeneralProtectionFault", IsExported = false)]
    public void KiGeneralProtectionFault(GuestAssembler code) => Entry(code, 13);

    [GuestCode("KiPageFault", IsExported = false)]
    public void KiPageFault(GuestAssembler code) => Entry(code, 14);

    [GuestCode("KiAlignmentFault", IsExported = false)]
    public void KiAlignmentFault(GuestAssembler code) => Entry(code, 17);

    [GuestCode("KiMcheckAbort", IsExported = false)]
    public void KiMcheckAbort(GuestAssembler code) => Entry(code, 18);

    [GuestCode("KiXmmException", IsExported = false)]
    public void KiXmmException(GuestAssembler code) => Entry(code, 19);

    [GuestCode("KiRaiseSecurityCheckFailure", IsExported = false)]
    public void KiRaiseSecurityCheckFailure(GuestAssembler code) => Entry(code, ExceptionVectors.FastFail);

    [GuestCode("KiRaiseAssertion", IsExported = false)]
    public void KiRaiseAssertion(GuestAssembler code) => Entry(code, ExceptionVectors.Assertion);

    [GuestCode("KiDebugServiceTrap", IsExported = false)]
    public void KiDebugServiceTrap(GuestAssembler code) => Entry(code, ExceptionVectors.DebugService);

    /// <summary>
    /// Called by an entry with ECX = code, EDX = number of parameters, R8 = address, R9 to R11 = parameters: builds KEXCEPTION_FRAME and
    /// EXCEPTION_RECORD on the stack and dispatches. Comes back if a handler let execution continue.
    /// </summary>
    [GuestCode("KiExceptionDispatch", IsExported = false)]
    public void KiExceptionDispatch(GuestAssembler code)
    {
        const int size = KEXCEPTION_FRAME.SizeOf + EXCEPTION_RECORD.SizeOf;
        const int prolog = 10;
        code.sub(rsp, size);
        code.Trap(Stub.KiBuildExceptionRecord);
        code.call(Kernel.Stubs.AddressOf(Stub.KiDispatchException));
        code.Trap(Stub.KiLoadExceptionFrame);
        code.add(rsp, size);
        code.ret();
        var operations = new List<UnwindOperation> { UnwindOperation.Alloc(7, size) };
        (Gpr Register, int Offset)[] saved =
        [
            (Gpr.Rbp, KEXCEPTION_FRAME.Offsets.Rbp), (Gpr.Rbx, KEXCEPTION_FRAME.Offsets.Rbx), (Gpr.Rdi, KEXCEPTION_FRAME.Offsets.Rdi),
            (Gpr.Rsi, KEXCEPTION_FRAME.Offsets.Rsi), (Gpr.R12, KEXCEPTION_FRAME.Offsets.R12), (Gpr.R13, KEXCEPTION_FRAME.Offsets.R13),
            (Gpr.R14, KEXCEPTION_FRAME.Offsets.R14), (Gpr.R15, KEXCEPTION_FRAME.Offsets.R15),
        ];
        foreach ((Gpr register, int offset) in saved)
            operations.Add(UnwindOperation.Save(prolog, register, (uint)offset));
        for (int i = 6; i < 16; i++)
            operations.Add(UnwindOperation.SaveXmm(prolog, i, (uint)(KEXCEPTION_FRAME.Offsets.Xmm6 + (i - 6) * 16)));
        code.Unwind(UnwindInfoEncoder.Encode(prolog, [.. operations]));
    }

    private static void Entry(GuestAssembler code, int vector)
    {
        const int prolog = 7;
        bool hasErrorCode = ExceptionVectors.HasErrorCode(vector);
        int size = hasErrorCode ? Allocation : Allocation + 8;
        code.sub(rsp, size);
        code.mov(__dword_ptr[rsp + VectorSlot], vector);
        code.Trap(Stub.KiExceptionEntry);
        code.call(rax);
        code.Trap(Stub.KiExceptionExit);
        code.int3();
        code.Unwind(UnwindInfoEncoder.Encode(prolog, UnwindOperation.MachineFrame(hasErrorCode), UnwindOperation.Alloc(prolog, (uint)size)));
    }
}
