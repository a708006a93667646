namespace KdSim.Debugging.Commands;

/// <summary>The version of this API. An extension built for another major version is refused before any of its types loads.</summary>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class DebuggerExtensionAttribute(int apiVersion) : Attribute
{
    /// <summary>What this assembly speaks.</summary>
    public const int CurrentVersion = 1;

    /// <summary>The version that the extension was built for.</summary>
    public int ApiVersion { get; } = apiVersion;
}
