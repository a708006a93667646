using System.Text;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Rtl;

/// <summary>
/// Counted strings from 8-bit code pages to UTF-16 and back, with or without allocating. The result ends with a NUL that Length does not count.
/// What is allocated comes from paged pool under the tag <c>Strg</c> and is freed by RtlFreeUnicodeString and its kin. PASSIVE_LEVEL.
/// </summary>
public sealed class StringConversions(NtKernel kernel) : KernelComponent(kernel)
{
    private const int MostLength = 0xFFFF;

    [NtExport("RtlAnsiStringToUnicodeString", MaxIrql = Irql.Passive)]
    public NtStatus RtlAnsiStringToUnicodeString(Ptr<UNICODE_STRING> DestinationString, Ptr<ANSI_STRING> SourceString, bool AllocateDestinationString) =>
        Widen(DestinationString, SourceString, CodePages.Ansi, AllocateDestinationString);

    [NtExport("RtlOemStringToUnicodeString", MaxIrql = Irql.Passive)]
    public NtStatus RtlOemStringToUnicodeString(Ptr<UNICODE_STRING> DestinationString, Ptr<ANSI_STRING> SourceString, bool AllocateDestinationString) =>
        Widen(DestinationString, SourceString, CodePages.Oem, AllocateDestinationString);

    [NtExport("RtlUTF8StringToUnicodeString", MaxIrql = Irql.Passive)]
    public NtStatus RtlUTF8StringToUnicodeString(Ptr<UNICODE_STRING> DestinationString, Ptr<ANSI_STRING> SourceString, bool AllocateDestinationString) =>
        Widen(DestinationString, SourceString, Encoding.UTF8, AllocateDestinationString);

    [NtExport("RtlUnicodeStringToAnsiString", MaxIrql = Irql.Passive)]
    public NtStatus RtlUnicodeStringToAnsiString(Ptr<ANSI_STRING> DestinationString, Ptr<UNICODE_STRING> SourceString, bool AllocateDestinationString) =>
        Narrow(DestinationString, Kernel.UnicodeStrings.Read(SourceString), CodePages.Ansi, AllocateDestinationString);

    [NtExport("RtlUnicodeStringToOemString", MaxIrql = Irql.Passive)]
    public NtStatus RtlUnicodeStringToOemString(Ptr<ANSI_STRING> DestinationString, Ptr<UNICODE_STRING> SourceString, bool AllocateDestinationString) =>
        Narrow(DestinationString, Kernel.UnicodeStrings.Read(SourceString), CodePages.Oem, AllocateDestinationString);

    [NtExport("RtlUnicodeStringToUTF8String", MaxIrql = Irql.Passive)]
    public NtStatus RtlUnicodeStringToUTF8String(Ptr<ANSI_STRING> DestinationString, Ptr<UNICODE_STRING> SourceString, bool AllocateDestinationString) =>
        Narrow(DestinationString, Kernel.UnicodeStrings.Read(SourceString), Encoding.UTF8, AllocateDestinationString);

    [NtExport("RtlUpcaseUnicodeStringToAnsiString", MaxIrql = Irql.Passive)]
    public NtStatus RtlUpcaseUnicodeStringToAnsiString(
        Ptr<ANSI_STRING> DestinationString, Ptr<UNICODE_STRING> SourceString, bool AllocateDestinationString) =>
        Narrow(DestinationString, Kernel.UnicodeStrings.Read(SourceString).ToUpperInvariant(), CodePages.Ansi, AllocateDestinationString);

    [NtExport("RtlUpcaseUnicodeStringToOemString", MaxIrql = Irql.Passive)]
    public NtStatus RtlUpcaseUnicodeStringToOemString(
        Ptr<ANSI_STRING> DestinationString, Ptr<UNICODE_STRING> SourceString, bool AllocateDestinationString) =>
        Narrow(DestinationString, Kernel.UnicodeStrings.Read(SourceString).ToUpperInvariant(), CodePages.Oem, AllocateDestinationString);

