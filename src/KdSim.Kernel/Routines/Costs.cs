namespace KdSim.Kernel.Routines;

/// <summary>
/// Virtual time that kernel work costs, in ticks of 0.5 ns. One table; every trace names its version, since another table gives another interleaving.
/// </summary>
public static class Costs
{
    public const int Version = 1;

    public const int Routine = 200;
    public const int Park = 2_000;
    public const int Switch = 2_000;
    public const int InterruptEntry = 800;
    public const int InterruptExit = 600;
    public const int Dpc = 300;

    /// <summary>Memory copied by C#: 1 ns for 16 bytes.</summary>
    public static ulong Copy(ulong bytes) => bytes / 16 * 2;

    public static int Of(Routine routine) => routine.Cost >= 0 ? routine.Cost : Routine;
}
