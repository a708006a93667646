using KdSim.Kernel.Routines;

namespace KdSim.Kernel.Rtl.Crt;

/// <summary>The C runtime's strings of UTF-16, in the "C" locale: case is that of ASCII. Any IRQL where the strings are resident.</summary>
public sealed class WideText(NtKernel kernel) : KernelComponent(kernel)
{
    [NtExport("wcsnlen")]
    public ulong wcsnlen(ulong String, ulong Count) => LengthOf(String, Count);

    [NtExport("wcscat")]
    public ulong wcscat(ulong Destination, ulong Source)
    {
        CopyText(Destination + LengthOf(Destination) * 2, Source, ulong.MaxValue);
        return Destination;
    }

    [NtExport("wcsncat")]
    public ulong wcsncat(ulong Destination, ulong Source, ulong Count)
    {
        ulong end = Destination + LengthOf(Destination) * 2, length = LengthOf(Source, Count);
        CopyText(end, Source, length);
        Memory.WriteU16(end + length * 2, 0);
        return Destination;
    }

    [NtExport("wcsncpy")]
    public ulong wcsncpy(ulong Destination, ulong Source, ulong Count)
    {
        ulong length = CopyText(Destination, Source, Count);
        Memory.Fill(Destination + length * 2, (Count - length) * 2, 0);
        return Destination;
    }

    [NtExport("wcsncmp")]
    public int wcsncmp(ulong String1, ulong String2, ulong Count) => Compare(String1, String2, Count, ignoreCase: false);

    [NtExport("_wcsicmp")]
    public int _wcsicmp(ulong String1, ulong String2) => Compare(String1, String2, ulong.MaxValue, ignoreCase: true);

    [NtExport("_wcsnicmp")]
    public int _wcsnicmp(ulong String1, ulong String2, ulong Count) => Compare(String1, String2, Count, ignoreCase: true);

    [NtExport("wcschr")]
    public ulong wcschr(ulong String, ushort Character)
    {
        for (; ; String += 2)
        {
            ushort c = Memory.ReadU16(String);
            if (c == Character)
                return String;
            if (c == 0)
                return 0;
        }
    }

    [NtExport("wcsrchr")]
    public ulong wcsrchr(ulong String, ushort Character)
    {
        for (ulong found = 0; ; String += 2)
        {
            ushort c = Memory.ReadU16(String);
            if (c == Character)
                found = String;
            if (c == 0)
                return found;
        }
    }

    [NtExport("wcsstr")]
    public ulong wcsstr(ulong String, ulong Substring)
    {
        ulong length = LengthOf(Substring);
        for (; ; String += 2)
        {
            if (Compare(String, Substring, length, ignoreCase: false) == 0)
                return String;
            if (Memory.ReadU16(String) == 0)
                return 0;
        }
    }

    [NtExport("wcsspn")]
    public ulong wcsspn(ulong String, ulong Set) => Span(String, Set, isMember: true);

    [NtExport("wcscspn")]
    public ulong wcscspn(ulong String, ulong Set) => Span(String, Set, isMember: false);

    [NtExport("wcspbrk")]
    public ulong wcspbrk(ulong String, ulong Set)
    {
        ulong found = String + Span(String, Set, isMember: false) * 2;
        return Memory.ReadU16(found) == 0 ? 0 : found;
    }

    [NtExport("_wcslwr")]
    public ulong _wcslwr(ulong String) => Map(String, Characters.Lower);

    [NtExport("_wcsupr")]
    public ulong _wcsupr(ulong String) => Map(String, Characters.Upper);

    [NtExport("_wcsrev")]
    public ulong _wcsrev(ulong String)
    {
        ulong length = LengthOf(String);
        for (ulong i = 0; i < length / 2; i++)
        {
            ulong left = String + i * 2, right = String + (length - 1 - i) * 2;
            ushort c = Memory.ReadU16(left);
            Memory.WriteU16(left, Memory.ReadU16(right));
            Memory.WriteU16(right, c);
        }
        return String;
    }

    internal ulong LengthOf(ulong text, ulong most = ulong.MaxValue)
    {
        ulong length = 0;
        while (length < most && Memory.ReadU16(text + length * 2) != 0)
            length++;
        return length;
    }

    private ulong CopyText(ulong destination, ulong source, ulong count)
    {
        for (ulong i = 0; i < count; i++)
        {
            ushort c = Memory.ReadU16(source + i * 2);
            Memory.WriteU16(destination + i * 2, c);
            if (c == 0)
                return i;
        }
        return count;
    }

    private int Compare(ulong first, ulong second, ulong count, bool ignoreCase)
    {
        for (ulong i = 0; i < count; i++)
        {
            uint a = Memory.ReadU16(first + i * 2), b = Memory.ReadU16(second + i * 2);
            if (ignoreCase)
                (a, b) = (Characters.Lower(a), Characters.Lower(b));
            if (a != b)
                return ignoreCase ? (int)a - (int)b : a < b ? -1 : 1;
            if (a == 0)
                return 0;
        }
        return 0;
    }

    private ulong Span(ulong text, ulong set, bool isMember)
    {
        string members = Memory.ReadUnicode(set);
        ulong length = 0;
        while (Memory.ReadU16(text + length * 2) is var c and not 0 && members.Contains((char)c) == isMember)
            length++;
        return length;
    }

    private ulong Map(ulong text, Func<uint, uint> map)
    {
        for (ulong i = 0; Memory.ReadU16(text + i * 2) is var c and not 0; i++)
            if (map(c) != c)
                Memory.WriteU16(text + i * 2, (ushort)map(c));
        return text;
    }
}
