using KdSim.Debugging.Targets;
using KdSim.Machine;
using KdSim.Machine.Memory;

namespace KdSim.Live;

/// <summary>
/// Guest memory as a debugger reads and writes it: through the page tables, but without rights, without filling a TLB, without accessed
/// and dirty bits, and without side effects on devices. So looking changes nothing.
/// </summary>
sealed class GuestView(Computer computer)
{
    const ulong PageSize = PhysicalMemory.PageSize;

    public int Read(ulong directoryBase, ulong address, Span<byte> buffer)
    {
        int done = 0;
        while (done < buffer.Length && Translate(directoryBase, address + (ulong)done, out ulong physical))
        {
            Span<byte> part = buffer[done..Math.Min(buffer.Length, done + (int)(PageSize - (physical & (PageSize - 1))))];
            if (!ReadPhysicalPage(physical, part)) break;
            done += part.Length;
        }
        return done;
    }

    public int Write(ulong directoryBase, ulong address, ReadOnlySpan<byte> data)
    {
        int done = 0;
        while (done < data.Length && Translate(directoryBase, address + (ulong)done, out ulong physical))
        {
            ReadOnlySpan<byte> part = data[done..Math.Min(data.Length, done + (int)(PageSize - (physical & (PageSize - 1))))];
            if (!computer.Memory.TryWrite(physical, part)) break;
            done += part.Length;
        }
        return done;
    }

    public int ReadPhysical(ulong address, Span<byte> buffer)
    {
        int done = 0;
        while (done < buffer.Length)
        {
            ulong at = address + (ulong)done;
            Span<byte> part = buffer[done..Math.Min(buffer.Length, done + (int)(PageSize - (at & (PageSize - 1))))];
            if (!ReadPhysicalPage(at, part)) break;
            done += part.Length;
        }
        return done;
    }

    public int WritePhysical(ulong address, ReadOnlySpan<byte> data)
    {
        int done = 0;
        while (done < data.Length)
        {
            ulong at = address + (ulong)done;
            ReadOnlySpan<byte> part = data[done..Math.Min(data.Length, done + (int)(PageSize - (at & (PageSize - 1))))];
            if (!computer.Memory.TryWrite(at, part)) break;
            done += part.Length;
        }
        return done;
    }

    /// <summary>Reads a value, or nothing where the memory is not there.</summary>
    public ulong? ReadPointer(ulong address)
    {
        Span<byte> bytes = stackalloc byte[8];
        return Read(0, address, bytes) == bytes.Length ? BitConverter.ToUInt64(bytes) : null;
    }

    bool Translate(ulong directoryBase, ulong address, out ulong physical)
    {
        ulong root = directoryBase != AddressSpace.Current.DirectoryBase ? directoryBase : computer.Current.State.Cr3;
        return computer.Processors[0].TryTranslateForDebugger(root, address, out physical, out _);
    }

    bool ReadPhysicalPage(ulong physical, Span<byte> buffer)
    {
        if (computer.Memory.TryRead(physical, buffer)) return true;
        for (int i = 0; i < buffer.Length; i++)
        {
            if (!computer.TryPeek(physical + (ulong)i & ~3ul, 4, out ulong register)) return false;
            buffer[i] = (byte)(register >> (int)((physical + (ulong)i & 3) * 8));
        }
        return true;
    }
}
