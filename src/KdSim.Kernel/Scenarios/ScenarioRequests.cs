using System.Collections.Immutable;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Scenarios;

/// <summary>
/// The statements that are requests, as phases of <see cref="ScenarioRunner"/>: what the program puts into user memory before a system call, and what it does
/// with the answer.
/// </summary>
public sealed class ScenarioRequests(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Synchronize = 0x10_0000, ReadAttributes = 0x80, ShareAll = 7, Open_ = 1, NonDirectory = 0x40, SynchronousNonAlert = 0x20;
    private const uint EventAccess = 0x1F_0003;

    private ScenarioMemory User => Kernel.ScenarioMemory;

    private ScenarioRunner Runner => Kernel.ScenarioRunner;

    public bool Open(int thread, Statement.Open open, int phase, NtStatus answer)
    {
        ulong slot = User.SlotOf(thread, open.Variable);
        if (phase == 0)
        {
            Memory.WriteU32(slot + ScenarioMemory.Kind, ScenarioMemory.IsHandle);
            Memory.WriteU32(slot + ScenarioMemory.Asynchronous, open.Asynchronous ? 1u : 0);
            Memory.WriteU64(slot + ScenarioMemory.Handle, 0);
            return Runner.Call(Stub.NtCreateFile, slot + ScenarioMemory.Handle, open.DesiredAccess | Synchronize | ReadAttributes,
                User.NameObject(thread, open.Path), slot + ScenarioMemory.StatusBlock, 0, 0x80, ShareAll, Open_,
                NonDirectory | (open.Asynchronous ? 0 : SynchronousNonAlert), 0, 0);
        }
        Memory.WriteU32(slot + ScenarioMemory.Returned, (uint)answer);
        if (open.IsChecked || answer.IsSuccess)
            return false;
        Kernel.ScenarioExpectations.Fail(thread, $"open \"{open.Path}\" answered {answer}");
        return false;
    }

    public bool Read(int thread, Statement.Read read, int phase, NtStatus answer)
    {
        ulong slot = User.SlotOf(thread, read.Variable), file = User.SlotOf(thread, read.Handle);
        if (!IsToSend(phase))
            return Around(thread, slot, file, read.Length, !read.Asynchronous, phase, answer);
        Prepare(slot, file, read.Length);
        ulong buffer = read.RawBuffer ?? User.Buffer(slot, isInput: false, read.Length);
        return Runner.Call(Stub.NtReadFile, Memory.ReadU64(file), Memory.ReadU64(slot + ScenarioMemory.Event), ApcOf(read.Apc), slot,
            slot + ScenarioMemory.StatusBlock, buffer, read.Length, OffsetOf(thread, file, read.Offset), 0);
    }

    public bool Write(int thread, Statement.Write write, int phase, NtStatus answer)
    {
        ulong slot = User.SlotOf(thread, write.Variable), file = User.SlotOf(thread, write.Handle);
        if (!IsToSend(phase))
            return Around(thread, slot, file, 0, !write.Asynchronous, phase, answer);
        Prepare(slot, file, 0);
        (ulong buffer, uint length) = Place(slot, write.Data, isInput: true);
        return Runner.Call(Stub.NtWriteFile, Memory.ReadU64(file), Memory.ReadU64(slot + ScenarioMemory.Event), ApcOf(write.Apc), slot,
            slot + ScenarioMemory.StatusBlock, buffer, length, OffsetOf(thread, file, write.Offset), 0);
    }

    public bool Ioctl(int thread, Statement.Ioctl ioctl, int phase, NtStatus answer)
    {
        ulong slot = User.SlotOf(thread, ioctl.Variable), file = User.SlotOf(thread, ioctl.Handle);
        if (!IsToSend(phase))
            return Around(thread, slot, file, ioctl.OutputLength, !ioctl.Asynchronous, phase, answer);
        Prepare(slot, file, ioctl.OutputLength);
        (ulong input, uint inputLength) = Place(slot, ioctl.Input, isInput: true);
        (ulong output, uint outputLength) = ioctl.Output is not null ? Place(slot, ioctl.Output, isInput: false)
            : (ioctl.OutputLength == 0 ? 0 : User.Buffer(slot, isInput: false, ioctl.OutputLength), ioctl.OutputLength);
        return Runner.Call(Stub.NtDeviceIoControlFile, Memory.ReadU64(file), Memory.ReadU64(slot + ScenarioMemory.Event), ApcOf(ioctl.Apc), slot,
            slot + ScenarioMemory.StatusBlock, ioctl.Code, input, inputLength, output, outputLength);
    }

    /// <summary>A request, by its status block; or all that this thread has sent on a handle.</summary>
    public bool Cancel(int thread, Statement.Cancel cancel)
    {
        ulong slot = User.SlotOf(thread, cancel.Variable), result = ScenarioMemory.ThreadAt(thread) + ScenarioMemory.Result;
        return Memory.ReadU32(slot + ScenarioMemory.Kind) == ScenarioMemory.IsHandle
            ? Runner.Call(Stub.NtCancelIoFile, Memory.ReadU64(slot), result)
            : Runner.Call(Stub.NtCancelIoFileEx, Memory.ReadU64(slot), slot + ScenarioMemory.StatusBlock, result);
    }

    public bool Wait(int thread, Statement.Wait wait)
    {
        ulong slot = User.SlotOf(thread, wait.Variable);
        return Memory.ReadU32(slot + ScenarioMemory.Returned) == (uint)NtStatus.Pending && Runner.Call(Stub.NtWaitForSingleObject,
            Memory.ReadU64(slot + ScenarioMemory.Event), wait.Alertable ? 1u : 0, wait.Timeout is { } ticks ? User.Interval(thread, ticks) : 0);
    }

    public bool Close(int thread, Statement.Close close, int phase, NtStatus answer)
    {
        ulong slot = User.SlotOf(thread, close.Handle);
        if (phase == 0)
            return Runner.Call(Stub.NtClose, Memory.ReadU64(slot));
        Memory.WriteU32(slot + ScenarioMemory.Returned, (uint)answer);
        Memory.WriteU64(slot, 0);
        return false;
    }

    // The phases of a request: 0 makes its event, 1 sends it, 2 notes the answer and waits where it is to.

    private static bool IsToSend(int phase) => phase == 1;

    private bool Around(int thread, ulong slot, ulong file, uint output, bool waits, int phase, NtStatus answer)
    {
        if (phase == 0)
        {
            if (User.IsPending(slot))
            {
                Kernel.ScenarioExpectations.Fail(thread, "the last request of this name is still pending");
                return false;
            }
            return Memory.ReadU64(slot + ScenarioMemory.Event) != 0 || Runner.Call(Stub.NtCreateEvent, slot + ScenarioMemory.Event, EventAccess, 0, 0, 0);
        }
        if (phase != 2)
            return false;
        Memory.WriteU32(slot + ScenarioMemory.Returned, (uint)answer);
        return waits && answer == NtStatus.Pending && Runner.Call(Stub.NtWaitForSingleObject, Memory.ReadU64(slot + ScenarioMemory.Event), 0, 0);
    }

    /// <summary>Makes the slot a new request of a file.</summary>
    private void Prepare(ulong slot, ulong file, uint output)
    {
        Memory.WriteU64(slot, Memory.ReadU64(file));
        Memory.WriteU32(slot + ScenarioMemory.Kind, ScenarioMemory.IsRequest);
        Memory.WriteU32(slot + ScenarioMemory.Returned, (uint)NtStatus.Pending);
        Memory.WriteU32(slot + ScenarioMemory.Length, output);
        Memory.WriteU64(slot + ScenarioMemory.StatusBlock, (uint)NtStatus.Pending);
        Memory.WriteU64(slot + ScenarioMemory.StatusBlock + 8, 0);
        Memory.WriteU32(slot + ScenarioMemory.Completions, 0);
    }

    private ulong ApcOf(bool wanted) => wanted ? Kernel.Stubs.AddressOf(Stub.RequestCompleted) : 0;

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
