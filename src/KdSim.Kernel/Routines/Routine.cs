using KdSim.Nt;

namespace KdSim.Kernel.Routines;

/// <summary>How a routine runs, cheapest first.</summary>
public enum RoutineClass
{
    /// <summary>x64 code in the image; no C# when it runs.</summary>
    GuestCode,

    /// <summary>A plain method: done when it returns.</summary>
    Leaf,

    /// <summary>Ends in a return, a jump, a parked thread or a loaded context.</summary>
    Tail,

    /// <summary>Calls guest code or waits, and goes on.</summary>
    Sequence,
}

/// <summary>One row of the table of routines: what is known of a routine before any machine exists. Immutable.</summary>
public sealed unsafe class Routine
{
    public Stub Stub { get; init; }
    public string Name { get; init; } = "";
    public string Image { get; init; } = ImageNames.Kernel;
    public RoutineClass Class { get; init; }
    public bool IsExported { get; init; }
    public bool CallsResult { get; init; }
    public byte MaxIrql { get; init; } = Irql.High;

    /// <summary>
    /// Code that NT keeps in pageable sections: what the documentation limits to PASSIVE_LEVEL, but for the dispatcher, synchronization and memory routines
    /// (Ke, Ex, Mm) and the entries of system services (Nt), which are resident.
    /// </summary>
    public bool IsPageable => IsExported && MaxIrql == Irql.Passive && Image == ImageNames.Kernel && Class != RoutineClass.GuestCode && !IsResident &&
        Name[..2] is not ("Ke" or "Ex" or "Mm" or "Nt");

    /// <summary>Stays in memory whatever its limit.</summary>
    public bool IsResident { get; init; }

    /// <summary>The declared cost in ticks, or negative for the default.</summary>
    public int Cost { get; init; } = -1;

    /// <summary>Component.Method, for messages and <c>!kframes</c>.</summary>
    public string Method { get; init; } = "";

    public string[] Parameters { get; init; } = [];

    internal delegate*<NtKernel, in Trap, void> Thunk { get; init; }
    internal delegate*<NtKernel, GuestAssembler, void> Emit { get; init; }

    public override string ToString() => Name;
}

/// <summary>All routines of the simulated images, ordered by name; <see cref="Stub"/> is the index.</summary>
public static unsafe partial class RoutineTable
{
    private static readonly Routine[] Rows = Create();

    public static ReadOnlySpan<Routine> All => Rows;

    public static Routine Get(Stub stub) => Rows[(int)stub];

    private static partial Routine[] Create();
}
