namespace KdSim.Debugger.Tests.Extensions;

/// <summary>A bus device with a function driver and a filter over it, a process with a thread, and a request pending in the function driver.</summary>
sealed class ToyStack
{
    public ToyStack(FakeKernel kernel)
    {
        Kernel = kernel;
        ulong drivers = kernel.Object("Directory", "Driver", kernel.Root, "_OBJECT_DIRECTORY");
        ulong devices = kernel.Object("Directory", "Device", kernel.Root, "_OBJECT_DIRECTORY");
        BusDriver = Driver(drivers, "pci");
        ToyDriver = Driver(drivers, "kdtoy");
        FilterDriver = Driver(drivers, "kdflt");
        BusDevice = Device(devices, "NTPNP_PCI0001", BusDriver);
        ToyDevice = Device(devices, "KdToy0", ToyDriver);
        FilterDevice = Device(devices, "", FilterDriver);
        Attach(BusDevice, ToyDevice);
        Attach(ToyDevice, FilterDevice);
        Node = DevNode(@"PCI\VEN_1D1D&DEV_0001\0", "kdtoy", BusDevice);
        RootNode = DevNode(@"HTREE\ROOT\0", "", kernel.New("_DEVICE_OBJECT", ("Type", 3)));
        kernel.Set(RootNode, "_DEVICE_NODE", ("Child", Node), ("LastChild", Node));
        kernel.Set(Node, "_DEVICE_NODE", ("Parent", RootNode));
        kernel.Qword(kernel.Global("IopRootDeviceNode"), RootNode);
        Extension(BusDevice, ("DeviceNode", Node));
        Process = kernel.Object("Process", "", 0, "_EPROCESS", ("Pcb.Header.Type", 3), ("UniqueProcessId", 0x4d8),
            ("InheritedFromUniqueProcessId", 0x2bc), ("Pcb.DirectoryTableBase", 0x1a2b3c002), ("Pcb.BasePriority", 8), ("Peb", 0x7d41f2b000));
        kernel.Write(Process + kernel.Offset("_EPROCESS", "ImageFileName"), "toyapp.exe"u8);
        kernel.EmptyList(Process + kernel.Offset("_EPROCESS", "ThreadListHead"));
        kernel.InsertTail(kernel.Global("PsActiveProcessHead"), Process + kernel.Offset("_EPROCESS", "ActiveProcessLinks"));
        Thread = kernel.Object("Thread", "", 0, "_ETHREAD", ("Tcb.Header.Type", 6), ("Tcb.State", 5), ("Tcb.WaitReason", 0),
            ("Cid.UniqueProcess", 0x4d8), ("Cid.UniqueThread", 0xa14), ("Tcb.Process", Process), ("Tcb.ApcState.Process", Process),
            ("Tcb.Priority", 8), ("Tcb.BasePriority", 8), ("Tcb.InitialStack", FakeKernel.Stack + 0x5c90),
            ("Tcb.StackBase", FakeKernel.Stack + 0x6000), ("Tcb.StackLimit", FakeKernel.Stack), ("Tcb.KernelStack", FakeKernel.Stack + 0x5760));
        kernel.EmptyList(Thread + kernel.Offset("_ETHREAD", "IrpList"));
        kernel.InsertTail(Process + kernel.Offset("_EPROCESS", "ThreadListHead"), Thread + kernel.Offset("_ETHREAD", "ThreadListEntry"));
        File = kernel.Object("File", "", 0, "_FILE_OBJECT", ("Type", 5), ("Size", 0xd8), ("DeviceObject", ToyDevice));
        Irp = PendingIrp();
    }

    public FakeKernel Kernel { get; }
    public ulong BusDriver { get; }
    public ulong ToyDriver { get; }
    public ulong FilterDriver { get; }
    public ulong BusDevice { get; }
    public ulong ToyDevice { get; }
    public ulong FilterDevice { get; }
    public ulong Node { get; }
    public ulong RootNode { get; }
    public ulong Process { get; }
    public ulong Thread { get; }
    public ulong File { get; }
    public ulong Irp { get; }

