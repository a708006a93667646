using KdSim.Kernel.Routines;
using KdSim.Nt;
using Xunit;

namespace KdSim.Kernel.Tests.Rtl;

public sealed class ImageHeadersTests : IDisposable
{
    private readonly GuestData _data = new();

    private NtKernel Kernel => _data.Kernel;

    public void Dispose() => _data.Dispose();

    [Fact]
    public void The_headers_and_the_export_directory_of_nt_are_found_in_memory()
    {
        View<KLDR_DATA_TABLE_ENTRY> nt = Kernel.ModuleList.Find("ntoskrnl.exe");
        ulong header = Kernel.ImageHeaders.RtlImageNtHeader(nt.DllBase);
        Assert.Equal(0x4550u, Kernel.Memory.ReadU32(header));
        var size = (Ptr<uint>)_data.Bytes(4);
        ulong exports = Kernel.ImageHeaders.RtlImageDirectoryEntryToData(nt.DllBase, true, 0, size);
        Assert.InRange(exports, nt.DllBase, nt.DllBase + nt.SizeOfImage);
        Assert.NotEqual(0u, size.Read());
        Assert.Equal(0ul, Kernel.ImageHeaders.RtlImageDirectoryEntryToData(nt.DllBase, true, 16, size));
        Assert.Equal(0ul, Kernel.ImageHeaders.RtlImageNtHeader(_data.Narrow("no image")));
    }

    [Fact]
    public void Exports_are_found_by_name()
    {
        Assert.Equal(Kernel.Stubs.AddressOf(Stub.RtlImageNtHeader), Kernel.SystemQueries.MmGetSystemRoutineAddress(_data.Unicode("RtlImageNtHeader")));
        Assert.Equal(0ul, Kernel.SystemQueries.MmGetSystemRoutineAddress(_data.Unicode("rtlimagentheader")));
    }

    [Fact]
    public void UUIDs_are_of_version_4_differ_and_are_the_same_in_an_equal_machine()
    {
        using var other = new GuestData();
        ulong mine = _data.Bytes(32);
        Kernel.SystemQueries.ExUuidCreate(mine);
        Kernel.SystemQueries.ExUuidCreate(mine + 16);
        byte[] bytes = new byte[32];
        Kernel.Memory.Read(mine, bytes);
        Assert.NotEqual(bytes[..16], bytes[16..]);
        Assert.Equal((0x40, 0x80), (bytes[7] & 0xF0, bytes[8] & 0xC0));
        other.Kernel.Enter(other.Kernel.Computer.Processors[0]);
        ulong theirs = other.Bytes(16);
        other.Kernel.SystemQueries.ExUuidCreate(theirs);
        byte[] first = new byte[16];
        other.Kernel.Memory.Read(theirs, first);
        Assert.Equal(bytes[..16], first);
    }
}
