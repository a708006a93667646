using System.Runtime.CompilerServices;
using KdSim.Kernel.Routines;
using KdSim.Machine.Cpu;
using KdSim.Nt;

namespace KdSim.Kernel.Mm;

/// <summary>
/// Virtual memory of the current processor and process, as C# routines see it: ring 0 rights, soft faults resolved on the way, other faults thrown as
/// <see cref="GuestException"/> or <see cref="GuestBugCheck"/>. Counts accesses: a routine that makes more than ten million in one trap ran away.
/// </summary>
public sealed class KernelMemory : GuestMemory
{
    private const int AccessBudget = 10_000_000;
    private const int ListBound = 1_000_000;

    private readonly NtKernel _kernel;
    private int _left = AccessBudget;

    internal KernelMemory(NtKernel kernel) => _kernel = kernel;

    public override byte ReadU8(ulong address) => ReadValue<byte>(address);

    public override ushort ReadU16(ulong address) => ReadValue<ushort>(address);

    public override uint ReadU32(ulong address) => ReadValue<uint>(address);

    public override ulong ReadU64(ulong address) => ReadValue<ulong>(address);

    public override void WriteU8(ulong address, byte value) => WriteValue(address, value);

    public override void WriteU16(ulong address, ushort value) => WriteValue(address, value);

    public override void WriteU32(ulong address, uint value) => WriteValue(address, value);

    public override void WriteU64(ulong address, ulong value) => WriteValue(address, value);

    public override void Read(ulong address, Span<byte> bytes)
    {
        for (int done = 0; ;)
        {
            Charge();
            done += _kernel.Cpu.TryRead(address + (ulong)done, bytes[done..]);
            if (done == bytes.Length)
                return;
            Resolve();
        }
    }

    public override void Write(ulong address, ReadOnlySpan<byte> bytes)
    {
        for (int done = 0; ;)
        {
            Charge();
            done += _kernel.Cpu.TryWrite(address + (ulong)done, bytes[done..]);
            if (done == bytes.Length)
                return;
            Resolve();
        }
    }

    /// <summary>Copies from user memory with user rights, for probes; false and the fault's address if a byte is not readable. Throws nothing.</summary>
    public bool TryCopyFromUser(ulong address, Span<byte> bytes, out ulong faultAddress)
    {
        for (int done = 0; ;)
        {
            Charge();
            done += _kernel.Cpu.TryRead(address + (ulong)done, bytes[done..], asUser: true);
            faultAddress = address + (ulong)done;
            if (done == bytes.Length)
                return true;
            if (!_kernel.PageFaults.TryResolve(_kernel.Cpu.LastFault))
                return false;
        }
    }

    /// <summary>Copies to user memory with user rights; false and the fault's address if a byte is not writable.</summary>
    public bool TryCopyToUser(ulong address, ReadOnlySpan<byte> bytes, out ulong faultAddress)
    {
        for (int done = 0; ;)
        {
            Charge();
            done += _kernel.Cpu.TryWrite(address + (ulong)done, bytes[done..], asUser: true);
            faultAddress = address + (ulong)done;
            if (done == bytes.Length)
                return true;
            if (!_kernel.PageFaults.TryResolve(_kernel.Cpu.LastFault))
                return false;
        }
    }

    /// <summary>
    /// The entries of a LIST_ENTRY list behind its head. Each entry's Blink is checked as it is reached (bug check 0x139/3), and the
    /// number of entries is bounded. The successor is read before the entry is handed out, so that the caller may unlink it.
    /// </summary>
    public ListWalk Walk(ulong head) => new(this, head);

    /// <summary>A NUL-terminated string of bytes, at most <paramref name="limit"/> of them.</summary>
    public string ReadAnsi(ulong address, int limit = 4096)
    {
        var text = new System.Text.StringBuilder();
        for (int i = 0; i < limit && ReadU8(address + (ulong)i) is var c and not 0; i++)
            text.Append((char)c);
        return text.ToString();
    }

    /// <summary>A NUL-terminated UTF-16 string, at most <paramref name="limit"/> characters.</summary>
    public string ReadUnicode(ulong address, int limit = 32768)
    {
        var text = new System.Text.StringBuilder();
        for (int i = 0; i < limit && ReadU16(address + (ulong)i * 2) is var c and not 0; i++)
            text.Append((char)c);
        return text.ToString();
    }

    internal void ResetBudget() => _left = AccessBudget;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private T ReadValue<T>(ulong address) where T : unmanaged
    {
        Charge();
        T value;
        while (!_kernel.Cpu.TryRead(address, out value))
            Resolve();
        return value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void WriteValue<T>(ulong address, T value) where T : unmanaged
    {
        Charge();
        while (!_kernel.Cpu.TryWrite(address, value))
            Resolve();
    }

    private void Resolve()
    {
        MemoryFault fault = _kernel.Cpu.LastFault;
        if (!_kernel.PageFaults.TryResolve(fault))
            throw _kernel.PageFaults.Classify(fault);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Charge()
    {
        if (--_left < 0)
            ThrowRunaway();
    }

    private void ThrowRunaway() => throw new RunawayException($"nt!{_kernel.CurrentRoutine} ran away: more than {AccessBudget} memory accesses in one call");

    /// <summary>Enumerates a list; see <see cref="Walk"/>.</summary>
    public ref struct ListWalk(KernelMemory memory, ulong head)
    {
        private ulong _next = memory.ReadU64(head);
        private int _count;

        /// <summary>Address of the LIST_ENTRY.</summary>
        public ulong Current { get; private set; }

        public readonly ListWalk GetEnumerator() => this;

        public bool MoveNext()
        {
            if (_next == head)
                return false;
            if (++_count > ListBound)
                throw new RunawayException($"the list at {head:x} has more than {ListBound} entries");
            Current = _next;
            ulong back = memory.ReadU64(Current + 8);
            if (memory.ReadU64(back) != Current)
                throw new GuestBugCheck(BugCheckCode.KERNEL_SECURITY_CHECK_FAILURE, 3, 0, 0, Current);
            _next = memory.ReadU64(Current);
            return true;
        }
    }
}
