using KdSim.Debugging.Targets;
using KdSim.Machine;
using KdSim.Machine.Snapshots;

namespace KdSim.Live;

/// <summary>
/// What a person does to the machine while it stands: writes of memory and registers, accesses of ports. Each is an input in the machine's
/// journal, so that a replay of the run does it again at the same position. The kinds and their layout are part of recorded journals: never
/// changed, only added to.
/// </summary>
sealed class LiveInputs(Computer computer, GuestView memory)
{
    const string Memory = "memory", Physical = "physical", Registers = "registers", PortRead = "port read", PortWrite = "port write";

    /// <summary>Hears that an input has started another future: what lay ahead is gone.</summary>
    public Action? Forked { get; set; }

    /// <summary>How many inputs there were, replays included.</summary>
    public long Count { get; private set; }

    public int WriteMemory(ulong directoryBase, ulong address, ReadOnlySpan<byte> data)
    {
        int written = memory.Write(directoryBase, address, data);
        Record(Memory, [.. BitConverter.GetBytes(directoryBase), .. BitConverter.GetBytes(address), .. data[..written]]);
        return written;
    }

    public int WritePhysical(ulong address, ReadOnlySpan<byte> data)
    {
        int written = memory.WritePhysical(address, data);
        Record(Physical, [.. BitConverter.GetBytes(address), .. data[..written]]);
        return written;
    }

    public void SetContext(int processor, ProcessorContext context)
    {
        RegisterMapping.Write(ref computer.Processors[processor].State, context);
        Record(Registers, [(byte)processor, .. RegisterMapping.Pack(ref computer.Processors[processor].State)]);
    }

    /// <summary>A read of a port may act on its device: an input, not a look.</summary>
    public uint ReadPort(ushort port, int size)
    {
        uint value = computer.ReadPort(computer.Current, port, size);
        Record(PortRead, [.. BitConverter.GetBytes(port), (byte)size]);
        return value;
    }

    public void WritePort(ushort port, int size, uint value)
    {
        computer.WritePort(computer.Current, port, size, value);
        Record(PortWrite, [.. BitConverter.GetBytes(port), (byte)size, .. BitConverter.GetBytes(value)]);
    }

    /// <summary>Does the journal's next input again.</summary>
    public void ReplayNext()
    {
        JournalEntry entry = computer.Journal.Next ?? throw new InvalidOperationException("the journal has no further input");
        ReadOnlySpan<byte> data = entry.Data.Span;
        switch (entry.Kind)
        {
            case Memory:
                memory.Write(BitConverter.ToUInt64(data), BitConverter.ToUInt64(data[8..]), data[16..]);
                break;
            case Physical:
                memory.WritePhysical(BitConverter.ToUInt64(data), data[8..]);
                break;
            case Registers:
                RegisterMapping.Unpack(ref computer.Processors[data[0]].State, data[1..]);
                break;
            case PortRead:
                computer.ReadPort(computer.Current, BitConverter.ToUInt16(data), data[2]);
                break;
            case PortWrite:
                computer.WritePort(computer.Current, BitConverter.ToUInt16(data), data[2], BitConverter.ToUInt32(data[3..]));
                break;
            default:
                throw new InvalidOperationException($"the journal holds an input of the kind '{entry.Kind}', which this machine does not know");
        }
        computer.Journal.Advance();
        Count++;
    }

    void Record(string kind, byte[] content)
    {
        computer.Journal.Record(new JournalEntry(computer.Now, computer.Position, kind, content));
        Count++;
        Forked?.Invoke();
    }
}
