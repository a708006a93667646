using System.Text;
using KdSim.Kernel.Rtl;
using KdSim.Nt;

namespace KdSim.Kernel.Cm;

/// <summary>RTL_QUERY_REGISTRY_DIRECT: how a value is stored where the entry's context points, by its type. PASSIVE_LEVEL.</summary>
public sealed class DirectQueries(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint String = 1, ExpandString = 2, MultiString = 7;
    private const ulong SystemRootAddress = 0xFFFF_F780_0000_0030; // KUSER_SHARED_DATA.NtSystemRoot

    /// <summary>
    /// A string goes to a UNICODE_STRING, whose buffer is allocated if it has none. Up to 4 bytes go to where the pointer points. Other data finds a LONG
    /// there: negative, the size of a buffer that takes the data alone; positive, the size of one that takes length, type and data.
    /// </summary>
    public NtStatus Store(uint type, ulong data, uint length, ulong destination)
    {
        if (type is String or ExpandString or MultiString)
            return StoreString(data, length, destination);
        byte[] bytes = new byte[length];
        Memory.Read(data, bytes);
        if (length <= 4)
        {
            Memory.Write(destination, bytes);
            return NtStatus.Success;
        }
        int size = (int)Memory.ReadU32(destination);
        if (size < 0)
        {
            if (-(long)size < length)
                return NtStatus.BufferTooSmall;
            Memory.Write(destination, bytes);
            return NtStatus.Success;
        }
        if ((uint)size < length + 8)
            return NtStatus.BufferTooSmall;
        Memory.WriteU32(destination, length);
        Memory.WriteU32(destination + 4, type);
        Memory.Write(destination + 8, bytes);
        return NtStatus.Success;
    }

    /// <summary>Replaces %NAME% by variables of the environment block (0: none) and by SystemRoot; unknown ones stay.</summary>
    public string Expand(string text, ulong environment)
    {
        var result = new StringBuilder();
        int at = 0;
        while (at < text.Length)
        {
            int end = text[at] == '%' ? text.IndexOf('%', at + 1) : -1;
            if (end > at && Variable(text[(at + 1)..end], environment) is { } value)
            {
                result.Append(value);
                at = end + 1;
            }
            else
            {
                result.Append(text[at++]);
            }
        }
        return result.ToString();
    }

    private string? Variable(string name, ulong environment)
    {
        const int MostVariables = 4096;
        for (int i = 0; environment != 0 && i < MostVariables && Memory.ReadUnicode(environment) is { Length: > 0 } line; i++)
        {
            if (line.IndexOf('=', 1) is var equals and > 0 && line.AsSpan(0, equals).Equals(name, StringComparison.OrdinalIgnoreCase))
                return line[(equals + 1)..];
            environment += (ulong)line.Length * 2 + 2;
        }
        string root = Memory.ReadUnicode(SystemRootAddress, 260);
        return name.Equals("SystemRoot", StringComparison.OrdinalIgnoreCase) ? root
            : name.Equals("SystemDrive", StringComparison.OrdinalIgnoreCase) ? root[..2] : null;
    }

    private NtStatus StoreString(ulong data, uint length, ulong destination)
    {
        const uint Most = 0xFFFE;
        var target = (Ptr<UNICODE_STRING>)destination;
        UNICODE_STRING text = target.Read();
        length = Math.Min(length & ~1u, Most);
        if (text.Buffer.IsNull)
        {
            ulong buffer = Kernel.AllocatedStrings.TryAllocate((int)Math.Max(length, 2));
            if (buffer == 0)
                return NtStatus.NoMemory;
            text.Buffer = (Ptr<char>)buffer;
            text.MaximumLength = (ushort)length;
        }
        else if (length > text.MaximumLength)
        {
            return NtStatus.BufferTooSmall;
        }
        byte[] bytes = new byte[length];
        Memory.Read(data, bytes);
        Memory.Write(text.Buffer, bytes);
        text.Length = (ushort)(bytes.Length >= 2 && Utf16.Text(bytes)[^1] == 0 ? length - 2 : length);
        target.Write(text);
        return NtStatus.Success;
    }
}
