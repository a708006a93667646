using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace Sample;

/// <summary>What was typed after <c>!pulse</c>: a device object's expression, or nothing for all devices.</summary>
public sealed record PulseArguments(string? Device);

/// <summary>
/// <c>!pulse</c>: the Pulse devices as a table, or one device with its pending reads. Parsing sees only text; running sees the target and
/// answers with nodes, which the console shows as text with links and <c>--json</c> as data.
/// </summary>
[Command("!pulse", "!pulse [device]", "Show Pulse devices, or one of them with its pending reads", Example = "!pulse")]
[Reads("nt!_DEVICE_OBJECT", "nt!_DRIVER_OBJECT", "nt!_DEVICE_NODE", "nt!_IRP", "nt!IopRootDeviceNode")]
public sealed class PulseCommand : Command<PulseArguments>
{
    const int MostReads = 1024;

    /// <inheritdoc/>
    protected override PulseArguments Parse(ArgumentReader arguments)
    {
        string? device = arguments.Expression();
        arguments.End();
        return new PulseArguments(device);
    }

    /// <inheritdoc/>
    protected override IEnumerable<Node> Run(PulseArguments arguments, IDebugSession session)
    {
        if (arguments.Device is { } expression)
            return One(session, session.Types["nt!_DEVICE_OBJECT"].Read(session.Evaluate(expression)));
        List<StructureValue> devices = [.. PulseDevices.Find(session)];
        return devices.Count == 0 ? [new Error("There is no Pulse device")] : [All(session, devices)];
    }

    static Table All(IDebugSession session, List<StructureValue> devices) => new(
        [
            new("device", "Device", 16), new("state", "State", 14), new("rate", "Rate us", 7, Right: true), new("buffered", "Buffered", 8, Right: true),
            new("interrupts", "Interrupts", 10, Right: true), new("reads", "Reads", 7, Right: true), new("dropped", "Dropped", 7, Right: true),
        ],
        devices.Select(device =>
        {
            StructureValue pulse = PulseDevices.Extension(session, device);
            return (IReadOnlyList<Node>)
            [
                new Link($"{device.Address:x16}", $"!pulse {device.Address:x}"), pulse.EnumName("State"), $"{pulse["Rate"]}", $"{pulse["SampleCount"]}",
                $"{pulse["InterruptCount"]}", $"{pulse["Statistics.ReadsCompleted"]}", $"{pulse["Statistics.Dropped"]}",
            ];
        }));

    static IEnumerable<Node> One(IDebugSession session, StructureValue device)
    {
        StructureValue pulse = PulseDevices.Extension(session, device);
        if (pulse["Self"] != device.Address)
        {
            yield return new Error($"{device.Address:x16} is no device of the Pulse driver");
            yield break;
        }
        yield return new Line("Pulse device ", new Link($"{device.Address:x16}", $"!devobj {device.Address:x}"), " extension ",
            new Link($"{pulse.Address:x16}", $"dt pulse!_PULSE_EXTENSION {pulse.Address:x}"));
        yield return new Line($"  State    {pulse.EnumName("State")}, {pulse["OpenHandles"]} handles open");
        yield return new Line($"  Link     {pulse.UnicodeString("LinkName")}");
        yield return new Line($"  Sampling every {pulse["Rate"]} us, {pulse["SampleCount"]} samples wait");
        List<StructureValue> reads =
            [.. session.Types["nt!_IRP"].List(pulse.AddressOf("ReadList"), "Tail.Overlay.ListEntry", MostReads)];
        yield return new Line($"  Pending reads: {reads.Count}");
        foreach (StructureValue irp in reads)
            yield return new Line("    ", new Link($"{irp.Address:x16}", $"!irp {irp.Address:x}"), " of thread ",
                new Link($"{irp["Tail.Overlay.Thread"]:x16}", $"!thread {irp["Tail.Overlay.Thread"]:x}"));
    }
}
