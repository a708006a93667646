using System.Text;
using KdSim.Kernel.Rtl;
using KdSim.Nt;

namespace KdSim.Kernel.Tests.Rtl;

/// <summary>Puts texts and strings into guest memory of a booted machine, and reads them back.</summary>
internal sealed class GuestData : IDisposable
{
    private readonly TestMachine _machine = TestMachine.Boot();

    public GuestData() => Kernel.Enter(_machine.Computer.Processors[0]);

    public NtKernel Kernel => _machine.Kernel;

    public ulong Bytes(int size) => Kernel.Pool.Allocate(POOL_TYPE.NonPagedPool, (ulong)size, 0x74736554);

    public ulong Put(params ReadOnlySpan<byte> bytes)
    {
        ulong address = Bytes(Math.Max(1, bytes.Length));
        Kernel.Memory.Write(address, bytes);
        return address;
    }

    public ulong Narrow(string text) => Put(Encoding.Latin1.GetBytes(text + "\0"));

    public ulong Wide(string text) => Put(Utf16.Bytes(text + "\0"));

    public string ReadNarrow(ulong address) => Kernel.Memory.ReadAnsi(address);

    public string ReadWide(ulong address) => Kernel.Memory.ReadUnicode(address);

    /// <summary>A UNICODE_STRING; without a text an empty one with room for so many bytes.</summary>
    public Ptr<UNICODE_STRING> Unicode(string text, int maximum = -1)
    {
        var address = (Ptr<UNICODE_STRING>)Bytes(16);
        ulong buffer = Bytes(Math.Max(maximum, text.Length * 2) + 2);
        Kernel.Memory.Write(buffer, Utf16.Bytes(text));
        address.Write(new UNICODE_STRING
        {
            Buffer = (Ptr<char>)buffer, Length = (ushort)(text.Length * 2), MaximumLength = (ushort)(maximum < 0 ? text.Length * 2 : maximum),
        });
        return address;
    }

    public Ptr<ANSI_STRING> Ansi(string text, int maximum = -1)
    {
        var address = (Ptr<ANSI_STRING>)Bytes(16);
        ulong buffer = Bytes(Math.Max(maximum, text.Length) + 1);
        Kernel.Memory.Write(buffer, Encoding.Latin1.GetBytes(text));
        address.Write(new ANSI_STRING
        {
            Buffer = (Ptr<byte>)buffer, Length = (ushort)text.Length, MaximumLength = (ushort)(maximum < 0 ? text.Length : maximum),
        });
        return address;
    }

    public void Dispose() => _machine.Dispose();
}
