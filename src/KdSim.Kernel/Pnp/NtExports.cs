namespace KdSim.Kernel.Pnp;

/// <summary>Exports of nt and hal by name, as the in-box drivers import them. A missing one stops by its name at the first call.</summary>
public sealed class NtExports(NtKernel kernel) : KernelComponent(kernel)
{
    public ulong this[string name] =>
        Kernel.ImportResolver.Find(name) is var address and not 0 ? address
            : throw new NotSupportedException($"nt!{name} is not implemented; Plug and Play calls it");
}
