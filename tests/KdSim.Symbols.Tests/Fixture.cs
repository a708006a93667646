using System.Runtime.CompilerServices;
using KdSim.Symbols.Pe;

namespace KdSim.Symbols.Tests;

/// <summary>The committed inputs under fixtures/.</summary>
internal static class Fixture
{
    public static string Folder() => Root();

    static string Root([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "fixtures");

    public static byte[] Bytes(string name) => File.ReadAllBytes(Path.Combine(Folder(), name));

    public static PeImage Image(string name) => PeImage.Parse(Bytes(name), name);

    /// <summary>Memory that holds <paramref name="bytes"/> at an address and nothing else.</summary>
    public static ReadMemory Memory(byte[] bytes, ulong at) => (va, buffer) =>
    {
        if (va < at || va - at > (ulong)bytes.Length || (ulong)bytes.Length - (va - at) < (ulong)buffer.Length)
            return false;
        bytes.AsSpan((int)(va - at), buffer.Length).CopyTo(buffer);
        return true;
    };
}
