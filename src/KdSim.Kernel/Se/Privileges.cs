using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Se;

/// <summary>
/// Privileges. Every process of the simulated machine runs as Local System with all privileges enabled, so a check asks whether the privilege exists.
/// PASSIVE_LEVEL.
/// </summary>
public sealed class Privileges(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>Kernel mode has every privilege, and those that do not exist.</summary>
    [NtExport("SeSinglePrivilegeCheck", MaxIrql = Irql.Passive)]
    public bool SeSinglePrivilegeCheck(ulong PrivilegeValue, sbyte PreviousMode) =>
        PreviousMode == 0 || PrivilegeValue is >= SecurityExports.FirstPrivilege and <= SecurityExports.LastPrivilege;
}
