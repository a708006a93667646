namespace KdSim.Kernel.Routines;

/// <summary>
/// One run of a sequence's stub: where its guest frame lies, and its suspended state machines, the innermost last. Belongs to the guest stack that
/// <see cref="FrameAddress"/> lies on. Part of the machine's state: cloned by a snapshot.
/// </summary>
public sealed class Activation
{
    private readonly List<SequenceFrame> _frames = [];

    public Stub Stub { get; internal set; }

    /// <summary>The address of the return address that the stub's caller pushed; RBP of the stub is 8 below.</summary>
    public ulong FrameAddress { get; internal set; }

    /// <summary>RSP as it must be when the stub's resume trap is reached.</summary>
    public ulong Rsp { get; internal set; }

    /// <summary>The lowest address that the routine itself uses: below the stub's home space and its scratch areas. 16-aligned.</summary>
    public ulong LocalRsp { get; internal set; }

    /// <summary>What a called routine must leave as it was; only meaningful while <see cref="Contract"/>.Target is not 0.</summary>
    internal CallContract Contract;

    public IReadOnlyList<SequenceFrame> Frames => _frames;

    internal List<SequenceFrame> FrameList => _frames;

    internal Activation Clone()
    {
        var copy = new Activation { Stub = Stub, FrameAddress = FrameAddress, Rsp = Rsp, LocalRsp = LocalRsp, Contract = Contract };
        foreach (SequenceFrame frame in _frames)
            copy._frames.Add(frame.Clone());
        return copy;
    }
}

/// <summary>State of a processor before a guest routine is called; compared when it returns.</summary>
internal struct CallContract
{
    public const byte AnyIrql = 0xFF;

    public ulong Target;
    public ulong Rbx, Rbp, Rsi, Rdi, R12, R13, R14, R15;
    public byte Irql;
    public short KernelApcDisable;
}
