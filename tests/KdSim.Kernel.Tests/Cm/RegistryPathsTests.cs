using KdSim.Kernel.Cm;
using KdSim.Kernel.Tests.Rtl;
using KdSim.Nt;
using Xunit;

namespace KdSim.Kernel.Tests.Cm;

public sealed class RegistryPathsTests : IDisposable
{
    private const uint Absolute = 0, Services = 1;
    private readonly GuestData _data = new();

    private NtKernel Kernel => _data.Kernel;

    public void Dispose() => _data.Dispose();

    [Fact]
    public void Values_are_written_below_the_services_and_deleted_once()
    {
        var name = (Ptr<char>)_data.Wide("Number");
        ulong data = _data.Put(42, 0, 0, 0), path = _data.Wide("pulse");
        Assert.Equal(NtStatus.ObjectNameNotFound, Kernel.RegistryPaths.RtlCheckRegistryKey(Services, path));
        Assert.Equal(NtStatus.Success, Kernel.RegistryPaths.RtlWriteRegistryValue(Services, path, name, 4, data, 4));
        Assert.Equal(42u, Kernel.Roots.Registry.Value(@"\Registry\Machine\SYSTEM\ControlSet001\Services\pulse", "Number")?.AsNumber());
        ulong full = _data.Wide(@"\Registry\Machine\System\CurrentControlSet\Services\pulse");
        Assert.Equal(NtStatus.Success, Kernel.RegistryPaths.RtlDeleteRegistryValue(Absolute, full, name));
        Assert.Equal(NtStatus.ObjectNameNotFound, Kernel.RegistryPaths.RtlDeleteRegistryValue(Absolute, full, name));
    }

    [Fact]
    public void Direct_queries_store_by_type_and_size()
    {
        Ptr<UNICODE_STRING> text = _data.Unicode("");
        text.Write(default);
        Assert.Equal(NtStatus.Success, Kernel.DirectQueries.Store(1, _data.Wide("hello"), 12, text));
        Assert.Equal(("hello", 10, 12), (Kernel.UnicodeStrings.Read(text), text.Read().Length, text.Read().MaximumLength));
        Assert.Equal(NtStatus.BufferTooSmall, Kernel.DirectQueries.Store(1, _data.Wide("longer"), 14, text));

        ulong bytes = _data.Put(1, 2, 3, 4, 5, 6), buffer = _data.Bytes(16);
        Kernel.Memory.WriteU32(buffer, 13);
        Assert.Equal(NtStatus.BufferTooSmall, Kernel.DirectQueries.Store(3, bytes, 6, buffer));
        Kernel.Memory.WriteU32(buffer, 14);
        Assert.Equal(NtStatus.Success, Kernel.DirectQueries.Store(3, bytes, 6, buffer));
        Assert.Equal((6u, 3u, 0x0403_0201u), (Kernel.Memory.ReadU32(buffer), Kernel.Memory.ReadU32(buffer + 4), Kernel.Memory.ReadU32(buffer + 8)));
        Kernel.Memory.WriteU32(buffer, unchecked((uint)-6));
        Assert.Equal(NtStatus.Success, Kernel.DirectQueries.Store(3, bytes, 6, buffer));
        Assert.Equal(0x0403_0201u, Kernel.Memory.ReadU32(buffer));
    }

    [Fact]
    public void Variables_are_expanded_and_unknown_ones_stay()
    {
        Assert.Equal(@"C:\Windows\x %None% 5%", Kernel.DirectQueries.Expand(@"%SystemRoot%\x %None% 5%", 0));
        Assert.Equal("a-b", Kernel.DirectQueries.Expand("%one%-%TWO%", _data.Wide("One=a\0Two=b\0")));
    }

    [Theory]
    [InlineData(KEY_VALUE_INFORMATION_CLASS.KeyValuePartialInformation, 12, 16)]
    [InlineData(KEY_VALUE_INFORMATION_CLASS.KeyValueFullInformation, 20, 36)]
    [InlineData(KEY_VALUE_INFORMATION_CLASS.KeyValueBasicInformation, 12, 24)]
    [InlineData(KEY_VALUE_INFORMATION_CLASS.KeyValuePartialInformationAlign64, 8, 12)]
    public void A_value_is_described_whole_cut_or_not_at_all(KEY_VALUE_INFORMATION_CLASS format, uint least, uint all)
    {
        KeyInformation information = Assert.NotNull(KeyInformation.Of(RegistryValue.Number("Number", 7), format));
        ulong buffer = _data.Bytes(64);
        var length = (Ptr<uint>)_data.Bytes(4);
        Assert.Equal(NtStatus.BufferTooSmall, information.Deliver(Kernel.Memory, buffer, least - 1, length));
        Assert.Equal(all, length.Read());
        Assert.Equal(NtStatus.BufferOverflow, information.Deliver(Kernel.Memory, buffer, least, length));
        Assert.Equal(NtStatus.BufferOverflow, information.Deliver(Kernel.Memory, buffer, all - 1, length));
        Assert.Equal(NtStatus.Success, information.Deliver(Kernel.Memory, buffer, all, length));
    }
}
