using System.Buffers.Binary;
using KdSim.Nt;

namespace KdSim.Kernel.Pnp;

/// <summary>CmResourceType* of a descriptor.</summary>
public enum CmResourceType : byte
{
    Null = 0,
    Port = 1,
    Interrupt = 2,
    Memory = 3,
    Dma = 4,
    DeviceSpecific = 5,
    BusNumber = 6,
    DevicePrivate = 129,
}

/// <summary>One piece of a device's resources, raw and translated: what a CM_PARTIAL_RESOURCE_DESCRIPTOR says.</summary>
/// <param name="Start">First address; of an interrupt the level in the lower half and the vector in the upper.</param>
/// <param name="Length">Bytes; of an interrupt its affinity.</param>
public readonly record struct ResourcePiece(CmResourceType Type, byte Share, ushort Flags, ulong Start, ulong Length);

/// <summary>Builds and reads CM_RESOURCE_LISTs of one full descriptor. Their descriptors are packed (20 bytes each).</summary>
public static class ResourceLists
{
    private const int Head = 0x14;
    private const int DescriptorSize = 0x14;
    private const int MostDescriptors = 256;

    public static byte[] Build(INTERFACE_TYPE bus, uint busNumber, ReadOnlySpan<ResourcePiece> pieces)
    {
        var bytes = new byte[Head + Math.Max(pieces.Length, 1) * DescriptorSize];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, 1);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), (int)bus);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), busNumber);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(12), 1);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(14), 1);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(16), pieces.Length);
        for (int i = 0; i < pieces.Length; i++)
        {
            Span<byte> at = bytes.AsSpan(Head + i * DescriptorSize, DescriptorSize);
            at[0] = (byte)pieces[i].Type;
            at[1] = pieces[i].Share;
            BinaryPrimitives.WriteUInt16LittleEndian(at[2..], pieces[i].Flags);
            BinaryPrimitives.WriteUInt64LittleEndian(at[4..], pieces[i].Start);
            if (pieces[i].Type == CmResourceType.Interrupt)
                BinaryPrimitives.WriteUInt64LittleEndian(at[12..], pieces[i].Length);
            else
                BinaryPrimitives.WriteUInt32LittleEndian(at[12..], (uint)pieces[i].Length);
        }
        return bytes;
    }

    /// <summary>The bytes of a list in guest memory; empty if it is not one of one full descriptor.</summary>
    public static byte[] Read(GuestMemory memory, ulong list)
    {
        uint count = memory.ReadU32(list + 16);
        if (memory.ReadU32(list) != 1 || count > MostDescriptors)
            return [];
        var bytes = new byte[Head + count * DescriptorSize];
        memory.Read(list, bytes);
        return bytes;
    }

    public static List<ResourcePiece> Pieces(GuestMemory memory, ulong list) => list == 0 ? [] : Pieces(Read(memory, list));

    /// <summary>The pieces of a list of any number of full descriptors; it ends where its bytes do.</summary>
    public static List<ResourcePiece> Pieces(ReadOnlySpan<byte> bytes)
    {
        const int FullHead = Head - 4;
        var pieces = new List<ResourcePiece>();
        uint descriptors = bytes.Length < 4 ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        for (int at = 4; descriptors-- > 0 && at + FullHead <= bytes.Length;)
        {
            uint count = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(at + 12)..]);
            at += FullHead;
            for (; count-- > 0 && at + DescriptorSize <= bytes.Length; at += DescriptorSize)
                pieces.Add(PieceAt(bytes[at..]));
        }
        return pieces;
    }

    private static ResourcePiece PieceAt(ReadOnlySpan<byte> descriptor)
    {
        var type = (CmResourceType)descriptor[0];
        ulong length = type == CmResourceType.Interrupt
            ? BinaryPrimitives.ReadUInt64LittleEndian(descriptor[12..]) : BinaryPrimitives.ReadUInt32LittleEndian(descriptor[12..]);
        return new ResourcePiece(type, descriptor[1], BinaryPrimitives.ReadUInt16LittleEndian(descriptor[2..]),
            BinaryPrimitives.ReadUInt64LittleEndian(descriptor[4..]), length);
    }
}
