using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using KdSim.Debugging.Commands;

namespace KdSim.Debugging.Structures;

/// <summary>Small reads that every command needs.</summary>
public static class SessionExtensions
{
    const int LongestString = 0x10000;

    /// <summary>An integer of 1 to 8 bytes, zero-extended; false and 0 when not all of it can be read.</summary>
    public static bool TryReadInteger(this IDebugSession session, ulong address, int size, out ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        bytes.Clear();
        bool read = session.Read(address, bytes[..size]) == size;
        value = read ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : 0;
        return read;
    }

    /// <summary>A pointer; false and 0 when it cannot be read.</summary>
    public static bool TryReadPointer(this IDebugSession session, ulong address, out ulong value) =>
        session.TryReadInteger(address, 8, out value);

    /// <summary>A pointer; unreadable memory is an error with the address.</summary>
    public static ulong ReadPointer(this IDebugSession session, ulong address) =>
        session.TryReadPointer(address, out ulong value) ? value : throw new CommandException($"Memory read error {address:x16}");

    /// <summary>A 32-bit integer; unreadable memory is an error with the address.</summary>
    public static uint ReadUInt32(this IDebugSession session, ulong address) =>
        session.TryReadInteger(address, 4, out ulong value) ? (uint)value : throw new CommandException($"Memory read error {address:x16}");

    /// <summary>The value of a variable of the target by its name: <c>nt!PsActiveProcessHead</c>.</summary>
    public static ulong AddressOf(this IDebugSession session, string name) => session.Symbols.TryGetAddress(name, out ulong address)
        ? address
        : throw new CommandException($"The symbols of this target have no {name}");

    /// <summary>UTF-16 text of this many bytes; as much of it as can be read.</summary>
    public static string ReadUnicode(this IDebugSession session, ulong address, int bytes)
    {
        if (bytes <= 0 || address == 0)
            return "";
        byte[] buffer = new byte[Math.Min(bytes, LongestString)];
        int length = session.Read(address, buffer);
        return Encoding.Unicode.GetString(buffer, 0, length & ~1);
    }

    /// <summary>A string of bytes up to its NUL.</summary>
    public static string ReadAnsi(this IDebugSession session, ulong address, int maximum = 4096)
    {
        StringBuilder text = new();
        Span<byte> chunk = stackalloc byte[64];
        while (text.Length < maximum)
        {
            int want = (int)Math.Min(64, 64 - (address & 63));
            int length = session.Read(address, chunk[..want]);
            for (int i = 0; i < length; i++)
            {
                if (chunk[i] == 0)
                    return text.ToString();
                text.Append((char)chunk[i]);
            }
            if (length < want)
                break;
            address += (ulong)length;
        }
        return text.ToString();
    }

    /// <summary><c>module!name+0x12</c>, or the bare address when no symbol is near.</summary>
    public static string SymbolAt(this IDebugSession session, ulong address)
    {
        if (!session.Symbols.TryGetName(address, out string name, out ulong displacement))
            return $"0x{Output.Addresses.Accent(address)}";
        return displacement == 0 ? name : $"{name}+0x{displacement:x}";
    }

    /// <summary>True for text that reads as a number of the debugger, so that it is no name.</summary>
    public static bool IsNumber(string text) => text.Length > 0 && ulong.TryParse(
        text.Replace("`", "").Replace("0x", "", StringComparison.OrdinalIgnoreCase), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out _);
}
