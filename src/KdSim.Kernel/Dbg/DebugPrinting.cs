using KdSim.Kernel.Routines;
using KdSim.Kernel.Rtl;
using KdSim.Nt;

namespace KdSim.Kernel.Dbg;

/// <summary>
/// DbgPrint and its family. What the filter lets through goes to the observer and, as bytes, into the ring buffer in guest memory that <c>!dbgprint</c> shows.
/// A call transmits at most 512 bytes. Any IRQL, though wide strings need their tables and so PASSIVE_LEVEL.
/// </summary>
[NtData("KdPrintDefaultCircularBuffer", RingSize)]
[NtData("KdPrintCircularBuffer", 8)]
[NtData("KdPrintBufferSize", 4)]
[NtData("KdPrintWritePointer", 8)]
[NtData("KdPrintRolloverCount", 4)]
public sealed class DebugPrinting(NtKernel kernel) : KernelComponent(kernel)
{
    private const int RingSize = 0x8000;
    private const int MostBytes = 512;

    internal void Initialize()
    {
        ulong ring = Kernel.Data(Datum.KdPrintDefaultCircularBuffer);
        Memory.WriteU64(Kernel.Data(Datum.KdPrintCircularBuffer), ring);
        Memory.WriteU32(Kernel.Data(Datum.KdPrintBufferSize), RingSize);
        Memory.WriteU64(Kernel.Data(Datum.KdPrintWritePointer), ring);
    }

    [NtExport("DbgPrint")]
    public NtStatus DbgPrint(ulong Format, VarArgs arguments) => Print("", ComponentMasks.Default, ComponentMasks.Information, Format, arguments);

    [NtExport("DbgPrintEx")]
    public NtStatus DbgPrintEx(uint ComponentId, uint Level, ulong Format, VarArgs arguments) => Print("", ComponentId, Level, Format, arguments);

    /// <summary>As DbgPrint, but does not return what goes wrong on the way to the debugger; nothing does here.</summary>
    [NtExport("DbgPrintReturnControlC")]
    public NtStatus DbgPrintReturnControlC(ulong Format, VarArgs arguments) => DbgPrint(Format, arguments);

    [NtExport("vDbgPrintEx")]
    public NtStatus vDbgPrintEx(uint ComponentId, uint Level, ulong Format, ulong arglist) =>
        Print("", ComponentId, Level, Format, new VarArgs(Memory, arglist));

    [NtExport("vDbgPrintExWithPrefix")]
    public NtStatus vDbgPrintExWithPrefix(ulong Prefix, uint ComponentId, uint Level, ulong Format, ulong arglist) =>
        Print(Memory.ReadAnsi(Prefix, MostBytes), ComponentId, Level, Format, new VarArgs(Memory, arglist));

    /// <summary>Transmits a text that the kernel itself prints.</summary>
    internal void Transmit(uint component, uint level, string text)
    {
        byte[] bytes = CodePages.Ansi.GetBytes(text);
        if (bytes.Length > MostBytes)
        {
            bytes = bytes[..MostBytes];
            bytes[^1] = (byte)'\n'; // A cut message still ends its line.
            text = CodePages.Ansi.GetString(bytes);
        }
        WriteToRing(bytes);
        Observer?.DebugPrinted(Cpu.Number, component, level, text);
    }

    private NtStatus Print(string prefix, uint component, uint level, ulong format, VarArgs arguments)
    {
        if (component >= ComponentMasks.Count)
            return NtStatus.InvalidParameter1;
        if (Kernel.ComponentMasks.IsShown(component, level))
            Transmit(component, level, prefix + Kernel.FormattedPrinting.FormatNarrow(format, arguments));
        return NtStatus.Success;
    }

    private void WriteToRing(ReadOnlySpan<byte> bytes)
    {
        ulong ring = Memory.ReadU64(Kernel.Data(Datum.KdPrintCircularBuffer)), size = Memory.ReadU32(Kernel.Data(Datum.KdPrintBufferSize));
        ulong next = Memory.ReadU64(Kernel.Data(Datum.KdPrintWritePointer));
        if (size == 0 || next - ring >= size)
            return; // A driver or the user wrote over the variables: NT would write into nowhere.
        int first = (int)Math.Min((ulong)bytes.Length, ring + size - next);
        Memory.Write(next, bytes[..first]);
        next += (ulong)first;
        if (next == ring + size)
        {
            Memory.Write(ring, bytes[first..]);
            next = ring + (ulong)(bytes.Length - first);
            ulong rollovers = Kernel.Data(Datum.KdPrintRolloverCount);
            Memory.WriteU32(rollovers, Memory.ReadU32(rollovers) + 1);
        }
        Memory.WriteU64(Kernel.Data(Datum.KdPrintWritePointer), next);
    }
}
