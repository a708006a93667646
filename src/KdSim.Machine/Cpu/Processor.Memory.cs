using System.Runtime.CompilerServices;
using KdSim.Machine.Memory;

namespace KdSim.Machine.Cpu;

/// <summary>
/// Linear memory for C# code of the host: the same TLB, the same checks, A and D bits, device pages and watchpoints as guest code has.
/// A failed access changes no state: the reason is in <see cref="LastFault"/>; the caller resolves and tries again.
/// </summary>
public sealed unsafe partial class Processor
{
    /// <summary>Why the last access that returned false (or too few bytes) failed.</summary>
    public MemoryFault LastFault { get; private set; }

    /// <summary>Reads a value as the kernel (or, for probes, with user rights).</summary>
    public bool TryRead<T>(ulong address, out T value, bool asUser = false)
        where T : unmanaged
    {
        T buffer;
        bool done = TryRead(address, new Span<byte>(&buffer, sizeof(T)), asUser) == sizeof(T);
        value = done ? buffer : default;
        return done;
    }

    /// <summary>Writes a value as the kernel (or with user rights); nothing is written if a part of it would fault.</summary>
    public bool TryWrite<T>(ulong address, T value, bool asUser = false)
        where T : unmanaged
    {
        if (((address ^ (address + (ulong)sizeof(T) - 1)) & PageMask) != 0 && !CanWrite(address, sizeof(T), asUser))
            return false;
        return TryWrite(address, new ReadOnlySpan<byte>(&value, sizeof(T)), asUser) == sizeof(T);
    }

    /// <summary>Reads bytes in order; returns how many were read before a fault.</summary>
    public int TryRead(ulong address, Span<byte> destination, bool asUser = false)
    {
        RefreshAccessors();
        NoteWatch(address, destination.Length, isWrite: false);
        int done = 0;
        while (done < destination.Length)
        {
            ulong current = address + (ulong)done;
            int count = Math.Min(destination.Length - done, PhysicalMemory.PageSize - (int)(current & 0xFFF));
            Span<byte> part = destination.Slice(done, count);
            TlbEntry* entry = (asUser ? _userTlb : _supervisorTlb) + ((current >> 12) & TlbMask);
            if (entry->Read == (current & PageMask))
                new ReadOnlySpan<byte>((byte*)(entry->Addend + current), count).CopyTo(part);
            else if (!Translate(current, MemoryAccess.Read, asUser, out ulong physical))
                return done;
            else
                ReadPhysical(physical, part);
            done += count;
        }

        return done;
    }

    /// <summary>Writes bytes in order; returns how many were written before a fault.</summary>
    public int TryWrite(ulong address, ReadOnlySpan<byte> source, bool asUser = false)
    {
        RefreshAccessors();
        NoteWatch(address, source.Length, isWrite: true);
        int done = 0;
        while (done < source.Length)
        {
            ulong current = address + (ulong)done;
            int count = Math.Min(source.Length - done, PhysicalMemory.PageSize - (int)(current & 0xFFF));
            ReadOnlySpan<byte> part = source.Slice(done, count);
            TlbEntry* entry = (asUser ? _userTlb : _supervisorTlb) + ((current >> 12) & TlbMask);
            if (entry->Write == (current & PageMask))
                part.CopyTo(new Span<byte>((byte*)(entry->Addend + current), count));
            else if (!Translate(current, MemoryAccess.Write, asUser, out ulong physical))
                return done;
            else
                WritePhysical(physical, part);
            done += count;
        }

        return done;
    }

    /// <summary>True if every byte of the range may be written now. Sets A and D as a write would.</summary>
    public bool CanWrite(ulong address, int length, bool asUser = false) => CanAccess(address, length, MemoryAccess.Write, asUser);

    /// <summary>True if every byte of the range may be accessed so now.</summary>
    public bool CanAccess(ulong address, int length, MemoryAccess access, bool asUser = false)
    {
        RefreshAccessors();
        if (length <= 0)
            return true;
        ulong last = address + (ulong)length - 1;
        for (ulong page = address; ; page = (page & PageMask) + PhysicalMemory.PageSize)
        {
            if (!Translate(page, access, asUser, out _))
                return false;
            if ((page & PageMask) == (last & PageMask))
                return true;
        }
    }

    /// <summary>The physical address behind a linear one, with all checks.</summary>
    public bool TryTranslate(ulong address, MemoryAccess access, out ulong physical, bool asUser = false)
    {
        RefreshAccessors();
        return Translate(address, access, asUser, out physical);
    }

    internal void ReadPhysical(ulong physical, Span<byte> destination)
    {
        if (_memory.TryRead(physical, destination))
            return;
        while (destination.Length > 0)
        {
            int size = MmioSize(physical, destination.Length);
            ulong value = _host.ReadMmio(this, physical, size);
            new ReadOnlySpan<byte>(&value, size).CopyTo(destination);
            destination = destination[size..];
            physical += (ulong)size;
        }
    }

    internal void WritePhysical(ulong physical, ReadOnlySpan<byte> source)
    {
        if (_memory.TryWrite(physical, source))
            return;
        while (source.Length > 0)
        {
            int size = MmioSize(physical, source.Length);
            ulong value = 0;
            source[..size].CopyTo(new Span<byte>(&value, size));
            _host.WriteMmio(this, physical, size, value);
            source = source[size..];
            physical += (ulong)size;
        }
    }

    /// <summary>The largest naturally aligned power of two that fits: what a bus transfers at once.</summary>
    private static int MmioSize(ulong physical, int length)
    {
        int size = 8;
        while (size > length || (physical & (ulong)(size - 1)) != 0)
            size >>= 1;
        return size;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void NoteWatch(ulong address, int length, bool isWrite)
    {
        if (_watchpoints.Ranges.Count != 0 && WatchHit is null && _watchpoints.TryHit(address, length, isWrite, out WatchpointHit hit))
        {
            WatchHit = hit;
            _core->Exit = 1;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void RefreshAccessors()
    {
        if (_core->State.Cr3 != _cachedCr3)
            Refresh();
    }
}
