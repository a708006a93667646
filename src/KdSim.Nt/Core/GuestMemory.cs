using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace KdSim.Nt;

/// <summary>
/// Virtual memory as kernel code of the current CPU and process sees it. Bytes only, little-endian; each access touches exactly the bytes asked for, so
/// data breakpoints, dirty pages and faults are exact. An access that NT would fault on throws the kernel's guest exception.
/// </summary>
public abstract class GuestMemory
{
    [ThreadStatic] private static GuestMemory? current;

    /// <summary>The memory that views read and write on this host thread. The scheduler of a machine sets it; null outside a running machine.</summary>
    public static GuestMemory? Current
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => current;
        set => current = value;
    }

    /// <summary>The ambient memory, which must exist: touching a view outside a machine is an error of ours.</summary>
    public static GuestMemory Ambient
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => current ?? throw new InvalidOperationException("a view was used while no machine runs on this thread (GuestMemory.Current is null)");
    }

    public abstract void Read(ulong address, Span<byte> bytes);

    public abstract void Write(ulong address, ReadOnlySpan<byte> bytes);

    public virtual byte ReadU8(ulong address)
    {
        byte value = 0;
        Read(address, new Span<byte>(ref value));
        return value;
    }

    public virtual ushort ReadU16(ulong address)
    {
        Span<byte> bytes = stackalloc byte[2];
        Read(address, bytes);
        return BinaryPrimitives.ReadUInt16LittleEndian(bytes);
    }

    public virtual uint ReadU32(ulong address)
    {
        Span<byte> bytes = stackalloc byte[4];
        Read(address, bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    public virtual ulong ReadU64(ulong address)
    {
        Span<byte> bytes = stackalloc byte[8];
        Read(address, bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    public virtual void WriteU8(ulong address, byte value) => Write(address, new ReadOnlySpan<byte>(in value));

    public virtual void WriteU16(ulong address, ushort value)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, value);
        Write(address, bytes);
    }

    public virtual void WriteU32(ulong address, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        Write(address, bytes);
    }

    public virtual void WriteU64(ulong address, ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        Write(address, bytes);
    }

    /// <summary>Writes the same byte <paramref name="count"/> times.</summary>
    public virtual void Fill(ulong address, ulong count, byte value)
    {
        Span<byte> chunk = stackalloc byte[(int)Math.Min(count, 256)];
        chunk.Fill(value);
        for (ulong done = 0; done < count; done += (ulong)chunk.Length)
        {
            int length = (int)Math.Min(count - done, (ulong)chunk.Length);
            Write(address + done, chunk[..length]);
        }
    }

    /// <summary>Reads a value of any unmanaged type. Sizes 1, 2, 4 and 8 take one access of that width.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe T Load<T>(ulong address) where T : unmanaged
    {
        if (sizeof(T) == 1)
            return Unsafe.BitCast<byte, T>(ReadU8(address));
        if (sizeof(T) == 2)
            return Unsafe.BitCast<ushort, T>(ReadU16(address));
        if (sizeof(T) == 4)
            return Unsafe.BitCast<uint, T>(ReadU32(address));
        if (sizeof(T) == 8)
            return Unsafe.BitCast<ulong, T>(ReadU64(address));
        T value = default;
        Read(address, new Span<byte>(&value, sizeof(T)));
        return value;
    }

    /// <summary>Writes a value of any unmanaged type. Sizes 1, 2, 4 and 8 take one access of that width.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe void Store<T>(ulong address, T value) where T : unmanaged
    {
        if (sizeof(T) == 1)
            WriteU8(address, Unsafe.BitCast<T, byte>(value));
        else if (sizeof(T) == 2)
            WriteU16(address, Unsafe.BitCast<T, ushort>(value));
        else if (sizeof(T) == 4)
            WriteU32(address, Unsafe.BitCast<T, uint>(value));
        else if (sizeof(T) == 8)
            WriteU64(address, Unsafe.BitCast<T, ulong>(value));
        else
            Write(address, new ReadOnlySpan<byte>(&value, sizeof(T)));
    }
}
