using KdSim.Debugger.Expressions;
using KdSim.Debugger.Sessions;
using KdSim.Debugger.Stacks;
using KdSim.Debugging.Kernel;
using KdSim.Debugging.Structures;
using KdSim.Debugging.Targets;

namespace KdSim.Debugger.DataModel;

/// <summary>
/// The objects of a session in the data model: processes, threads, stacks, modules as WinDbg has them, and the devices, drivers, IRPs and
/// DPCs of the kernel. All is read from the target when it is asked for.
/// </summary>
public sealed class ModelObjects(DebuggerSession session)
{
    const uint IrpTag = 0x20707249;
    const int DeepestStack = 256;
    const int MostDpcs = 4096;

    /// <summary>A typed pointer into the target.</summary>
    public static ModelNative Pointer(DebuggerSession session, string type, ulong address) =>
        new(session, new TypedValue(BasicTypes.PointerTo(session.Types[type].Type), address));

    ModelNative Pointer(string type, ulong address) => Pointer(session, type, address);

    static ModelMember Text(string name, Func<string> text) => new(name, () => new ModelText(text()));

    static ModelMember Number(string name, Func<ulong> number) => new(name, () => ModelNumber.Of(number()));

    public ModelRecord Session => new(session.Target.Description,
    [
        new("Processes", () => new ModelSequence(Processes)),
        new("Threads", () => new ModelSequence(() => ProcessNames.All(session).SelectMany(ThreadsOf))),
        new("Modules", () => ModelSequence.Of(Modules)),
        new("Devices", () => new ModelSequence(AllDevices) { More = [new("DeviceTree", () => ModelSequence.Of(RootNode))] }),
        new("Drivers", () => new ModelSequence(() => ObjectsIn("\\Driver", "\\FileSystem").Select(o => Element(o, "nt!_DRIVER_OBJECT")))),
        new("Irps", () => ModelSequence.Of(() => Irps().Select(i => Pointer("nt!_IRP", i)))),
        new("Dpcs", () => ModelSequence.Of(Dpcs)),
        new("Processors", () => ModelSequence.Of(() => Enumerable.Range(0, session.Target.ProcessorCount).Select(Processor))),
    ]);

    ModelElement Element(ulong address, string type) => new(ModelNumber.Of(address), Pointer(type, address));

    IEnumerable<ModelElement> Processes() =>
        ProcessNames.All(session).Select(p => new ModelElement(ModelNumber.Of(p["UniqueProcessId"]), Process(p.Address)));

    IEnumerable<ModelElement> ThreadsOf(StructureValue process) =>
        ProcessNames.Threads(session, process).Select(t => new ModelElement(ModelNumber.Of(t["Cid.UniqueThread"]), Thread(t.Address)));

    public ModelRecord Process(ulong address)
    {
        StructureValue process = session.Types["nt!_EPROCESS"].Read(address);
        return new(ProcessNames.Image(process),
        [
            new("KernelObject", () => new ModelNative(session, new TypedValue(process.Layout.Type, address, address))),
            Text("Name", () => ProcessNames.Image(process)), Number("Id", () => process["UniqueProcessId"]),
            new("Threads", () => new ModelSequence(() => ThreadsOf(process))), new("Modules", () => ModelSequence.Of(Modules)),
        ]);
    }

    public ModelRecord Thread(ulong address)
    {
        StructureValue thread = session.Types["nt!_ETHREAD"].Read(address);
        ulong start = thread["Win32StartAddress"];
        return new(start == 0 ? "" : $"{session.SymbolAt(start)} (0x{start:x})",
        [
            new("KernelObject", () => new ModelNative(session, new TypedValue(thread.Layout.Type, address, address))),
            Number("Id", () => thread["Cid.UniqueThread"]), new("Process", () => Process(thread["Tcb.Process"])),
            Text("State", () => thread.EnumName("Tcb.State") is var name && ulong.TryParse(name, out ulong state) ? StateName(state) : name),
            new("Stack", () => Stack(address)),
        ]);
    }

    string StateName(ulong state) =>
        session.Types.Find("nt!_KTHREAD_STATE")?.Values.FirstOrDefault(v => (ulong)v.Value == state).Key ?? state.ToString();

    /// <summary>The frames of a thread: of a processor that runs it, or from what the context switch saved.</summary>
    public ModelRecord Stack(ulong thread) => new("", [new("Frames", () => ModelSequence.Of(() => Frames(thread).Select(Frame)))]);

    IEnumerable<StackFrame> Frames(ulong thread)
    {
        for (int i = 0; i < session.Target.ProcessorCount; i++)
            if (Sessions.Processors.ThreadOn(session, i) == thread && session.Target.TryGetContext(i, out ProcessorContext context) &&
                context.Integer is { } running)
                return session.Walker.Walk(running, DeepestStack);
        ulong stack = session.Types["nt!_ETHREAD"].Read(thread)["Tcb.KernelStack"];
        return session.Stacks.AtSwitch(stack) is { } saved ? session.Walker.Walk(saved, DeepestStack) : [];
    }

    public ModelValue CurrentFrame => session.Walker.ScopeFrame is { } frame ? Frame(frame) : new ModelRecord("", []);

    ModelRecord Frame(StackFrame frame) => new(session.SymbolAt(frame.Ip).Replace("+", " + "),
    [
        new("LocalVariables", () => Locals(frame, parameters: false)), new("Parameters", () => Locals(frame, parameters: true)),
        new("Attributes", () => new ModelRecord("",
        [
            Number("InstructionOffset", () => frame.Ip), Number("ReturnOffset", () => frame.ReturnAddress), Number("StackOffset", () => frame.Sp),
            Number("FrameNumber", () => (ulong)frame.Number),
        ])),
    ]);