    /// <summary>Bytes that the converted string takes, the NUL included.</summary>
    [NtExport("RtlxAnsiStringToUnicodeSize", MaxIrql = Irql.Passive)]
    public uint RtlxAnsiStringToUnicodeSize(Ptr<ANSI_STRING> AnsiString) => 2 * (AnsiString.View.Length + 1u);

    [NtExport("RtlxOemStringToUnicodeSize", MaxIrql = Irql.Passive)]
    public uint RtlxOemStringToUnicodeSize(Ptr<ANSI_STRING> OemString) => 2 * (OemString.View.Length + 1u);

    [NtExport("RtlxUnicodeStringToAnsiSize", MaxIrql = Irql.Passive)]
    public uint RtlxUnicodeStringToAnsiSize(Ptr<UNICODE_STRING> UnicodeString) => UnicodeString.View.Length / 2u + 1;

    [NtExport("RtlxUnicodeStringToOemSize", MaxIrql = Irql.Passive)]
    public uint RtlxUnicodeStringToOemSize(Ptr<UNICODE_STRING> UnicodeString) => UnicodeString.View.Length / 2u + 1;

    /// <summary>Converts the character that the pointer points to, and moves the pointer behind it.</summary>
    [NtExport("RtlAnsiCharToUnicodeChar", MaxIrql = Irql.Passive)]
    public ushort RtlAnsiCharToUnicodeChar(Ptr<ulong> SourceCharacter)
    {
        ulong at = SourceCharacter.Read();
        byte character = Memory.ReadU8(at);
        SourceCharacter.Write(at + 1);
        return CodePages.Ansi.GetString([character])[0];
    }

    private NtStatus Widen(Ptr<UNICODE_STRING> destination, Ptr<ANSI_STRING> source, Encoding encoding, bool allocate)
    {
        byte[] bytes = Utf16.Bytes(encoding.GetString(Kernel.AnsiStrings.ReadBytes(source)) + "\0");
        if (bytes.Length > MostLength)
            return NtStatus.InvalidParameter2;
        UNICODE_STRING result = destination.Read();
        result.Length = (ushort)(bytes.Length - 2);
        if (allocate)
        {
            result.MaximumLength = (ushort)bytes.Length;
            result.Buffer = (Ptr<char>)Kernel.AllocatedStrings.TryAllocate(bytes.Length);
            if (result.Buffer.IsNull)
                return NtStatus.NoMemory;
        }
        else if (bytes.Length > result.MaximumLength)
            return NtStatus.BufferOverflow;
        Memory.Write(result.Buffer, bytes);
        destination.Write(result);
        return NtStatus.Success;
    }

    /// <summary>Where the caller's buffer is too small it gets what fits, and the answer is STATUS_BUFFER_OVERFLOW.</summary>
    private NtStatus Narrow(Ptr<ANSI_STRING> destination, string text, Encoding encoding, bool allocate)
    {
        byte[] bytes = encoding.GetBytes(text);
        if (bytes.Length + 1 > MostLength)
            return NtStatus.InvalidParameter2;
        ANSI_STRING result = destination.Read();
        NtStatus status = NtStatus.Success;
        int length = bytes.Length;
        if (allocate)
        {
            result.MaximumLength = (ushort)(length + 1);
            result.Buffer = (Ptr<byte>)Kernel.AllocatedStrings.TryAllocate(length + 1);
            if (result.Buffer.IsNull)
                return NtStatus.NoMemory;
        }
        else if (length >= result.MaximumLength)
        {
            if (result.MaximumLength == 0)
                return NtStatus.BufferOverflow;
            status = NtStatus.BufferOverflow;
            length = result.MaximumLength - 1;
        }
        result.Length = (ushort)length;
        Memory.Write(result.Buffer, bytes.AsSpan(0, length));
        Memory.WriteU8(result.Buffer.Address + (ulong)length, 0);
        destination.Write(result);
        return status;
    }
}
