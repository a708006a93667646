using System.Text;
using Xunit;

namespace KdSim.Debugger.Tests.Extensions;

/// <summary>Queues, lists, locks, security and resources, laid out in memory as nt would.</summary>
public class QueueExtensionTests
{
    [Fact]
    public void Kd_queues_and_locks()
    {
        FakeKernel kernel = new();
        ToyStack toy = new(kernel);
        foreach (string list in (string[])["Tcb.ApcState.ApcListHead[0]", "Tcb.ApcState.ApcListHead[1]", "Tcb.SavedApcState.ApcListHead[0]"])
            kernel.EmptyList(toy.Thread + kernel.Offset("_ETHREAD", list));
        ulong apc = kernel.New("_KAPC", ("Type", 18), ("Thread", toy.Thread), ("KernelRoutine", kernel.Global("IopInvalidDeviceRequest")), ("Inserted", 1));
        kernel.InsertTail(toy.Thread + kernel.Offset("_ETHREAD", "Tcb.ApcState.ApcListHead[1]"), apc + kernel.Offset("_KAPC", "ApcListEntry"));
        ulong work = kernel.New("_WORK_QUEUE_ITEM", ("WorkerRoutine", kernel.Global("KiRetireDpcList")), ("Parameter", 0x1234));
        kernel.InsertTail(kernel.Global("ExWorkerQueue") + 0x40 + kernel.Offset("_KQUEUE", "EntryListHead"), work);
        kernel.InsertTail(kernel.Global("ExWorkerQueue") + kernel.Offset("_KQUEUE", "ThreadListHead"),
            toy.Thread + kernel.Offset("_ETHREAD", "Tcb.QueueListEntry"));
        ulong lookaside = kernel.New("_GENERAL_LOOKASIDE", ("Tag", 0x7954644b), ("Size", 0x40), ("Depth", 4), ("Type", 512), ("TotalAllocates", 50),
            ("AllocateMisses", 5), ("TotalFrees", 49), ("FreeMisses", 49));
        kernel.InsertTail(kernel.Global("ExNPagedLookasideListHead"), lookaside + kernel.Offset("_GENERAL_LOOKASIDE", "ListEntry"));
        ulong first = kernel.Prcb(0) + kernel.Offset("_KPRCB", "LockQueue[7]"), second = kernel.Prcb(1) + kernel.Offset("_KPRCB", "LockQueue[7]");
        kernel.Set(kernel.Prcb(0), "_KPRCB", ("LockQueue[7].Next", second), ("LockQueue[7].Lock", 2));
        kernel.Set(kernel.Prcb(1), "_KPRCB", ("LockQueue[7].Lock", 1), ("LockQueue[9].Lock", 3));
        Assert.NotEqual(first, second);
        ulong resource = kernel.New("_ERESOURCE", ("ActiveEntries", 1), ("Flag", 0x80), ("ContentionCount", 2), ("OwnerEntry.OwnerThread", toy.Thread),
            ("OwnerEntry.OwnerCount", 1), ("NumberOfExclusiveWaiters", 1));
        ulong gate = kernel.New("_KEVENT", ("Header.Type", 1)), waiters = gate + kernel.Offset("_KEVENT", "Header.WaitListHead");
        kernel.EmptyList(waiters);
        kernel.InsertTail(waiters, kernel.New("_KWAIT_BLOCK", ("Thread", toy.Thread)) + kernel.Offset("_KWAIT_BLOCK", "WaitListEntry"));
        kernel.Set(resource, "_ERESOURCE", ("ExclusiveWaiters", gate));
        kernel.InsertTail(kernel.Global("ExpSystemResourcesList"), resource);
        Golden.Check(kernel.Transcript("!apc", $"!apc thre {toy.Thread:x}", $"!apc proc {toy.Process:x}", $"!apc {apc:x}", $"!apc {work:x}", "!exqueue 1",
            "!lookaside", $"!lookaside {lookaside:x} 1", $"!lookaside {lookaside:x}", "!qlocks", "!locks", "!findthreads -i " + $"{toy.Irp:x}",
            $"!findthreads -d {toy.ToyDevice:x}", "!findthreads -t 1"));
    }

