using Iced.Intel;
using KdSim.Kernel.Loader;
using KdSim.Kernel.Routines;
using KdSim.Machine.Cpu;
using KdSim.Nt;

namespace KdSim.Kernel.Ke;

/// <summary>
/// What an exception of the processor means: nothing more (a soft fault, a breakpoint), a bug check, or an exception for handlers. Any IRQL; runs on the
/// stack of the interrupted code, or on the double fault stack.
/// </summary>
public sealed class ExceptionEntry(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>With the number of parameters in EDX: handlers are not asked (fast fail).</summary>
    private const uint SecondChanceOnly = 0x100;

    private const uint StackBufferOverrun = 0xC000_0409;

    /// <summary>The first trap of each entry. Goes back to the interrupted code, or answers in RAX what the entry is to call.</summary>
    [NtRoutine("KiExceptionEntry", Cost = 0)]
    public void KiExceptionEntry()
    {
        View<KTRAP_FRAME> frame = Kernel.TrapFrames.Fill();
        int vector = (int)Memory.ReadU32(frame.Address + ExceptionCode.VectorSlot);
        if ((frame.EFlags & RFlag.Interrupt) != 0)
            Cpu.State.RFlags |= RFlag.Interrupt;
        switch (vector)
        {
            case ExceptionVector.PageFault:
                OnPageFault(frame);
                break;
            case ExceptionVector.Breakpoint:
                Observer?.BreakpointHit(GoBack(frame), frame.Rip - 1);
                break;
            case ExceptionVector.Debug:
                frame.EFlags &= ~(uint)RFlag.Trap;
                Observer?.ExceptionRaised(GoBack(frame), (uint)NtStatus.SingleStep, frame.Rip, isFirstChance: true, 0, 0);
                break;
            case ExceptionVectors.Assertion:
                Observer?.ExceptionRaised(GoBack(frame), (uint)NtStatus.AssertionFailure, frame.Rip - 2, isFirstChance: true, 0, 0);
                break;
            case ExceptionVectors.DebugService:
                frame.Rip++; // An int3 follows, which NT skips.
                GoBack(frame);
                break;
            case ExceptionVectors.FastFail:
                frame.Rip -= 2; // int 29h counts as a fault: the frame is that of the instruction.
                Dispatch((NtStatus)StackBufferOverrun, frame.Rip, 1 | SecondChanceOnly, (uint)frame.Rcx);
                break;
            default:
                OnFault(vector, frame);
                break;
        }
    }

    /// <summary>The last trap of each entry: back to the interrupted code.</summary>
    [NtRoutine("KiExceptionExit", Cost = 0)]
    public void KiExceptionExit() => Kernel.TrapFrames.Resume(new View<KTRAP_FRAME>(Cpu.State.Rsp));

    /// <summary>The first trap of nt!KiExceptionDispatch: builds KEXCEPTION_FRAME, EXCEPTION_RECORD and the arguments of KiDispatchException.</summary>
    [NtRoutine("KiBuildExceptionRecord")]
    public void KiBuildExceptionRecord()
    {
        ref CpuState cpu = ref Cpu.State;
        View<KTRAP_FRAME> trap = new(cpu.Rsp + KEXCEPTION_FRAME.SizeOf + EXCEPTION_RECORD.SizeOf + 8); // Above the return address.
        View<KEXCEPTION_FRAME> saved = new(cpu.Rsp);
        View<EXCEPTION_RECORD> record = new(cpu.Rsp + KEXCEPTION_FRAME.SizeOf);
        Kernel.RegisterRecords.Save(saved);
        saved.TrapFrame = trap.Address;
        saved.P5 = (cpu.Rdx & SecondChanceOnly) != 0 ? 0u : 1;
        record.ExceptionCode = (NtStatus)(uint)cpu.Rcx;
        record.ExceptionFlags = (cpu.Rdx & SecondChanceOnly) != 0 ? 1u : 0;
        record.ExceptionRecord = default;
        record.ExceptionAddress = cpu.R8;
        record.NumberParameters = (byte)cpu.Rdx;
        record.ExceptionInformation.Set(0, cpu.R9);
        record.ExceptionInformation.Set(1, cpu.R10);
        record.ExceptionInformation.Set(2, cpu.R11);
        (cpu.Rcx, cpu.Rdx, cpu.R8, cpu.R9) = (record.Address, saved.Address, trap.Address, (ulong)trap.PreviousMode);
    }

    /// <summary>The last trap of nt!KiExceptionDispatch: a handler may have changed the non-volatile registers.</summary>
    [NtRoutine("KiLoadExceptionFrame")]
    public void KiLoadExceptionFrame() => Kernel.RegisterRecords.Load(new View<KEXCEPTION_FRAME>(Cpu.State.Rsp));

    private void OnPageFault(View<KTRAP_FRAME> frame)
    {
        uint error = (uint)frame.ErrorCode;
        MemoryAccess access = (error & 0x10) != 0 ? MemoryAccess.Execute : (error & 2) != 0 ? MemoryAccess.Write : MemoryAccess.Read;
        var fault = new MemoryFault(Cpu.State.Cr2, access, User: (error & 4) != 0, Present: (error & 1) != 0, Canonical: true);
        frame.FaultAddress = fault.Address;
        if (Kernel.ImportResolver.FindMissing(fault.Address) is { } missing)
            StopAtMissing(frame, missing, access);
        else if (Kernel.PageFaults.TryResolve(fault))
            GoBack(frame);
        else if (!TrapFrames.IsUser(frame) && Kernel.PageFaults.BugCheckFor(fault, frame.Rip, frame.Address) is { } bugCheck)
            throw bugCheck;
        else
            Dispatch(NtStatus.AccessViolation, frame.Rip, 2, access switch { MemoryAccess.Write => 1, MemoryAccess.Execute => 8, _ => 0 }, fault.Address);
    }

    private void OnFault(int vector, View<KTRAP_FRAME> frame)
    {
        switch (vector)
        {
            case ExceptionVector.DivideError:
                Dispatch(DivisorIsZero(frame) ? NtStatus.IntegerDivideByZero : NtStatus.IntegerOverflow, frame.Rip, 0);
                break;
            case ExceptionVector.Overflow:
                Dispatch(NtStatus.IntegerOverflow, frame.Rip, 0);
                break;
            case ExceptionVectors.Bound:
                Dispatch(NtStatus.ArrayBoundsExceeded, frame.Rip, 0);
                break;
            case ExceptionVector.InvalidOpcode:
                Dispatch(NtStatus.IllegalInstruction, frame.Rip, 0);
                break;
            case ExceptionVector.GeneralProtection when TrapFrames.IsUser(frame):
                Dispatch(NtStatus.PrivilegedInstruction, frame.Rip, 0);
                break;
            case ExceptionVector.GeneralProtection or ExceptionVector.StackFault:
                Dispatch(NtStatus.AccessViolation, frame.Rip, 2, 0, ulong.MaxValue); // NT does not know the address.
                break;
            case ExceptionVector.AlignmentCheck:
                Dispatch(NtStatus.DatatypeMisalignment, frame.Rip, 0);
                break;
            case ExceptionVector.SimdFloat:
                const uint faults = 7; // Invalid operation, denormal, divide by zero: before the result; the others after it.
                Dispatch((frame.MxCsr & faults) != 0 ? NtStatus.FloatMultipleFaults : NtStatus.FloatMultipleTraps, frame.Rip, 2, 0, frame.MxCsr);
                break;
            case ExceptionVectors.MachineCheck:
                throw new GuestBugCheck(BugCheckCode.MACHINE_CHECK_EXCEPTION);
            default:
                throw new GuestBugCheck(BugCheckCode.UNEXPECTED_KERNEL_MODE_TRAP, (ulong)vector, frame.Address, frame.Rsp, frame.Rip);
        }
    }

    /// <summary>Answers nt!KiExceptionDispatch to the entry, with what that wants in registers.</summary>
    private void Dispatch(NtStatus code, ulong address, uint parameters, ulong first = 0, ulong second = 0)
    {
        ref CpuState cpu = ref Cpu.State;
        cpu.Rax = Kernel.Stubs.AddressOf(Stub.KiExceptionDispatch);
        cpu.Rcx = (uint)code;
        cpu.Rdx = parameters;
        cpu.R8 = address;
        cpu.R9 = first;
        cpu.R10 = second;
        cpu.R11 = 0;
    }

    /// <summary>Goes back to the interrupted code at once. Answers the processor's number.</summary>
    private int GoBack(View<KTRAP_FRAME> frame)
    {
        Kernel.TrapFrames.Resume(frame);
        return Cpu.Number;
    }

    /// <summary>Stands at the access again and stops the machine: it cannot go on without the routine.</summary>
    private void StopAtMissing(View<KTRAP_FRAME> frame, MissingImport missing, MemoryAccess access)
    {
        Kernel.TrapFrames.Resume(frame);
        ref CpuState cpu = ref Cpu.State;
        string what = access == MemoryAccess.Execute
            ? $"called from {Kernel.ModuleList.Describe(Memory.ReadU64(cpu.Rsp))} with {cpu.Rcx:x}, {cpu.Rdx:x}, {cpu.R8:x}, {cpu.R9:x}"
            : $"read at {Kernel.ModuleList.Describe(cpu.Rip)}";
        Observer?.MissingImportReached(Cpu.Number, missing.Dll, missing.Name, missing.Importer, access == MemoryAccess.Execute);
        Kernel.Computer.RequestStop($"{missing.Dll}!{missing.Name} is not implemented; {missing.Importer} imports it; {what}");
    }

    /// <summary>The processor says nothing about why DIV failed: looks at the divisor.</summary>
    private bool DivisorIsZero(View<KTRAP_FRAME> frame)
    {
        Span<byte> bytes = stackalloc byte[15];
        bytes = bytes[..Cpu.TryRead(frame.Rip, bytes)];
        Decoder decoder = Decoder.Create(64, bytes.ToArray(), frame.Rip);
        Instruction instruction = decoder.Decode();
        if (instruction.Mnemonic is not (Mnemonic.Div or Mnemonic.Idiv))
            return false;
        if (instruction.Op0Kind == OpKind.Register)
        {
            ulong value = Read(instruction.Op0Register.GetFullRegister());
            if (instruction.Op0Register is Register.AH or Register.BH or Register.CH or Register.DH)
                value >>= 8;
            int bits = instruction.Op0Register.GetSize() * 8;
            return bits == 64 ? value == 0 : (value & ((1UL << bits) - 1)) == 0;
        }
        if (!instruction.TryGetVirtualAddress(0, 0, out ulong address, TryReadRegister))
            return false;
        Span<byte> divisor = stackalloc byte[instruction.MemorySize.GetSize()];
        return Cpu.TryRead(address, divisor) == divisor.Length && !divisor.ContainsAnyExcept((byte)0);

        bool TryReadRegister(Register register, int elementIndex, int elementSize, out ulong value)
        {
            value = Read(register);
            return true;
        }

        ulong Read(Register register) => register switch
        {
            Register.RSP => frame.Rsp,
            Register.RBP => frame.Rbp,
            Register.GS => Cpu.State.Gs.Base,
            Register.FS => Cpu.State.Fs.Base,
            >= Register.RAX and <= Register.R15 => Cpu.State.Gpr(register - Register.RAX),
            _ => 0,
        };
    }
}
