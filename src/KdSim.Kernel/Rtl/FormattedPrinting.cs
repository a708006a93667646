using System.Text;
using KdSim.Kernel.Routines;

namespace KdSim.Kernel.Rtl;

/// <summary>
/// The printf family of the C runtime that nt exports. The counted versions end with a NUL only if there is room and then answer the
/// length; otherwise they fill the buffer and answer -1. Any IRQL where the strings are resident.
/// </summary>
public sealed class FormattedPrinting(NtKernel kernel) : KernelComponent(kernel)
{
    [NtExport("sprintf")]
    public int sprintf(ulong buffer, ulong format, VarArgs arguments) => Narrow(buffer, int.MaxValue, format, arguments);

    [NtExport("vsprintf")]
    public int vsprintf(ulong buffer, ulong format, ulong list) => Narrow(buffer, int.MaxValue, format, new VarArgs(Memory, list));

    [NtExport("_snprintf")]
    public int _snprintf(ulong buffer, ulong count, ulong format, VarArgs arguments) => Narrow(buffer, Count(count), format, arguments);

    [NtExport("_vsnprintf")]
    public int _vsnprintf(ulong buffer, ulong count, ulong format, ulong list) => Narrow(buffer, Count(count), format, new VarArgs(Memory, list));

    [NtExport("swprintf")]
    public int swprintf(ulong buffer, ulong format, VarArgs arguments) => Wide(buffer, int.MaxValue, format, arguments);

    [NtExport("_snwprintf")]
    public int _snwprintf(ulong buffer, ulong count, ulong format, VarArgs arguments) => Wide(buffer, Count(count), format, arguments);

    [NtExport("_vsnwprintf")]
    public int _vsnwprintf(ulong buffer, ulong count, ulong format, ulong list) => Wide(buffer, Count(count), format, new VarArgs(Memory, list));

    /// <summary>The secure forms answer -1 and an empty string where the text does not fit.</summary>
    [NtExport("sprintf_s")]
    public int sprintf_s(ulong buffer, ulong size, ulong format, VarArgs arguments) => NarrowSecure(buffer, Count(size), format, arguments);

    [NtExport("vsprintf_s")]
    public int vsprintf_s(ulong buffer, ulong size, ulong format, ulong list) => NarrowSecure(buffer, Count(size), format, new VarArgs(Memory, list));

    [NtExport("swprintf_s")]
    public int swprintf_s(ulong buffer, ulong size, ulong format, VarArgs arguments) => WideSecure(buffer, Count(size), format, arguments);

    [NtExport("vswprintf_s")]
    public int vswprintf_s(ulong buffer, ulong size, ulong format, ulong list) => WideSecure(buffer, Count(size), format, new VarArgs(Memory, list));

    /// <summary>These cut at a count of their own, or (_TRUNCATE) where the buffer ends, and always end with a NUL.</summary>
    [NtExport("_snprintf_s")]
    public int _snprintf_s(ulong buffer, ulong size, ulong count, ulong format, VarArgs arguments) =>
        Bounded(buffer, size, count, FormatNarrow(format, arguments), 1);

    [NtExport("_vsnprintf_s")]
    public int _vsnprintf_s(ulong buffer, ulong size, ulong count, ulong format, ulong list) =>
        Bounded(buffer, size, count, FormatNarrow(format, new VarArgs(Memory, list)), 1);

    [NtExport("_snwprintf_s")]
    public int _snwprintf_s(ulong buffer, ulong size, ulong count, ulong format, VarArgs arguments) =>
        Bounded(buffer, size, count, new PrintfFormatter(Memory, arguments).Format(Memory.ReadUnicode(format), isWide: true), 2);

    [NtExport("_vsnwprintf_s")]
    public int _vsnwprintf_s(ulong buffer, ulong size, ulong count, ulong format, ulong list) =>
        Bounded(buffer, size, count, new PrintfFormatter(Memory, new VarArgs(Memory, list)).Format(Memory.ReadUnicode(format), isWide: true), 2);

    /// <summary>The text of a narrow format with its arguments: DbgPrint and the family above.</summary>
    public string FormatNarrow(ulong format, VarArgs arguments) => new PrintfFormatter(Memory, arguments).Format(Memory.ReadAnsi(format), isWide: false);

    int Narrow(ulong buffer, int count, ulong format, VarArgs arguments)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(FormatNarrow(format, arguments));
        if (buffer == 0) return bytes.Length;
        Memory.Write(buffer, bytes.AsSpan(0, Math.Min(count, bytes.Length)));
        if (bytes.Length < count) Memory.WriteU8(buffer + (ulong)bytes.Length, 0);
        return bytes.Length <= count ? bytes.Length : -1;
    }

    int Wide(ulong buffer, int count, ulong format, VarArgs arguments)
    {
        string text = new PrintfFormatter(Memory, arguments).Format(Memory.ReadUnicode(format), isWide: true);
        if (buffer == 0) return text.Length;
        Memory.Write(buffer, Utf16.Bytes(text[..Math.Min(count, text.Length)]));
        if (text.Length < count) Memory.WriteU16(buffer + (ulong)text.Length * 2, 0);
        return text.Length <= count ? text.Length : -1;
    }

    int NarrowSecure(ulong buffer, int size, ulong format, VarArgs arguments)
    {
        string text = FormatNarrow(format, arguments);
        if (text.Length < size) return Narrow(buffer, size, format, arguments);
        if (size > 0) Memory.WriteU8(buffer, 0);
        return -1;
    }

    int WideSecure(ulong buffer, int size, ulong format, VarArgs arguments)
    {
        string text = new PrintfFormatter(Memory, arguments).Format(Memory.ReadUnicode(format), isWide: true);
        if (text.Length < size) return Wide(buffer, size, format, arguments);
        if (size > 0) Memory.WriteU16(buffer, 0);
        return -1;
    }

    /// <summary>-1 if the text was cut, or (an empty string then) if it fits neither the count nor the buffer.</summary>
    int Bounded(ulong buffer, ulong size, ulong count, string text, ulong width)
    {
        if (buffer == 0 || size == 0) return -1;
        bool truncates = count == ulong.MaxValue || count < size;
        ulong kept = Math.Min((ulong)text.Length, Math.Min(count, size - 1));
        if (!truncates && (ulong)text.Length >= size) kept = 0;
        string written = text[..(int)kept] + "\0";
        Memory.Write(buffer, width == 1 ? Encoding.Latin1.GetBytes(written) : Utf16.Bytes(written));
        return kept == (ulong)text.Length ? text.Length : -1;
    }

    static int Count(ulong count) => (int)Math.Min(count, int.MaxValue);
}
