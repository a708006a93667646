using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Dbg;

/// <summary>
/// Routines of drivers that run when the system stops, latest registered first, at HIGH_LEVEL with the other processors frozen. Reason callbacks are asked
/// for secondary dump data; what they give is not kept.
/// </summary>
[NtData("KeBugCheckCallbackListHead", 16, Type = "_LIST_ENTRY")]
[NtData("KeBugCheckReasonCallbackListHead", 16, Type = "_LIST_ENTRY")]
public sealed class BugCheckCallbacks(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>KBUGCHECK_SECONDARY_DUMP_DATA: no input data, no room for output.</summary>
    private const int SecondaryDumpDataSize = 0x38;

    private enum RecordState : byte
    {
        Empty,
        Inserted,
        Started,
        Finished,
        Error,
    }

    [NtExport("KeRegisterBugCheckCallback")]
    public bool KeRegisterBugCheckCallback(
        Ptr<KBUGCHECK_CALLBACK_RECORD> CallbackRecord, ulong CallbackRoutine, ulong Buffer, uint Length, Ptr<byte> Component)
    {
        View<KBUGCHECK_CALLBACK_RECORD> record = CallbackRecord;
        if ((RecordState)record.State != RecordState.Empty)
            return false;
        record.CallbackRoutine = CallbackRoutine;
        record.Buffer = Buffer;
        record.Length = Length;
        record.Component = Component;
        record.Checksum = CallbackRoutine + Buffer + Length + Component;
        record.State = (byte)RecordState.Inserted;
        Insert(Datum.KeBugCheckCallbackListHead, CallbackRecord);
        return true;
    }

    [NtExport("KeDeregisterBugCheckCallback")]
    public bool KeDeregisterBugCheckCallback(Ptr<KBUGCHECK_CALLBACK_RECORD> CallbackRecord)
    {
        View<KBUGCHECK_CALLBACK_RECORD> record = CallbackRecord;
        if ((RecordState)record.State != RecordState.Inserted)
            return false;
        record.State = (byte)RecordState.Empty;
        Remove(CallbackRecord);
        return true;
    }

    [NtExport("KeRegisterBugCheckReasonCallback")]
    public bool KeRegisterBugCheckReasonCallback(
        Ptr<KBUGCHECK_REASON_CALLBACK_RECORD> CallbackRecord, ulong CallbackRoutine, KBUGCHECK_CALLBACK_REASON Reason, Ptr<byte> Component)
    {
        View<KBUGCHECK_REASON_CALLBACK_RECORD> record = CallbackRecord;
        if ((RecordState)record.State != RecordState.Empty)
            return false;
        record.CallbackRoutine = CallbackRoutine;
        record.Component = Component;
        record.Reason = Reason;
        record.Checksum = CallbackRoutine + (uint)Reason + Component;
        record.State = (byte)RecordState.Inserted;
        Insert(Datum.KeBugCheckReasonCallbackListHead, CallbackRecord);
        return true;
    }

    [NtExport("KeDeregisterBugCheckReasonCallback")]
    public bool KeDeregisterBugCheckReasonCallback(Ptr<KBUGCHECK_REASON_CALLBACK_RECORD> CallbackRecord)
    {
        View<KBUGCHECK_REASON_CALLBACK_RECORD> record = CallbackRecord;
        if ((RecordState)record.State != RecordState.Inserted)
            return false;
        record.State = (byte)RecordState.Empty;
        Remove(CallbackRecord);
        return true;
    }

    /// <summary>Calls them all. A damaged list or record is passed over: nothing may go wrong here a second time.</summary>
    internal async KTask RunAll()
    {
        ulong head = Kernel.Data(Datum.KeBugCheckCallbackListHead);
        for (ulong at = Next(head, head); at != 0; at = Next(at, head))
        {
            View<KBUGCHECK_CALLBACK_RECORD> record = new(at);
            if ((RecordState)record.State != RecordState.Inserted ||
                record.Checksum != record.CallbackRoutine + record.Buffer + record.Length + record.Component)
                continue;
            record.State = (byte)RecordState.Started;
            await Guest.Call(record.CallbackRoutine, record.Buffer, record.Length);
            record.State = (byte)RecordState.Finished;
        }
        head = Kernel.Data(Datum.KeBugCheckReasonCallbackListHead);
        for (ulong at = Next(head, head); at != 0; at = Next(at, head))
        {
            View<KBUGCHECK_REASON_CALLBACK_RECORD> record = new(at);
            if ((RecordState)record.State != RecordState.Inserted || record.Reason != KBUGCHECK_CALLBACK_REASON.KbCallbackSecondaryDumpData ||
                record.Checksum != record.CallbackRoutine + (uint)record.Reason + record.Component)
                continue;
            record.State = (byte)RecordState.Started;
            ulong data = Guest.Scratch(SecondaryDumpDataSize);
            await Guest.Call(record.CallbackRoutine, (uint)record.Reason, at, data, SecondaryDumpDataSize);
            record.State = (byte)RecordState.Finished;
        }
    }

    private void Insert(Datum list, ulong entry)
    {
        ulong head = Kernel.Data(list), first = Memory.ReadU64(head);
        if (first == 0)
        {
            Memory.WriteU64(head + 8, head);
            first = head;
        }
        Memory.WriteU64(entry, first);
        Memory.WriteU64(entry + 8, head);
        Memory.WriteU64(first + 8, entry);
        Memory.WriteU64(head, entry);
    }

    private void Remove(ulong entry)
    {
        ulong next = Memory.ReadU64(entry), previous = Memory.ReadU64(entry + 8);
        Memory.WriteU64(previous, next);
        Memory.WriteU64(next + 8, previous);
    }

    /// <summary>The entry behind this one, or 0 at the end or where the list is damaged.</summary>
    private ulong Next(ulong entry, ulong head)
    {
        ulong next = Memory.ReadU64(entry);
        return next == head || !Cpu.TryRead(next + 8, out ulong back) || back != entry ? 0 : next;
    }
}