    ulong Driver(ulong directory, string name)
    {
        ulong driver = Kernel.Object("Driver", name, directory, "_DRIVER_OBJECT", ("Type", 4), ("Size", 0x150));
        Kernel.SetString(driver, "_DRIVER_OBJECT", "DriverName", @"\Driver\" + name);
        Kernel.Set(driver, "_DRIVER_OBJECT", ("DriverExtension", Kernel.New("_DRIVER_EXTENSION", ("DriverObject", driver))));
        for (int i = 0; i < 28; i++)
            Kernel.Set(driver, "_DRIVER_OBJECT", ($"MajorFunction[{i}]", Kernel.Global("IopInvalidDeviceRequest")));
        return driver;
    }

    ulong Device(ulong directory, string name, ulong driver)
    {
        ulong device = Kernel.Object("Device", name, name.Length > 0 ? directory : 0, "_DEVICE_OBJECT", ("Type", 3), ("Size", 0x250),
            ("ReferenceCount", 1), ("DriverObject", driver), ("DeviceType", 0x22), ("Flags", 0x44), ("StackSize", 1), ("Characteristics", 0x100));
        Kernel.Set(device, "_DEVICE_OBJECT", ("DeviceExtension", device + 0x150),
            ("DeviceObjectExtension", Kernel.New("_DEVOBJ_EXTENSION", ("Type", 13), ("DeviceObject", device), ("ExtensionFlags", 0x800))));
        Kernel.Set(driver, "_DRIVER_OBJECT", ("DeviceObject", device));
        Kernel.EmptyList(device + Kernel.Offset("_DEVICE_OBJECT", "DeviceQueue.DeviceListHead"));
        return device;
    }

    void Attach(ulong lower, ulong upper)
    {
        Kernel.Set(lower, "_DEVICE_OBJECT", ("AttachedDevice", upper));
        Extension(upper, ("AttachedTo", lower));
    }

    void Extension(ulong device, params (string, ulong)[] fields) =>
        Kernel.Set(Kernel.Session.Types["nt!_DEVICE_OBJECT"].Read(device)["DeviceObjectExtension"], "_DEVOBJ_EXTENSION", fields);

    ulong DevNode(string path, string service, ulong device)
    {
        ulong node = Kernel.New("_DEVICE_NODE", ("State", 0x308), ("PreviousState", 0x30d), ("PhysicalDeviceObject", device), ("Flags", 0x130),
            ("StateHistory[0]", 0x301), ("StateHistory[1]", 0x302), ("StateHistory[2]", 0x308), ("StateHistoryEntry", 3));
        Kernel.SetString(node, "_DEVICE_NODE", "InstancePath", path);
        if (service.Length > 0)
            Kernel.SetString(node, "_DEVICE_NODE", "ServiceName", service);
        return node;
    }

    ulong PendingIrp()
    {
        ulong location = Kernel.TypeSize("_IO_STACK_LOCATION");
        ulong irp = Kernel.Block("Irp ", Kernel.TypeSize("_IRP") + 2 * location);
        ulong first = irp + Kernel.TypeSize("_IRP");
        Kernel.Set(irp, "_IRP", ("Type", 6), ("Size", 0x160), ("StackCount", 2), ("CurrentLocation", 1), ("Flags", 0x60070),
            ("AssociatedIrp.SystemBuffer", FakeKernel.Pool + 0x2e00), ("Tail.Overlay.Thread", Thread),
            ("Tail.Overlay.CurrentStackLocation", first), ("Tail.Overlay.OriginalFileObject", File));
        Kernel.Set(first, "_IO_STACK_LOCATION", ("MajorFunction", 14), ("Flags", 5), ("Control", 0xe1), ("DeviceObject", ToyDevice),
            ("FileObject", File), ("CompletionRoutine", Kernel.Global("KiRetireDpcList") + 0x10), ("Context", FilterDevice + 0x150),
            ("Parameters.Others.Argument1", 0x10), ("Parameters.Others.Argument2", 8), ("Parameters.Others.Argument3", 0x222000));
        Kernel.Set(first + location, "_IO_STACK_LOCATION", ("MajorFunction", 14), ("Flags", 5), ("DeviceObject", FilterDevice), ("FileObject", File),
            ("Parameters.Others.Argument1", 0x10), ("Parameters.Others.Argument2", 8), ("Parameters.Others.Argument3", 0x222000));
        Kernel.InsertTail(Thread + Kernel.Offset("_ETHREAD", "IrpList"), irp + Kernel.Offset("_IRP", "ThreadListEntry"));
        return irp;
    }
}
