using KdSim.Kernel.Routines;
using KdSim.Symbols.Unwind;
using static Iced.Intel.AssemblerRegisters;

namespace KdSim.Kernel.Dbg;

/// <summary>
/// Guest code that is entered as if called from a trap (which has no home space and any alignment), and calls a routine that never returns. Register
/// arguments pass through; R10 becomes the fifth.
/// </summary>
internal static class CallThunk
{
    public static void Emit(GuestAssembler code, ulong routine)
    {
        code.push(rbp);
        code.mov(rbp, rsp);
        code.and(rsp, -16);
        code.sub(rsp, 0x30);
        code.mov(__qword_ptr[rsp + 0x20], r10);
        code.call(routine);
        code.int3();
        code.Unwind(UnwindInfoEncoder.Encode(4, Gpr.Rbp, 0, [UnwindOperation.Push(1, Gpr.Rbp), UnwindOperation.SetFrame(4)]));
    }
}
