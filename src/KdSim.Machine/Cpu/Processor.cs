using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KdSim.Machine.Memory;

namespace KdSim.Machine.Cpu;

/// <summary>
/// One x86-64 processor in long mode. <see cref="Run"/> interprets cached blocks of micro-ops; C# code of the host reads and writes
/// <see cref="State"/> and linear memory between runs and inside host callbacks. Not for several threads, but for <see cref="RequestStop"/>.
/// Invariant: State is exact whenever code outside this class can see it.
/// </summary>
public sealed unsafe partial class Processor : IMemoryObserver, IDisposable
{
    private readonly Core* _core;
    private readonly IProcessorHost _host;
    private readonly PhysicalMemory _memory;
    private readonly BreakpointTable _breakpoints;
    private readonly Watchpoints _watchpoints;
    private volatile bool _stopRequested;
    private bool _interruptPending;

    public Processor(int number, PhysicalMemory memory, IProcessorHost host, BreakpointTable breakpoints, Watchpoints watchpoints)
    {
        Number = number;
        _memory = memory;
        _host = host;
        _breakpoints = breakpoints;
        _watchpoints = watchpoints;
        _core = (Core*)NativeMemory.AlignedAlloc((nuint)sizeof(Core), 64);
        NativeMemory.Clear(_core, (nuint)sizeof(Core));
        AllocateTlbs();
        AllocateBlocks();
        Reset();
        memory.AddObserver(this);
        breakpoints.Attach(this);
        watchpoints.Attach(this);
    }

    ~Processor() => Release();

    public int Number { get; }

    public PhysicalMemory Memory => _memory;

    /// <summary>All architectural state. May be changed at stops and inside host callbacks, but for CR8: use <see cref="SetCr8"/>.</summary>
    public ref CpuState State => ref _core->State;

    /// <summary>Set by the host when an interrupt may be waiting: it is asked at the next boundary where one can be taken.</summary>
    public bool InterruptPending
    {
        get => _interruptPending;
        set
        {
            _interruptPending = value;
            if (value)
                _core->Exit = 1;
        }
    }

    /// <summary>The address of the VMCALL whose handler runs or ran last.</summary>
    public ulong TrapRip { get; private set; }

    /// <summary>The access that made <see cref="Run"/> return <see cref="ProcessorStop.Watchpoint"/>, or that C# code made since.</summary>
    public WatchpointHit? WatchHit { get; set; }

    /// <summary>Makes <see cref="Run"/> return at the next instruction boundary. May be called from any thread.</summary>
    public void RequestStop()
    {
        _stopRequested = true;
        _core->Exit = 1;
    }

    /// <summary>The one way to change CR8: tells the host, and looks again for interrupts.</summary>
    public void SetCr8(byte value)
    {
        byte old = (byte)_core->State.Cr8;
        _core->State.Cr8 = value;
        _core->Exit = 1;
        if (value >= _pageableBelow && old < _pageableBelow)
            DropPageable();
        if (old != value)
            _host.Cr8Changed(this, old, value);
    }

    /// <summary>Long mode, CPL 0, flat segments, paging on with CR3 = 0 (the host sets tables up), interrupts off.</summary>
    public void Reset()
    {
        ref CpuState state = ref _core->State;
        state = default;
        state.RFlags = RFlag.Reserved1;
        state.Cr0 = ControlBits.Cr0ProtectedMode | ControlBits.Cr0MonitorCoprocessor | ControlBits.Cr0ExtensionType |
            ControlBits.Cr0NumericError | ControlBits.Cr0WriteProtect | ControlBits.Cr0AlignmentMask | ControlBits.Cr0Paging;
        state.Cr4 = ControlBits.Cr4PhysicalAddressExtension | ControlBits.Cr4GlobalPages | ControlBits.Cr4FxSave |
            ControlBits.Cr4XmmExceptions;
        state.Efer = ControlBits.EferSyscall | ControlBits.EferLongMode | ControlBits.EferLongModeActive | ControlBits.EferNoExecute;
        state.Dr6 = 0xFFFF0FF0;
        state.Dr7 = 0x400;
        state.Mxcsr = 0x1F80;
        state.Pat = 0x0007040600070406;
        state.MiscEnable = 1;
        state.Cs = new SegmentRegister { Selector = 0x10, Attributes = 0x209B };
        state.Ss = new SegmentRegister { Selector = 0x18, Attributes = 0x4093, Limit = uint.MaxValue };
        state.Ds = state.Es = state.Fs = state.Gs = state.Ss;
        state.Tr = new SegmentRegister { Attributes = 0x8B, Limit = 0x67 };
        Refresh();
    }

    /// <summary>The next run does not stop at a breakpoint on the instruction that it starts with.</summary>
    public void PassBreakpoint() => (_skipRip, _skipSteps) = (_core->State.Rip, _core->State.Steps);

    /// <summary>Drops all host-side caches: after a snapshot was restored over <see cref="State"/> and RAM.</summary>
    public void DropCaches()
    {
        _core->FlagKind = 0;
        FlushTranslations();
        DropAllBlocks();
        _skipSteps = ulong.MaxValue;
    }

    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ushort OffsetOf(Core* core, void* field) => (ushort)((byte*)field - (byte*)core);

    private void Release()
    {
        ReleaseBlocks();
        NativeMemory.AlignedFree(_supervisorTlb);
        NativeMemory.AlignedFree(_core);
    }
}
