using System.Runtime.InteropServices;

namespace KdSim.Machine.Cpu;

/// <summary>One software TLB entry: a tag (page address) per kind of access, and what to add to a linear address to get the host's.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct TlbEntry
{
    /// <summary>A tag that no page address equals.</summary>
    public const ulong Invalid = 1;

    public ulong Read;
    public ulong Write;
    public ulong Execute;
    public ulong Addend;
}

/// <summary>
/// The native part of a processor: its state, and what the interpreter needs at hand. Micro-ops name registers by byte offset from here.
/// Everything behind <see cref="State"/> is cache or scratch: never in a snapshot.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Core
{
    public CpuState State;

    /// <summary>Always 0: the base or index of an address that has none.</summary>
    public ulong Zero;

    /// <summary>Result of an address computation that one micro-op cannot hold.</summary>
    public ulong Scratch;

    // Lazy flags: see Flags.cs.
    public ulong FlagResult;
    public ulong FlagLeft;
    public ulong FlagRight;
    public int FlagKind;

    /// <summary>Not 0 if the block must be left when the current instruction has retired.</summary>
    public int Exit;

    /// <summary>The TLB of the current privilege level.</summary>
    public TlbEntry* Tlb;

    /// <summary>Instructions that may still start before the run loop must look up; charged block by block on entry.</summary>
    public long Budget;

    /// <summary>The budget to which State.Clock and State.Steps correspond.</summary>
    public long BudgetBase;

    /// <summary>What the current block was charged on entry.</summary>
    public long Charged;

    /// <summary>The block being run.</summary>
    public Block* Current;

    /// <summary>Bumped when a translation or block may have become stale: links with another epoch are not followed.</summary>
    public ulong Epoch;

    // A memory operand that has no direct host pointer: read into Staging, written back by Commit.
    public ulong PendingAddress;
    public ulong PendingFirst;
    public ulong PendingSecond;
    public int PendingSize;
    public int PendingWrite;
    public fixed byte Staging[528];
}
