using System.Collections.Immutable;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Scenarios;

/// <summary>The statements that are system calls, made with previous mode UserMode and addresses of user memory. PASSIVE_LEVEL, in the process.</summary>
public sealed class ScenarioRequests(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Synchronize = 0x10_0000, ReadAttributes = 0x80, ShareAll = 7, Open_ = 1, NonDirectory = 0x40, SynchronousNonAlert = 0x20;
    private const uint EventAccess = 0x1F_0003;

    private ScenarioMemory User => Kernel.ScenarioMemory;

    private Statement StatementOf(int thread) => Kernel.ScenarioThreads.StepOf(thread).Statement!;

    public async KTask Open(int thread)
    {
        var open = (Statement.Open)StatementOf(thread);
        ulong slot = User.SlotOf(thread, open.Variable);
        Memory.WriteU32(slot + ScenarioMemory.Kind, ScenarioMemory.IsHandle);
        Memory.WriteU32(slot + ScenarioMemory.Asynchronous, open.Asynchronous ? 1u : 0);
        Memory.WriteU64(slot + ScenarioMemory.Handle, 0);
        NtStatus status = await Guest.Call(Stub.NtCreateFile, slot + ScenarioMemory.Handle, open.DesiredAccess | Synchronize | ReadAttributes,
            User.NameObject(thread, open.Path), slot + ScenarioMemory.StatusBlock, 0, 0x80, ShareAll, Open_,
            NonDirectory | (open.Asynchronous ? 0 : SynchronousNonAlert), 0, 0);
        Memory.WriteU32(slot + ScenarioMemory.Returned, (uint)status);
    }

    public async KTask Read(int thread)
    {
        var read = (Statement.Read)StatementOf(thread);
        ulong slot = User.SlotOf(thread, read.Variable), file = User.SlotOf(thread, read.Handle);
        bool waits = !read.Asynchronous;
        if (!Begin(thread, slot, file, read.Length))
            return;
        ulong buffer = read.RawBuffer ?? User.Buffer(slot, isInput: false, read.Length);
        NtStatus status = await Guest.Call(Stub.NtReadFile, Memory.ReadU64(file), Memory.ReadU64(slot + ScenarioMemory.Event), 0, 0,
            slot + ScenarioMemory.StatusBlock, buffer, read.Length, OffsetOf(thread, file, read.Offset), 0);
        await End(slot, status, waits);
    }

    public async KTask Write(int thread)
    {
        var write = (Statement.Write)StatementOf(thread);
        ulong slot = User.SlotOf(thread, write.Variable), file = User.SlotOf(thread, write.Handle);
        bool waits = !write.Asynchronous;
        if (!Begin(thread, slot, file, 0))
            return;
        (ulong buffer, uint length) = Place(slot, write.Data, isInput: true);
        NtStatus status = await Guest.Call(Stub.NtWriteFile, Memory.ReadU64(file), Memory.ReadU64(slot + ScenarioMemory.Event), 0, 0,
            slot + ScenarioMemory.StatusBlock, buffer, length, OffsetOf(thread, file, write.Offset), 0);
        await End(slot, status, waits);
    }

    public async KTask Ioctl(int thread)
    {
        var ioctl = (Statement.Ioctl)StatementOf(thread);
        ulong slot = User.SlotOf(thread, ioctl.Variable), file = User.SlotOf(thread, ioctl.Handle);
        bool waits = !ioctl.Asynchronous;
        if (!Begin(thread, slot, file, ioctl.OutputLength))
            return;
        (ulong input, uint inputLength) = Place(slot, ioctl.Input, isInput: true);
        (ulong output, uint outputLength) = ioctl.Output is not null ? Place(slot, ioctl.Output, isInput: false)
            : (ioctl.OutputLength == 0 ? 0 : User.Buffer(slot, isInput: false, ioctl.OutputLength), ioctl.OutputLength);
        NtStatus status = await Guest.Call(Stub.NtDeviceIoControlFile, Memory.ReadU64(file), Memory.ReadU64(slot + ScenarioMemory.Event), 0, 0,
            slot + ScenarioMemory.StatusBlock, ioctl.Code, input, inputLength, output, outputLength);
        await End(slot, status, waits);
    }

    /// <summary>A request, by its status block; or all that this thread has sent on a handle.</summary>
    public async KTask Cancel(int thread)
    {
        ulong slot = User.SlotOf(thread, ((Statement.Cancel)StatementOf(thread)).Variable), result = ScenarioMemory.ThreadAt(thread) + ScenarioMemory.Result;
        if (Memory.ReadU32(slot + ScenarioMemory.Kind) == ScenarioMemory.IsHandle)
            await Guest.Call(Stub.NtCancelIoFile, Memory.ReadU64(slot), result);
        else
            await Guest.Call(Stub.NtCancelIoFileEx, Memory.ReadU64(slot), slot + ScenarioMemory.StatusBlock, result);
    }

    public async KTask Wait(int thread)
    {
        var wait = (Statement.Wait)StatementOf(thread);
        ulong slot = User.SlotOf(thread, wait.Variable);
        if (Memory.ReadU32(slot + ScenarioMemory.Returned) == (uint)NtStatus.Pending)
            await WaitFor(Memory.ReadU64(slot + ScenarioMemory.Event), wait.Timeout is { } ticks ? User.Interval(thread, ticks) : 0);
    }

    public async KTask Close(int thread)
    {
        ulong slot = User.SlotOf(thread, ((Statement.Close)StatementOf(thread)).Handle);
        NtStatus status = await Guest.Call(Stub.NtClose, Memory.ReadU64(slot));
        Memory.WriteU32(slot + ScenarioMemory.Returned, (uint)status);
        Memory.WriteU64(slot, 0);
    }

    /// <summary>Waits for the object behind a handle of the process.</summary>
    internal async KTask<NtStatus> WaitFor(ulong handle, ulong timeout)
    {
        NtStatus status = Kernel.HandleRoutines.Resolve(handle, Synchronize, 0, 1, out ulong body, out _, out _);
        if (!status.IsSuccess)
            return status;
        status = await Guest.Call(Stub.KeWaitForSingleObject, body, (ulong)KWAIT_REASON.UserRequest, 1, 0, timeout);
        await Kernel.Objects.Dereference(body);
        return status;
    }

    /// <summary>Makes the slot a new request of a file. False (and a failed expectation) if its last one is still on its way.</summary>
    private bool Begin(int thread, ulong slot, ulong file, uint output)
    {
        if (User.IsPending(slot))
        {
            Kernel.ScenarioExpectations.Fail(thread, "the last request of this name is still pending");
            return false;
        }
        if (Memory.ReadU64(slot + ScenarioMemory.Event) == 0)
        {
            ulong body = Kernel.Objects.Allocate(Ob.ObjectKind.Event, KEVENT.SizeOf);
            Kernel.KernelObjects.InitializeEvent(body, notification: true, signaled: false);
            Memory.WriteU64(slot + ScenarioMemory.Event, Kernel.HandleTables.Insert(body, EventAccess, 0, isKernelHandle: false));
        }
        Memory.WriteU64(slot, Memory.ReadU64(file));
        Memory.WriteU32(slot + ScenarioMemory.Kind, ScenarioMemory.IsRequest);
        Memory.WriteU32(slot + ScenarioMemory.Returned, (uint)NtStatus.Pending);
        Memory.WriteU32(slot + ScenarioMemory.Length, output);
        Memory.WriteU64(slot + ScenarioMemory.StatusBlock, (uint)NtStatus.Pending);
        Memory.WriteU64(slot + ScenarioMemory.StatusBlock + 8, 0);
        return true;
    }

    private async KTask End(ulong slot, NtStatus status, bool waits)
    {
        Memory.WriteU32(slot + ScenarioMemory.Returned, (uint)status);
        if (waits && status == NtStatus.Pending)
            await WaitFor(Memory.ReadU64(slot + ScenarioMemory.Event), 0);
    }

    private (ulong Address, uint Length) Place(ulong slot, RequestData? data, bool isInput)
    {
        switch (data)
        {
            case RequestData.Pointer pointer:
                return (pointer.Address, pointer.Length);
            case RequestData.Bytes { Content: ImmutableArray<byte> content }:
                ulong buffer = User.Buffer(slot, isInput, (uint)content.Length);
                Memory.Write(buffer, content.AsSpan());
                return (buffer, (uint)content.Length);
            default:
                return (0, 0);
        }
    }

    /// <summary>Files without a position of their own always need one: 0, as in an OVERLAPPED.</summary>
    private ulong OffsetOf(int thread, ulong file, ulong? offset)
    {
        if (offset is null && Memory.ReadU32(file + ScenarioMemory.Asynchronous) == 0)
            return 0;
        ulong place = ScenarioMemory.ThreadAt(thread) + ScenarioMemory.Offset;
        Memory.WriteU64(place, offset ?? 0);
        return place;
    }
}
