using Xunit;

namespace KdSim.Debugger.Tests.Extensions;

/// <summary>Requests, devices, drivers, nodes, objects and pool, as a person sees them.</summary>
public class IoExtensionTests
{
    [Fact]
    public void Kd_irps()
    {
        FakeKernel kernel = new();
        ToyStack toy = new(kernel);
        kernel.Block("Toy ", 0x40);
        kernel.CloseBlocks();
        Golden.Check(kernel.Transcript($"!irp {toy.Irp:x}", $"!irp {toy.Irp:x} 1", $"!irp {toy.Irp + 8:x}", "!irp 1000", "!irp", "!irpfind",
            $"!irpfind 0 0 device {toy.ToyDevice:x}", "!irpfind 0 0 thread 1234", "!irpfind 0 0 colour 1", "!ioctldecode 222000",
            "!ioctldecode 9000000c", "!ioctldecode 2d1403"));
    }

    [Fact]
    public void Kd_devices()
    {
        FakeKernel kernel = new();
        ToyStack toy = new(kernel);
        Golden.Check(kernel.Transcript($"!devobj {toy.ToyDevice:x}", "!devobj KdToy0", @"!devobj \Device\KdToy0", $"!devobj {toy.FilterDevice:x}",
            "!devobj nosuch", "!devobj 1000", "!drvobj kdtoy 3", "!drvobj kdflt 5", "!drvobj nosuch", $"!devstack {toy.ToyDevice:x}", "!devstack 10",
            "!devnode 0 1", $"!devnode {toy.Node:x}", "!devnode 10", "!devnode 0 21"));
    }

    [Fact]
    public void Kd_objects_and_pool()
    {
        FakeKernel kernel = new();
        ToyStack toy = new(kernel);
        ulong block = kernel.Block("Toy ", 0x40);
        kernel.Block("Free", 0x20, allocated: false);
        kernel.CloseBlocks();
        Golden.Check(kernel.Transcript(@"!object \", @"!object \Device\KdToy0", $"!object {toy.ToyDevice:x} 21", "!object 0 Driver", @"!object \No\Such",
            "!object 1000", $"!pool {block:x}", $"!pool {block:x} 2", "!pool 1000", $"!poolval {block:x}", "!poolfind Toy", "!poolfind T*", "!poolused",
            "!poolused 2 Irp", "!poolfind Toy 1"));
    }

    [Fact]
    public void Damaged_lists_end()
    {
        FakeKernel kernel = new();
        ToyStack toy = new(kernel);
        kernel.Set(toy.Node, "_DEVICE_NODE", ("Sibling", toy.Node));
        Assert.Contains("comes back", kernel.Run("!devnode 0 1"));
        kernel.Set(toy.ToyDevice, "_DEVICE_OBJECT", ("AttachedDevice", toy.ToyDevice));
        Assert.Contains("ObjectName", kernel.Run($"!devstack {toy.ToyDevice:x}"));
        kernel.Set(toy.ToyDevice, "_DEVICE_OBJECT", ("NextDevice", toy.ToyDevice));
        kernel.Run("!drvobj kdtoy");
        kernel.Set(toy.Irp, "_IRP", ("StackCount", 0x7f));
        kernel.Run($"!irp {toy.Irp:x}");
        kernel.Set(FakeKernel.Pool, "_POOL_HEADER", ("BlockSize", 0xff));
        kernel.Set(FakeKernel.Pool + 0xff0, "_POOL_HEADER", ("BlockSize", 0x77));
        Assert.Contains("doesn't look like", kernel.Run($"!pool {toy.Irp:x}"));
        Assert.Contains("__inVALID", kernel.Run($"!poolval {toy.Irp:x}"));
    }
}
