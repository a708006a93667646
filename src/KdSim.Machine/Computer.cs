using System.Collections.Immutable;
using KdSim.Machine.Apic;
using KdSim.Machine.Buses;
using KdSim.Machine.Cpu;
using KdSim.Machine.Memory;
using KdSim.Machine.Snapshots;
using KdSim.Machine.Time;

namespace KdSim.Machine;

/// <summary>
/// The whole computer: processors, RAM, interrupt controllers, buses, devices, virtual time. It knows no Windows; a kernel sits above it as
/// <see cref="TrapHandler"/>. Everything in it depends only on its options and on recorded inputs.
/// Build order: construct, add devices, add event owners and snapshot parts, set the trap handler, then <see cref="Run"/>.
/// One thread at a time; only <see cref="RequestBreak"/> may be called from another.
/// </summary>
public sealed partial class Computer : IDisposable, IDeviceHost
{
    private readonly List<IEventOwner> _owners = [];
    private readonly List<Device> _devices = [];
    private readonly List<ISnapshotPart> _parts = [];
    private readonly EventQueue _events = new();
    private readonly PageStore _pages;
    private readonly int _ipiOwner;

    public Computer(MachineOptions? options = null)
    {
        Options = options ?? new MachineOptions();
        if (Options.Processors is < 1 or > MachineOptions.MaximumProcessors)
            throw new ArgumentOutOfRangeException(nameof(options), Options.Processors, "a machine has 1 to 8 processors");
        Memory = new PhysicalMemory(Options.MemorySize);
        _pages = new PageStore(Memory);
        Memory.Keeper = _pages;
        Choices = new Choices(Options.Seed, Options.Choices);
        _ipiOwner = AddEventOwner(new IpiDelivery(this));
        Processors = [.. Enumerable.Range(0, Options.Processors).Select(n => new Processor(n, Memory, this, Breakpoints, Watchpoints))];
        Apics = [.. Processors.Select(processor => new LocalApic(this, processor))];
        IoApic = AddDevice(new IoApic(this));
    }

    public MachineOptions Options { get; }

    public CostTable Costs => Options.Costs;

    public ulong Seed => Options.Seed;

    public PhysicalMemory Memory { get; }

    public BreakpointTable Breakpoints { get; } = new();

    public Watchpoints Watchpoints { get; } = new();

    public ImmutableArray<Processor> Processors { get; }

    /// <summary>The local APIC of each processor.</summary>
    public ImmutableArray<LocalApic> Apics { get; }

    public IoApic IoApic { get; }

    /// <summary>Physical addresses outside RAM, but for the local APICs.</summary>
    public AddressBus Mmio { get; } = new("physical address space");

    public AddressBus Ports { get; } = new("I/O ports");

    /// <summary>Configuration space, if a PCI bus was added.</summary>
    public IPciConfiguration? Pci { get; private set; }

    public Choices Choices { get; }

    /// <summary>Inputs from outside, recorded at their place in the run.</summary>
    public Journal Journal { get; } = new();

    /// <summary>All devices in the order in which they were added.</summary>
    public IReadOnlyList<Device> Devices => _devices;

    /// <summary>Pending events in the order in which they will happen, for debuggers.</summary>
    public MachineEvent[] PendingEvents => _events.ToArray();

    /// <summary>True when no event is pending but those of the local APICs' timers.</summary>
    public bool HasOnlyClockEvents
    {
        get
        {
            foreach (MachineEvent pending in PendingEvents)
            {
                if (_owners[pending.Owner] is not LocalApic || !LocalApic.IsTimer(pending))
                    return false;
            }

            return true;
        }
    }

    public ITrapHandler? TrapHandler { get; set; }

    /// <summary>The simulator's own failure, if there was one: the machine can be read but not run.</summary>
    public string? Failure { get; private set; }

    /// <summary>Registers somebody who gets events; the number names it in <see cref="Schedule"/>.</summary>
    public int AddEventOwner(IEventOwner owner)
    {
        _owners.Add(owner);
        return _owners.Count - 1;
    }

