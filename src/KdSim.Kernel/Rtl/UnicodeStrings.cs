using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Rtl;

/// <summary>UNICODE_STRING: making them from text.</summary>
public sealed class UnicodeStrings(NtKernel kernel) : KernelComponent(kernel)
{
    private const int MaxBytes = 0xFFFC;

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
}
