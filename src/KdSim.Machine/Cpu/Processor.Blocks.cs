using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Iced.Intel;
using KdSim.Machine.Memory;

namespace KdSim.Machine.Cpu;

/// <summary>
/// The cache of decoded blocks. A block is known by where it lies, linear and physical, and its privilege; it never crosses a page, but for one
/// whose only instruction does. Links between blocks and the look-up table hold while the epoch stands: each flush of translations and each
/// dropped block bumps it, and the next passage checks the translation again without decoding again.
/// </summary>
public sealed unsafe partial class Processor
{
    private const int LookupBits = 12;
    private const int LookupMask = (1 << LookupBits) - 1;
    private const int MaximumOps = 64;
    private const int MaximumInstructions = 48;
    private const int ChunkBytes = 1 << 20;
    private const int MaximumChunks = 48;
    private const int NoFrame = -1;

    private readonly record struct BlockKey(ulong Rip, ulong Physical, int NextFrame, int Cpl);

    private readonly Dictionary<BlockKey, nint> _blocks = [];
    private readonly Dictionary<int, List<BlockKey>> _blocksOfFrame = [];
    private readonly List<nint> _chunks = [];
    private readonly GuestCodeReader _reader = new();
    private MicroOp* _scratchOps;
    private Block** _lookup;
    private ulong* _lookupTags;
    private Decoder? _decoder;
    private int _chunkUsed = ChunkBytes;
    private int _arenaGeneration;

    /// <summary>Blocks now in the cache, for statistics.</summary>
    public int BlockCount => _blocks.Count;

    bool IMemoryObserver.DropCode(int frame, int offset, int count)
    {
        if (!_blocksOfFrame.TryGetValue(frame, out List<BlockKey>? keys))
            return false;
        for (int i = keys.Count - 1; i >= 0; i--)
        {
            BlockKey key = keys[i];
            if (!_blocks.TryGetValue(key, out nint pointer))
            {
                keys.RemoveAt(i);
                continue;
            }

            var block = (Block*)pointer;
            int start = (int)(key.Physical >> 12) == frame ? (int)(key.Physical & 0xFFF) : 0;
            int end = start + (int)(block->End - block->Rip);
            if (key.NextFrame == NoFrame && (offset >= end || offset + count <= start))
                continue;
            keys.RemoveAt(i);
            Drop(key, block);
        }

        return keys.Count != 0;
    }

    internal void DropBlocksAt(ulong address)
    {
        // A breakpoint changes the blocks that hold its address; which those are is found by a walk, since breakpoints change rarely.
        foreach ((BlockKey key, nint pointer) in _blocks)
        {
            var block = (Block*)pointer;
            if (address - block->Rip < block->End - block->Rip)
                Drop(key, block);
        }
    }

    private void Drop(BlockKey key, Block* block)
    {
        block->Alive = 0;
        _blocks.Remove(key);
        _core->Epoch++;
        _core->Exit = 1;
    }

    private void DropAllBlocks()
    {
        _blocks.Clear();
        _blocksOfFrame.Clear();
        ReleaseChunks();
        _core->Epoch++;
        _core->Exit = 1;
        _arenaGeneration++;
    }

