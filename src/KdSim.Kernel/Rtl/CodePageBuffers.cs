using System.Text;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Rtl;

/// <summary>
/// Buffers (not strings: no NUL) from 8-bit code pages or UTF-8 to UTF-16 and back. What does not fit is cut. Sizes are bytes. PASSIVE_LEVEL.
/// </summary>
public sealed class CodePageBuffers(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint MostBytes = 16 << 20;

    [NtExport("RtlMultiByteToUnicodeN", MaxIrql = Irql.Passive)]
    public NtStatus RtlMultiByteToUnicodeN(
        ulong UnicodeString, uint MaxBytesInUnicodeString, Ptr<uint> BytesInUnicodeString, ulong MultiByteString, uint BytesInMultiByteString) =>
        Widen(CodePages.Ansi, UnicodeString, MaxBytesInUnicodeString, BytesInUnicodeString, MultiByteString, BytesInMultiByteString);

    [NtExport("RtlOemToUnicodeN", MaxIrql = Irql.Passive)]
    public NtStatus RtlOemToUnicodeN(
        ulong UnicodeString, uint MaxBytesInUnicodeString, Ptr<uint> BytesInUnicodeString, ulong OemString, uint BytesInOemString) =>
        Widen(CodePages.Oem, UnicodeString, MaxBytesInUnicodeString, BytesInUnicodeString, OemString, BytesInOemString);

    [NtExport("RtlUnicodeToMultiByteN", MaxIrql = Irql.Passive)]
    public NtStatus RtlUnicodeToMultiByteN(
        ulong MultiByteString, uint MaxBytesInMultiByteString, Ptr<uint> BytesInMultiByteString, ulong UnicodeString, uint BytesInUnicodeString) =>
        Narrow(CodePages.Ansi, MultiByteString, MaxBytesInMultiByteString, BytesInMultiByteString, ReadWide(UnicodeString, BytesInUnicodeString));

    [NtExport("RtlUnicodeToOemN", MaxIrql = Irql.Passive)]
    public NtStatus RtlUnicodeToOemN(
        ulong OemString, uint MaxBytesInOemString, Ptr<uint> BytesInOemString, ulong UnicodeString, uint BytesInUnicodeString) =>
        Narrow(CodePages.Oem, OemString, MaxBytesInOemString, BytesInOemString, ReadWide(UnicodeString, BytesInUnicodeString));

    [NtExport("RtlUpcaseUnicodeToMultiByteN", MaxIrql = Irql.Passive)]
    public NtStatus RtlUpcaseUnicodeToMultiByteN(
        ulong MultiByteString, uint MaxBytesInMultiByteString, Ptr<uint> BytesInMultiByteString, ulong UnicodeString, uint BytesInUnicodeString) =>
        Narrow(CodePages.Ansi, MultiByteString, MaxBytesInMultiByteString, BytesInMultiByteString,
            ReadWide(UnicodeString, BytesInUnicodeString).ToUpperInvariant());

    [NtExport("RtlUpcaseUnicodeToOemN", MaxIrql = Irql.Passive)]
    public NtStatus RtlUpcaseUnicodeToOemN(
        ulong OemString, uint MaxBytesInOemString, Ptr<uint> BytesInOemString, ulong UnicodeString, uint BytesInUnicodeString) =>
        Narrow(CodePages.Oem, OemString, MaxBytesInOemString, BytesInOemString, ReadWide(UnicodeString, BytesInUnicodeString).ToUpperInvariant());

    [NtExport("RtlMultiByteToUnicodeSize", MaxIrql = Irql.Passive)]
    public NtStatus RtlMultiByteToUnicodeSize(Ptr<uint> BytesInUnicodeString, ulong MultiByteString, uint BytesInMultiByteString)
    {
        BytesInUnicodeString.Write(2 * BytesInMultiByteString);
        return NtStatus.Success;
    }

    [NtExport("RtlUnicodeToMultiByteSize", MaxIrql = Irql.Passive)]
    public NtStatus RtlUnicodeToMultiByteSize(Ptr<uint> BytesInMultiByteString, ulong UnicodeString, uint BytesInUnicodeString)
    {
        BytesInMultiByteString.Write(BytesInUnicodeString / 2);
        return NtStatus.Success;
    }

    /// <summary>STATUS_SOME_NOT_MAPPED where a lone surrogate became U+FFFD; without a buffer it only answers the size.</summary>
    [NtExport("RtlUnicodeToUTF8N", MaxIrql = Irql.Passive)]
    public NtStatus RtlUnicodeToUTF8N(
        ulong UTF8StringDestination, uint UTF8StringMaxByteCount, Ptr<uint> UTF8StringActualByteCount, ulong UnicodeStringSource, uint UnicodeStringByteCount)
    {
        if (UnicodeStringSource == 0 || (UTF8StringDestination == 0 && UTF8StringActualByteCount.IsNull))
            return NtStatus.InvalidParameter;
        string text = ReadWide(UnicodeStringSource, UnicodeStringByteCount);
        NtStatus mapped = HasLoneSurrogate(text) ? NtStatus.SomeNotMapped : NtStatus.Success;
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        return Deliver(bytes, UTF8StringDestination, UTF8StringMaxByteCount, UTF8StringActualByteCount, mapped, IsCharacterStart);
    }

    [NtExport("RtlUTF8ToUnicodeN", MaxIrql = Irql.Passive)]
    public NtStatus RtlUTF8ToUnicodeN(
        ulong UnicodeStringDestination, uint UnicodeStringMaxByteCount, Ptr<uint> UnicodeStringActualByteCount, ulong UTF8StringSource,
        uint UTF8StringByteCount)
    {
        if (UTF8StringSource == 0 || (UnicodeStringDestination == 0 && UnicodeStringActualByteCount.IsNull))
            return NtStatus.InvalidParameter;
        string text = Encoding.UTF8.GetString(ReadBytes(UTF8StringSource, UTF8StringByteCount));
        NtStatus mapped = text.Contains('\uFFFD') ? NtStatus.SomeNotMapped : NtStatus.Success;
        return Deliver(
            Utf16.Bytes(text), UnicodeStringDestination, UnicodeStringMaxByteCount, UnicodeStringActualByteCount, mapped, (_, at) => at % 2 == 0);
    }

    private NtStatus Deliver(
        byte[] bytes, ulong destination, uint most, Ptr<uint> actual, NtStatus mapped, Func<byte[], int, bool> mayCutAt)
    {
        int length = bytes.Length;
        if (destination != 0 && length > most)
        {
            length = (int)most;
            while (length > 0 && !mayCutAt(bytes, length))
                length--;
            mapped = NtStatus.BufferTooSmall;
        }
        if (destination != 0)
            Memory.Write(destination, bytes.AsSpan(0, length));
        if (!actual.IsNull)
            actual.Write((uint)length);
        return mapped;
    }

    private NtStatus Widen(Encoding encoding, ulong destination, uint most, Ptr<uint> written, ulong source, uint length)
    {
        byte[] bytes = Utf16.Bytes(encoding.GetString(ReadBytes(source, Math.Min(length, most / 2))));
        Memory.Write(destination, bytes);
        if (!written.IsNull)
            written.Write((uint)bytes.Length);
        return NtStatus.Success;
    }

    private NtStatus Narrow(Encoding encoding, ulong destination, uint most, Ptr<uint> written, string text)
    {
        byte[] bytes = encoding.GetBytes(text);
        int length = (int)Math.Min(most, (uint)bytes.Length);
        Memory.Write(destination, bytes.AsSpan(0, length));
        if (!written.IsNull)
            written.Write((uint)length);
        return NtStatus.Success;
    }

    private string ReadWide(ulong address, uint bytes) => Utf16.Text(ReadBytes(address, bytes & ~1u));

    /// <summary>Pool holds less than the bound, so a longer buffer is a wrong length and faults or is refused.</summary>
    private byte[] ReadBytes(ulong address, uint length)
    {
        if (length > MostBytes)
            throw new GuestException(NtStatus.InvalidParameter);
        byte[] bytes = new byte[length];
        Memory.Read(address, bytes);
        return bytes;
    }

    private static bool IsCharacterStart(byte[] utf8, int at) => (utf8[at] & 0xC0) != 0x80;

    private static bool HasLoneSurrogate(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
                continue;
            if (i + 1 >= text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
                return true;
            i++;
        }
        return false;
    }
}
