using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Rtl;

/// <summary>UNICODE_STRING: making, copying, comparing, appending. Lengths are in bytes. Any IRQL where the strings are resident.</summary>
public sealed class UnicodeStrings(NtKernel kernel) : KernelComponent(kernel)
{
    private const int MaxBytes = 0xFFFC;

    /// <summary>The text of a counted string; a null pointer is empty.</summary>
    public string Read(Ptr<UNICODE_STRING> text)
    {
        if (text.IsNull) return "";
        UNICODE_STRING value = text.Read();
        if (value.Length < 2) return "";
        byte[] bytes = new byte[value.Length & ~1];
        Memory.Read(value.Buffer, bytes);
        return Utf16.Text(bytes);
    }

    /// <summary>Writes as much of a text as fits, with a NUL where there is room for one; false where it was cut.</summary>
    public bool TryWrite(Ptr<UNICODE_STRING> destination, string text)
    {
        View<UNICODE_STRING> target = destination;
        int length = Math.Min(text.Length * 2, target.MaximumLength & ~1);
        Memory.Write(target.Buffer, Utf16.Bytes(text[..(length / 2)]));
        target.Length = (ushort)length;
        if (length + 2 <= target.MaximumLength) Memory.WriteU16(target.Buffer.Address + (ulong)length, 0);
        return length == text.Length * 2;
    }

    [NtExport("RtlInitUnicodeString")]
    public void RtlInitUnicodeString(Ptr<UNICODE_STRING> DestinationString, Ptr<char> SourceString)
    {
        var text = new UNICODE_STRING { Buffer = SourceString };
        if (!SourceString.IsNull)
        {
            int length = 0;
            while (length < MaxBytes && Memory.ReadU16(SourceString + length / 2) != 0)
                length += 2;
            text.Length = (ushort)length;
            text.MaximumLength = (ushort)(length + 2);
        }
        DestinationString.Write(text);
    }

    [NtExport("RtlInitUnicodeStringEx", MaxIrql = Irql.Passive, IsResident = true)]
    public NtStatus RtlInitUnicodeStringEx(Ptr<UNICODE_STRING> DestinationString, Ptr<char> SourceString)
    {
        RtlInitUnicodeString(DestinationString, SourceString);
        if (SourceString.IsNull || Memory.ReadU16(SourceString.Address + DestinationString.View.Length) == 0) return NtStatus.Success;
        DestinationString.Write(default);
        return NtStatus.NameTooLong;
    }

    [NtExport("RtlCopyUnicodeString")]
    public void RtlCopyUnicodeString(Ptr<UNICODE_STRING> DestinationString, Ptr<UNICODE_STRING> SourceString)
    {
        if (SourceString.IsNull) DestinationString.View.SetLength(0);
        else TryWrite(DestinationString, Read(SourceString));
    }

    [NtExport("RtlCompareUnicodeString")]
    public int RtlCompareUnicodeString(Ptr<UNICODE_STRING> String1, Ptr<UNICODE_STRING> String2, bool CaseInSensitive) =>
        string.CompareOrdinal(Folded(Read(String1), CaseInSensitive), Folded(Read(String2), CaseInSensitive));

    [NtExport("RtlEqualUnicodeString")]
    public bool RtlEqualUnicodeString(Ptr<UNICODE_STRING> String1, Ptr<UNICODE_STRING> String2, bool CaseInSensitive) =>
        RtlCompareUnicodeString(String1, String2, CaseInSensitive) == 0;

    [NtExport("RtlPrefixUnicodeString")]
    public bool RtlPrefixUnicodeString(Ptr<UNICODE_STRING> String1, Ptr<UNICODE_STRING> String2, bool CaseInSensitive) =>
        Folded(Read(String2), CaseInSensitive).StartsWith(Folded(Read(String1), CaseInSensitive), StringComparison.Ordinal);

    [NtExport("RtlAppendUnicodeToString")]
    public NtStatus RtlAppendUnicodeToString(Ptr<UNICODE_STRING> Destination, Ptr<char> Source) =>
        Source.IsNull ? NtStatus.Success : Append(Destination, Memory.ReadUnicode(Source));

    [NtExport("RtlAppendUnicodeStringToString")]
    public NtStatus RtlAppendUnicodeStringToString(Ptr<UNICODE_STRING> Destination, Ptr<UNICODE_STRING> Source) => Append(Destination, Read(Source));

    [NtExport("RtlUpcaseUnicodeChar")]
    public ushort RtlUpcaseUnicodeChar(ushort SourceCharacter) => char.ToUpperInvariant((char)SourceCharacter);

    [NtExport("RtlDowncaseUnicodeChar")]
    public ushort RtlDowncaseUnicodeChar(ushort SourceCharacter) => char.ToLowerInvariant((char)SourceCharacter);

    /// <summary>The one algorithm that is documented (HASH_STRING_ALGORITHM_X65599): each character weighs 65599 times the ones before.</summary>
    [NtExport("RtlHashUnicodeString")]
    public NtStatus RtlHashUnicodeString(Ptr<UNICODE_STRING> String, bool CaseInSensitive, uint HashAlgorithm, Ptr<uint> HashValue)
    {
        if (String.IsNull || HashValue.IsNull || HashAlgorithm > 1) return NtStatus.InvalidParameter;
        uint hash = 0;
        foreach (char c in Folded(Read(String), CaseInSensitive)) hash = hash * 65599 + c;
        HashValue.Write(hash);
        return NtStatus.Success;
    }

    private NtStatus Append(Ptr<UNICODE_STRING> destination, string source)
    {
        View<UNICODE_STRING> target = destination;
        int length = target.Length, added = source.Length * 2;
        if (length + added > target.MaximumLength) return NtStatus.BufferTooSmall;
        ulong end = target.Buffer.Address + (ulong)length;
        Memory.Write(end, Utf16.Bytes(source));
        target.Length = (ushort)(length + added);
        if (length + added + 2 <= target.MaximumLength) Memory.WriteU16(end + (ulong)added, 0);
        return NtStatus.Success;
    }

    private static string Folded(string text, bool ignoreCase) => ignoreCase ? text.ToUpperInvariant() : text;
}

/// <summary>What the generated views cannot do in one expression: set a field through a pointer.</summary>
internal static class CountedStringViews
{
    public static void SetLength(this View<UNICODE_STRING> text, ushort length) => text.Length = length;
}
