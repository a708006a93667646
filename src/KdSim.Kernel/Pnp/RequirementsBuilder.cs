using System.Buffers.Binary;
using KdSim.Nt;

namespace KdSim.Kernel.Pnp;

/// <summary>Builds IO_RESOURCE_REQUIREMENTS_LISTs of one alternative.</summary>
public sealed class RequirementsBuilder(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Tag = 0x71526E50; // "PnRq"
    private const int DescriptorSize = 0x20;
    private const byte Preferred = 1, Alternative = 8;

    /// <summary>In paged pool: each range preferred where it is, else anywhere in the window at a multiple of its size; interrupts as they are wired.</summary>
    internal ulong New(INTERFACE_TYPE bus, uint busNumber, uint slot, List<ResourcePiece> pieces, ulong windowStart, ulong windowEnd)
    {
        var descriptors = new List<byte[]>();
        foreach (ResourcePiece piece in pieces)
        {
            if (piece.Type == CmResourceType.Interrupt)
            {
                descriptors.Add(Interrupt(piece));
                continue;
            }
            if (piece.Start != 0)
                descriptors.Add(Range(piece, Preferred, piece.Start, piece.Start + piece.Length - 1));
            descriptors.Add(Range(piece, piece.Start != 0 ? Alternative : (byte)0, windowStart, windowEnd));
        }
        int size = IO_RESOURCE_REQUIREMENTS_LIST.Offsets.List + 8 + descriptors.Count * DescriptorSize;
        ulong block = Kernel.Pool.Allocate(POOL_TYPE.PagedPool, (ulong)size, Tag);
        Memory.Fill(block, (ulong)size, 0);
        View<IO_RESOURCE_REQUIREMENTS_LIST> list = new(block);
        list.ListSize = (uint)size;
        list.InterfaceType = bus;
        list.BusNumber = busNumber;
        list.SlotNumber = slot;
        list.AlternativeLists = 1;
        ulong at = block + IO_RESOURCE_REQUIREMENTS_LIST.Offsets.List;
        Memory.WriteU32(at, 0x0001_0001); // Version and revision.
        Memory.WriteU32(at + 4, (uint)descriptors.Count);
        for (int i = 0; i < descriptors.Count; i++)
            Memory.Write(at + 8 + (ulong)(i * DescriptorSize), descriptors[i]);
        return block;
    }

    private static byte[] Range(ResourcePiece piece, byte option, ulong minimum, ulong maximum)
    {
        byte[] bytes = Head(piece, option);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), (uint)piece.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(12), (uint)piece.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(16), minimum);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(24), maximum);
        return bytes;
    }

    private static byte[] Interrupt(ResourcePiece piece)
    {
        byte[] bytes = Head(piece, 0);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), (uint)piece.Start);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(12), (uint)piece.Start);
        return bytes;
    }

    private static byte[] Head(ResourcePiece piece, byte option)
    {
        var bytes = new byte[DescriptorSize];
        bytes[0] = option;
        bytes[1] = (byte)piece.Type;
        bytes[2] = piece.Share;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4), piece.Flags);
        return bytes;
    }
}
