using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;
using KdSim.Nt;

namespace KdExts.Crash;

/// <summary><c>!error</c>: what an error code means.</summary>
[Command("!error", "!error value [1]", "Explain an error code (1: a small code is an NTSTATUS too)", Example = "!error c0000022")]
public sealed class ErrorCommand : WordCommand
{
    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        uint code = (uint)arguments.Address(session);
        bool isStatus = code >> 16 != 0 || arguments.Value(session, 1) != 0;
        yield return new Line($"Error code: {(isStatus ? Status(code) : Win32(code))}");
    }

    /// <summary><c>(NTSTATUS) 0xc0000022 (3221225506) - text</c>; small codes without their decimal form.</summary>
    internal static string Status(uint code) => $"(NTSTATUS) {(code >> 16 != 0 ? $"0x{code:x} ({code})" : $"0x{code:x}")} - {Text(code)}";

    /// <summary><c>(Win32) 0x5 (5) - text</c>. The table has sentences by status: any status that user mode sees as this error says what it means.</summary>
    internal static string Win32(uint code)
    {
        string? text = code == 0 ? "The operation completed successfully." : NtStatusNames.Rows().Select(r => (NtStatus)r.Value)
            .Where(s => NtStatusText.ToWin32(s) == code).Select(NtStatusText.Describe).FirstOrDefault(d => d is not null);
        return $"(Win32) 0x{code:x} ({code}) - {text ?? "<Unable to get error code text>"}";
    }

    internal static string Text(uint status) =>
        NtStatusText.Describe((NtStatus)status) ?? NtStatusNames.Find(status) ?? "<Unable to get error code text>";
}
