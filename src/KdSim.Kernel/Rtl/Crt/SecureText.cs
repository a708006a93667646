using KdSim.Kernel.Routines;

namespace KdSim.Kernel.Rtl.Crt;

/// <summary>
/// The bounded string routines. They answer an errno; what does not fit leaves an empty string, but for a count of _TRUNCATE, which leaves what fits.
/// Sizes count characters. Any IRQL where the strings are resident.
/// </summary>
public sealed class SecureText(NtKernel kernel) : KernelComponent(kernel)
{
    private const int InvalidArgument = 22, OutOfRange = 34, Truncated = 80;
    private const ulong Truncate = ulong.MaxValue;

    [NtExport("strcpy_s")]
    public int strcpy_s(ulong Destination, ulong Size, ulong Source) => Copy(Destination, Size, Source, null, 1);

    [NtExport("wcscpy_s")]
    public int wcscpy_s(ulong Destination, ulong Size, ulong Source) => Copy(Destination, Size, Source, null, 2);

    [NtExport("strncpy_s")]
    public int strncpy_s(ulong Destination, ulong Size, ulong Source, ulong Count) => Copy(Destination, Size, Source, Count, 1);

    [NtExport("wcsncpy_s")]
    public int wcsncpy_s(ulong Destination, ulong Size, ulong Source, ulong Count) => Copy(Destination, Size, Source, Count, 2);

    [NtExport("strcat_s")]
    public int strcat_s(ulong Destination, ulong Size, ulong Source) => Append(Destination, Size, Source, null, 1);

    [NtExport("wcscat_s")]
    public int wcscat_s(ulong Destination, ulong Size, ulong Source) => Append(Destination, Size, Source, null, 2);

    [NtExport("strncat_s")]
    public int strncat_s(ulong Destination, ulong Size, ulong Source, ulong Count) => Append(Destination, Size, Source, Count, 1);

    [NtExport("wcsncat_s")]
    public int wcsncat_s(ulong Destination, ulong Size, ulong Source, ulong Count) => Append(Destination, Size, Source, Count, 2);

    [NtExport("memcpy_s")]
    public int memcpy_s(ulong Destination, ulong Size, ulong Source, ulong Count) => CopyMemory(Destination, Size, Source, Count, clearOnError: true);

    [NtExport("memmove_s")]
    public int memmove_s(ulong Destination, ulong Size, ulong Source, ulong Count) => CopyMemory(Destination, Size, Source, Count, clearOnError: false);

    private int Copy(ulong destination, ulong size, ulong source, ulong? count, ulong width)
    {
        if (count == 0 && destination == 0 && size == 0)
            return 0;
        if (destination == 0 || size == 0)
            return InvalidArgument;
        if (count == 0)
        {
            Put(destination, 0, width);
            return 0;
        }
        if (source == 0)
        {
            Put(destination, 0, width);
            return InvalidArgument;
        }
        return Fill(destination, 0, size, source, count, width);
    }

    private int Append(ulong destination, ulong size, ulong source, ulong? count, ulong width)
    {
        if (count == 0 && destination == 0 && size == 0)
            return 0;
        if (destination == 0 || size == 0)
            return InvalidArgument;
        if (source == 0 && count != 0)
        {
            Put(destination, 0, width);
            return InvalidArgument;
        }
        ulong end = 0;
        while (end < size && Get(destination + end * width, width) != 0)
            end++;
        if (end == size)
        {
            Put(destination, 0, width);
            return InvalidArgument;
        }
        return count == 0 ? 0 : Fill(destination, end, size, source, count, width);
    }

    /// <summary>Copies from index <paramref name="at"/> of the destination on.</summary>
    private int Fill(ulong destination, ulong at, ulong size, ulong source, ulong? count, ulong width)
    {
        bool truncates = count == Truncate;
        ulong most = truncates ? ulong.MaxValue : count ?? ulong.MaxValue;
        for (ulong i = 0; ; i++)
        {
            uint c = i < most ? Get(source + i * width, width) : 0;
            if (at + i >= size)
            {
                Put(destination + (truncates ? size - 1 : 0) * width, 0, width);
                return truncates ? Truncated : OutOfRange;
            }
            Put(destination + (at + i) * width, c, width);
            if (c == 0)
                return 0;
        }
    }

    private int CopyMemory(ulong destination, ulong size, ulong source, ulong count, bool clearOnError)
    {
        const int Chunk = 4096;
        if (count == 0)
            return 0;
        if (destination == 0)
            return InvalidArgument;
        if (source == 0 || size < count)
        {
            if (clearOnError)
                Memory.Fill(destination, size, 0);
            return source == 0 ? InvalidArgument : OutOfRange;
        }
        Span<byte> bytes = stackalloc byte[Chunk];
        bool backwards = destination > source;
        for (ulong done = 0; done < count;)
        {
            ulong length = Math.Min(Chunk, count - done), at = backwards ? count - done - length : done;
            Memory.Read(source + at, bytes[..(int)length]);
            Memory.Write(destination + at, bytes[..(int)length]);
            done += length;
        }
        return 0;
    }

    private uint Get(ulong address, ulong width) => width == 2 ? Memory.ReadU16(address) : Memory.ReadU8(address);

    private void Put(ulong address, uint character, ulong width)
    {
        if (width == 2)
            Memory.WriteU16(address, (ushort)character);
        else
            Memory.WriteU8(address, (byte)character);
    }
}
