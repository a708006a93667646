using KdSim.Kernel.Routines;

namespace KdSim.Kernel.Rtl.Crt;

/// <summary>The C runtime's strings of bytes, in the "C" locale: case is that of ASCII. Any IRQL where the strings are resident.</summary>
public sealed class NarrowText(NtKernel kernel) : KernelComponent(kernel)
{
    [NtExport("strnlen")]
    public ulong strnlen(ulong String, ulong Count) => LengthOf(String, Count);

    [NtExport("strcat")]
    public ulong strcat(ulong Destination, ulong Source)
    {
        CopyText(Destination + LengthOf(Destination), Source, ulong.MaxValue);
        return Destination;
    }

    /// <summary>Appends at most so many bytes and always a NUL.</summary>
    [NtExport("strncat")]
    public ulong strncat(ulong Destination, ulong Source, ulong Count)
    {
        ulong end = Destination + LengthOf(Destination), length = LengthOf(Source, Count);
        CopyText(end, Source, length);
        Memory.WriteU8(end + length, 0);
        return Destination;
    }

    /// <summary>Fills up with NULs; writes none if the source is as long as the count.</summary>
    [NtExport("strncpy")]
    public ulong strncpy(ulong Destination, ulong Source, ulong Count)
    {
        ulong length = CopyText(Destination, Source, Count);
        Memory.Fill(Destination + length, Count - length, 0);
        return Destination;
    }

    [NtExport("strncmp")]
    public int strncmp(ulong String1, ulong String2, ulong Count) => Compare(String1, String2, Count, ignoreCase: false);

    [NtExport("_stricmp")]
    public int _stricmp(ulong String1, ulong String2) => Compare(String1, String2, ulong.MaxValue, ignoreCase: true);

    [NtExport("_strnicmp")]
    public int _strnicmp(ulong String1, ulong String2, ulong Count) => Compare(String1, String2, Count, ignoreCase: true);

    [NtExport("strchr")]
    public ulong strchr(ulong String, int Character)
    {
        for (; ; String++)
        {
            byte c = Memory.ReadU8(String);
            if (c == (byte)Character)
                return String;
            if (c == 0)
                return 0;
        }
    }

    [NtExport("strrchr")]
    public ulong strrchr(ulong String, int Character)
    {
        for (ulong found = 0; ; String++)
        {
            byte c = Memory.ReadU8(String);
            if (c == (byte)Character)
                found = String;
            if (c == 0)
                return found;
        }
    }

    [NtExport("strstr")]
    public ulong strstr(ulong String, ulong Substring)
    {
        ulong length = LengthOf(Substring);
        for (; ; String++)
        {
            if (Compare(String, Substring, length, ignoreCase: false) == 0)
                return String;
            if (Memory.ReadU8(String) == 0)
                return 0;
        }
    }

    [NtExport("strspn")]
    public ulong strspn(ulong String, ulong Set) => Span(String, Set, isMember: true);

    [NtExport("strcspn")]
    public ulong strcspn(ulong String, ulong Set) => Span(String, Set, isMember: false);

    [NtExport("strpbrk")]
    public ulong strpbrk(ulong String, ulong Set)
    {
        ulong found = String + Span(String, Set, isMember: false);
        return Memory.ReadU8(found) == 0 ? 0 : found;
    }

    [NtExport("_strlwr")]
    public ulong _strlwr(ulong String) => Map(String, Characters.Lower);

    [NtExport("_strupr")]
    public ulong _strupr(ulong String) => Map(String, Characters.Upper);

    [NtExport("_strrev")]
    public ulong _strrev(ulong String)
    {
        ulong length = LengthOf(String);
        for (ulong i = 0; i < length / 2; i++)
        {
            ulong left = String + i, right = String + length - 1 - i;
            byte c = Memory.ReadU8(left);
            Memory.WriteU8(left, Memory.ReadU8(right));
            Memory.WriteU8(right, c);
        }
        return String;
    }

    [NtExport("_strset")]
    public ulong _strset(ulong String, int Character)
    {
        Memory.Fill(String, LengthOf(String), (byte)Character);
        return String;
    }

    [NtExport("memchr")]
    public ulong memchr(ulong Buffer, int Character, ulong Count)
    {
        for (ulong i = 0; i < Count; i++)
            if (Memory.ReadU8(Buffer + i) == (byte)Character)
                return Buffer + i;
        return 0;
    }

    internal ulong LengthOf(ulong text, ulong most = ulong.MaxValue)
    {
        ulong length = 0;
        while (length < most && Memory.ReadU8(text + length) != 0)
            length++;
        return length;
    }

    /// <summary>Copies up to the NUL (which it copies too) or the count; answers how many characters before the NUL were copied.</summary>
    private ulong CopyText(ulong destination, ulong source, ulong count)
    {
        for (ulong i = 0; i < count; i++)
        {
            byte c = Memory.ReadU8(source + i);
            Memory.WriteU8(destination + i, c);
            if (c == 0)
                return i;
        }
        return count;
    }

    private int Compare(ulong first, ulong second, ulong count, bool ignoreCase)
    {
        for (ulong i = 0; i < count; i++)
        {
            uint a = Memory.ReadU8(first + i), b = Memory.ReadU8(second + i);
            if (ignoreCase)
                (a, b) = (Characters.Lower(a), Characters.Lower(b));
            if (a != b)
                return a < b ? -1 : 1;
            if (a == 0)
                return 0;
        }
        return 0;
    }

    private ulong Span(ulong text, ulong set, bool isMember)
    {
        Span<bool> members = stackalloc bool[256];
        members.Clear();
        while (Memory.ReadU8(set) is var c and not 0)
        {
            members[c] = true;
            set++;
        }
        ulong length = 0;
        while (Memory.ReadU8(text + length) is var c and not 0 && members[c] == isMember)
            length++;
        return length;
    }

    private ulong Map(ulong text, Func<uint, uint> map)
    {
        for (ulong i = 0; Memory.ReadU8(text + i) is var c and not 0; i++)
            if (map(c) != c)
                Memory.WriteU8(text + i, (byte)map(c));
        return text;
    }
}
