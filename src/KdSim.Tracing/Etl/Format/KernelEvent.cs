namespace KdSim.Tracing.Etl.Format;

/// <summary>A classic event: its task's GUID, opcode and lowest version, the names that TraceEvent gives it, and its payload.</summary>
/// <param name="Group">The group under which the kernel logs it; null for events with a GUID of their own.</param>
public sealed record KernelEvent(Guid TaskGuid, KernelGroup? Group, byte Opcode, byte Version, string Task, string Name, PayloadTemplate Payload)
{
    /// <summary>As TraceEvent writes it: Task/Name.</summary>
    public string FullName { get; } = $"{Task}/{Name}";
}
