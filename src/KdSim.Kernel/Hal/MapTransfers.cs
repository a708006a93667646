using KdSim.Kernel.Mm;
using KdSim.Kernel.Routines;
using KdSim.Machine.Memory;
using KdSim.Nt;

namespace KdSim.Kernel.Hal;

/// <summary>
/// From the pages of an MDL to device addresses: MapTransfer says where the next piece lies, copying it into map registers where the device does not reach the
/// buffer; FlushAdapterBuffers brings back what the device wrote there. DISPATCH_LEVEL or below.
/// </summary>
public sealed class MapTransfers(NtKernel kernel) : KernelComponent(kernel)
{
    private const ulong Page = PhysicalMemory.PageSize;
    private const int Piece = 512;

    /// <summary>The device address of the buffer from CurrentVa on; Length comes back as what is contiguous there.</summary>
    [NtExport("IoMapTransfer", MaxIrql = Irql.Dispatch)]
    public ulong IoMapTransfer(Ptr<ADAPTER_OBJECT> DmaAdapter, Ptr<MDL> Mdl, ulong MapRegisterBase, ulong CurrentVa, Ptr<uint> Length, bool WriteToDevice)
    {
        ulong address = Map(DmaAdapter, Mdl, MapRegisterBase, CurrentVa, Length.Read(), WriteToDevice, out uint length);
        Length.Write(length);
        return address;
    }

    [NtExport("IoFlushAdapterBuffers", MaxIrql = Irql.Dispatch)]
    public bool IoFlushAdapterBuffers(Ptr<ADAPTER_OBJECT> DmaAdapter, Ptr<MDL> Mdl, ulong MapRegisterBase, ulong CurrentVa, uint Length, bool WriteToDevice)
    {
        Flush(DmaAdapter, Mdl, MapRegisterBase, CurrentVa, Length, WriteToDevice);
        return true;
    }

    internal ulong Map(View<ADAPTER_OBJECT> adapter, View<MDL> mdl, ulong registers, ulong va, uint wanted, bool write, out uint length)
    {
        Span span = SpanAt(mdl, va, wanted, DmaAdapters.ReachOf(adapter));
        bool isWhole = span.Length == wanted || adapter.ScatterGather != 0;
        if (adapter.NeedsMapRegisters == 0 || (span.Reachable && isWhole))
        {
            length = span.Length;
            return span.Physical;
        }
        uint bytes = adapter.ScatterGather != 0 ? span.Length : wanted;
        View<MAP_REGISTER_ENTRY> first = new(registers);
        uint used = first.Counter, pages = (uint)Mdls.PagesOf(va, bytes);
        ulong bounce = new View<MAP_REGISTER_ENTRY>(registers + used * (ulong)MAP_REGISTER_ENTRY.SizeOf).MapRegister;
        CheckRegisters(adapter, registers, used + pages);
        first.Counter = used + pages;
        first.WriteToDevice = write;
        if (write)
            Copy(mdl, va, bounce + va % Page, bytes, toBounce: true);
        length = bytes;
        return bounce + va % Page;
    }

    internal void Flush(View<ADAPTER_OBJECT> adapter, View<MDL> mdl, ulong registers, ulong va, uint length, bool write)
    {
        uint used = 0;
        if (!write)
            BringBack(adapter, mdl, registers, va, length, ref used);
        Clear(adapter, registers);
    }

    /// <summary>Copies what lies in map registers back into the buffer, beginning with the register <paramref name="used"/>.</summary>
    internal void BringBack(View<ADAPTER_OBJECT> adapter, View<MDL> mdl, ulong registers, ulong va, uint length, ref uint used)
    {
        uint taken = adapter.NeedsMapRegisters == 0 ? 0 : new View<MAP_REGISTER_ENTRY>(registers).Counter;
        for (uint done = 0; done < length && used < taken;)
        {
            Span span = SpanAt(mdl, va + done, length - done, DmaAdapters.ReachOf(adapter));
            uint bytes = adapter.ScatterGather == 0 ? length - done : span.Length;
            if (adapter.ScatterGather == 0 || !span.Reachable)
            {
                ulong bounce = new View<MAP_REGISTER_ENTRY>(registers + used * (ulong)MAP_REGISTER_ENTRY.SizeOf).MapRegister;
                Copy(mdl, va + done, bounce + (va + done) % Page, bytes, toBounce: false);
                used += (uint)Mdls.PagesOf(va + done, bytes);
            }
            done += bytes;
        }
    }

    /// <summary>The transfer is over: its registers can be used again from the first on.</summary>
    internal static void Clear(View<ADAPTER_OBJECT> adapter, ulong registers)
    {
        if (adapter.NeedsMapRegisters == 0)
            return;
        View<MAP_REGISTER_ENTRY> first = new(registers);
        first.Counter = 0;
    }

    /// <summary>Bytes from an address of the buffer on that lie together in RAM, all within the device's reach or all beyond it.</summary>
    private readonly record struct Span(ulong Physical, uint Length, bool Reachable);

    private Span SpanAt(View<MDL> mdl, ulong va, uint wanted, ulong reach)
    {
        ulong physical = PhysicalOf(mdl, va);
        bool reachable = physical <= reach;
        ulong length = Math.Min(wanted, Page - va % Page);
        while (length < wanted)
        {
            ulong next = PhysicalOf(mdl, va + length);
            if ((next <= reach) != reachable || (reachable && next != physical + length))
                break;
            length += Math.Min(wanted - length, Page);
        }
        return new Span(physical, (uint)length, reachable);
    }

    private ulong PhysicalOf(View<MDL> mdl, ulong va) => Memory.ReadU64(Mdls.PfnSlot(mdl, (va - mdl.StartVa) / Page)) * Page + va % Page;

    /// <summary>Copies between the pages of the buffer and contiguous registers; it takes the processor time that it takes.</summary>
    private void Copy(View<MDL> mdl, ulong va, ulong bounce, uint length, bool toBounce)
    {
        Span<byte> bytes = stackalloc byte[Piece];
        PhysicalMemory ram = Kernel.Computer.Memory;
        for (uint done = 0; done < length;)
        {
            int size = (int)Math.Min(Math.Min(length - done, Piece), Page - (va + done) % Page);
            ulong buffer = PhysicalOf(mdl, va + done);
            ram.Read(toBounce ? buffer : bounce + done, bytes[..size]);
            ram.Write(toBounce ? bounce + done : buffer, bytes[..size]);
            done += (uint)size;
        }
        Cpu.State.Clock += Kernel.Computer.Costs.Copy(length);
    }

    /// <summary>A driver that maps more than it has registers for would overwrite another transfer: NT's HAL stops there.</summary>
    private static void CheckRegisters(View<ADAPTER_OBJECT> adapter, ulong registers, uint count)
    {
        ulong index = (registers - adapter.MapRegisterBase) / MAP_REGISTER_ENTRY.SizeOf;
        if (registers < adapter.MapRegisterBase || index + count > adapter.NumberOfMapRegisters)
            throw new GuestBugCheck(BugCheckCode.HAL_INITIALIZATION_FAILED, 0, registers, count, adapter.Address);
    }
}
