using KdSim.Debugging.Commands;
using KdSim.Debugging.Structures;

namespace Sample;

/// <summary>Finds the devices of the Pulse driver: by the device tree, then up each device stack.</summary>
static class PulseDevices
{
    const int MostNodes = 4096;
    const int DeepestStack = 16;

    /// <summary>The Pulse device objects of the system.</summary>
    public static IEnumerable<StructureValue> Find(IDebugSession session)
    {
        StructureLayout nodeType = session.Types["nt!_DEVICE_NODE"];
        Stack<ulong> left = new([session.ReadPointer(session.AddressOf("nt!IopRootDeviceNode"))]);
        HashSet<ulong> seen = [];
        while (left.TryPop(out ulong address))
        {
            // Lists in a target can be broken: never follow one without a bound, never trust that a read succeeds.
            session.Cancellation.ThrowIfCancellationRequested();
            if (address == 0 || seen.Count >= MostNodes || !seen.Add(address) || nodeType.TryRead(address) is not { IsComplete: true } node)
                continue;
            left.Push(node["Sibling"]);
            left.Push(node["Child"]);
            if (FunctionDevice(session, node["PhysicalDeviceObject"]) is { } device)
                yield return device;
        }
    }

    /// <summary>The device of the Pulse driver in the stack over a physical device, or null.</summary>
    static StructureValue? FunctionDevice(IDebugSession session, ulong physical)
    {
        StructureLayout deviceType = session.Types["nt!_DEVICE_OBJECT"];
        ulong address = physical;
        for (int i = 0; i < DeepestStack && address != 0 && deviceType.TryRead(address) is { IsComplete: true } device; i++)
        {
            if (session.Types["nt!_DRIVER_OBJECT"].TryRead(device["DriverObject"]) is { IsComplete: true } driver &&
                driver.UnicodeString("DriverName").Equals(@"\Driver\pulse", StringComparison.OrdinalIgnoreCase))
                return device;
            address = device["AttachedDevice"];
        }
        return null;
    }

    /// <summary>A device's extension, as the driver's own symbols describe it.</summary>
    public static StructureValue Extension(IDebugSession session, StructureValue device) =>
        session.Types.Find("pulse!_PULSE_EXTENSION") is null
            ? throw new CommandException("The symbols of pulse.sys are not loaded (.reload /f pulse.sys)")
            : session.Types["pulse!_PULSE_EXTENSION"].Read(device["DeviceExtension"]);
}
