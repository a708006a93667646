namespace KdSim.Symbols.Unwind;

/// <summary>The registers that unwinding follows: 16 general ones, rip, and xmm (of use only when the caller filled them).</summary>
public sealed class UnwindContext
{
    readonly ulong[] _general = new ulong[16];
    readonly UInt128[] _xmm = new UInt128[16];

    public ulong Rip { get; set; }

    public ulong Rsp
    {
        get => this[Gpr.Rsp];
        set => this[Gpr.Rsp] = value;
    }

    public ulong this[Gpr register]
    {
        get => _general[(int)register];
        set => _general[(int)register] = value;
    }

    public Span<UInt128> Xmm => _xmm;

    public UnwindContext Clone()
    {
        var copy = new UnwindContext();
        copy.CopyFrom(this);
        return copy;
    }

    public void CopyFrom(UnwindContext other)
    {
        other._general.CopyTo(_general, 0);
        other._xmm.CopyTo(_xmm, 0);
        Rip = other.Rip;
    }
}

/// <summary>
/// What unwinding one frame told besides the caller's registers. <see cref="HandlerVa"/> is 0 when no handler of the wanted kind
/// applies; a machine frame was pushed by the processor, so the caller's rip is where it was interrupted, not a return address.
/// </summary>
public readonly record struct UnwoundFrame(ulong EstablisherFrame, ulong HandlerVa, ulong HandlerDataVa, bool IsMachineFrame);