    [Fact]
    public void Kd_lists_and_text()
    {
        FakeKernel kernel = new();
        ToyStack toy = new(kernel);
        ulong ring = kernel.Take(32), head = kernel.Take(16), entry = kernel.Take(16);
        kernel.EmptyList(head);
        kernel.InsertTail(head, entry);
        kernel.Write(ring, Encoding.ASCII.GetBytes("d of line\nnew line\n...old, the e"));
        kernel.Qword(kernel.Global("KdPrintCircularBuffer"), ring);
        kernel.Qword(kernel.Global("KdPrintWritePointer"), ring + 19);
        kernel.Write(kernel.Global("KdPrintBufferSize"), BitConverter.GetBytes(32));
        string before = kernel.Transcript($"!validatelist {head:x}", $"!dflink {head:x}", $"!dblink {head:x} 1", "!dflink 10", "!dbgprint", "!vm 1",
            $"!address {toy.Irp:x}", $"!rellist {head + 8:x}");
        kernel.Write(kernel.Global("KdPrintRolloverCount"), [1]);
        kernel.Qword(head + 8, 0x1000);
        kernel.Qword(entry + 8, entry);
        ulong relations = kernel.New("_DEVICE_RELATIONS", ("Count", 1));
        kernel.Qword(relations + kernel.Offset("_DEVICE_RELATIONS", "Objects"), toy.BusDevice);
        Golden.Check(before + kernel.Transcript("!dbgprint", $"!validatelist {head:x}", $"!rellist {relations:x}"));
        kernel.Qword(kernel.Global("KdPrintWritePointer"), ring + 64);
        Assert.Contains("does not point into the buffer", kernel.Run("!dbgprint"));
    }

    [Fact]
    public void Kd_security_and_resources()
    {
        FakeKernel kernel = new();
        // A self-relative descriptor: owner S-1-5-18, a DACL with one entry for S-1-5-32-544.
        byte[] system = [1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0], administrators = [1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0];
        ulong descriptor = kernel.Take(0x80);
        kernel.Write(descriptor, [1, 0, 4, 0x80, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x14, 0, 0, 0]);
        kernel.Write(descriptor + 0x14, [2, 0, 32, 0, 1, 0, 0, 0, 0, 3, 24, 0, 0xff, 1, 0x1f, 0, .. administrators]);
        kernel.Write(descriptor + 0x40, system);
        ulong list = kernel.Take(0x80), wanted = kernel.Take(0x80);
        kernel.Set(list, "_CM_RESOURCE_LIST", ("Count", 1));
        ulong full = list + kernel.Offset("_CM_RESOURCE_LIST", "List"), partial = full + kernel.Offset("_CM_FULL_RESOURCE_DESCRIPTOR", "PartialResourceList");
        kernel.Set(full, "_CM_FULL_RESOURCE_DESCRIPTOR", ("InterfaceType", 5), ("PartialResourceList.Version", 1), ("PartialResourceList.Revision", 1),
            ("PartialResourceList.Count", 2));
        ulong descriptors = partial + kernel.Offset("_CM_PARTIAL_RESOURCE_LIST", "PartialDescriptors");
        ulong size = kernel.TypeSize("_CM_PARTIAL_RESOURCE_DESCRIPTOR");
        kernel.Set(descriptors, "_CM_PARTIAL_RESOURCE_DESCRIPTOR", ("Type", 1), ("ShareDisposition", 1), ("Flags", 0x31), ("u.Generic.Start.QuadPart", 0x3f8),
            ("u.Generic.Length", 8));
        kernel.Set(descriptors + size, "_CM_PARTIAL_RESOURCE_DESCRIPTOR", ("Type", 2), ("ShareDisposition", 3), ("u.Interrupt.Level", 4),
            ("u.Interrupt.Vector", 0x81), ("u.Interrupt.Affinity", 0xf));
        kernel.Set(wanted, "_IO_RESOURCE_REQUIREMENTS_LIST", ("InterfaceType", 5), ("SlotNumber", 3), ("AlternativeLists", 1));
        ulong alternative = wanted + kernel.Offset("_IO_RESOURCE_REQUIREMENTS_LIST", "List");
        kernel.Set(alternative, "_IO_RESOURCE_LIST", ("Version", 1), ("Revision", 1), ("Count", 1));
        kernel.Set(alternative + kernel.Offset("_IO_RESOURCE_LIST", "Descriptors"), "_IO_RESOURCE_DESCRIPTOR", ("Option", 1), ("Type", 1), ("Flags", 1),
            ("u.Generic.Length", 8), ("u.Generic.Alignment", 8),
            ("u.Generic.MinimumAddress.QuadPart", 0x3f8), ("u.Generic.MaximumAddress.QuadPart", 0x3ff));
        Golden.Check(kernel.Transcript($"!sd {descriptor:x}", $"!acl {descriptor + 0x14:x}", $"!sid {descriptor + 0x40:x}", "!sd 10", "!acl 10", "!sid 10",
            $"!cmreslist {list:x}", $"!ioreslist {wanted:x}",
            $"!ioresdes {alternative + kernel.Offset("_IO_RESOURCE_LIST", "Descriptors"):x}", "!ioresdes 10", "!cmreslist 10", "!ioreslist 10"));
    }
}
