using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Rtl;

/// <summary>ANSI_STRING (and OEM_STRING, the same structure): making, copying, comparing, appending. Any IRQL where the strings are resident.</summary>
public sealed class AnsiStrings(NtKernel kernel) : KernelComponent(kernel)
{
    private const int MostBytes = 0xFFFE;

    /// <summary>The bytes of a counted string; a null pointer is empty.</summary>
    public byte[] ReadBytes(Ptr<ANSI_STRING> text)
    {
        if (text.IsNull)
            return [];
        ANSI_STRING value = text.Read();
        byte[] bytes = new byte[value.Length];
        Memory.Read(value.Buffer, bytes);
        return bytes;
    }

    [NtExport("RtlInitAnsiString")]
    public void RtlInitAnsiString(Ptr<ANSI_STRING> DestinationString, Ptr<byte> SourceString) => TryInitialize(DestinationString, SourceString);

    [NtExport("RtlInitString")]
    public void RtlInitString(Ptr<ANSI_STRING> DestinationString, Ptr<byte> SourceString) => TryInitialize(DestinationString, SourceString);

    [NtExport("RtlInitAnsiStringEx")]
    public NtStatus RtlInitAnsiStringEx(Ptr<ANSI_STRING> DestinationString, Ptr<byte> SourceString) => InitializeEx(DestinationString, SourceString);

    [NtExport("RtlInitStringEx")]
    public NtStatus RtlInitStringEx(Ptr<ANSI_STRING> DestinationString, Ptr<byte> SourceString) => InitializeEx(DestinationString, SourceString);

    [NtExport("RtlInitUTF8String")]
    public void RtlInitUTF8String(Ptr<ANSI_STRING> DestinationString, Ptr<byte> SourceString) => TryInitialize(DestinationString, SourceString);

    [NtExport("RtlInitUTF8StringEx")]
    public NtStatus RtlInitUTF8StringEx(Ptr<ANSI_STRING> DestinationString, Ptr<byte> SourceString) => InitializeEx(DestinationString, SourceString);

    [NtExport("RtlCopyString")]
    public void RtlCopyString(Ptr<ANSI_STRING> DestinationString, Ptr<ANSI_STRING> SourceString)
    {
        View<ANSI_STRING> destination = DestinationString;
        byte[] bytes = ReadBytes(SourceString);
        int length = Math.Min(bytes.Length, destination.MaximumLength);
        Memory.Write(destination.Buffer, bytes.AsSpan(0, length));
        destination.Length = (ushort)length;
    }

    [NtExport("RtlCompareString")]
    public int RtlCompareString(Ptr<ANSI_STRING> String1, Ptr<ANSI_STRING> String2, bool CaseInSensitive)
    {
        byte[] first = ReadBytes(String1), second = ReadBytes(String2);
        for (int i = 0; i < Math.Min(first.Length, second.Length); i++)
        {
            byte a = CaseInSensitive ? Upper(first[i]) : first[i], b = CaseInSensitive ? Upper(second[i]) : second[i];
            if (a != b)
                return a - b;
        }
        return first.Length - second.Length;
    }

    [NtExport("RtlEqualString")]
    public bool RtlEqualString(Ptr<ANSI_STRING> String1, Ptr<ANSI_STRING> String2, bool CaseInSensitive) =>
        String1.View.Length == String2.View.Length && RtlCompareString(String1, String2, CaseInSensitive) == 0;

    [NtExport("RtlPrefixString")]
    public bool RtlPrefixString(Ptr<ANSI_STRING> String1, Ptr<ANSI_STRING> String2, bool CaseInSensitive)
    {
        byte[] prefix = ReadBytes(String1), text = ReadBytes(String2);
        if (prefix.Length > text.Length)
            return false;
        for (int i = 0; i < prefix.Length; i++)
            if (CaseInSensitive ? Upper(prefix[i]) != Upper(text[i]) : prefix[i] != text[i])
                return false;
        return true;
    }

    [NtExport("RtlUpperString")]
    public void RtlUpperString(Ptr<ANSI_STRING> DestinationString, Ptr<ANSI_STRING> SourceString)
    {
        View<ANSI_STRING> destination = DestinationString;
        byte[] bytes = ReadBytes(SourceString);
        int length = Math.Min(bytes.Length, destination.MaximumLength);
        for (int i = 0; i < length; i++)
            bytes[i] = Upper(bytes[i]);
        Memory.Write(destination.Buffer, bytes.AsSpan(0, length));
        destination.Length = (ushort)length;
    }

    [NtExport("RtlUpperChar")]
    public byte RtlUpperChar(byte Character) => Upper(Character);

    [NtExport("RtlAppendAsciizToString", MaxIrql = Irql.Passive)]
    public NtStatus RtlAppendAsciizToString(Ptr<ANSI_STRING> Destination, Ptr<byte> Source)
    {
        if (Source.IsNull)
            return NtStatus.Success;
        int length = LengthOf(Source, MostBytes + 1);
        byte[] bytes = new byte[length];
        Memory.Read(Source, bytes);
        return Append(Destination, bytes);
    }

    [NtExport("RtlAppendStringToString", MaxIrql = Irql.Passive)]
    public NtStatus RtlAppendStringToString(Ptr<ANSI_STRING> Destination, Ptr<ANSI_STRING> Source) => Append(Destination, ReadBytes(Source));

    /// <summary>The capital of a character of the ANSI code page; a letter whose capital lies outside stays as it is.</summary>
    internal static byte Upper(byte character)
    {
        if (character < 0x80)
            return character is >= (byte)'a' and <= (byte)'z' ? (byte)(character - 0x20) : character;
        char wide = CodePages.Ansi.GetString([character])[0];
        byte[] upper = CodePages.Ansi.GetBytes([char.ToUpperInvariant(wide)]);
        return upper.Length == 1 && CodePages.Ansi.GetString(upper)[0] == char.ToUpperInvariant(wide) ? upper[0] : character;
    }

    private NtStatus Append(Ptr<ANSI_STRING> destination, byte[] source)
    {
        View<ANSI_STRING> target = destination;
        int length = target.Length;
        if (length + source.Length > target.MaximumLength)
            return NtStatus.BufferTooSmall;
        Memory.Write(target.Buffer.Address + (ulong)length, source);
        target.Length = (ushort)(length + source.Length);
        return NtStatus.Success;
    }

    private NtStatus InitializeEx(Ptr<ANSI_STRING> destination, Ptr<byte> source)
    {
        if (TryInitialize(destination, source))
            return NtStatus.Success;
        destination.Write(default);
        return NtStatus.NameTooLong;
    }

    /// <summary>False where the text is longer than a counted string can be: the string then holds what it can.</summary>
    private bool TryInitialize(Ptr<ANSI_STRING> destination, Ptr<byte> source)
    {
        int length = source.IsNull ? 0 : LengthOf(source, MostBytes + 1);
        destination.Write(new ANSI_STRING
        {
            Buffer = source,
            Length = (ushort)Math.Min(length, MostBytes),
            MaximumLength = (ushort)(source.IsNull ? 0 : Math.Min(length, MostBytes) + 1),
        });
        return length <= MostBytes;
    }

    private int LengthOf(ulong text, int most)
    {
        int length = 0;
        while (length < most && Memory.ReadU8(text + (ulong)length) != 0)
            length++;
        return length;
    }
}
