using System.Buffers.Binary;
using System.Text;
using KdSim.Live;

namespace KdSim.Recording;

/// <summary>Values of guest memory, read without any effect. What cannot be read is zero.</summary>
sealed class GuestReader(GuestView memory)
{
    const int MostText = 1024;

    public ulong U64(ulong address)
    {
        Span<byte> bytes = stackalloc byte[8];
        return memory.Read(0, address, bytes) == bytes.Length ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : 0;
    }

    public uint U32(ulong address)
    {
        Span<byte> bytes = stackalloc byte[4];
        return memory.Read(0, address, bytes) == bytes.Length ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : 0;
    }

    public byte U8(ulong address)
    {
        byte value = 0;
        return memory.Read(0, address, new Span<byte>(ref value)) == 1 ? value : (byte)0;
    }

    /// <summary>Fills the buffer; zeros where nothing can be read.</summary>
    public void Bytes(ulong address, Span<byte> buffer) => buffer[memory.Read(0, address, buffer)..].Clear();

    /// <summary>The text of the UNICODE_STRING at an address.</summary>
    public string Unicode(ulong address)
    {
        int length = Math.Min((int)(U32(address) & 0xFFFE), MostText);
        if (length == 0) return "";
        byte[] bytes = new byte[length];
        Bytes(U64(address + 8), bytes);
        return Encoding.Unicode.GetString(bytes);
    }

    /// <summary>A text of bytes with at most this many.</summary>
    public string Ansi(ulong address, int most)
    {
        byte[] bytes = new byte[most];
        Bytes(address, bytes);
        int end = Array.IndexOf(bytes, (byte)0);
        return Encoding.ASCII.GetString(bytes, 0, end < 0 ? most : end);
    }

    /// <summary>The addresses of the entries of a LIST_ENTRY list.</summary>
    public IEnumerable<ulong> List(ulong head)
    {
        const int Most = 1 << 16;
        ulong at = U64(head);
        for (int count = 0; at != 0 && at != head && count < Most; count++)
        {
            yield return at;
            at = U64(at);
        }
    }
}
