using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;
using KdSim.Nt;

namespace KdExts.Io;

/// <summary><c>!irp</c>: an I/O request packet with its stack locations. A routine shown beside a driver was set by the driver above it.</summary>
[Command("!irp", "!irp address [detail]", "Show an I/O request packet and its stack locations", Example = "!irp @rdx")]
[Reads("nt!_IRP", "nt!_IO_STACK_LOCATION", "nt!_DEVICE_OBJECT", "nt!_DRIVER_OBJECT")]
public sealed class IrpCommand : WordCommand
{
    const int MostLocations = 127;
    const byte DeviceControl = 14, InternalDeviceControl = 15, FileSystemControl = 13;

    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        ulong address = arguments.Address(session);
        StructureLayout type = session.Types["nt!_IRP"];
        if (type.TryRead(address) is not { IsComplete: true } irp)
        {
            yield return new Error($"{address:x16}: Could not read Irp");
            yield break;
        }
        if (irp["Type"] != Devices.IrpType)
        {
            yield return new Line($"IRP signature does not match, probably not an IRP");
            yield break;
        }
        int count = (int)irp.Signed("StackCount"), current = (int)irp.Signed("CurrentLocation");
        yield return new Line($"Irp is active with {count} stacks {current} is current (= 0x{irp["Tail.Overlay.CurrentStackLocation"]:x16})");
        yield return Summary(irp, count, current);
        if (arguments.Has(1))
            foreach (Node node in Details(session, irp))
                yield return node;
        yield return new Line("     cmd  flg cl Device   File     Completion-Context");
        StructureLayout locationType = session.Types["nt!_IO_STACK_LOCATION"];
        for (int i = 1; i <= Math.Min(count, MostLocations); i++)
        {
            ulong at = address + type.Size + (ulong)(i - 1) * locationType.Size;
            if (locationType.TryRead(at) is not { IsComplete: true } location)
            {
                yield return new Error($"{at:x16}: Could not read stack location {i}");
                yield break;
            }
            foreach (Node node in Location(session, location, i == current))
                yield return node;
        }
    }

    static Line Summary(StructureValue irp, int count, int current)
    {
        ulong mdl = irp["MdlAddress"], buffer = irp["AssociatedIrp.SystemBuffer"], flags = irp["Flags"];
        string master = (flags & (ulong)IRP_FLAGS.ASSOCIATED_IRP) != 0 ? "Irp is associated: Master irp" : "System buffer";
        string trace = current > count ? "Irp is completed.  " : "Irp stack trace.  ";
        string pending = irp["PendingReturned"] != 0 ? "Pending has been returned" : "";
        return new Line(
            mdl == 0 ? " No Mdl: " : $" Mdl={mdl:x16}: ",
            buffer == 0 ? "No System Buffer: " : $"{master}={buffer:x16}: ",
            "Thread ", Say.Linked(irp["Tail.Overlay.Thread"], "!thread"), $":  {trace}{pending}");
    }

    static IEnumerable<Node> Location(IDebugSession session, StructureValue location, bool current)
    {
        byte major = (byte)location["MajorFunction"], minor = (byte)location["MinorFunction"];
        ulong device = location["DeviceObject"], routine = location["CompletionRoutine"], control = location["Control"];
        bool unused = device == 0 && major == 0 && minor == 0 && control == 0;
        string majorText = unused ? "N/A" : IrpNames.Major(major);
        yield return new Line($"{(current ? '>' : ' ')}[{majorText}({major:x}), {IrpNames.Minor(major, minor) ?? "N/A"}({minor:x})]");
        string words = string.Concat(
            Word(control, SL_CONTROL.INVOKE_ON_SUCCESS, "Success "), Word(control, SL_CONTROL.INVOKE_ON_ERROR, "Error "),
            Word(control, SL_CONTROL.INVOKE_ON_CANCEL, "Cancel "), Word(control, SL_CONTROL.PENDING_RETURNED, "pending"));
        yield return new Line($"           {location["Flags"],2:x} {control,2:x} ", Say.Linked(device, "!devobj"), " ",
            Say.Linked(location["FileObject"], "!fileobj"), $" {Say.Short(routine)}-{Say.Short(location["Context"])} {words}".TrimEnd());
        if (device != 0)
            yield return new Line("\t       ", Devices.DriverNameOf(session, device),
                routine == 0 ? "" : "\t", routine == 0 ? "" : Say.Code(session, routine));
        else
            yield return new Line("");
        yield return new Line($"\t\t\tArgs: {string.Join(' ', Arguments(location, major))}");
    }

    static string Word(ulong control, SL_CONTROL bit, string text) => ((SL_CONTROL)control & bit) != 0 ? text : "";

    static IEnumerable<string> Arguments(StructureValue location, byte major)
    {
        for (int i = 1; i <= 4; i++)
        {
            ulong value = location[$"Parameters.Others.Argument{i}"];
            // The slot of a control code and those of the two lengths are 32 bits wide, the rest of each is padding.
            bool isControl = major is DeviceControl or InternalDeviceControl or FileSystemControl;
            yield return isControl && i == 3 ? $"0x{(uint)value:x}"
                : isControl && i < 3 ? ((uint)value).ToString("x8")
                : value >> 32 == 0 ? value.ToString("x8") : value.ToString("x16");
        }
    }

    static IEnumerable<Node> Details(IDebugSession session, StructureValue irp)
    {
        yield return new Line($"Flags = {irp["Flags"]:x8}");
        foreach (string field in (IEnumerable<string>)["ThreadListEntry.Flink", "ThreadListEntry.Blink"])
            yield return new Line($"{field} = {irp[field]:x16}");
        NtStatus status = (NtStatus)(uint)irp["IoStatus.Status"];
        yield return new Line($"IoStatus.Status = {(uint)status:x8} {(NtStatusNames.Find((uint)status) is { } name ? $"({name})" : "")}".TrimEnd());
        yield return new Line($"IoStatus.Information = {irp["IoStatus.Information"]:x8}");
        foreach (string field in (IEnumerable<string>)["RequestorMode", "Cancel", "CancelIrql", "ApcEnvironment"])
            yield return new Line($"{field} = {irp[field]:x2}");
        foreach (string field in (IEnumerable<string>)["UserIosb", "UserEvent", "Overlay.AsynchronousParameters.UserApcRoutine",
            "Overlay.AsynchronousParameters.UserApcContext"])
            yield return new Line($"{field} = {Say.Short(irp[field])}");
        ulong size = irp["Overlay.AllocationSize.QuadPart"];
        yield return new Line($"Overlay.AllocationSize = {size >> 32:x8} - {(uint)size:x8}");
        ulong cancel = irp["CancelRoutine"];
        yield return new Line($"CancelRoutine = {Say.Short(cancel)}   ", cancel == 0 ? "" : Say.Code(session, cancel));
        yield return new Line($"UserBuffer = {Say.Short(irp["UserBuffer"])}");
        yield return new Line($"&Tail.Overlay.DeviceQueueEntry = {irp.AddressOf("Tail.Overlay.DeviceQueueEntry"):x16}");
        foreach (string field in (IEnumerable<string>)["Thread", "AuxiliaryBuffer", "ListEntry.Flink", "ListEntry.Blink",
            "CurrentStackLocation", "OriginalFileObject"])
            yield return new Line($"Tail.Overlay.{field} = {Say.Short(irp["Tail.Overlay." + field])}");
        yield return new Line($"Tail.CompletionKey = {Say.Short(irp["Tail.CompletionKey"])}");
    }
}
