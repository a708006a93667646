using KdSim.Machine.Apic;
using KdSim.Machine.Buses;
using KdSim.Machine.Cpu;

namespace KdSim.Machine;

/// <summary>What the processors ask of the machine: buses, interrupts, traps. Costs of accesses and of interrupt entry are charged here.</summary>
public sealed partial class Computer : IProcessorHost
{
    private const uint ApicBaseMsr = 0x1B;
    private const ulong ApicBaseEnabled = 1 << 11;
    private const ulong ApicBaseBootProcessor = 1 << 8;
    private const ulong LocalApicSize = 0x1000;

    /// <summary>Reads a device register as this processor would, at its cost: for kernel code that plays a HAL.</summary>
    public ulong ReadMmio(Processor cpu, ulong address, int size)
    {
        bool local = address - LocalApic.DefaultAddress < LocalApicSize;
        cpu.State.Clock += local ? Costs.LocalApicAccess : Costs.MmioAccess;
        try
        {
            return local ? Apics[cpu.Number].ReadRegister(address - LocalApic.DefaultAddress, size) : Mmio.Read(address, size);
        }
        catch (BadRegisterException error)
        {
            ReportDeviceError(cpu, error);
            return size == 8 ? ulong.MaxValue : (1UL << size * 8) - 1;
        }
    }

    public void WriteMmio(Processor cpu, ulong address, int size, ulong value)
    {
        bool local = address - LocalApic.DefaultAddress < LocalApicSize;
        cpu.State.Clock += local ? Costs.LocalApicAccess : Costs.MmioAccess;
        try
        {
            if (local)
                Apics[cpu.Number].WriteRegister(address - LocalApic.DefaultAddress, size, (uint)value);
            else
                Mmio.Write(address, size, value);
        }
        catch (BadRegisterException error)
        {
            ReportDeviceError(cpu, error);
        }
    }

    public uint ReadPort(Processor cpu, ushort port, int size)
    {
        cpu.State.Clock += Costs.PortAccess;
        NotePortWatch(cpu, port, size, isWrite: false);
        try
        {
            return (uint)Ports.Read(port, size);
        }
        catch (BadRegisterException error)
        {
            ReportDeviceError(cpu, error);
            return (uint)((1UL << size * 8) - 1);
        }
    }

    public void WritePort(Processor cpu, ushort port, int size, uint value)
    {
        cpu.State.Clock += Costs.PortAccess;
        NotePortWatch(cpu, port, size, isWrite: true);
        try
        {
            Ports.Write(port, size, value);
        }
        catch (BadRegisterException error)
        {
            ReportDeviceError(cpu, error);
        }
    }

    bool IProcessorHost.NextInterrupt(Processor cpu, out byte vector)
    {
        if (!Apics[cpu.Number].TryAcknowledge(out vector))
            return false;
        cpu.State.Clock += Costs.InterruptEntry;
        Happened(cpu);
        TrapHandler?.InterruptAccepted(cpu, vector);
        return true;
    }

    void IProcessorHost.Trap(Processor cpu)
    {
        if (TrapHandler is null)
            throw new InvalidOperationException($"VMCALL at {cpu.TrapRip:x16}, and the machine has no trap handler");
        TrapHandler.Trap(cpu);
    }

    void IProcessorHost.Cr8Changed(Processor cpu, byte oldValue, byte newValue)
    {
        Apics[cpu.Number].Refresh();
        TrapHandler?.IrqlChanged(cpu, oldValue, newValue);
    }

    bool IProcessorHost.TryReadMsr(Processor cpu, uint index, out ulong value)
    {
        value = index == ApicBaseMsr ? ApicBase(cpu) : 0;
        return index == ApicBaseMsr;
    }

    /// <summary>The APIC cannot be moved or switched off.</summary>
    bool IProcessorHost.TryWriteMsr(Processor cpu, uint index, ulong value) => index == ApicBaseMsr && value == ApicBase(cpu);

    void IProcessorHost.ExceptionRaised(Processor cpu, int vector, uint errorCode)
    {
        Happened(cpu);
        TrapHandler?.ExceptionRaised(cpu, vector, errorCode);
    }

    void IProcessorHost.TripleFault(Processor cpu)
    {
        // Run returns with the reason.
    }

    void IProcessorHost.Unsupported(Processor cpu, string text) => StopWith(new RunResult(StopReason.Unsupported, cpu.Number, text));

    private static ulong ApicBase(Processor cpu) =>
        LocalApic.DefaultAddress | ApicBaseEnabled | (cpu.Number == 0 ? ApicBaseBootProcessor : 0);

    /// <summary>The machine stops behind the instruction; what a debugger reads while it stands is no access of the guest.</summary>
    private void NotePortWatch(Processor cpu, ushort port, int size, bool isWrite)
    {
        if (_running && Watchpoints.Ranges.Count != 0 && Watchpoints.TryHit(port, size, isWrite, out WatchpointHit hit, isPort: true))
            StopWith(new RunResult(StopReason.Watchpoint, cpu.Number, Watch: hit));
    }

    private void ReportDeviceError(Processor cpu, BadRegisterException error) =>
        StopWith(new RunResult(StopReason.DeviceError, cpu.Number, error.Message));
}
