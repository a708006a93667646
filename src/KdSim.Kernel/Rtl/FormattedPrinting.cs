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

    static int Count(ulong count) => (int)Math.Min(count, int.MaxValue);
}