    ModelRecord Locals(StackFrame frame, bool parameters)
    {
        StackFrame? before = session.Scope;
        session.Scope = frame;
        try
        {
            return new("", session.Walker.Locals().Where(l => l.IsParameter == parameters).Select(l => session.Walker.Load(l) is { } value
                ? new ModelMember(l.Name, () => new ModelNative(session, value))
                : new ModelMember(l.Name, () => throw new Debugging.Commands.CommandException("<value unavailable>"))).ToList());
        }
        finally
        {
            session.Scope = before;
        }
    }

    IEnumerable<ModelValue> Modules() => session.Modules.Loaded.Select(m => new ModelRecord(m.Image.ImagePath,
    [
        Number("BaseAddress", () => m.Base), Text("Name", () => m.Name), Text("ImageName", () => m.Image.ImageName), Number("Size", () => m.Image.Size),
        Number("TimeStamp", () => m.Image.TimeDateStamp), Text("SymbolStatus", () => m.Symbols.Status), Text("SymbolFile", () => m.Symbols.Path),
    ]));

    IEnumerable<ulong> ObjectsIn(params string[] directories)
    {
        KernelObjects objects = new(session);
        return directories.Select(objects.Find).Where(d => d != 0).SelectMany(d => objects.Entries(d)).Select(e => e.Object)
            .Where(o => objects.TypeName(o) == "Driver");
    }

    IEnumerable<ModelElement> AllDevices() => ObjectsIn("\\Driver", "\\FileSystem").SelectMany(DevicesOf).Select(d => Element(d, "nt!_DEVICE_OBJECT"));

    IEnumerable<ulong> DevicesOf(ulong driver)
    {
        HashSet<ulong> seen = [];
        for (ulong at = Devices.Driver(session, driver)?["DeviceObject"] ?? 0; Devices.Device(session, at) is { } device &&
            seen.Add(at); at = device["NextDevice"])
            yield return at;
    }

    IEnumerable<ModelValue> RootNode() =>
        session.TryReadPointer(session.AddressOf("nt!IopRootDeviceNode"), out ulong root) && root != 0 ? [Node(root)] : [];

    ModelRecord Node(ulong address)
    {
        StructureValue node = session.Types["nt!_DEVICE_NODE"].Read(address);
        string service = node.UnicodeString("ServiceName"), path = node.UnicodeString("InstancePath");
        return new(service.Length > 0 ? $"{path} ({service})" : path,
        [
            new("DeviceNodeObject", () => new ModelNative(session, new TypedValue(node.Layout.Type, address, address))),
            Text("InstancePath", () => path), Text("ServiceName", () => service), Text("State", () => node.EnumName("State")),
            new("PhysicalDeviceObject", () => Pointer("nt!_DEVICE_OBJECT", node["PhysicalDeviceObject"])),
            new("Children", () => ModelSequence.Of(() => Children(node))),
        ]);
    }

    IEnumerable<ModelValue> Children(StructureValue node)
    {
        HashSet<ulong> seen = [];
        for (ulong child = node["Child"]; child != 0 && seen.Add(child); child = session.Types["nt!_DEVICE_NODE"].Read(child)["Sibling"])
            yield return Node(child);
    }

    /// <summary>The IRPs that nt has allocated, found by their pool tag.</summary>
    IEnumerable<ulong> Irps()
    {
        PoolReader pool = new(session);
        return pool.BigBlocks(paged: false).Where(b => b.Tag == IrpTag).Select(b => b.Address)
            .Concat(pool.Blocks(paged: false).Where(b => b is { Allocated: true, Broken: null, Tag: IrpTag }).Select(b => b.Address + pool.HeaderSize))
            .Where(a => Devices.Irp(session, a) is not null);
    }

    IEnumerable<ModelValue> Dpcs()
    {
        StructureLayout dpc = session.Types["nt!_KDPC"];
        for (int i = 0; i < session.Target.ProcessorCount; i++)
        {
            StructureValue prcb = Prcb(i);
            for (int list = 0; list < 2; list++)
            {
                if (!prcb.TryGet($"DpcData[{list}].DpcList.ListHead.Next", out ulong at))
                    continue;
                for (int most = MostDpcs; at != 0 && most > 0; most--)
                {
                    yield return Pointer("nt!_KDPC", at - dpc.OffsetOf("DpcListEntry"));
                    if (!session.TryReadPointer(at, out at))
                        break;
                }
            }
        }
    }

    StructureValue Prcb(int processor) =>
        session.Types["nt!_KPRCB"].Read(session.ReadPointer(session.AddressOf("nt!KiProcessorBlock") + (ulong)processor * 8));

    ModelRecord Processor(int number)
    {
        StructureValue prcb = Prcb(number);
        return new($"Processor {number}",
        [
            Number("Number", () => (ulong)number), new("Thread", () => Thread(prcb["CurrentThread"])),
            new("Irql", () => session.Target.TryGetContext(number, out ProcessorContext context) && context.Control is { } control
                ? ModelNumber.Of(control.Cr8) : throw new Debugging.Commands.CommandException("Error: This target has no control registers")),
            new("KernelObject", () => new ModelNative(session, new TypedValue(prcb.Layout.Type, prcb.Address, prcb.Address))),
        ]);
    }
}
