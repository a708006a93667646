using System.Runtime.InteropServices;

namespace KdSim.Machine.Cpu;

/// <summary>What the run loop does after a handler.</summary>
internal enum Flow
{
    /// <summary>The instruction is done; the next micro-op follows.</summary>
    Next,

    /// <summary>The instruction did not retire: <see cref="Processor.Raise"/> or a memory access has recorded a fault.</summary>
    Fault,

    /// <summary>The instruction is done and State.Rip is set: leave the block.</summary>
    Leave,

    /// <summary>Nothing was executed: leave before the instruction with the stop that the handler recorded.</summary>
    Stop,
}

/// <summary>
/// One decoded operation. Registers are byte offsets into <see cref="Core"/>. Operand rules, for every instruction: Dst is the first
/// register operand, Src the second, Third the third; the immediate is in Imm; a memory operand is in Base, Index, Scale and Disp
/// (address = [Base] + ([Index] &lt;&lt; Scale) + Disp; an FS or GS base takes one of the two slots).
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MicroOp
{
    /// <summary>The case of the run loop's switch.</summary>
    public OpCode Code;

    /// <summary>The same without fusion and with all flags: what runs when a block is cut short.</summary>
    public OpCode Plain;

    /// <summary>Distance of the instruction from the block's start.</summary>
    public ushort Offset;

    /// <summary>Instructions before this one in the block.</summary>
    public byte Ordinal;

    /// <summary>Length of the instruction in bytes.</summary>
    public byte Length;
    public ushort Dst;
    public ushort Src;
    public ushort Base;
    public ushort Index;
    public ulong Disp;
    public ulong Imm;

    /// <summary>The handler of <see cref="OpCode.Call"/>; else the link to the next block.</summary>
    public void* Target;
    public byte Scale;

    /// <summary>Access size of the memory operand in bytes.</summary>
    public byte Size;
    public ushort Third;

    /// <summary>Free for the handler.</summary>
    public uint Extra;
}

/// <summary>A straight run of micro-ops that begins at one address. Lives in a processor's arena until that is emptied.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Block
{
    public ulong Rip;

    /// <summary>Physical address of the first byte.</summary>
    public ulong Physical;
    public MicroOp* Ops;

    /// <summary>Where the link of each exit leads; valid while its epoch is the core's.</summary>
    public Block* Taken;
    public Block* Fallthrough;
    public ulong TakenEpoch;
    public ulong FallthroughEpoch;

    /// <summary>Address behind the last instruction.</summary>
    public ulong End;
    public int OpCount;

    /// <summary>Instructions in the block: what it costs when it runs through.</summary>
    public int Count;

    /// <summary>0 when the block was dropped.</summary>
    public int Alive;

    /// <summary>0 kernel, 3 user.</summary>
    public int Cpl;
}
