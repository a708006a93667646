using System.Numerics;
using System.Runtime.InteropServices;

namespace KdSim.Machine.Memory;

/// <summary>
/// Guest-physical RAM from address 0 up. Host memory comes in chunks of 256 KiB, committed when first needed; the host address of a page
/// never changes until <see cref="Dispose"/>, so that TLBs may keep pointers.
/// Invariants: a page without <see cref="PageFlags.Written"/> is all zeros; every write passes <see cref="PrepareWrite"/> first, or goes
/// through a TLB pointer that was handed out by <see cref="CacheWrite"/> and is taken back by <see cref="FlushTranslations"/>.
/// </summary>
public sealed unsafe class PhysicalMemory : IDisposable
{
    public const int PageSize = 4096;
    public const int PageShift = 12;
    public const ulong DefaultSize = 256UL << 20;
    public const ulong MaximumSize = 3UL << 30;

    private const int PagesPerChunk = 64;
    private const int ChunkShift = 6;

    private readonly byte*[] _chunks;
    private readonly PageFlags[] _flags;
    private readonly List<int> _pageTables = [];
    private readonly List<int> _writeCached = [];
    private readonly List<IMemoryObserver> _observers = [];
    private bool _disposed;

    /// <param name="size">Bytes of RAM: a multiple of the page size, at most 3 GiB (device addresses begin there).</param>
    public PhysicalMemory(ulong size = DefaultSize)
    {
        if (size == 0 || size > MaximumSize || size % PageSize != 0)
            throw new ArgumentOutOfRangeException(nameof(size), size, "RAM must be a multiple of 4 KiB, at most 3 GiB");
        Size = size;
        PageCount = (int)(size >> PageShift);
        _flags = new PageFlags[PageCount];
        _chunks = new byte*[(PageCount + PagesPerChunk - 1) / PagesPerChunk];
    }

    ~PhysicalMemory() => Release();

    /// <summary>Bytes of RAM; addresses from here up belong to the bus.</summary>
    public ulong Size { get; }

    public int PageCount { get; }

    /// <summary>Told before the first write to each held page.</summary>
    public IPageKeeper? Keeper { get; set; }

    /// <summary>Pages that were ever written, in order.</summary>
    public IEnumerable<int> WrittenPages
    {
        get
        {
            for (int frame = 0; frame < PageCount; frame++)
            {
                if ((_flags[frame] & PageFlags.Written) != 0)
                    yield return frame;
            }
        }
    }

    public void AddObserver(IMemoryObserver observer) => _observers.Add(observer);

    public PageFlags Flags(int frame) => _flags[frame];

    public bool IsRam(ulong address, int length) => address < Size && (ulong)length <= Size - address;

    /// <summary>The page's bytes for reading. Commits host memory, but the page stays unwritten.</summary>
    public byte* Page(int frame)
    {
        byte* chunk = _chunks[frame >> ChunkShift];
        if (chunk == null)
            chunk = Commit(frame);
        return chunk + ((frame & (PagesPerChunk - 1)) << PageShift);
    }

    /// <summary>
    /// The page's bytes for one write that happens before anything else does. Tells the keeper, drops decoded code, flushes TLBs
    /// if translations came from this page.
    /// </summary>
    public byte* PrepareWrite(int frame, int offset = 0, int count = PageSize)
    {
        PageFlags flags = _flags[frame];
        if ((flags & ~PageFlags.WriteCached) != PageFlags.Written)
        {
            KeepAndMark(frame);
            if ((flags & PageFlags.Code) != 0)
                DropCode(frame, offset, count);
            if ((flags & PageFlags.PageTable) != 0)
                FlushTranslations();
        }

        return Page(frame);
    }

    /// <summary>The page for a page walk that sets an accessed or dirty bit: that flushes nothing.</summary>
    public byte* PrepareWalkUpdate(int frame)
    {
        KeepAndMark(frame);
        return Page(frame);
    }

    /// <summary>True if a TLB may write this page directly from now on; otherwise every write needs <see cref="PrepareWrite"/>.</summary>
    public bool CacheWrite(int frame)
    {
        if ((_flags[frame] & (PageFlags.Code | PageFlags.PageTable)) != 0)
            return false;
        KeepAndMark(frame);
        if ((_flags[frame] & PageFlags.WriteCached) == 0)
        {
            _flags[frame] |= PageFlags.WriteCached;
            _writeCached.Add(frame);
        }

        return true;
    }

    /// <summary>A TLB is about to hold a translation that it read from this page.</summary>
    public void MarkPageTable(int frame)
    {
        if ((_flags[frame] & PageFlags.PageTable) != 0)
            return;
        TakeBackWrites(frame);
        _flags[frame] |= PageFlags.PageTable;
        _pageTables.Add(frame);
    }

    /// <summary>A block is about to be decoded from this page.</summary>
    public void MarkCode(int frame)
    {
        if ((_flags[frame] & PageFlags.Code) != 0)
            return;
        TakeBackWrites(frame);
        _flags[frame] |= PageFlags.Code;
    }

    /// <summary>Marks every page as held by a snapshot: <see cref="Keeper"/> sees each once, before its next write.</summary>
    public void HoldAllPages()
    {
        FlushTranslations();
        for (int frame = 0; frame < PageCount; frame++)
            _flags[frame] |= PageFlags.Held;
    }

