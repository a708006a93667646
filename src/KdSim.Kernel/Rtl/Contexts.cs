using KdSim.Kernel.Routines;
using KdSim.Nt;
using KdSim.Symbols.Unwind;

namespace KdSim.Kernel.Rtl;

/// <summary>CONTEXT records and unwinding as routines: capturing and loading the registers of the caller, one step of a stack.</summary>
public sealed class Contexts(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>Goes on with the registers of the context. Never returns to its caller.</summary>
    [NtExport("RtlRestoreContext")]
    public Outcome RtlRestoreContext(Ptr<CONTEXT> ContextRecord, ulong ExceptionRecord) => Outcome.Resume(ContextRecord);

    /// <summary>The registers as the caller has them behind the call.</summary>
    [NtExport("RtlCaptureContext")]
    public void RtlCaptureContext(Ptr<CONTEXT> ContextRecord)
    {
        ulong frame = Kernel.Dispatcher.FrameAddress;
        Kernel.RegisterRecords.Capture(Cpu, ContextRecord, Memory.ReadU64(frame), frame + 8, Cpu.State.Rbp);
    }

    [NtExport("RtlLookupFunctionEntry")]
    public ulong RtlLookupFunctionEntry(ulong ControlPc, Ptr<ulong> ImageBase, Ptr<UNWIND_HISTORY_TABLE> HistoryTable)
    {
        ulong entry = Kernel.Unwinding.FindFunction(ControlPc, out ulong imageBase);
        if (entry != 0)
            ImageBase.Write(imageBase);
        return entry;
    }

    /// <summary>The base of the image that holds an address, or 0; also stored.</summary>
    [NtExport("RtlPcToFileHeader")]
    public ulong RtlPcToFileHeader(ulong PcValue, Ptr<ulong> BaseOfImage)
    {
        View<KLDR_DATA_TABLE_ENTRY> module = Kernel.ModuleList.Find(PcValue);
        ulong found = module.IsNull ? 0 : module.DllBase;
        BaseOfImage.Write(found);
        return found;
    }

    /// <summary>Unwinds one frame of the context and returns its language handler, or 0. Refuses CONTEXT_POINTERS.</summary>
    [NtExport("RtlVirtualUnwind")]
    public ulong RtlVirtualUnwind(
        uint HandlerType, ulong ImageBase, ulong ControlPc, ulong FunctionEntry, Ptr<CONTEXT> ContextRecord, Ptr<ulong> HandlerData,
        Ptr<ulong> EstablisherFrame, ulong ContextPointers)
    {
        if (ContextPointers != 0)
            throw new NotSupportedException("RtlVirtualUnwind with KNONVOLATILE_CONTEXT_POINTERS");
        UnwindStep step = Kernel.Unwinding.Unwind(ContextRecord, (UnwindFlags)HandlerType, ControlPc, ImageBase, FunctionEntry);
        if (!step.IsGood)
            throw new GuestException(NtStatus.BadStack);
        HandlerData.Write(step.HandlerData);
        EstablisherFrame.Write(step.EstablisherFrame);
        return step.Handler;
    }

    /// <summary>Return addresses of the callers, the innermost first.</summary>
    [NtExport("RtlCaptureStackBackTrace")]
    public ushort RtlCaptureStackBackTrace(uint FramesToSkip, uint FramesToCapture, Ptr<ulong> BackTrace, Ptr<uint> BackTraceHash)
    {
        const uint limit = 1000;
        View<CONTEXT> walk = new(Cpu.State.Rsp - CONTEXT.SizeOf - 16 & ~15UL); // Below the stack pointer; nothing runs meanwhile.
        ulong frame = Kernel.Dispatcher.FrameAddress;
        Kernel.RegisterRecords.Capture(Cpu, walk, Memory.ReadU64(frame), frame + 8, Cpu.State.Rbp);
        uint stored = 0, hash = 0;
        for (uint i = 0; i < limit && stored < FramesToCapture; i++)
        {
            ulong pc = walk.Rip;
            if (!Kernel.StackLimits.Contains(walk.Rsp) || Kernel.ModuleList.Find(pc).IsNull)
                break;
            if (i >= FramesToSkip)
            {
                (BackTrace + (int)stored++).Write(pc);
                hash += (uint)pc;
            }
            if (!Kernel.Unwinding.Unwind(walk, 0).IsGood)
                break;
        }
        if (!BackTraceHash.IsNull)
            BackTraceHash.Write(hash);
        return (ushort)stored;
    }
}
