using System.Text;
using KdSim.Nt;

namespace KdSim.Kernel.Scenarios;

/// <summary>
/// User memory of a scenario's process: a slot for each variable, a page for each thread (its place in its program, counters, arguments of system calls),
/// and buffers, each with an unmapped page behind it. All that a thread knows is here. In the process's context.
/// </summary>
public sealed class ScenarioMemory(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>A slot: a handle, or a request with its status block, event and buffer.</summary>
    public const ulong Handle = 0, StatusBlock = 8, Event = 0x18, Output = 0x20, OutputSize = 0x28, Input = 0x30, InputSize = 0x38,
        Returned = 0x40, Kind = 0x44, Asynchronous = 0x48, Length = 0x4C, Completions = 0x50;

    /// <summary>A thread's page.</summary>
    public const ulong Step = 0, Phase = 4, Time = 8, Offset = 0x10, Result = 0x18, Attributes = 0x28, Name = 0x58, Starter = 0x68, Setup = 0x70,
        OwnSlot = 0x80, Counters = 0x100, Text = 0x400;

    public const uint IsHandle = 1, IsRequest = 2;
    private const ulong Slots = 0x1000_0000, SlotSize = 0x80, Threads = 0x1100_0000, Page = 0x1000, Heap = 0x2000_0000;
    private const int MostText = (int)(Page - Text) / 2, MostCounters = (int)(Text - Counters) / 4;
    private const ulong MostBuffer = 0x100_0000;

    private ScenarioProgram Program => Kernel.Options.Scenario!;

    public static int ThreadOf(ulong page) => (int)((page - Threads) / Page);

    public static ulong ThreadAt(int number) => Threads + (ulong)number * Page;

    /// <summary>Maps slots and threads of a new process.</summary>
    internal void Prepare(View<EPROCESS> process, string name)
    {
        ulong root = process.Pcb.DirectoryTableBase, size = ((ulong)Program.SlotCount(name) + 1) * SlotSize;
        Kernel.UserMemory.Map(root, Slots, size);
        for (int i = 0; i < Program.Threads.Length; i++)
            if (Program.Threads[i].Process.Equals(name, StringComparison.OrdinalIgnoreCase))
                Kernel.UserMemory.Map(root, ThreadAt(i), Page);
    }

    /// <summary>The slot of a variable; a request without a name uses the thread's own.</summary>
    public ulong SlotOf(int thread, string? variable) => string.IsNullOrEmpty(variable)
        ? ThreadAt(thread) + OwnSlot
        : Slots + (ulong)(Program.SlotOf(Program.Threads[thread].Process, variable) + 1) * SlotSize;

    public ulong CounterOf(int thread, int counter) => counter < MostCounters
        ? ThreadAt(thread) + Counters + (ulong)counter * 4
        : throw new NotSupportedException($"a scenario's thread has at most {MostCounters} loops");

    public uint StatusOf(ulong slot) => Memory.ReadU32(slot + Returned) is var returned && returned == (uint)NtStatus.Pending
        ? Memory.ReadU32(slot + StatusBlock) : returned;

    public bool IsPending(ulong slot) => Memory.ReadU32(slot + Kind) == IsRequest && StatusOf(slot) == (uint)NtStatus.Pending;

    /// <summary>A buffer that the slot keeps, at least so long. An unused one is given out again.</summary>
    public ulong Buffer(ulong slot, bool isInput, uint length)
    {
        ulong place = slot + (isInput ? Input : Output), size = slot + (isInput ? InputSize : OutputSize);
        if (Memory.ReadU64(place) is var kept and not 0 && Memory.ReadU64(size) >= length)
            return kept;
        if (length > MostBuffer)
            throw new NotSupportedException($"a scenario's buffer has at most {MostBuffer:x} bytes");
        ulong address = Memory.ReadU64(Slots) is var next and not 0 ? next : Heap;
        ulong bytes = Math.Max(1, (length + Page - 1) / Page) * Page;
        Kernel.UserMemory.Map(Kernel.KernelObjects.Process.Pcb.DirectoryTableBase, address, bytes);
        Memory.WriteU64(Slots, address + bytes + Page);
        Memory.WriteU64(place, address);
        Memory.WriteU64(size, bytes);
        return address;
    }

    /// <summary>OBJECT_ATTRIBUTES for a path, in the thread's page.</summary>
    public ulong NameObject(int thread, string path)
    {
        string name = path.StartsWith(@"\\.\", StringComparison.Ordinal) ? @"\??\" + path[4..] : path;
        if (name.Length > MostText)
            throw new NotSupportedException($"a scenario's path has at most {MostText} characters");
        ulong area = ThreadAt(thread);
        Memory.Write(area + Text, Encoding.Unicode.GetBytes(name));
        View<UNICODE_STRING> counted = new(area + Name);
        counted.Length = counted.MaximumLength = (ushort)(name.Length * 2);
        counted.Buffer = new Ptr<char>(area + Text);
        View<OBJECT_ATTRIBUTES> attributes = new(area + Attributes);
        attributes.Clear();
        attributes.Length = OBJECT_ATTRIBUTES.SizeOf;
        attributes.ObjectName = counted.Ptr;
        attributes.Attributes = 0x40; // OBJ_CASE_INSENSITIVE, as Win32 opens files.
        return area + Attributes;
    }

    /// <summary>A relative time for a wait, from ticks of half a nanosecond; at least 100 ns.</summary>
    public ulong Interval(int thread, ulong ticks)
    {
        ulong place = ThreadAt(thread) + Time;
        Memory.WriteU64(place, unchecked(0 - Math.Max(1, ticks / 200)));
        return place;
    }
}
