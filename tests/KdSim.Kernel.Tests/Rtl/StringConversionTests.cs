using KdSim.Nt;
using Xunit;

namespace KdSim.Kernel.Tests.Rtl;

public sealed class StringConversionTests : IDisposable
{
    private readonly GuestData _data = new();

    private NtKernel Kernel => _data.Kernel;

    public void Dispose() => _data.Dispose();

    [Fact]
    public void An_ANSI_string_becomes_an_allocated_Unicode_string_that_ends_with_a_NUL()
    {
        Ptr<UNICODE_STRING> result = _data.Unicode("");
        Assert.Equal(NtStatus.Success, Kernel.StringConversions.RtlAnsiStringToUnicodeString(result, _data.Ansi("Pulse \u00E9"), true));
        UNICODE_STRING text = result.Read();
        Assert.Equal((14, 16), (text.Length, text.MaximumLength));
        Assert.Equal("Pulse \u00E9", _data.ReadWide(text.Buffer));
        Kernel.AllocatedStrings.RtlFreeUnicodeString(result);
        Assert.True(result.Read().Buffer.IsNull);
    }

    [Fact]
    public void A_buffer_without_room_for_the_NUL_is_too_small_for_Unicode_and_cuts_ANSI()
    {
        Ptr<UNICODE_STRING> wide = _data.Unicode("", 4);
        Assert.Equal(NtStatus.BufferOverflow, Kernel.StringConversions.RtlAnsiStringToUnicodeString(wide, _data.Ansi("ab"), false));
        Ptr<ANSI_STRING> narrow = _data.Ansi("", 3);
        Assert.Equal(NtStatus.BufferOverflow, Kernel.StringConversions.RtlUnicodeStringToAnsiString(narrow, _data.Unicode("abc"), false));
        Assert.Equal(2, narrow.Read().Length);
        Assert.Equal("ab", _data.ReadNarrow(narrow.Read().Buffer));
    }

    [Fact]
    public void What_the_code_page_lacks_becomes_a_question_mark()
    {
        Ptr<ANSI_STRING> narrow = _data.Ansi("", 10);
        Assert.Equal(NtStatus.Success, Kernel.StringConversions.RtlUnicodeStringToAnsiString(narrow, _data.Unicode("\u20AC\u4E00"), false));
        Assert.Equal([0x80, (byte)'?'], Kernel.AnsiStrings.ReadBytes(narrow));
    }

    [Fact]
    public void Folding_keeps_the_length_and_may_overwrite_its_source()
    {
        Ptr<UNICODE_STRING> text = _data.Unicode("abc-\u00E9\uD800");
        Assert.Equal(NtStatus.Success, Kernel.AllocatedStrings.RtlUpcaseUnicodeString(text, text, false));
        Assert.Equal("ABC-\u00C9\uD800", Kernel.UnicodeStrings.Read(text));
    }

    [Fact]
    public void A_GUID_is_text_in_capitals_and_reads_back()
    {
        var guid = new Guid("b3a1f0c2-5d7e-4c19-9e64-1a50c0de0001");
        ulong bytes = _data.Put(guid.ToByteArray());
        Ptr<UNICODE_STRING> text = _data.Unicode("");
        Assert.Equal(NtStatus.Success, Kernel.AllocatedStrings.RtlStringFromGUID(bytes, text));
        Assert.Equal("{B3A1F0C2-5D7E-4C19-9E64-1A50C0DE0001}", Kernel.UnicodeStrings.Read(text));
        Assert.Equal((76, 78), (text.Read().Length, text.Read().MaximumLength));
    }

    [Fact]
    public void A_longer_text_than_a_counted_string_can_hold_is_refused_by_the_checking_forms()
    {
        ulong text = _data.Bytes(0x12000);
        Kernel.Memory.Fill(text, 0x10000, (byte)'x');
        var target = (Ptr<ANSI_STRING>)_data.Bytes(16);
        Assert.Equal(NtStatus.NameTooLong, Kernel.AnsiStrings.RtlInitAnsiStringEx(target, (Ptr<byte>)text));
        Assert.Equal(0, target.Read().MaximumLength);
        Kernel.Memory.WriteU8(text + 0xFFFE, 0);
        Assert.Equal(NtStatus.Success, Kernel.AnsiStrings.RtlInitAnsiStringEx(target, (Ptr<byte>)text));
        Assert.Equal((0xFFFE, 0xFFFF), (target.Read().Length, target.Read().MaximumLength));
    }

    [Fact]
    public void UTF8_is_cut_between_characters_and_lone_surrogates_are_reported()
    {
        ulong source = _data.Wide("a\u20ACb"), buffer = _data.Bytes(8);
        var size = (Ptr<uint>)_data.Bytes(4);
        Assert.Equal(NtStatus.BufferTooSmall, Kernel.CodePageBuffers.RtlUnicodeToUTF8N(buffer, 3, size, source, 6));
        Assert.Equal(1u, size.Read());
        Assert.Equal(NtStatus.Success, Kernel.CodePageBuffers.RtlUnicodeToUTF8N(0, 0, size, source, 6));
        Assert.Equal(5u, size.Read());
        ulong lone = _data.Put(0x00, 0xD8);
        Assert.Equal(NtStatus.SomeNotMapped, Kernel.CodePageBuffers.RtlUnicodeToUTF8N(buffer, 8, size, lone, 2));
    }

    [Theory]
    [InlineData("abc", "abd", false, -1)]
    [InlineData("ABC", "abc", true, 0)]
    [InlineData("abcd", "abc", false, 1)]
    public void ANSI_strings_compare_by_bytes_then_length(string first, string second, bool ignoreCase, int sign) =>
        Assert.Equal(sign, Math.Sign(Kernel.AnsiStrings.RtlCompareString(_data.Ansi(first), _data.Ansi(second), ignoreCase)));
}
