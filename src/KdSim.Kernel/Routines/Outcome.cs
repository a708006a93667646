using KdSim.Nt;

namespace KdSim.Kernel.Routines;

/// <summary>How a tail routine ends.</summary>
public enum OutcomeKind : byte
{
    /// <summary>Returns a value to the caller.</summary>
    Return,

    /// <summary>Goes on at another routine, with the registers as they are: that one returns to the caller.</summary>
    Jump,

    /// <summary>The thread has been switched away: the registers belong to another thread by now, and the waker sets RAX.</summary>
    Parked,

    /// <summary>Goes on with the registers of a CONTEXT in guest memory.</summary>
    Resume,
}

/// <summary>The result of a tail routine.</summary>
public readonly struct Outcome
{
    private Outcome(OutcomeKind kind, ulong value)
    {
        Kind = kind;
        Value = value;
    }

    public OutcomeKind Kind { get; }

    /// <summary>The value returned, the address to jump to, or the address of the CONTEXT.</summary>
    public ulong Value { get; }

    public static Outcome Parked => new(OutcomeKind.Parked, 0);

    public static Outcome Return(ulong value) => new(OutcomeKind.Return, value);

    public static Outcome Return(NtStatus status) => new(OutcomeKind.Return, (uint)status);

    public static Outcome Return(bool value) => new(OutcomeKind.Return, value ? 1u : 0);

    public static Outcome Jump(ulong address) => new(OutcomeKind.Jump, address);

    public static Outcome Resume(ulong context) => new(OutcomeKind.Resume, context);
}
