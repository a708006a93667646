using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Dbg;

/// <summary>Breaking into the debugger, and what a driver may ask and tell about it. Any IRQL unless said.</summary>
[NtData("KdDisableCount", 4)]
[NtData("KdPreviouslyEnabled", 1)]
[NtData("KdBlockEnable", 1)]
[NtData("KdPitchDebugger", 1)]
[NtData("KdComPortInUse", 8, IsExported = true, Image = ImageNames.Hal)]
public sealed class DebuggerControl(NtKernel kernel) : KernelComponent(kernel)
{
    private const int SetBlockEnable = 0;

    [GuestCode("DbgBreakPoint")]
    public void DbgBreakPoint(GuestAssembler code)
    {
        code.int3();
        code.ret();
    }

    /// <summary>The status is in ECX, where a debugger looks for it.</summary>
    [GuestCode("DbgBreakPointWithStatus")]
    public void DbgBreakPointWithStatus(GuestAssembler code)
    {
        code.int3();
        code.ret();
    }

    /// <summary>Says what failed and breaks in. (NT then asks at the debugger's prompt what to do; here <c>g</c> ignores it.)</summary>
    [NtExport("RtlAssert")]
    public async KTask RtlAssert(ulong VoidFailedAssertion, ulong VoidFileName, uint LineNumber, ulong MutableMessage)
    {
        string message = MutableMessage == 0 ? "" : Memory.ReadAnsi(MutableMessage, 256);
        Kernel.DebugPrinting.Transmit(ComponentMasks.Default, 0,
            $"\n*** Assertion failed: {message}{Memory.ReadAnsi(VoidFailedAssertion, 256)}\n" +
            $"***   Source File: {Memory.ReadAnsi(VoidFileName, 256)}, line {LineNumber}\n\n");
        await Guest.Call(Stub.DbgBreakPoint);
    }

    /// <summary>Calls nest: the debugger is enabled again when each has been undone.</summary>
    [NtExport("KdDisableDebugger")]
    public NtStatus KdDisableDebugger()
    {
        ulong count = Kernel.Data(Datum.KdDisableCount);
        if (Memory.ReadU32(count) == 0)
        {
            Memory.WriteU8(Kernel.Data(Datum.KdPreviouslyEnabled), Memory.ReadU8(Kernel.Data(Datum.KdDebuggerEnabled)));
            Memory.WriteU8(Kernel.Data(Datum.KdDebuggerEnabled), 0);
        }
        Memory.WriteU32(count, Memory.ReadU32(count) + 1);
        return NtStatus.Success;
    }

    [NtExport("KdEnableDebugger")]
    public NtStatus KdEnableDebugger()
    {
        ulong count = Kernel.Data(Datum.KdDisableCount);
        uint left = Memory.ReadU32(count);
        if (left == 0)
            return NtStatus.InvalidParameter;
        Memory.WriteU32(count, left - 1);
        if (left == 1)
            Memory.WriteU8(Kernel.Data(Datum.KdDebuggerEnabled), Memory.ReadU8(Kernel.Data(Datum.KdPreviouslyEnabled)));
        return NtStatus.Success;
    }

    /// <summary>True if no debugger is there.</summary>
    [NtExport("KdRefreshDebuggerNotPresent")]
    public bool KdRefreshDebuggerNotPresent() => Memory.ReadU8(Kernel.Data(Datum.KdDebuggerNotPresent)) != 0;

    [NtExport("KdChangeOption")]
    public NtStatus KdChangeOption(
        int Option, uint InBufferBytes, Ptr<byte> InBuffer, uint OutBufferBytes, ulong OutBuffer, Ptr<uint> OutBufferNeeded)
    {
        if (!OutBufferNeeded.IsNull)
            OutBufferNeeded.Write(0);
        if (Option != SetBlockEnable)
            return NtStatus.InvalidInfoClass;
        if (InBufferBytes != 1 || OutBufferBytes != 0 || OutBuffer != 0)
            return NtStatus.InvalidParameter;
        if (Memory.ReadU8(Kernel.Data(Datum.KdPitchDebugger)) != 0)
            return NtStatus.AccessDenied;
        Memory.WriteU8(Kernel.Data(Datum.KdBlockEnable), InBuffer.Read());
        return NtStatus.Success;
    }
}
