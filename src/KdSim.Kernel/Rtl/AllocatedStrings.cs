using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Rtl;

/// <summary>
/// Strings that nt allocates for the caller (paged pool, tag <c>Strg</c>) and their freeing, and folding the case of whole strings. PASSIVE_LEVEL.
/// </summary>
public sealed class AllocatedStrings(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Tag = 0x67727453; // "Strg"
    private const int MostBytes = 0xFFFE;
    private const uint NullTerminate = 1, AllocateEmpty = 2;

    /// <summary>A buffer for a string, or 0.</summary>
    internal ulong TryAllocate(int bytes) => Kernel.Pool.TryAllocate(POOL_TYPE.PagedPool, (ulong)bytes, Tag);

    [NtExport("RtlFreeUnicodeString", MaxIrql = Irql.Apc)]
    public void RtlFreeUnicodeString(Ptr<UNICODE_STRING> UnicodeString)
    {
        if (UnicodeString.View.Buffer.IsNull)
            return;
        Kernel.Pool.Free(UnicodeString.View.Buffer);
        UnicodeString.Write(default);
    }

    [NtExport("RtlFreeAnsiString", MaxIrql = Irql.Apc)]
    public void RtlFreeAnsiString(Ptr<ANSI_STRING> AnsiString)
    {
        if (AnsiString.View.Buffer.IsNull)
            return;
        Kernel.Pool.Free(AnsiString.View.Buffer);
        AnsiString.Write(default);
    }

    [NtExport("RtlFreeUTF8String", MaxIrql = Irql.Apc)]
    public void RtlFreeUTF8String(Ptr<ANSI_STRING> utf8String) => RtlFreeAnsiString(utf8String);

    /// <summary>Leaves the lengths alone, as NT does.</summary>
    [NtExport("RtlFreeOemString", MaxIrql = Irql.Apc)]
    public void RtlFreeOemString(Ptr<ANSI_STRING> OemString)
    {
        if (!OemString.View.Buffer.IsNull)
            Kernel.Pool.Free(OemString.View.Buffer);
    }

    /// <summary>A copy of a NUL-terminated string, with its NUL.</summary>
    [NtExport("RtlCreateUnicodeString", MaxIrql = Irql.Apc)]
    public bool RtlCreateUnicodeString(Ptr<UNICODE_STRING> DestinationString, Ptr<char> SourceString)
    {
        byte[] bytes = Utf16.Bytes(Memory.ReadUnicode(SourceString) + "\0");
        ulong buffer = bytes.Length > MostBytes ? 0 : TryAllocate(bytes.Length);
        if (buffer == 0)
            return false;
        Memory.Write(buffer, bytes);
        DestinationString.Write(Counted(buffer, bytes.Length - 2, bytes.Length));
        return true;
    }

    [NtExport("RtlDuplicateUnicodeString", MaxIrql = Irql.Passive)]
    public NtStatus RtlDuplicateUnicodeString(uint Flags, Ptr<UNICODE_STRING> StringIn, Ptr<UNICODE_STRING> StringOut)
    {
        bool terminate = (Flags & NullTerminate) != 0;
        if (StringOut.IsNull || (Flags & ~(NullTerminate | AllocateEmpty)) != 0 || ((Flags & AllocateEmpty) != 0 && !terminate))
            return NtStatus.InvalidParameter;
        string text = Kernel.UnicodeStrings.Read(StringIn);
        if (text.Length == 0 && (Flags & AllocateEmpty) == 0)
        {
            StringOut.Write(default);
            return NtStatus.Success;
        }
        byte[] bytes = Utf16.Bytes(terminate ? text + "\0" : text);
        if (bytes.Length > MostBytes)
            return NtStatus.NameTooLong;
        ulong buffer = TryAllocate(bytes.Length);
        if (buffer == 0)
            return NtStatus.NoMemory;
        Memory.Write(buffer, bytes);
        StringOut.Write(Counted(buffer, text.Length * 2, bytes.Length));
        return NtStatus.Success;
    }

    [NtExport("RtlUpcaseUnicodeString", MaxIrql = Irql.Passive)]
    public NtStatus RtlUpcaseUnicodeString(Ptr<UNICODE_STRING> DestinationString, Ptr<UNICODE_STRING> SourceString, bool AllocateDestinationString) =>
        Store(DestinationString, Kernel.UnicodeStrings.Read(SourceString).ToUpperInvariant(), AllocateDestinationString);

    [NtExport("RtlDowncaseUnicodeString", MaxIrql = Irql.Passive)]
    public NtStatus RtlDowncaseUnicodeString(Ptr<UNICODE_STRING> DestinationString, Ptr<UNICODE_STRING> SourceString, bool AllocateDestinationString) =>
        Store(DestinationString, Kernel.UnicodeStrings.Read(SourceString).ToLowerInvariant(), AllocateDestinationString);

    /// <summary>The text of a GUID in braces, with its NUL.</summary>
    [NtExport("RtlStringFromGUID", MaxIrql = Irql.Passive)]
    public NtStatus RtlStringFromGUID(ulong Guid, Ptr<UNICODE_STRING> GuidString)
    {
        byte[] bytes = Utf16.Bytes(Kernel.IntegerText.GuidText(Guid) + "\0");
        ulong buffer = TryAllocate(bytes.Length);
        if (buffer == 0)
            return NtStatus.NoMemory;
        Memory.Write(buffer, bytes);
        GuidString.Write(Counted(buffer, bytes.Length - 2, bytes.Length));
        return NtStatus.Success;
    }

    /// <summary>Without a NUL: the folded string has the length of its source and may overwrite it.</summary>
    private NtStatus Store(Ptr<UNICODE_STRING> destination, string text, bool allocate)
    {
        UNICODE_STRING result = destination.Read();
        int length = text.Length * 2;
        if (allocate)
        {
            result.MaximumLength = (ushort)length;
            result.Buffer = (Ptr<char>)TryAllocate(length);
            if (result.Buffer.IsNull)
                return NtStatus.NoMemory;
        }
        else if (length > result.MaximumLength)
            return NtStatus.BufferOverflow;
        result.Length = (ushort)length;
        Memory.Write(result.Buffer, Utf16.Bytes(text));
        destination.Write(result);
        return NtStatus.Success;
    }

    private static UNICODE_STRING Counted(ulong buffer, int length, int maximum) =>
        new() { Buffer = (Ptr<char>)buffer, Length = (ushort)length, MaximumLength = (ushort)maximum };
}