    /// <summary>The block at an address for the current privilege; null after a recorded fault, with State.Rip there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Block* FindBlock(ulong rip)
    {
        uint slot = (uint)(rip ^ (rip >> LookupBits)) & LookupMask;
        Block* block = _lookup[slot];
        ulong tag = (_core->Epoch << 2) | (uint)_core->State.Cpl;
        return _lookupTags[slot] == tag && block->Rip == rip ? block : FindBlockSlow(rip, slot);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Block* FindBlockSlow(ulong rip, uint slot)
    {
        int cpl = _core->State.Cpl;
        if (_chunks.Count >= MaximumChunks)
            DropAllBlocks();
        if (!Translate(rip, MemoryAccess.Execute, cpl == 3, out ulong physical))
        {
            RaiseFalse(LastFault);
            return null;
        }

        if (!_memory.IsRam(physical, 1))
        {
            // Code in device memory is no business of a driver.
            StopUnsupported($"instruction fetch from device memory at physical {physical:x}h");
            return null;
        }

        Block* block;
        if (_blocks.TryGetValue(new BlockKey(rip, physical, NoFrame, cpl), out nint found))
        {
            block = (Block*)found;
        }
        else
        {
            block = DecodeBlock(rip, physical, cpl);
            if (block == null)
                return null;
        }

        _lookup[slot] = block;
        _lookupTags[slot] = (_core->Epoch << 2) | (uint)cpl;
        return block;
    }

    private Block* LinkTaken(Block* from)
    {
        int generation = _arenaGeneration;
        Block* block = FindBlock(_core->State.Rip);
        if (block != null && generation == _arenaGeneration)
        {
            from->Taken = block;
            from->TakenEpoch = _core->Epoch;
        }

        return block;
    }

    private Block* LinkFallthrough(Block* from)
    {
        int generation = _arenaGeneration;
        Block* block = FindBlock(_core->State.Rip);
        if (block != null && generation == _arenaGeneration)
        {
            from->Fallthrough = block;
            from->FallthroughEpoch = _core->Epoch;
        }

        return block;
    }

    /// <summary>The first instructions of a block with their plain codes, ending in a cut.</summary>
    private MicroOp* CutBlock(Block* block, int instructions)
    {
        MicroOp* to = _scratchOps;
        MicroOp* from = block->Ops;
        for (; from->Ordinal < instructions; from++, to++)
        {
            *to = *from;
            to->Code = from->Plain;
        }

        *to = *from;
        to->Code = OpCode.Cut;
        return _scratchOps;
    }

    private Block* DecodeBlock(ulong rip, ulong physical, int cpl)
    {
        int frame = (int)(physical >> 12);
        int offset = (int)(physical & 0xFFF);
        MicroOp* ops = stackalloc MicroOp[MaximumOps];
        _reader.Reset(_memory.Page(frame) + offset, PhysicalMemory.PageSize - offset);
        Decoder decoder = _decoder ??= Decoder.Create(64, _reader);
        decoder.IP = rip;
        int count = 0;
        int instructions = 0;
        bool ends = false;
        if (_breakpoints.Contains(rip))
        {
            ops[0] = MicroOpDecoder.Empty(default);
            ops[0].Target = (delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.Breakpoint;
            count = 1;
        }

        ulong end = rip;
        while (!ends && instructions < MaximumInstructions && count < MaximumOps - 4 && _reader.Left > 0)
        {
            if (instructions > 0 && _breakpoints.Contains(end))
                break;
            decoder.Decode(out Instruction instruction);
            if (decoder.LastError == DecoderError.NoMoreBytes)
            {
                if (instructions > 0)
                    break;
                return DecodeCrossing(rip, physical, cpl, ops, count);
            }

            Append(instruction, ops, ref count, ref instructions, rip, ref end, out ends);
        }

        return Store(new BlockKey(rip, physical, NoFrame, cpl), ops, count, instructions, end, ends);
    }

    /// <summary>A block of the one instruction that lies on two pages. Not cached under its first page alone: the second may be mapped anew.</summary>
    private Block* DecodeCrossing(ulong rip, ulong physical, int cpl, MicroOp* ops, int count)
    {
        ulong next = (rip | 0xFFF) + 1;
        if (!Translate(next, MemoryAccess.Execute, cpl == 3, out ulong nextPhysical))
        {
            RaiseFalse(LastFault);
            return null;
        }

        var key = new BlockKey(rip, physical, (int)(nextPhysical >> 12), cpl);
        if (_blocks.TryGetValue(key, out nint found))
            return (Block*)found;
        byte* bytes = stackalloc byte[16];
        int head = PhysicalMemory.PageSize - (int)(physical & 0xFFF);
        new Span<byte>(bytes, 16).Clear();
        _memory.Read(physical, new Span<byte>(bytes, head));
        _memory.Read(nextPhysical, new Span<byte>(bytes + head, 16 - head));
        _reader.Reset(bytes, 16);
        _decoder!.IP = rip;
        _decoder.Decode(out Instruction instruction);
        ulong end = rip;
        int instructions = 0;
        Append(instruction, ops, ref count, ref instructions, rip, ref end, out bool ends);
        return Store(key, ops, count, instructions, end, ends);
    }

    private static void Append(in Instruction instruction, MicroOp* ops, ref int count, ref int instructions, ulong rip, ref ulong end, out bool ends)
    {
        int added = MicroOpDecoder.Decode(instruction, ops + count, out ends);
        for (int i = 0; i < added; i++)
        {
            ops[count + i].Offset = (ushort)(end - rip);
            ops[count + i].Ordinal = (byte)instructions;
        }

        count += added;
        instructions++;
        end += (ulong)instruction.Length;
    }

    private Block* Store(BlockKey key, MicroOp* ops, int count, int instructions, ulong end, bool ends)
    {
        BlockOptimizer.Optimize(ops, count);
        bool closed = ends && ops[count - 1].Code is >= OpCode.Jump and <= OpCode.Return;
        if (!closed)
        {
            ops[count] = MicroOpDecoder.Empty(default);
            ops[count].Code = ops[count].Plain = OpCode.End;
            ops[count].Offset = (ushort)(end - key.Rip);
            ops[count].Ordinal = (byte)instructions;
            count++;
        }

        var block = (Block*)Allocate(sizeof(Block) + (count * sizeof(MicroOp)));
        *block = default;
        block->Rip = key.Rip;
        block->Physical = key.Physical;
        block->Ops = (MicroOp*)(block + 1);
        block->TakenEpoch = block->FallthroughEpoch = ulong.MaxValue;
        block->End = end;
        block->OpCount = count;
        block->Count = instructions;
        block->Alive = 1;
        block->Cpl = key.Cpl;
        new ReadOnlySpan<MicroOp>(ops, count).CopyTo(new Span<MicroOp>(block->Ops, count));
        _blocks[key] = (nint)block;
        Register(key, (int)(key.Physical >> 12));
        if (key.NextFrame != NoFrame)
            Register(key, key.NextFrame);
        return block;
    }

    private void Register(BlockKey key, int frame)
    {
        _memory.MarkCode(frame);
        if (!_blocksOfFrame.TryGetValue(frame, out List<BlockKey>? keys))
            _blocksOfFrame[frame] = keys = [];
        keys.Add(key);
    }

    private byte* Allocate(int bytes)
    {
        bytes = (bytes + 63) & ~63;
        if (_chunkUsed + bytes > ChunkBytes)
        {
            _chunks.Add((nint)NativeMemory.AlignedAlloc(ChunkBytes, 64));
            _chunkUsed = 0;
        }

        byte* result = (byte*)_chunks[^1] + _chunkUsed;
        _chunkUsed += bytes;
        return result;
    }

    private void AllocateBlocks()
    {
        _scratchOps = (MicroOp*)NativeMemory.AlignedAlloc((nuint)((MaximumOps + 1) * sizeof(MicroOp)), 64);
        _lookup = (Block**)NativeMemory.AllocZeroed(LookupMask + 1, (nuint)sizeof(Block*));
        _lookupTags = (ulong*)NativeMemory.Alloc(LookupMask + 1, sizeof(ulong));
        new Span<ulong>(_lookupTags, LookupMask + 1).Fill(ulong.MaxValue);
    }

    private void ReleaseChunks()
    {
        foreach (nint chunk in _chunks)
            NativeMemory.AlignedFree((void*)chunk);
        _chunks.Clear();
        _chunkUsed = ChunkBytes;
    }

    private void ReleaseBlocks()
    {
        ReleaseChunks();
        NativeMemory.AlignedFree(_scratchOps);
        NativeMemory.Free(_lookup);
        NativeMemory.Free(_lookupTags);
    }

    /// <summary>Feeds Iced from a pointer.</summary>
    private sealed class GuestCodeReader : CodeReader
    {
        private byte* _next;

        public int Left { get; private set; }

        public void Reset(byte* bytes, int count)
        {
            _next = bytes;
            Left = count;
        }

        public override int ReadByte()
        {
            if (Left == 0)
                return -1;
            Left--;
            return *_next++;
        }
    }
}
