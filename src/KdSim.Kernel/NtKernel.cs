using KdSim.Kernel.Boot;
using KdSim.Kernel.Images;
using KdSim.Kernel.Mm;
using KdSim.Kernel.Routines;
using KdSim.Machine;
using KdSim.Machine.Cpu;
using KdSim.Machine.Snapshots;
using KdSim.Nt;

namespace KdSim.Kernel;

/// <summary>
/// The simulated kernel of one machine: the way from traps to C#, and one object of each component (properties written by the generator). It holds no state
/// that is not in guest memory, but for what a snapshot knows: the guest stacks with their suspended sequences and the immutable roots.
/// Single-threaded; on a host thread one machine runs at a time.
/// </summary>
public sealed partial class NtKernel : ITrapHandler, ISnapshotPart
{
    private const int MaxFindings = 10_000;

    public NtKernel(Computer computer, BootOptions? options = null)
    {
        Options = options ?? new BootOptions();
        Computer = computer;
        Cpu = computer.Processors[0];
        Memory = new KernelMemory(this);
        Guest = new Guest(this);
        Runner = new SequenceRunner(this);
        Dispatcher = new TrapDispatcher(this);
        Contracts = new CallContracts(this);
        CreateComponents();
        Images.Build(this);
        computer.TrapHandler = this;
        computer.AddSnapshotPart(this);
    }

    public Computer Computer { get; }

    /// <summary>The processor whose trap is being handled, or the one that host code chose with <see cref="Enter"/>.</summary>
    public Processor Cpu { get; private set; }

    /// <summary>Virtual memory as the current processor sees it.</summary>
    public KernelMemory Memory { get; }

    public Guest Guest { get; }

    /// <summary>Where the routines are in guest memory.</summary>
    public StubMap Stubs { get; } = new();

    public SyntheticImages Images { get; } = new();

    /// <summary>What the machine boots with.</summary>
    public BootOptions Options { get; }

    /// <summary>Physical address of the System process's top-level page table; constant once booted.</summary>
    public ulong SystemRoot { get; internal set; }

    /// <summary>All kernel-mode stacks, with the sequences suspended on them.</summary>
    public GuestStacks Stacks { get; private set; } = new();

    /// <summary>State that is not in guest memory: immutable, replaced as a whole.</summary>
    public KernelRoots Roots { get; set; } = new();

    /// <summary>Who listens; null: nobody.</summary>
    public IKernelObserver? Observer { get; set; }

    /// <summary>The routine whose trap is being handled, for messages.</summary>
    public Stub CurrentRoutine => Dispatcher.CurrentStub;

    /// <summary>The address to which the routine in this trap returns: its caller in guest code.</summary>
    public ulong CallerAddress => Memory.ReadU64(Dispatcher.FrameAddress);

    internal SequenceRunner Runner { get; }

    internal TrapDispatcher Dispatcher { get; }

    internal CallContracts Contracts { get; }

    /// <summary>A processor executed the trap instruction.</summary>
    public void Trap(Processor cpu)
    {
        Enter(cpu);
        Memory.ResetBudget();
        Dispatcher.Handle(cpu);
    }

    /// <summary>Makes a processor's view of memory the ambient one of this host thread.</summary>
    public void Enter(Processor cpu)
    {
        Cpu = cpu;
        GuestMemory.Current = Memory;
        SequenceRunner.Enter(Runner);
    }

    /// <summary>True for addresses in nt and hal, whose faults NT blames on itself.</summary>
    public bool IsKernelImage(ulong address) => SyntheticImages.Contains(address);

    /// <summary>The address of a variable of nt.</summary>
    public ulong Data(Datum datum) => Images.AddressOf(datum);

    /// <summary>Builds the state of a machine that has just started; afterwards the computer can run. Once.</summary>
    public void Boot()
    {
        if (SystemRoot != 0)
            throw new InvalidOperationException("the machine has booted already");
        Enter(Cpu);
        new Bootstrap(this).Run();
    }



    public void IrqlChanged(Processor cpu, byte oldIrql, byte newIrql) => Observer?.IrqlChanged(cpu.Number, oldIrql, newIrql);

    public void InterruptAccepted(Processor cpu, byte vector) => Observer?.InterruptEntered(cpu.Number, vector, (byte)(vector >> 4));

    public void ExceptionRaised(Processor cpu, int vector, uint errorCode)
    {
    }

    object ISnapshotPart.Save() => (Stacks.Clone(), Roots);

    void ISnapshotPart.Restore(object state)
    {
        (GuestStacks stacks, KernelRoots roots) = ((GuestStacks, KernelRoots))state;
        Stacks = stacks.Clone();
        Roots = roots;
    }

    /// <summary>
    /// What suspended routines hold in C# locals is left out: compilers lay it out as they like, and a hash is the same in every build.
    /// What differs there differs in memory as soon as the routine goes on.
    /// </summary>
    void ISnapshotPart.AddToHash(StateHasher hasher)
    {
        Stacks.AddToHash(hasher);
        using var roots = new MemoryStream();
        using var writer = new BinaryWriter(roots);
        Roots.WriteTo(writer);
        writer.Flush();
        hasher.Add(roots.GetBuffer().AsSpan(0, (int)roots.Length));
    }

    internal void Report(FindingKind kind, ulong subject, ulong expected, ulong found, string text = "")
    {
        var finding = new Finding(kind, Cpu.Number, Cpu.State.Clock, subject, Cpu.TrapRip, expected, found, text);
        if (Roots.Findings.Count < MaxFindings)
            Roots = Roots with { Findings = Roots.Findings.Add(finding) };
        Observer?.Found(finding);
    }
}
