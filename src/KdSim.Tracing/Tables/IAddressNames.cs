namespace KdSim.Tracing.Tables;

/// <summary>Names code. Symbols belong to whoever has them; without, names are module and offset.</summary>
public interface IAddressNames
{
    /// <summary>The name of the function at an offset in a module, or null.</summary>
    /// <param name="module">As the trace names the image.</param>
    /// <param name="offset">From the module's first byte.</param>
    string? FunctionAt(in ModuleIdentity module, uint offset);
}

/// <summary>An image as a trace knows it.</summary>
/// <param name="PdbName">Empty where the trace does not say it, as <paramref name="PdbGuid"/> then is.</param>
public readonly record struct ModuleIdentity(string File, uint TimeDateStamp, ulong Size, string PdbName, Guid PdbGuid, uint PdbAge);

/// <summary>Knows no symbols.</summary>
public sealed class NoNames : IAddressNames
{
    public static NoNames Instance { get; } = new();

    public string? FunctionAt(in ModuleIdentity module, uint offset) => null;
}
