using KdSim.Nt;
using Xunit;

namespace KdSim.Kernel.Tests.Rtl;

public sealed class RuntimeTextTests : IDisposable
{
    private readonly GuestData _data = new();

    private NtKernel Kernel => _data.Kernel;

    public void Dispose() => _data.Dispose();

    [Fact]
    public void Strings_are_searched_for_characters_sets_and_strings()
    {
        ulong text = _data.Narrow("device:device");
        Assert.Equal(text + 6, Kernel.NarrowText.strchr(text, ':'));
        Assert.Equal(text + 12, Kernel.NarrowText.strrchr(text, 'e'));
        Assert.Equal(text + 13, Kernel.NarrowText.strchr(text, 0));
        Assert.Equal(text + 3, Kernel.NarrowText.strstr(text, _data.Narrow("ice")));
        Assert.Equal(0ul, Kernel.NarrowText.strstr(text, _data.Narrow("ices")));
        Assert.Equal(6ul, Kernel.NarrowText.strcspn(text, _data.Narrow(":;")));
        ulong wide = _data.Wide("\\Device\\Pulse");
        Assert.Equal(wide + 14, Kernel.WideText.wcsrchr(wide, '\\'));
        Assert.Equal(wide + 16, Kernel.WideText.wcsstr(wide, _data.Wide("Pulse")));
    }

    [Fact]
    public void Counted_copies_fill_with_NULs_and_do_not_end_a_cut_text()
    {
        ulong buffer = _data.Put([9, 9, 9, 9, 9, 9]);
        Kernel.NarrowText.strncpy(buffer, _data.Narrow("ab"), 4);
        Assert.Equal(0x0909_0000_6261ul, Kernel.Memory.ReadU64(buffer) & 0xFFFF_FFFF_FFFF);
        Kernel.NarrowText.strncpy(buffer, _data.Narrow("wxyz"), 3);
        Assert.Equal(0x7978_77ul, Kernel.Memory.ReadU64(buffer) & 0xFFFFFFFF);
    }

    [Theory]
    [InlineData("abc", "ABD", 2, 0)]
    [InlineData("abc", "ABD", 3, -1)]
    [InlineData("Z", "_", 1, 1)] // Compared in lower case: 'z' stands behind '_'.
    public void Case_is_folded_to_lower(string first, string second, ulong count, int sign)
    {
        Assert.Equal(sign, Math.Sign(Kernel.NarrowText._strnicmp(_data.Narrow(first), _data.Narrow(second), count)));
        Assert.Equal(sign, Math.Sign(Kernel.WideText._wcsnicmp(_data.Wide(first), _data.Wide(second), count)));
    }

    [Fact]
    public void Secure_copies_leave_an_empty_string_or_what_fits()
    {
        ulong buffer = _data.Wide("old");
        Assert.Equal(34, Kernel.SecureText.wcscpy_s(buffer, 4, _data.Wide("long")));
        Assert.Equal("", _data.ReadWide(buffer));
        Assert.Equal(80, Kernel.SecureText.wcsncpy_s(buffer, 4, _data.Wide("long"), ulong.MaxValue));
        Assert.Equal("lon", _data.ReadWide(buffer));
        Assert.Equal(0, Kernel.SecureText.wcsncpy_s(buffer, 4, _data.Wide("xyz!"), 2));
        Assert.Equal("xy", _data.ReadWide(buffer));
        Assert.Equal(0, Kernel.SecureText.wcscat_s(buffer, 4, _data.Wide("z")));
        Assert.Equal("xyz", _data.ReadWide(buffer));
        Assert.Equal(34, Kernel.SecureText.wcscat_s(buffer, 4, _data.Wide("z")));
    }

    [Theory]
    [InlineData("  -12x", 10, -12, 5)]
    [InlineData("0x1F", 0, 31, 4)]
    [InlineData("017", 0, 15, 3)]
    [InlineData("0xg", 16, 0, 1)]
    [InlineData("none", 10, 0, 0)]
    [InlineData("99999999999", 10, int.MaxValue, 11)]
    public void Numbers_are_read_as_C_says(string text, int radix, int expected, ulong consumed)
    {
        ulong narrow = _data.Narrow(text);
        var end = (Ptr<ulong>)_data.Bytes(8);
        Assert.Equal(expected, Kernel.Numbers.strtol(narrow, end, radix));
        Assert.Equal(narrow + consumed, end.Read());
        ulong wide = _data.Wide(text);
        Assert.Equal(expected, Kernel.Numbers.wcstol(wide, end, radix));
        Assert.Equal(wide + 2 * consumed, end.Read());
    }

    [Fact]
    public void Random_numbers_are_those_of_the_Microsoft_runtime()
    {
        Assert.Equal([41, 18467, 6334], new[] { Kernel.PseudoRandoms.rand(), Kernel.PseudoRandoms.rand(), Kernel.PseudoRandoms.rand() });
    }

    [Fact]
    public void Memory_is_compared_with_a_pattern_up_to_the_first_difference() =>
        Assert.Equal(8ul, Kernel.MemoryRoutines.RtlCompareMemoryUlong(_data.Put(1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0), 12, 1));
}
