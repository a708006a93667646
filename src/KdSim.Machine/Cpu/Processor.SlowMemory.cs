using KdSim.Machine.Memory;

namespace KdSim.Machine.Cpu;

/// <summary>Memory operands of guest code that the TLB does not answer: fills, page crossings, devices, watched and marked pages, faults.</summary>
public sealed unsafe partial class Processor
{
    /// <summary>See <see cref="MemoryOperand.Read"/>.</summary>
    internal byte* ReadSlow(MicroOp* op, ulong address, int size)
    {
        Core* c = _core;
        if (!TranslateOperand(op, address, size, MemoryAccess.Read, out ulong first, out ulong second))
            return null;
        TlbEntry* entry = c->Tlb + ((address >> 12) & TlbMask);
        if (entry->Read == ((address + (ulong)size - 1) & PageMask))
            return (byte*)(entry->Addend + address);
        int head = HeadSize(address, size);
        ReadStaged(op, first, second, head, size);
        NoteWatch(address, size, isWrite: false);
        c->PendingWrite = 0;
        return c->Staging;
    }

    /// <summary>See <see cref="MemoryOperand.Write"/> and <see cref="MemoryOperand.Modify"/>.</summary>
    internal byte* WriteSlow(MicroOp* op, ulong address, int size, bool modify)
    {
        Core* c = _core;
        if (!TranslateOperand(op, address, size, MemoryAccess.Write, out ulong first, out ulong second))
            return null;
        TlbEntry* entry = c->Tlb + ((address >> 12) & TlbMask);
        if (entry->Write == ((address + (ulong)size - 1) & PageMask))
            return (byte*)(entry->Addend + address);
        if (modify)
        {
            ReadStaged(op, first, second, HeadSize(address, size), size);
            NoteWatch(address, size, isWrite: false);
        }

        c->PendingAddress = address;
        c->PendingFirst = first;
        c->PendingSecond = second;
        c->PendingSize = size;
        c->PendingWrite = 1;
        return c->Staging;
    }

    /// <summary>Writes the staged bytes, and says whether the block must be left (a callback, a watch, self-modified code).</summary>
    internal Flow Commit(MicroOp* op)
    {
        Core* c = _core;
        if (c->PendingWrite != 0)
        {
            c->PendingWrite = 0;
            int head = HeadSize(c->PendingAddress, c->PendingSize);
            NoteWatch(c->PendingAddress, c->PendingSize, isWrite: true);
            var staged = new ReadOnlySpan<byte>(c->Staging, c->PendingSize);
            WriteStaged(op, c->PendingFirst, staged[..head]);
            if (head < staged.Length)
                WriteStaged(op, c->PendingSecond, staged[head..]);
        }

        return c->Exit == 0 ? Flow.Next : LeaveAfter(op);
    }

    private static int HeadSize(ulong address, int size) => Math.Min(size, PhysicalMemory.PageSize - (int)(address & 0xFFF));

    private bool TranslateOperand(MicroOp* op, ulong address, int size, MemoryAccess access, out ulong first, out ulong second)
    {
        bool user = _core->Tlb == _userTlb;
        second = 0;
        if (!Translate(address, access, user, out first))
            return RaiseMemoryFault(op);
        ulong last = address + (ulong)size - 1;
        if (((address ^ last) & PageMask) == 0)
            return true;
        return Translate(last & PageMask, access, user, out second) || RaiseMemoryFault(op);
    }

    private void ReadStaged(MicroOp* op, ulong first, ulong second, int head, int size)
    {
        bool device = !_memory.IsRam(first, head) || (head < size && !_memory.IsRam(second, size - head));
        if (device)
            SyncBefore(op);
        ReadPhysical(first, new Span<byte>(_core->Staging, head));
        if (head < size)
            ReadPhysical(second, new Span<byte>(_core->Staging + head, size - head));
        if (device)
            AfterCallback();
    }

    private void WriteStaged(MicroOp* op, ulong physical, ReadOnlySpan<byte> bytes)
    {
        if (_memory.TryWrite(physical, bytes))
            return;
        SyncBefore(op);
        WritePhysical(physical, bytes);
        AfterCallback();
    }

    /// <summary>Makes State exact as it is before the instruction (or between two iterations of a rep).</summary>
    private void SyncBefore(MicroOp* op)
    {
        Settle(op->Ordinal);
        _core->State.Rip = _core->Current->Rip + op->Offset;
    }

    /// <summary>Brings Clock and Steps to the point where this many instructions of the current block have retired, and RFLAGS too.</summary>
    private void Settle(int retiredInBlock)
    {
        Core* c = _core;
        long budget = c->Budget + c->Charged - retiredInBlock;
        ulong retired = (ulong)(c->BudgetBase - budget);
        c->BudgetBase = budget;
        c->State.Clock += retired;
        c->State.Steps += retired;
        Flags.Materialize(c);
    }

    /// <summary>The host may have changed anything: look again at what is derived from State, and at all limits after this instruction.</summary>
    private void AfterCallback()
    {
        Refresh();
        _core->Exit = 1;
    }

    private Flow LeaveAfter(MicroOp* op)
    {
        _core->State.Rip = Handlers.NextRip(_core, op);
        return Flow.Leave;
    }
}
