using System.Runtime.InteropServices;

namespace KdSim.Machine.Cpu;

/// <summary>
/// 4-level paging (SDM volume 3, 4.5) and the software TLB over it. The TLB cannot be observed: pages that translations were read from are
/// marked, and a write to one flushes all TLBs. Accessed and dirty bits are set when an entry is filled. Supervisor and user accesses
/// have a TLB each, so that a change of privilege flushes nothing. A software bit of the entries may make pages vanish while CR8 is high:
/// such translations are dropped when CR8 rises to that level, and none is cached above it.
/// </summary>
public sealed unsafe partial class Processor
{
    private const int TlbBits = 10;
    private const int TlbSize = 1 << TlbBits;
    private const ulong TlbMask = TlbSize - 1;
    private const ulong PageMask = ~0xFFFUL;
    private const ulong FrameMask = 0x000F_FFFF_FFFF_F000;
    private const ulong EntryPresent = 1;
    private const ulong EntryWrite = 2;
    private const ulong EntryUser = 4;
    private const ulong EntryAccessed = 0x20;
    private const ulong EntryDirty = 0x40;
    private const ulong EntryLarge = 0x80;
    private const ulong EntryNoExecute = 1UL << 63;
    private const int MaximumListedFills = 64;

    private readonly int[] _fills = new int[MaximumListedFills];
    private int _fillCount;
    private readonly int[] _pageableFills = new int[MaximumListedFills];
    private int _pageableFillCount;
    private bool _pageableCodeRan;
    private ulong _pageableBit;
    private byte _pageableBelow = byte.MaxValue;
    private TlbEntry* _supervisorTlb;
    private TlbEntry* _userTlb;
    private ulong _cachedCr3;
    private ulong _cachedModes;

    /// <summary>
    /// Pages whose last-level entry has this software bit (0: none) are present only while CR8 is below a level, whatever privilege looks:
    /// what an operating system may page out must not be needed where it cannot be paged in. Part of the machine's definition: set once.
    /// </summary>
    public void HidePageable(ulong entryBit, byte fromCr8)
    {
        _pageableBit = entryBit;
        _pageableBelow = fromCr8;
        FlushTranslations();
    }

    /// <summary>Forgets all cached translations (also done by MOV CR3, INVLPG and writes to page tables).</summary>
    public void FlushTranslations()
    {
        _core->Epoch++;
        _core->Exit = 1;
        if (_fillCount <= MaximumListedFills)
        {
            for (int i = 0; i < _fillCount; i++)
                Invalidate(_supervisorTlb + _fills[i]);
        }
        else
        {
            for (int i = 0; i < 2 * TlbSize; i++)
                Invalidate(_supervisorTlb + i);
        }

        _fillCount = 0;
        _pageableFillCount = 0;
    }

    /// <summary>
    /// Walks the tables for a debugger: nothing is cached, no bit is set, no right is checked. False if the page is not present;
    /// <paramref name="entry"/> is then the entry that ended the walk.
    /// </summary>
    public bool TryTranslateForDebugger(ulong cr3, ulong address, out ulong physical, out ulong entry)
    {
        physical = 0;
        entry = 0;
        if (!IsCanonical(address))
            return false;
        ulong table = cr3 & FrameMask;
        for (int level = 3; ; level--)
        {
            int shift = 12 + (9 * level);
            ulong slot = table + (((address >> shift) & 511) * 8);
            if (!_memory.IsRam(slot, 8))
                return false;
            entry = _memory.Read<ulong>(slot);
            if ((entry & EntryPresent) == 0)
                return false;
            if (level == 0 || (level < 3 && (entry & EntryLarge) != 0))
            {
                ulong offsetMask = (1UL << shift) - 1;
                physical = (entry & FrameMask & ~offsetMask) | (address & offsetMask);
                return true;
            }

            table = entry & FrameMask;
        }
    }

    /// <summary>True if the address is sign-extended from bit 47.</summary>
    public static bool IsCanonical(ulong address) => (ulong)((long)(address << 16) >> 16) == address;

    /// <summary>
    /// Translates one address with all checks, sets A and D, and fills the TLB of that privilege if the page may be touched directly.
    /// False leaves the reason in <see cref="LastFault"/>.
    /// </summary>
    internal bool Translate(ulong address, MemoryAccess access, bool user, out ulong physical)
    {
        physical = 0;
        if (!IsCanonical(address))
            return Fail(new MemoryFault(address, access, user, Present: false, Canonical: false));
        ref CpuState state = ref _core->State;
        ulong table = state.Cr3 & FrameMask;
        ulong rights = EntryWrite | EntryUser;
        ulong noExecute = 0;
        ulong* path = stackalloc ulong[4];
        for (int level = 3; ; level--)
        {
            int shift = 12 + (9 * level);
            ulong slot = table + (((address >> shift) & 511) * 8);
            if (!_memory.IsRam(slot, 8))
                return Fail(new MemoryFault(address, access, user, Present: true, Canonical: true, ReservedBit: true));
            int frame = (int)(slot >> 12);
            ulong entry = *(ulong*)(_memory.Page(frame) + (slot & 0xFFF));
            path[level] = slot;
            if ((entry & EntryPresent) == 0)
                return Fail(new MemoryFault(address, access, user, Present: false, Canonical: true));
            rights &= entry;
            noExecute |= entry & EntryNoExecute;
            bool large = level is 1 or 2 && (entry & EntryLarge) != 0;
            if (level > 0 && !large)
            {
                table = entry & FrameMask;
                continue;
            }

            bool pageable = (entry & _pageableBit) != 0;
            if (pageable && state.Cr8 >= _pageableBelow)
                return Fail(new MemoryFault(address, access, user, Present: false, Canonical: true));
            if (noExecute != 0 && (state.Efer & ControlBits.EferNoExecute) == 0)
                return Fail(new MemoryFault(address, access, user, Present: true, Canonical: true, ReservedBit: true));
            bool canWrite = (rights & EntryWrite) != 0 || (!user && (state.Cr0 & ControlBits.Cr0WriteProtect) == 0);
            bool allowed = (!user || (rights & EntryUser) != 0) && (access != MemoryAccess.Write || canWrite) &&
                (access != MemoryAccess.Execute || (noExecute == 0 && (user || (rights & EntryUser) == 0 || !PreventsExecution(state.Cr4))));
            if (!allowed)
                return Fail(new MemoryFault(address, access, user, Present: true, Canonical: true));
            ulong offsetMask = (1UL << shift) - 1;
            physical = (entry & FrameMask & ~offsetMask) | (address & offsetMask);
            SetWalkBits(path, level, access == MemoryAccess.Write);
            int filled = Fill(address, physical, access, user);
            if (pageable)
                NotePageable(filled, access);
            return true;
        }
    }

