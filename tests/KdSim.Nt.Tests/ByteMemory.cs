namespace KdSim.Nt.Tests;

/// <summary>A guest memory of a few bytes at an address, which notes every access. It is ambient while it lives.</summary>
internal sealed class ByteMemory : GuestMemory, IDisposable
{
    private readonly ulong start;

    public ByteMemory(ulong start, int size)
    {
        this.start = start;
        Bytes = new byte[size];
        Current = this;
    }

    public byte[] Bytes { get; }

    /// <summary>Accesses in order: <c>R</c> or <c>W</c>, offset in hex, size.</summary>
    public List<string> Accesses { get; } = [];

    public override void Read(ulong address, Span<byte> bytes)
    {
        Accesses.Add($"R {address - start:x} {bytes.Length}");
        Bytes.AsSpan(checked((int)(address - start)), bytes.Length).CopyTo(bytes);
    }

    public override void Write(ulong address, ReadOnlySpan<byte> bytes)
    {
        Accesses.Add($"W {address - start:x} {bytes.Length}");
        bytes.CopyTo(Bytes.AsSpan(checked((int)(address - start))));
    }

    public void Dispose() => Current = null;
}
