using KdSim.Debugging.Structures;

namespace KdSim.Debugging.Kernel;

/// <summary>Device and driver objects: which memory holds one, their names, and the way up and down a device stack.</summary>
public static class Devices
{
    /// <summary>The type number of a device object.</summary>
    public const int DeviceType = 3;
    /// <summary>The type number of a driver object.</summary>
    public const int DriverType = 4;
    /// <summary>The type number of a file object.</summary>
    public const int FileType = 5;
    /// <summary>The type number of an IRP.</summary>
    public const int IrpType = 6;
    /// <summary>The most devices that a stack is followed through.</summary>
    public const int DeepestStack = 64;

    /// <summary>The DEVICE_OBJECT at an address, or null.</summary>
    public static StructureValue? Device(IDebugSession session, ulong address) => Typed(session, "nt!_DEVICE_OBJECT", address, DeviceType);

    /// <summary>The DRIVER_OBJECT at an address, or null.</summary>
    public static StructureValue? Driver(IDebugSession session, ulong address) => Typed(session, "nt!_DRIVER_OBJECT", address, DriverType);

    /// <summary>The IRP at an address, or null.</summary>
    public static StructureValue? Irp(IDebugSession session, ulong address) => Typed(session, "nt!_IRP", address, IrpType);

    /// <summary>The FILE_OBJECT at an address, or null.</summary>
    public static StructureValue? File(IDebugSession session, ulong address) => Typed(session, "nt!_FILE_OBJECT", address, FileType);

    static StructureValue? Typed(IDebugSession session, string type, ulong address, ulong number) =>
        address != 0 && session.Types[type].TryRead(address) is { IsComplete: true } read && read["Type"] == number ? read : null;

    /// <summary><c>\Driver\name</c>, or text that says what is wrong with it.</summary>
    public static string DriverName(IDebugSession session, ulong driver) =>
        Driver(session, driver)?.UnicodeString("DriverName") is { Length: > 0 } name ? name : $"*** ERROR: no driver object at {driver:x16}";

    /// <summary>The name of the driver that a device belongs to.</summary>
    public static string DriverNameOf(IDebugSession session, ulong device) =>
        Device(session, device) is { } read ? DriverName(session, read["DriverObject"]) : $"*** ERROR: no device object at {device:x16}";

    /// <summary>The part of a device object that the I/O manager keeps.</summary>
    public static StructureValue? Extension(IDebugSession session, StructureValue device) =>
        session.Types["nt!_DEVOBJ_EXTENSION"].TryRead(device["DeviceObjectExtension"]) is { IsComplete: true } read ? read : null;

    /// <summary>The device that this one is attached to; 0 at the bottom.</summary>
    public static ulong Lower(IDebugSession session, StructureValue device) =>
        Extension(session, device) is { } extension && extension.TryGet("AttachedTo", out ulong lower) ? lower : 0;

    /// <summary>The node of a physical device object; 0 for other devices.</summary>
    public static ulong Node(IDebugSession session, StructureValue device) =>
        Extension(session, device) is { } extension && extension.TryGet("DeviceNode", out ulong node) ? node : 0;

    /// <summary>All devices of the stack that a device stands in, top first; bounded, for links can be broken.</summary>
    public static IReadOnlyList<StructureValue> Stack(IDebugSession session, StructureValue device)
    {
        StructureValue top = device;
        for (int i = 0; i < DeepestStack && Device(session, top["AttachedDevice"]) is { } upper; i++)
            top = upper;
        List<StructureValue> stack = [top];
        while (stack.Count < DeepestStack && Device(session, Lower(session, stack[^1])) is { } lower)
            stack.Add(lower);
        return stack;
    }
}
