using System.Reflection;
using KdSim.Debugger.Language;
using KdSim.Debugger.Sessions;
using Xunit;

namespace KdSim.Tests.Live;

/// <summary>Nothing that can be typed ends a session, and what is wrong is said in WinDbg's words.</summary>
public class WrongInputTests
{
    /// <summary>One of each kind of error text, over the machine before its first driver.</summary>
    [Fact]
    public void Errors_read_as_WinDbgs() => LiveConsole.CheckGolden(LiveConsole.Transcript("buffers",
    [
        "hello", "? xyz", "? xyz L4", "? 1+", "? (1", "? 1+1)", "? poi(0)", "? 1/0", "? @foo", "? a && b", "? nt!NoSuch + 1", "? 'abc",
        "r foo", "r rax = ", "r rax = zz", "r foo = 1", "u 0", "u nosuch!x", "uf 0", "ub 0", "db 0 L4", "dd 0 L2", "dq 0 L1", "db",
        "db 0 L20000000", "da 0", "dt nt!_FOO", "dt nt!_DEVICE_OBJECT 10 Type", "dt", "dv", "k = zz", ".frame 99", "bp", "bp nosuch!x",
        "bp 1 zz", "ba w3 nt", "ba w4 nt+1", "ba e4 nt", "ba x1 nt", "bc 77", "bc", "be zz", "bi foo", "bi ==", "bi == 77", "bi /p 9",
        "bi raise == NOSUCH", "sxe", "sxe nosuch", "s", "s -x nt L10 1", "s -a nt L10 \"\"", "eb", "eb 0 1", "ed nt zz", "f nt",
        "m 0 L4 nt",
        "x nosuch!*", "x", "lm m nosuch", "!nosuch", ".nosuch", "n 7", ".formats", "?? 1 +", "?? nosuch", "?? sizeof(_FOO)", ".printf",
        ".printf \"%y", ".if (1) .echo", ".for (;;)", ".foreach", "j 1", "z(", "} ", "{", "\"", ".trap 0", ".trap 10", ".cxr 10",
        ".thread 10",
        ".process 10", "~9s", "9r", ".load nosuch", "$<nosuch.txt", "$$>a<", ".exr 10", ".exr", "dx 1", "wt", "g-", "rdmsr c0000082",
        "!list -t nt!_FOO.x nt", "p zz", "pa", "t 1 2 3", "ed nt 123456789", ".reload nosuch", "?? 1/0", ".logclose", "bl zz", "br 1",
    ], "-b"));

    /// <summary>
    /// Left out: what ends the session, writes files, waits for the host, or runs until a call that an idle loop never makes; and steps, whose
    /// count a word may make an address of the kernel.
    /// </summary>
    static readonly string[] LeftOut =
    [
        "q", "qq", "qd", ".exit", ".logopen", ".logappend", ".dump", ".record", ".sleep", ".settings", ".workspace", "pc", "pct", "ph", "pt", "tc", "tct",
        "th", "tt", "wt", "p", "pr", "p-", "pa", "t", "tr", "t-", "ta",
    ];

    /// <summary>Every other command that the debugger and its in-box extension declare.</summary>
    static readonly string[] Names =
    [
        .. new[] { typeof(DebuggerSession).Assembly, Assembly.Load("KdExts") }.SelectMany(a => CommandEntry.DeclaredIn(a)).Select(e => e.Name)
            .Where(n => !LeftOut.Contains(n)).Distinct().Order(StringComparer.Ordinal),
        ".if", ".for", ".while", ".foreach", ".catch", ".block", "j", "p 2", "t 3", "!analyze -v",
    ];

    static readonly string[] Words =
    [
        "0", "1", "4", "-1", "10", "L4", "L?8", "L-2", "nt", "nt!", "nt!KiIdleLoop", "nt!_IRP", "nt!_KTHREAD", "_LIST_ENTRY",
        "@rip", "@rsp", "@$thread",
        "@$proc", "@$pcr", "poi(@rsp)", "poi(", ")", "(", "/1", "/p", "/m", "-r", "-a", "-x", "-t", "raise", "lower", "==", "!=",
        "DISPATCH", "2",
        "\"", "\"%y %p\\n\"", "\"k; r\"", "'", ";", "{", "}", "${x}", "$u0", "=", ",", "+", "*", "&", "&&", "fffff800`02000000",
        "ffffffffffffffff",
        "buffers!DriverEntry", "nosuch!x", ".", "..", "*", "a*", "[", "]", "[0]", "e", "r", "w4", "w", "rax", "rax=5", "$t0",
        "$t0=1", "\\", "\u00e9",
        "0n99999999999999999999", "1`0", "@@c++(", "@@(1)", "@@masm(", "sizeof(_IRP)", "->Flink", "#", "|", "~", "!", "`", "`:1`",
        "not", "hi", "by",
    ];

    static string Line(Random random) =>
        random.GetItems(Names, 1)[0] + (random.Next(4) == 0 ? "" : " ") + string.Join(' ', random.GetItems(Words, random.Next(6)));

    /// <summary>Whole sessions of random lines over the machine: the session goes on after every line, and no failure is one of ours.</summary>
    [Fact]
    public void Random_lines_never_end_a_session()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            Random random = new(seed);
            string[] lines = [.. Enumerable.Range(0, 150).Select(_ => Line(random))];
            // The blank line ends a command that still asks for values.
            (string output, int code) = LiveConsole.Run("buffers", [.. lines, "", ".echo the end is reached"], "-b", "--limit", "20ms");
            Assert.True(output.Contains("the end is reached") && !output.Contains("The command failed") && code == 0,
                $"seed {seed}, {output.IndexOf("The command failed", StringComparison.Ordinal)}: {output}");
        }
    }
}
