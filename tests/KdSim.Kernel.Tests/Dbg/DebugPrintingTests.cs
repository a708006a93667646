using KdSim.Kernel.Dbg;
using KdSim.Kernel.Routines;
using KdSim.Kernel.Tests.Rtl;
using KdSim.Nt;
using Xunit;

namespace KdSim.Kernel.Tests.Dbg;

public sealed class DebugPrintingTests : IDisposable
{
    private const uint Disk = 9, HardwareVendor = 77;
    private readonly GuestData _data = new();
    private readonly Listener _listener = new();

    public DebugPrintingTests() => Kernel.Observer = _listener;

    private NtKernel Kernel => _data.Kernel;

    public void Dispose() => _data.Dispose();

    [Fact]
    public void Text_reaches_the_listener_and_the_ring_buffer()
    {
        ulong arguments = _data.Bytes(16);
        Kernel.Memory.WriteU64(arguments, 7);
        Kernel.Memory.WriteU64(arguments + 8, _data.Wide("wide"));
        Assert.Equal(NtStatus.Success, Kernel.DebugPrinting.vDbgPrintEx(HardwareVendor, 3, _data.Narrow("pulse%d: %ws\n"), arguments));
        Assert.Equal(["77/3 pulse7: wide\n"], _listener.Printed);
        Assert.Equal("pulse7: wide\n", _data.ReadNarrow(Kernel.Data(Datum.KdPrintDefaultCircularBuffer)));
    }

    [Fact]
    public void The_masks_in_memory_decide_what_is_shown()
    {
        ulong format = _data.Narrow("x");
        Kernel.DebugPrinting.vDbgPrintEx(Disk, 3, format, 0);
        Assert.Empty(_listener.Printed);
        Kernel.DebugPrinting.vDbgPrintEx(Disk, 0, format, 0); // Errors: nt!Kd_WIN2000_Mask.
        Kernel.Memory.WriteU32(Kernel.Data(Datum.Kd_DISK_Mask), 8);
        Kernel.DebugPrinting.vDbgPrintEx(Disk, 3, format, 0);
        Kernel.Memory.WriteU32(Kernel.Data(Datum.Kd_DEFAULT_Mask), 0);
        Kernel.DebugPrinting.vDbgPrintEx(ComponentMasks.Default, 3, format, 0);
        Assert.Equal(["9/0 x", "9/3 x"], _listener.Printed);
        Assert.Equal(NtStatus.InvalidParameter1, Kernel.DebugPrinting.vDbgPrintEx(ComponentMasks.Count, 0, format, 0));
    }

    [Fact]
    public void A_call_transmits_512_bytes_and_the_ring_wraps()
    {
        ulong format = _data.Narrow(new string('a', 600));
        for (int i = 0; i < 65; i++)
            Kernel.DebugPrinting.vDbgPrintEx(HardwareVendor, 0, format, 0);
        Assert.Equal(new string('a', 511) + "\n", _listener.Printed[0][5..]);
        ulong ring = Kernel.Data(Datum.KdPrintDefaultCircularBuffer);
        Assert.Equal(ring + 512, Kernel.Memory.ReadU64(Kernel.Data(Datum.KdPrintWritePointer)));
        Assert.Equal(1u, Kernel.Memory.ReadU32(Kernel.Data(Datum.KdPrintRolloverCount)));
    }

    [Fact]
    public void Disabling_the_debugger_nests()
    {
        Assert.Equal(NtStatus.InvalidParameter, Kernel.DebuggerControl.KdEnableDebugger());
        Kernel.DebuggerControl.KdDisableDebugger();
        Kernel.DebuggerControl.KdDisableDebugger();
        Kernel.DebuggerControl.KdEnableDebugger();
        Assert.Equal(0, Kernel.Memory.ReadU8(Kernel.Data(Datum.KdDebuggerEnabled)));
        Kernel.DebuggerControl.KdEnableDebugger();
        Assert.Equal(1, Kernel.Memory.ReadU8(Kernel.Data(Datum.KdDebuggerEnabled)));
    }

    private sealed class Listener : IKernelObserver
    {
        public List<string> Printed { get; } = [];

        public void DebugPrinted(int cpu, uint component, uint level, string text) => Printed.Add($"{component}/{level} {text}");
    }
}