    /// <summary>Forgets all holds (no snapshot is left).</summary>
    public void ReleaseAllPages()
    {
        for (int frame = 0; frame < PageCount; frame++)
            _flags[frame] &= ~PageFlags.Held;
    }

    /// <summary>Makes a page unwritten (zeros) again; the caller restores a snapshot.</summary>
    public void ClearPage(int frame)
    {
        if ((_flags[frame] & PageFlags.Written) == 0)
            return;
        new Span<byte>(PrepareWrite(frame), PageSize).Clear();
        TakeBackWrites(frame);
        _flags[frame] &= ~PageFlags.Written;
    }

    /// <summary>Copies from RAM; pages never written read as zeros without being committed. False if a byte lies outside RAM.</summary>
    public bool TryRead(ulong address, Span<byte> destination)
    {
        if (!IsRam(address, destination.Length))
            return false;
        while (destination.Length > 0)
        {
            int frame = (int)(address >> PageShift);
            int offset = (int)address & (PageSize - 1);
            int count = Math.Min(destination.Length, PageSize - offset);
            if ((_flags[frame] & PageFlags.Written) == 0)
                destination[..count].Clear();
            else
                new ReadOnlySpan<byte>(Page(frame) + offset, count).CopyTo(destination);
            destination = destination[count..];
            address += (ulong)count;
        }

        return true;
    }

    /// <summary>Copies into RAM with all notices. False, with nothing written, if a byte lies outside RAM.</summary>
    public bool TryWrite(ulong address, ReadOnlySpan<byte> source)
    {
        if (!IsRam(address, source.Length))
            return false;
        while (source.Length > 0)
        {
            int offset = (int)address & (PageSize - 1);
            int count = Math.Min(source.Length, PageSize - offset);
            source[..count].CopyTo(new Span<byte>(PrepareWrite((int)(address >> PageShift), offset, count) + offset, count));
            source = source[count..];
            address += (ulong)count;
        }

        return true;
    }

    /// <summary>Copies from RAM; an address outside RAM is the caller's error.</summary>
    public void Read(ulong address, Span<byte> destination)
    {
        if (!TryRead(address, destination))
            throw OutsideRam(address, destination.Length);
    }

    /// <summary>Copies into RAM; an address outside RAM is the caller's error.</summary>
    public void Write(ulong address, ReadOnlySpan<byte> source)
    {
        if (!TryWrite(address, source))
            throw OutsideRam(address, source.Length);
    }

    public T Read<T>(ulong address)
        where T : unmanaged
    {
        T value = default;
        Read(address, new Span<byte>(&value, sizeof(T)));
        return value;
    }

    public void Write<T>(ulong address, T value)
        where T : unmanaged => Write(address, new ReadOnlySpan<byte>(&value, sizeof(T)));

    /// <summary>Takes back all pointers and translations on all processors.</summary>
    public void FlushTranslations()
    {
        foreach (IMemoryObserver observer in _observers)
            observer.FlushTranslations();
        foreach (int frame in _pageTables)
            _flags[frame] &= ~PageFlags.PageTable;
        foreach (int frame in _writeCached)
            _flags[frame] &= ~PageFlags.WriteCached;
        _pageTables.Clear();
        _writeCached.Clear();
    }

    /// <summary>Pages that differ from zero, counted for statistics.</summary>
    public int CountWrittenPages()
    {
        int count = 0;
        foreach (PageFlags flags in _flags)
            count += BitOperations.PopCount((uint)(flags & PageFlags.Written));
        return count;
    }

    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private void DropCode(int frame, int offset, int count)
    {
        bool left = false;
        foreach (IMemoryObserver observer in _observers)
            left |= observer.DropCode(frame, offset, count);
        if (!left)
            _flags[frame] &= ~PageFlags.Code;
    }

    private void TakeBackWrites(int frame)
    {
        if ((_flags[frame] & PageFlags.WriteCached) != 0)
            FlushTranslations();
    }

    private void KeepAndMark(int frame)
    {
        PageFlags flags = _flags[frame];
        if ((flags & PageFlags.Held) != 0)
        {
            _flags[frame] = flags & ~PageFlags.Held;
            Keeper?.BeforeFirstWrite(frame, new ReadOnlySpan<byte>(Page(frame), PageSize), (flags & PageFlags.Written) != 0);
        }

        _flags[frame] |= PageFlags.Written;
    }

    private byte* Commit(int frame)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        const nuint bytes = PagesPerChunk * PageSize;
        byte* chunk = (byte*)NativeMemory.AlignedAlloc(bytes, PageSize);
        NativeMemory.Clear(chunk, bytes);
        _chunks[frame >> ChunkShift] = chunk;
        return chunk;
    }

    private void Release()
    {
        _disposed = true;
        for (int i = 0; i < _chunks.Length; i++)
        {
            NativeMemory.AlignedFree(_chunks[i]);
            _chunks[i] = null;
        }
    }

    private ArgumentOutOfRangeException OutsideRam(ulong address, int length) =>
        new(nameof(address), $"physical range {address:x}h+{length:x}h is outside RAM ({Size:x}h bytes)");
}