    public T AddDevice<T>(T device)
        where T : Device
    {
        int id = AddEventOwner(device);
        _devices.Add(device);
        device.Attach(this, id);
        if (device is IPciConfiguration configuration)
            Pci = configuration;
        return device;
    }

    public void AddSnapshotPart(ISnapshotPart part) => _parts.Add(part);

    /// <summary>Adds an event: absolute time in ticks; one that is past is delivered next.</summary>
    public void Schedule(ulong due, int owner, int code, ulong argument = 0)
    {
        if ((uint)owner >= (uint)_owners.Count)
            throw new ArgumentOutOfRangeException(nameof(owner), owner, "no such owner of events");
        _events.Schedule(due, owner, code, argument);
        LookAgain(due);
    }

    public int Cancel(int owner, int code) => _events.Cancel(owner, code);

    /// <summary>When the owner's next event with this code is due; <see cref="Ticks.Never"/> if none is pending.</summary>
    public ulong DueOf(int owner, int code) => _events.DueOf(owner, code);

    public IIrqLine ConnectInterrupt(int input) => IoApic.Connect(input);

    /// <summary>A fixed interrupt for a processor, after the latency of the bus.</summary>
    public void SendIpi(int target, int vector)
    {
        if ((uint)target >= (uint)Processors.Length)
            throw new ArgumentOutOfRangeException(nameof(target), target, "no such processor");
        if (vector is < 16 or > 255)
            throw new ArgumentOutOfRangeException(nameof(vector), vector, "vectors 16 to 255 can be sent");
        Schedule(Now + Costs.InterprocessorLatency, _ipiOwner, vector, (ulong)target);
    }

    public void SendMessage(ulong address, uint data)
    {
        bool logical = (address & 4) != 0;
        if (address >> 20 != LocalApic.DefaultAddress >> 20 ||
            !DeliverMessage((byte)data, (int)(data >> 8 & 7), (byte)(address >> 12), logical, (data & 1 << 15) != 0))
            throw new BadRegisterException("interrupt message", address, $"data {data:x}h reaches no processor, or with an unknown mode,");
    }

    /// <summary>An interrupt message on the bus. False if nobody takes it.</summary>
    internal bool DeliverMessage(byte vector, int mode, byte destination, bool logical, bool levelTriggered)
    {
        const int Fixed = 0, LowestPriority = 1;
        if (vector < 16 || mode is not (Fixed or LowestPriority))
            return false;
        LocalApic? lowest = null;
        foreach (LocalApic apic in Apics)
        {
            if (!apic.Matches(destination, logical))
                continue;
            if (lowest is null || (mode == LowestPriority && apic.Processor.State.Cr8 < lowest.Processor.State.Cr8))
                lowest = apic;
            if (mode == Fixed)
                apic.Accept(vector, levelTriggered);
        }

        if (mode == LowestPriority)
            lowest?.Accept(vector, levelTriggered);
        return lowest is not null;
    }

    /// <summary>Reads physical memory or device registers without any effect, for debuggers. False if nobody answers.</summary>
    public bool TryPeek(ulong address, int size, out ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        bytes.Clear();
        if (size is not (1 or 2 or 4 or 8))
            throw new ArgumentOutOfRangeException(nameof(size), size, "1, 2, 4 or 8 bytes");
        if (!Memory.TryRead(address, bytes[..size]))
            return Mmio.TryPeek(address, size, out value);
        value = BitConverter.ToUInt64(bytes);
        return true;
    }

    public void Dispose()
    {
        foreach (Processor processor in Processors)
            processor.Dispose();
        Memory.Dispose();
    }

    private sealed class IpiDelivery(Computer computer) : IEventOwner
    {
        public void OnEvent(in MachineEvent machineEvent) => computer.Apics[(int)machineEvent.Argument].Accept(machineEvent.Code);
    }
}
