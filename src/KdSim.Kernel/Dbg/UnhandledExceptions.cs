using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Dbg;

/// <summary>What becomes of an exception of kernel mode that no handler took: a bug check, by what the stack began with.</summary>
public sealed class UnhandledExceptions(NtKernel kernel) : KernelComponent(kernel)
{
    private const int MaxFrames = 1000;
    private const uint StackBufferOverrun = 0xC000_0409;

    // Looked up by name: these routines belong to other components.
    private static readonly Stub[] ThreadStarts = Find("PspSystemThreadStartup", "KiStartSystemThread", "KiStartUserThread", "Phase1Initialization");
    private static readonly Stub[] ServiceStarts = Find("KiSystemCall64");

    internal GuestBugCheck BugCheckFor(View<EXCEPTION_RECORD> record, View<CONTEXT> context, ulong trapFrame)
    {
        uint code = (uint)record.ExceptionCode;
        ulong extended = (ulong)(int)code; // NTSTATUS is signed.
        if (code == StackBufferOverrun && record.NumberParameters != 0)
            return new GuestBugCheck(BugCheckCode.KERNEL_SECURITY_CHECK_FAILURE, record.ExceptionInformation[0], trapFrame, record.Address);
        return BaseOf(context) switch
        {
            StackBase.SystemThread => new GuestBugCheck(
                BugCheckCode.SYSTEM_THREAD_EXCEPTION_NOT_HANDLED, extended, record.ExceptionAddress, record.Address, context.Address),
            StackBase.SystemService => new GuestBugCheck(BugCheckCode.SYSTEM_SERVICE_EXCEPTION, code, record.ExceptionAddress, context.Address),
            _ => new GuestBugCheck(BugCheckCode.KMODE_EXCEPTION_NOT_HANDLED, extended, record.ExceptionAddress, Parameter(record, 0), Parameter(record, 1)),
        };
    }

    private enum StackBase
    {
        Other,
        SystemThread,
        SystemService,
    }

    private static ulong Parameter(View<EXCEPTION_RECORD> record, int index) =>
        index < record.NumberParameters ? record.ExceptionInformation[index] : 0;

    /// <summary>Walks to the end of the stack, or to the frame of the system call.</summary>
    private StackBase BaseOf(View<CONTEXT> context)
    {
        View<CONTEXT> walk = Guest.Scratch<CONTEXT>();
        walk.Write(context.Read());
        for (int i = 0; i < MaxFrames; i++)
        {
            ulong pc = walk.Rip;
            if (IsIn(pc, ServiceStarts))
                return StackBase.SystemService;
            if (IsIn(pc, ThreadStarts))
                return StackBase.SystemThread;
            if (!Kernel.Unwinding.Unwind(walk, 0).IsGood || !Kernel.StackLimits.Contains(walk.Rsp))
                break;
        }
        return StackBase.Other;
    }

    private bool IsIn(ulong pc, Stub[] routines)
    {
        ulong entry = Kernel.Unwinding.FindFunction(pc, out ulong imageBase);
        if (entry == 0)
            return false;
        ulong begin = imageBase + Memory.ReadU32(entry);
        foreach (Stub routine in routines)
            if (Kernel.Stubs.AddressOf(routine) == begin)
                return true;
        return false;
    }

    private static Stub[] Find(params string[] names) =>
        RoutineTable.All.ToArray().Where(r => names.Contains(r.Name)).Select(r => r.Stub).ToArray();
}
