using KdSim.Kernel.Routines;

namespace KdSim.Kernel.Rtl.Crt;

/// <summary>The C runtime's character classes, in the "C" locale. Any IRQL.</summary>
public sealed class Characters(NtKernel kernel) : KernelComponent(kernel)
{
    [NtExport("tolower")]
    public int tolower(int Character) => (int)Lower((uint)Character);

    [NtExport("toupper")]
    public int toupper(int Character) => (int)Upper((uint)Character);

    [NtExport("towlower")]
    public ushort towlower(ushort Character) => (ushort)Lower(Character);

    [NtExport("towupper")]
    public ushort towupper(ushort Character) => (ushort)Upper(Character);

    [NtExport("isdigit")]
    public int isdigit(int Character) => Answer(IsDigit((uint)Character));

    [NtExport("isxdigit")]
    public int isxdigit(int Character) => Answer(IsDigit((uint)Character) || Lower((uint)Character) is >= 'a' and <= 'f');

    [NtExport("isalpha")]
    public int isalpha(int Character) => Answer(IsLetter((uint)Character));

    [NtExport("isalnum")]
    public int isalnum(int Character) => Answer(IsLetter((uint)Character) || IsDigit((uint)Character));

    [NtExport("islower")]
    public int islower(int Character) => Answer(Character is >= 'a' and <= 'z');

    [NtExport("isupper")]
    public int isupper(int Character) => Answer(Character is >= 'A' and <= 'Z');

    [NtExport("isspace")]
    public int isspace(int Character) => Answer(IsSpace((uint)Character));

    [NtExport("isprint")]
    public int isprint(int Character) => Answer(Character is >= ' ' and <= '~');

    [NtExport("iswdigit")]
    public int iswdigit(ushort Character) => Answer(IsDigit(Character));

    [NtExport("iswxdigit")]
    public int iswxdigit(ushort Character) => Answer(IsDigit(Character) || Lower(Character) is >= 'a' and <= 'f');

    [NtExport("iswalpha")]
    public int iswalpha(ushort Character) => Answer(IsLetter(Character));

    [NtExport("iswalnum")]
    public int iswalnum(ushort Character) => Answer(IsLetter(Character) || IsDigit(Character));

    [NtExport("iswspace")]
    public int iswspace(ushort Character) => Answer(IsSpace(Character));

    internal static uint Lower(uint character) => character is >= 'A' and <= 'Z' ? character + 0x20 : character;

    internal static uint Upper(uint character) => character is >= 'a' and <= 'z' ? character - 0x20 : character;

    internal static bool IsDigit(uint character) => character is >= '0' and <= '9';

    internal static bool IsLetter(uint character) => Lower(character) is >= 'a' and <= 'z';

    internal static bool IsSpace(uint character) => character is ' ' or (>= '\t' and <= '\r');

    private static int Answer(bool value) => value ? 1 : 0;
}
