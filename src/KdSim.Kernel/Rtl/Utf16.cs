using System.Runtime.InteropServices;

namespace KdSim.Kernel.Rtl;

/// <summary>UTF-16 as NT treats it: any 16-bit units, lone surrogates too (Encoding.Unicode would replace those).</summary>
public static class Utf16
{
    public static string Text(ReadOnlySpan<byte> bytes) => new(MemoryMarshal.Cast<byte, char>(bytes[..(bytes.Length & ~1)]));

    public static byte[] Bytes(string text) => MemoryMarshal.AsBytes<char>(text).ToArray();
}
