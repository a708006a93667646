using Xunit;

namespace KdSim.Tests.Live;

/// <summary><c>dx</c> on the demo machine.</summary>
public class DataModelTests
{
    [Fact]
    public void Data_model_language() => LiveConsole.CheckGolden(LiveConsole.Demo(
        "dx 5+7", "dx ((x, y) => (x + y))(5, 7)", "dx ((x, y) => (x + y))(\"Hello\", \"World\")", "dx \"abc\".Length", "dx @$text = \"Test String\"",
        "dx @$vars", "dx @$text.ToUpper().Replace(\"TEST\", \"A\").Split(\" \")", "dx @$vars.Remove(\"text\")", "dx @$vars",
        "dx new { MyInt = 42, MyString = \"Hello World\" }", "dx -r2 new { Inner = new { A = 1 }, B = 2 > 1 && !(3 == 4) }", "dx 10 / 4,x", "dx -1",
            "dx 0x10,o",
        "dx 1 ? 2 : 3", "dx ~0", "dx sizeof(nt!_IRP) == sizeof(nt!_IRP *)", "dx (unsigned char)300", "dx foo", "dx 1 +", "dx (1", "dx 1 2", "dx 5.Foo()",
        "dx \"x\".Substring()", "dx 1,zz", "dx -q 1", "dx", "dx 7(1)", "dx Modules.Select(m => m.Nope)", "dx -v \"x\"", "dx 3 = 4",
            "dx Modules.First(m => false)"));

    [Fact]
    public void Data_model_queries() => LiveConsole.CheckGolden(LiveConsole.Demo(
        "dx Debugger.Sessions", "dx @$curprocess", "dx @$curthread.Stack.Frames",
            "dx Modules.Where(m => m.Name.StartsWith(\"pulse\")).Select(m => m.ImageName)",
        "dx -g Modules.OrderByDescending(m => m.Name).Take(3).Select(m => new { m.Name, m.SymbolStatus })",
            "dx -gc 5 Modules.Skip(5).Select(m => new { m.Name })",
        "dx Modules.Count(m => m.SymbolStatus == \"private pdb symbols\")", "dx Modules.Any(m => m.Name == \"nt\") && !Modules.All(m => m.Name == \"nt\")",
        "dx Drivers.Select(d => d->DriverName.ToDisplayString()).OrderBy(n => n)", "dx Drivers.Select(d => d->DriverSize).Max(),x",
        "dx Devices.DeviceTree.Flatten(n => n.Children).GroupBy(n => n.PhysicalDeviceObject->Driver->DriverName.ToDisplayString())",
        "dx -r2 Devices.DeviceTree.Flatten(n => n.Children).Where(n => n.ServiceName == \"pulse\").Select(n => new { n.InstancePath, n.State })",
        "dx @$own = Drivers.Where(d => d->DriverName.ToDisplayString().Contains(\"pulse\"))", "dx @$own.Count()",
        "dx @$own.First()->DeviceObject->LowerDevices.Select(d => d->DriverObject->DriverName.ToDisplayString())",
        "dx Debugger.Utility.Control.ExecuteCommand(\"lm1m\").Contains(\"pulse\")", "dx Modules,2", "dx -c 6 Modules"));

    /// <summary>What the kernel holds at a moment: a request, its DPC, and fields of the driver's own types.</summary>
    [Fact]
    public void Data_model_at_a_stop() => LiveConsole.CheckGolden(LiveConsole.Demo(
        "bp pulse!PulseDispatchRead", "g", "dx Irps.Count() > 0", "dx -r1 Irp->IoStatus", "dx Irp->CurrentLocation < Irp->StackCount",
        "dx Irp->Flags = 0x10", "?? Irp->Flags", "dx (pulse!_PULSE_EXTENSION *)DeviceObject->DeviceExtension == DeviceObject->DeviceExtension",
        "dx @$curframe.Parameters.DeviceObject->DeviceType", "dx @$curthread.Process.Name", "dx nt!PsIdleProcess", "dx (nt!_DEVICE_OBJECT *)0",
        "bc *", "sxe dpc:pulse!*", "g", "dx Processors.Select(p => p.Irql)", "sxr", "bp pulse!PulseIsr", "g", "gu", "dx Dpcs.Select(d => d->DeferredRoutine)"));
}
