using KdSim.Machine.Buses;
using KdSim.Machine.Cpu;
using KdSim.Machine.Time;

namespace KdSim.Machine.Apic;

/// <summary>
/// The local APIC of one processor (SDM volume 3, chapter 10, xAPIC mode). CR8 is the task priority: a vector is delivered if its class
/// (vector / 16) is above both CR8 and the class of the highest vector in service. Registers are reached through the window at FEE00000h; the kernel
/// uses the methods, which do the same without the cost of an access.
/// </summary>
public sealed class LocalApic : IEventOwner
{
    public const ulong DefaultAddress = 0xFEE00000;

    private const int TimerExpired = 1;
    private const uint Masked = 1 << 16;
    private const uint Periodic = 1 << 17;
    private const uint SoftwareEnabled = 1 << 8;
    private const uint ErrorIllegalRegister = 1 << 7;

    /// <summary>The timer counts at 100 MHz before the divider.</summary>
    private const ulong TicksPerTimerCount = 10 * Ticks.PerNanosecond;

    private readonly Computer _computer;
    private LocalApicState _state;

    internal LocalApic(Computer computer, Processor processor)
    {
        _computer = computer;
        Processor = processor;
        Owner = computer.AddEventOwner(this);
        Reset();
    }

    public Processor Processor { get; }

    /// <summary>Its number as an owner of events (the timer).</summary>
    public int Owner { get; }

    /// <summary>For snapshots, hashes and debuggers; the guest uses the registers.</summary>
    public ref readonly LocalApicState State => ref _state;

    /// <summary>Power-on state, but enabled: firmware has run.</summary>
    public void Reset()
    {
        _computer.Cancel(Owner, TimerExpired);
        _state = default;
        _state.Id = (uint)Processor.Number;
        _state.LogicalDestination = 1u << (24 + Processor.Number);
        _state.DestinationFormat = uint.MaxValue;
        _state.Spurious = SoftwareEnabled | 0xFF;
        _state.LvtTimer = _state.LvtThermal = _state.LvtPerformance = _state.LvtLint0 = _state.LvtLint1 = _state.LvtError = Masked;
        Processor.InterruptPending = false;
    }

    /// <summary>An interrupt message arrives.</summary>
    public void Accept(int vector, bool levelTriggered = false)
    {
        if (vector is < 16 or > 255)
            throw new ArgumentOutOfRangeException(nameof(vector), vector, "vectors 16 to 255 can be requested");
        _state.Requested.Set(vector);
        if (levelTriggered)
            _state.LevelTriggered.Set(vector);
        else
            _state.LevelTriggered.Clear(vector);
        Refresh();
    }

    /// <summary>Self-IPI: pending at once, taken at the next instruction boundary that allows it.</summary>
    public void RequestSelf(int vector) => Accept(vector);

    /// <summary>Takes back a request that was not delivered yet (the kernel drained the work itself).</summary>
    public void Withdraw(int vector)
    {
        _state.Requested.Clear(vector);
        Refresh();
    }

    public bool IsRequested(int vector) => _state.Requested.Has(vector);

    /// <summary>A fixed interrupt for another processor (after the latency of the bus), or for this one (at once).</summary>
    public void SendIpi(int target, int vector)
    {
        if (target == Processor.Number)
            RequestSelf(vector);
        else
            _computer.SendIpi(target, vector);
    }

    /// <summary>Ends the highest interrupt in service.</summary>
    public void Eoi()
    {
        int vector = _state.InService.Highest;
        if (vector < 0)
            return;                                     // as hardware does: nothing in service, nothing happens
        _state.InService.Clear(vector);
        Refresh();
        if (_state.LevelTriggered.Has(vector))
        {
            _state.LevelTriggered.Clear(vector);
            _computer.IoApic.EndOfInterrupt(vector);
        }
    }

    /// <summary>The vector that can be delivered at this CR8, or -1.</summary>
    public int Deliverable
    {
        get
        {
            int vector = _state.Requested.Highest;
            if (vector < 0 || (_state.Spurious & SoftwareEnabled) == 0)
                return -1;
            int priority = Math.Max((int)Processor.State.Cr8, _state.InService.Highest >> 4);
            return vector >> 4 > priority ? vector : -1;
        }
    }

    /// <summary>Moves the deliverable vector into service.</summary>
    internal bool TryAcknowledge(out byte vector)
    {
        int next = Deliverable;
        vector = (byte)Math.Max(next, 0);
        if (next < 0)
        {
            Processor.InterruptPending = false;
            return false;
        }

        _state.Requested.Clear(next);
        _state.InService.Set(next);
        Processor.InterruptPending = false;
        return true;
    }

    /// <summary>Tells the processor to ask, if something could be delivered. Called after every change of requests, service or CR8.</summary>
    internal void Refresh()
    {
        bool deliverable = Deliverable >= 0;
        Processor.InterruptPending = deliverable;
        if (deliverable)
            _computer.Wake(Processor);
    }

    internal static bool IsTimer(in MachineEvent pending) => pending.Code == TimerExpired;

    void IEventOwner.OnEvent(in MachineEvent machineEvent)
    {
        if ((_state.LvtTimer & Periodic) != 0)
        {
            _state.TimerStart = machineEvent.Due;
            _computer.Schedule(machineEvent.Due + TimerPeriod, Owner, TimerExpired);
        }
        else
        {
            _state.TimerInitial = 0;
        }

        if ((_state.LvtTimer & Masked) == 0 && (_state.LvtTimer & 0xFF) >= 16)
            Accept((int)(_state.LvtTimer & 0xFF));
    }

