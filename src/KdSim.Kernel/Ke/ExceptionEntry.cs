using KdSim.Kernel.Loader;
using KdSim.Kernel.Routines;
using KdSim.Machine.Cpu;
using KdSim.Nt;

namespace KdSim.Kernel.Ke;

/// <summary>What an exception of the processor is to NT: a soft fault, a bug check, or an exception that handlers may take.</summary>
public sealed class ExceptionEntry(NtKernel kernel) : KernelComponent(kernel)
{
    private const ulong BreakpointLength = 1;

    /// <summary>In the middle of each exception entry's code; RSP is at the trap frame to be filled.</summary>
    [NtRoutine("KiExceptionEntry", Cost = 0)]
    public Outcome KiExceptionEntry()
    {
        View<KTRAP_FRAME> frame = Kernel.TrapFrames.Fill();
        switch (Vector())
        {
            case ExceptionVector.PageFault:
                PageFault(frame);
                break;
            case ExceptionVector.DoubleFault:
                throw new GuestBugCheck(BugCheckCode.UNEXPECTED_KERNEL_MODE_TRAP, 8, frame.Address, frame.Rip);
            case 0x29:
                throw new GuestBugCheck(BugCheckCode.KERNEL_SECURITY_CHECK_FAILURE, frame.Rcx, frame.Address);
            case ExceptionVector.Breakpoint:
                frame.Rip -= BreakpointLength;
                Observer?.BreakpointHit(Cpu.Number, frame.Rip);
                Kernel.Exceptions.Dispatch(frame, NtStatus.Breakpoint, frame.Rip, 0);
                break;
            case ExceptionVector.Debug:
                Kernel.Exceptions.Dispatch(frame, NtStatus.SingleStep, frame.Rip);
                break;
            case ExceptionVector.DivideError:
                Kernel.Exceptions.Dispatch(frame, NtStatus.IntegerDivideByZero, frame.Rip);
                break;
            case ExceptionVector.Overflow:
                Kernel.Exceptions.Dispatch(frame, NtStatus.IntegerOverflow, frame.Rip);
                break;
            case ExceptionVector.InvalidOpcode:
                Kernel.Exceptions.Dispatch(frame, NtStatus.IllegalInstruction, frame.Rip);
                break;
            case ExceptionVector.AlignmentCheck:
                Kernel.Exceptions.Dispatch(frame, NtStatus.DatatypeMisalignment, frame.Rip);
                break;
            case ExceptionVector.SimdFloat:
                Kernel.Exceptions.Dispatch(frame, NtStatus.FloatMultipleTraps, frame.Rip, 0, frame.MxCsr);
                break;
            default: // #GP, #SS, #NP: what NT says of a non-canonical address and of privileged instructions.
                Kernel.Exceptions.Dispatch(frame, NtStatus.AccessViolation, frame.Rip, 0, ulong.MaxValue);
                break;
        }
        return Outcome.Parked; // The registers are set.
    }

    private void PageFault(View<KTRAP_FRAME> frame)
    {
        uint error = (uint)frame.ErrorCode;
        ulong address = Cpu.State.Cr2;
        frame.FaultAddress = address;
        MemoryAccess access = (error & 16) != 0 ? MemoryAccess.Execute : (error & 2) != 0 ? MemoryAccess.Write : MemoryAccess.Read;
        var fault = new MemoryFault(address, access, User: (error & 4) != 0, Present: (error & 1) != 0, Canonical: true);
        if (Kernel.ImportResolver.FindMissing(address) is { } missing)
            StopAtMissing(frame, missing, access);
        else if (Kernel.PageFaults.TryResolve(fault))
            Kernel.TrapFrames.Resume(frame);
        else if (frame.PreviousMode == 0 && Kernel.PageFaults.BugCheckFor(fault, frame.Rip) is { } bugCheck)
            throw bugCheck;
        else
            Kernel.Exceptions.Dispatch(frame, NtStatus.AccessViolation, frame.Rip, Operation(access), address);
    }

    /// <summary>EXCEPTION_RECORD.ExceptionInformation[0] of an access violation.</summary>
    private static ulong Operation(MemoryAccess access) => access switch { MemoryAccess.Write => 1, MemoryAccess.Execute => 8, _ => 0 };

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

    private int Vector()
    {
        for (int vector = 0; vector < 0x30; vector++)
            if (TrapEntries.EntryOf(vector) is { } entry && Cpu.TrapRip - Kernel.Stubs.AddressOf(entry) < 0x10)
                return vector;
        throw new InvalidOperationException($"no exception entry at {Cpu.TrapRip:x}");
    }
}
