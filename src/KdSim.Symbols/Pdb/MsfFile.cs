using System.Buffers.Binary;

namespace KdSim.Symbols.Pdb;

/// <summary>The multi-stream container of a PDB. Streams are put together when first asked for and kept.</summary>
internal sealed class MsfFile
{
    const int SuperBlockSize = 56;

    readonly ReadOnlyMemory<byte> _file;
    readonly ReadOnlyMemory<byte>[] _blockLists;
    readonly uint[] _sizes;
    readonly ReadOnlyMemory<byte>?[] _streams;
    readonly int _blockSize;

    public MsfFile(ReadOnlyMemory<byte> file, string name)
    {
        _file = file;
        Name = name;
        if (file.IsEmpty)
            throw new BadPdbException(name, "the file is empty; a program database was expected");
        var span = file.Span;
        if (span.StartsWith("BSJB"u8))
            throw new BadPdbException(name, "a portable PDB of .NET; a native program database (MSF 7.00) was expected");
        if (span.StartsWith("Microsoft C/C++ program database 2.00"u8))
            throw new BadPdbException(name, "a program database of format 2.00 (before 1999); MSF 7.00 was expected");
        if (span.Length < SuperBlockSize || !span.StartsWith(Writing.MsfWriter.Magic))
            throw new BadPdbException(name, "offset 0: not a program database, the signature 'Microsoft C/C++ MSF 7.00' is missing");
        var super = new SpanCursor(span[32..]);
        uint blockSize = super.UInt32();
        super.Skip(4);
        uint blocks = super.UInt32(), directorySize = super.UInt32();
        super.Skip(4);
        uint mapBlock = super.UInt32();
        if (blockSize is not (512 or 1024 or 2048 or 4096 or 8192 or 16384 or 32768))
            throw new BadPdbException(name, $"superblock: block size {blockSize}; a power of two from 512 to 32768 was expected");
        _blockSize = (int)blockSize;
        if ((ulong)blocks * blockSize > (ulong)file.Length)
            throw new BadPdbException(name, $"truncated: the superblock promises {blocks} blocks of {blockSize} bytes, the file has {file.Length} bytes");
        if (directorySize > file.Length)
            throw new BadPdbException(name, $"superblock: the stream directory of {directorySize} bytes is larger than the file");
        uint listBytes = BlockCount(directorySize) * 4;
        long mapOffset = (long)mapBlock * blockSize;
        if (mapOffset + listBytes > file.Length)
            throw new BadPdbException(name, $"superblock: the directory's block list (block {mapBlock}) lies outside the file");
        var directory = Gather(file.Slice((int)mapOffset, (int)listBytes), directorySize, "stream directory");
        (_sizes, _blockLists) = ReadDirectory(directory);
        _streams = new ReadOnlyMemory<byte>?[_sizes.Length];
    }

    public string Name { get; }

    public int StreamCount => _sizes.Length;

    (uint[], ReadOnlyMemory<byte>[]) ReadDirectory(ReadOnlyMemory<byte> directory)
    {
        var cursor = new PdbCursor(directory.Span, Name, "directory");
        uint count = cursor.UInt32();
        if (count > 0x10000 || count > (uint)cursor.Left / 4)
            throw cursor.Bad($"{count} streams do not fit the directory");
        var sizes = new uint[count];
        var lists = new ReadOnlyMemory<byte>[count];
        for (int i = 0; i < sizes.Length; i++)
        {
            sizes[i] = cursor.UInt32();
            if (sizes[i] == uint.MaxValue) // A deleted stream.
                sizes[i] = 0;
            if (sizes[i] > _file.Length)
                throw cursor.Bad($"stream {i} of {sizes[i]} bytes is larger than the file");
        }
        for (int i = 0; i < sizes.Length; i++)
        {
            int bytes = (int)BlockCount(sizes[i]) * 4;
            int at = cursor.Position;
            cursor.Skip(bytes);
            lists[i] = directory.Slice(at, bytes);
        }
        return (sizes, lists);
    }

    uint BlockCount(uint size) => (uint)(((ulong)size + (uint)_blockSize - 1) / (uint)_blockSize);

    /// <summary>The stream's bytes; empty when there is no such stream.</summary>
    public ReadOnlyMemory<byte> Stream(uint number)
    {
        if (number >= _sizes.Length)
            return default;
        return _streams[number] ??= Gather(_blockLists[number], _sizes[number], $"stream {number}");
    }

    /// <summary>A stream that lies in one piece is a slice of the file; others are copied.</summary>
    ReadOnlyMemory<byte> Gather(ReadOnlyMemory<byte> blockList, uint size, string what)
    {
        var list = blockList.Span;
        bool contiguous = true;
        uint first = 0;
        for (int i = 0; i * 4 < list.Length; i++)
        {
            uint block = BinaryPrimitives.ReadUInt32LittleEndian(list[(i * 4)..]);
            if (((ulong)block + 1) * (uint)_blockSize > (ulong)_file.Length)
                throw new BadPdbException(Name, $"{what}: block {block} lies outside the file");
            if (i == 0)
                first = block;
            contiguous &= block == first + i;
        }
        if (contiguous)
            return _file.Slice((int)first * _blockSize, (int)size);
        var bytes = new byte[size];
        for (int i = 0; i * 4 < list.Length; i++)
        {
            int block = BinaryPrimitives.ReadInt32LittleEndian(list[(i * 4)..]);
            var target = bytes.AsSpan(i * _blockSize);
            _file.Span.Slice(block * _blockSize, Math.Min(_blockSize, target.Length)).CopyTo(target);
        }
        return bytes;
    }
}
