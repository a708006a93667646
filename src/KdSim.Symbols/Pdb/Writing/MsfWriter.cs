namespace KdSim.Symbols.Pdb.Writing;

/// <summary>
/// Lays streams out in an MSF 7.00 file (4 KB blocks): superblock, two free-block maps every 4096 blocks, the streams one after
/// another, the directory, the list of its blocks.
/// </summary>
internal sealed class MsfWriter
{
    public const int BlockSize = 4096;

    public static ReadOnlySpan<byte> Magic => "Microsoft C/C++ MSF 7.00\r\n\x1a\x44\x53\0\0\0"u8;

    readonly List<byte[]> _streams = [];
    readonly List<(uint Block, ReadOnlyMemory<byte> Bytes)> _placed = [];
    uint _next = 3;

    /// <summary>Adds the next stream and answers its number.</summary>
    public ushort Add(byte[] content)
    {
        _streams.Add(content);
        return (ushort)(_streams.Count - 1);
    }

    public byte[] Write()
    {
        var directory = new ByteWriter();
        directory.UInt32((uint)_streams.Count);
        foreach (byte[] stream in _streams)
            directory.UInt32((uint)stream.Length);
        foreach (byte[] stream in _streams)
        {
            foreach (uint block in Place(stream))
                directory.UInt32(block);
        }
        var map = new ByteWriter();
        foreach (uint block in Place(directory.ToArray()))
            map.UInt32(block);
        if (map.Length > BlockSize)
            throw new InvalidOperationException("the stream directory is larger than 4 MB");
        uint mapBlock = Place(map.ToArray())[0];
        return Assemble((uint)directory.Length, mapBlock);
    }

    List<uint> Place(byte[] content)
    {
        var blocks = new List<uint>();
        for (int at = 0; at < content.Length; at += BlockSize)
        {
            // Blocks 1 and 2 of every 4096 hold the free-block maps.
            while (_next % BlockSize is 1 or 2)
                _next++;
            _placed.Add((_next, content.AsMemory(at, Math.Min(BlockSize, content.Length - at))));
            blocks.Add(_next++);
        }
        return blocks;
    }

    byte[] Assemble(uint directorySize, uint mapBlock)
    {
        uint count = _next;
        // An interval that was begun has both its maps.
        while (count % BlockSize is 1 or 2)
            count++;
        var file = new byte[count * (long)BlockSize];
        var super = new ByteWriter();
        super.Bytes(Magic);
        super.UInt32(BlockSize);
        super.UInt32(1); // The active free-block map.
        super.UInt32(count);
        super.UInt32(directorySize);
        super.UInt32(0);
        super.UInt32(mapBlock);
        super.Written.CopyTo(file);
        foreach (var (block, bytes) in _placed)
            bytes.Span.CopyTo(file.AsSpan((int)(block * BlockSize)));
        WriteFreeMaps(file, count);
        return file;
    }

    /// <summary>One bit a block, set when free. The map's bytes run through block 1 of each interval, 4 KB in each.</summary>
    static void WriteFreeMaps(byte[] file, uint count)
    {
        for (uint interval = 0; interval * BlockSize < count; interval++)
        {
            var active = file.AsSpan((int)((interval * BlockSize + 1) * BlockSize), BlockSize);
            active.Fill(0xff);
            file.AsSpan((int)((interval * BlockSize + 2) * BlockSize), BlockSize).Fill(0xff);
            for (int i = 0; i < BlockSize * 8; i++)
            {
                if (interval * BlockSize * 8 + i < count)
                    active[i / 8] &= (byte)~(1 << (i % 8));
            }
        }
    }
}