    /// <summary>Starts the timer as the guest would: one shot or periodic, in counts of 10 ns.</summary>
    public void StartTimer(int vector, uint counts, bool periodic)
    {
        _state.LvtTimer = (uint)vector | (periodic ? Periodic : 0);
        _state.TimerDivide = 0b1011;                    // divide by 1
        SetTimerCount(counts);
    }

    internal ulong ReadRegister(ulong offset, int size)
    {
        CheckAccess(offset, size);
        return offset switch
        {
            0x20 => _state.Id << 24,
            0x30 => 0x00050014,
            0x80 => (uint)Processor.State.Cr8 << 4,
            0xA0 => (uint)Math.Max((int)Processor.State.Cr8, Math.Max(_state.InService.Highest, 0) >> 4) << 4,
            0xD0 => _state.LogicalDestination,
            0xE0 => _state.DestinationFormat,
            0xF0 => _state.Spurious,
            >= 0x100 and < 0x180 => _state.InService.Part((int)(offset - 0x100) >> 4),
            >= 0x180 and < 0x200 => _state.LevelTriggered.Part((int)(offset - 0x180) >> 4),
            >= 0x200 and < 0x280 => _state.Requested.Part((int)(offset - 0x200) >> 4),
            0x280 => _state.Error,
            0x300 => _state.CommandLow,
            0x310 => _state.CommandHigh,
            0x320 => _state.LvtTimer,
            0x330 => _state.LvtThermal,
            0x340 => _state.LvtPerformance,
            0x350 => _state.LvtLint0,
            0x360 => _state.LvtLint1,
            0x370 => _state.LvtError,
            0x380 => _state.TimerInitial,
            0x390 => CurrentCount,
            0x3E0 => _state.TimerDivide,
            _ => throw new BadRegisterException(Name, offset, "no such register"),
        };
    }

    internal void WriteRegister(ulong offset, int size, uint value)
    {
        CheckAccess(offset, size);
        switch (offset)
        {
            case 0x80: Processor.SetCr8((byte)(value >> 4 & 15)); break;
            case 0xB0: Eoi(); break;
            case 0xD0: _state.LogicalDestination = value & 0xFF000000; break;
            case 0xE0: _state.DestinationFormat = value | 0x0FFFFFFF; break;
            case 0xF0: _state.Spurious = value & 0x3FF; Refresh(); break;
            case 0x280: _state.Error = 0; break;
            case 0x300: SendCommand(value); break;
            case 0x310: _state.CommandHigh = value & 0xFF000000; break;
            case 0x320: _state.LvtTimer = value & 0x300FF; break;
            case 0x330: _state.LvtThermal = value & 0x107FF; break;
            case 0x340: _state.LvtPerformance = value & 0x107FF; break;
            case 0x350: _state.LvtLint0 = value & 0x1A7FF; break;
            case 0x360: _state.LvtLint1 = value & 0x1A7FF; break;
            case 0x370: _state.LvtError = value & 0x100FF; break;
            case 0x380: SetTimerCount(value); break;
            case 0x3E0: _state.TimerDivide = value & 0b1011; break;
            default:
                _state.Error |= ErrorIllegalRegister;
                throw new BadRegisterException(Name, offset, "no such register to write");
        }
    }

    internal void Restore(in LocalApicState state)
    {
        _state = state;
        Processor.InterruptPending = Deliverable >= 0;
    }

    private string Name => $"local APIC {Processor.Number}";

    private ulong TimerTicksPerCount
    {
        get
        {
            uint code = _state.TimerDivide & 3 | _state.TimerDivide >> 1 & 4;
            return TicksPerTimerCount << (code == 7 ? 0 : (int)code + 1);
        }
    }

    private ulong TimerPeriod => _state.TimerInitial * TimerTicksPerCount;

    private uint CurrentCount
    {
        get
        {
            ulong now = Math.Max(_computer.Now, _state.TimerStart);
            ulong passed = (now - _state.TimerStart) / TimerTicksPerCount;
            return passed >= _state.TimerInitial ? 0 : _state.TimerInitial - (uint)passed;
        }
    }

    private void SetTimerCount(uint counts)
    {
        _computer.Cancel(Owner, TimerExpired);
        _state.TimerInitial = counts;
        _state.TimerStart = _computer.Now;
        if (counts != 0)
            _computer.Schedule(_state.TimerStart + TimerPeriod, Owner, TimerExpired);
    }

    private void SendCommand(uint command)
    {
        _state.CommandLow = command & 0xCCFFF;
        int vector = (int)(command & 0xFF);
        if ((command >> 8 & 7) != 0)
            throw new BadRegisterException(Name, 0x300, $"delivery mode {command >> 8 & 7} (only fixed is there)");
        if (vector < 16)
            throw new BadRegisterException(Name, 0x300, $"vector {vector:x}h cannot be sent");
        byte destination = (byte)(_state.CommandHigh >> 24);
        bool logical = (command & 1 << 11) != 0;
        foreach (LocalApic target in _computer.Apics)
        {
            bool self = target == this;
            bool chosen = (command >> 18 & 3) switch
            {
                0 => target.Matches(destination, logical),
                1 => self,
                2 => true,
                _ => !self,
            };
            if (chosen)
                SendIpi(target.Processor.Number, vector);
        }
    }

    /// <summary>Whether a message with this destination is for this APIC (flat model).</summary>
    internal bool Matches(byte destination, bool logical) =>
        logical ? (destination & _state.LogicalDestination >> 24) != 0 : destination == 0xFF || destination == _state.Id;

    private void CheckAccess(ulong offset, int size)
    {
        if (size != 4 || (offset & 15) != 0)
            throw new BadRegisterException(Name, offset, $"{size}-byte access (registers are 4 bytes, 16 apart)");
    }
}
