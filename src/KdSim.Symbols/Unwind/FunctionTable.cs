using KdSim.Symbols.Pe;

namespace KdSim.Symbols.Unwind;

/// <summary>A module's .pdata in memory: finds the row of an address by binary search, reading only the rows it looks at.</summary>
public sealed class FunctionTable(ReadMemory read, ulong imageBase, uint tableRva, uint tableSize)
{
    const int RowSize = 12;

    /// <summary>The table of an image that is mapped at its base (see <see cref="PeImage.FromMemory"/>).</summary>
    public static FunctionTable Of(PeImage image)
    {
        var directory = image.Directory(PeDirectory.Exception);
        return new(image.ReadMemory, image.ImageBase, directory.Rva, directory.Size);
    }

    public ulong ImageBase => imageBase;

    /// <summary>The row whose range holds the address; null for leaf functions and addresses outside.</summary>
    public RuntimeFunction? Find(ulong address)
    {
        if (address < imageBase || address - imageBase > uint.MaxValue)
            return null;
        uint rva = (uint)(address - imageBase);
        uint low = 0, high = tableSize / RowSize;
        while (low < high)
        {
            uint middle = (low + high) / 2;
            if (Unwinder.ReadRow(read, imageBase + tableRva + middle * RowSize) is not { } row)
                return null;
            if (rva < row.Begin)
                high = middle;
            else if (rva >= row.End)
                low = middle + 1;
            else
                return row;
        }
        return null;
    }

    /// <summary>The row that heads a chain of fragments: the function as the programmer knows it.</summary>
    public RuntimeFunction Primary(RuntimeFunction row)
    {
        for (int depth = 0; depth < Unwinder.MaxChain; depth++)
        {
            if (Unwinder.Direct(read, imageBase, row) is not { } direct)
                return row;
            row = direct;
            if (UnwindInfo.Read(read, imageBase, row.UnwindRva, out _) is not { } info || (info.Flags & UnwindFlags.Chained) == 0)
                return row;
            if (Unwinder.ReadRow(read, imageBase + info.TrailerRva) is not { } parent)
                return row;
            row = parent;
        }
        return row;
    }
}