    private static bool PreventsExecution(ulong cr4) => (cr4 & ControlBits.Cr4SupervisorExecutionPrevention) != 0;

    private static void Invalidate(TlbEntry* entry) => entry->Read = entry->Write = entry->Execute = TlbEntry.Invalid;

    private void AllocateTlbs()
    {
        _supervisorTlb = (TlbEntry*)NativeMemory.AlignedAlloc((nuint)(2 * TlbSize * sizeof(TlbEntry)), 64);
        _userTlb = _supervisorTlb + TlbSize;
        _fillCount = MaximumListedFills + 1;
        FlushTranslations();
    }

    private bool Fail(MemoryFault fault)
    {
        LastFault = fault;
        return false;
    }

    private void SetWalkBits(ulong* path, int last, bool dirty)
    {
        // Twice: marking one level may flush the TLBs, which takes all marks back; the second round finds nothing to flush.
        for (int round = 0; round < 2; round++)
        {
            for (int level = 3; level >= last; level--)
                _memory.MarkPageTable((int)(path[level] >> 12));
        }

        for (int level = 3; level >= last; level--)
        {
            int frame = (int)(path[level] >> 12);
            ulong* entry = (ulong*)(_memory.Page(frame) + (path[level] & 0xFFF));
            ulong bits = EntryAccessed | (dirty && level == last ? EntryDirty : 0);
            if ((*entry & bits) == bits)
                continue;
            _memory.PrepareWalkUpdate(frame);
            *entry |= bits;
        }
    }

    /// <summary>CR8 rises to the level where pageable memory is gone: forgets what leads there.</summary>
    private void DropPageable()
    {
        if (_pageableFillCount > MaximumListedFills)
            FlushTranslations();
        for (int i = 0; i < _pageableFillCount; i++)
            Invalidate(_supervisorTlb + _pageableFills[i]);
        _pageableFillCount = 0;
        if (_pageableCodeRan)
            _core->Epoch++;
        _pageableCodeRan = false;
    }

    private void NotePageable(int filled, MemoryAccess access)
    {
        // Not taken back by a flush: a block may be under way whose translation was made before it, and enter the look-up table after it.
        _pageableCodeRan |= access == MemoryAccess.Execute;
        if (filled < 0)
            return;
        if (_pageableFillCount < MaximumListedFills)
            _pageableFills[_pageableFillCount] = filled;
        _pageableFillCount++;
    }

    /// <summary>The index of the entry filled, or -1 if the page cannot be cached.</summary>
    private int Fill(ulong address, ulong physical, MemoryAccess access, bool user)
    {
        if (!_memory.IsRam(physical, 1))
            return -1;
        ulong page = address & PageMask;
        if (access != MemoryAccess.Execute && _watchpoints.CoversPage(page))
            return -1;
        int frame = (int)(physical >> 12);
        int index = (int)((address >> 12) & TlbMask) + (user ? TlbSize : 0);
        TlbEntry* entry = _supervisorTlb + index;
        ulong addend = (ulong)_memory.Page(frame) - page;
        bool canWrite = access == MemoryAccess.Write && _memory.CacheWrite(frame);
        if (access == MemoryAccess.Write && !canWrite)
            return -1;
        if (entry->Addend != addend || (entry->Read != page && entry->Write != page && entry->Execute != page))
        {
            Invalidate(entry);
            entry->Addend = addend;
            if (_fillCount < MaximumListedFills)
                _fills[_fillCount] = index;
            _fillCount++;
        }

        switch (access)
        {
            case MemoryAccess.Read:
                entry->Read = page;
                break;
            case MemoryAccess.Write:
                // No entry is writable and not readable.
                entry->Read = page;
                entry->Write = page;
                break;
            default:
                entry->Execute = page;
                break;
        }

        return index;
    }

    /// <summary>Brings what is derived from State (privilege, CR3, paging modes) up to date, after anybody may have changed it.</summary>
    private void Refresh()
    {
        ref CpuState state = ref _core->State;
        ulong modes = (state.Cr0 & ControlBits.Cr0WriteProtect) | (state.Efer & ControlBits.EferNoExecute) |
            (state.Cr4 & ControlBits.Cr4SupervisorExecutionPrevention);
        if (state.Cr3 != _cachedCr3 || modes != _cachedModes)
        {
            _cachedCr3 = state.Cr3;
            _cachedModes = modes;
            FlushTranslations();
        }

        _core->Tlb = state.Cpl == 3 ? _userTlb : _supervisorTlb;
    }
}
