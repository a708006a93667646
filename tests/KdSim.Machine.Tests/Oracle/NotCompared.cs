using Iced.Intel;
using KdSim.Machine.Cpu;

namespace KdSim.Machine.Tests.Oracle;

/// <summary>
/// The codes that the interpreter claims and a user-mode child process cannot show, each with its reason. They have hand-written tests.
/// </summary>
static class NotCompared
{
    static readonly Lazy<HashSet<Code>> Set = new(() => [.. SupportedCodes.All.Where(code => Reason(code) is not null)]);

    public static IEnumerable<Code> Codes => SupportedCodes.All.Where(Set.Value.Contains);

    public static bool Contains(Code code) => Set.Value.Contains(code);

    public static string? Reason(Code code)
    {
        OpCodeInfo info = code.ToOpCode();
        Instruction instruction = new() { Code = code };
        if (instruction.FlowControl != FlowControl.Next)
            return "control flow, interrupts and traps leave the slot";
        if (instruction.IsPrivileged)
            return "privileged";
        for (int i = 0; i < info.OpCount; i++)
            if (info.GetOpKind(i) is OpCodeOperandKind.seg_reg or OpCodeOperandKind.fs or OpCodeOperandKind.gs)
                return "segment registers belong to the host's operating system";
        return code.Mnemonic() switch
        {
            Mnemonic.In or Mnemonic.Out or Mnemonic.Insb or Mnemonic.Insw or Mnemonic.Insd or Mnemonic.Outsb or Mnemonic.Outsw
                or Mnemonic.Outsd or Mnemonic.Cli or Mnemonic.Sti => "depends on the I/O privilege level",
            Mnemonic.Popf or Mnemonic.Popfq or Mnemonic.Pushf or Mnemonic.Pushfq => "shows or sets flags that belong to the host's kernel",
            Mnemonic.Cpuid or Mnemonic.Rdtsc or Mnemonic.Rdtscp or Mnemonic.Rdpmc => "answers are the machine's own",
            Mnemonic.Sgdt or Mnemonic.Sidt or Mnemonic.Sldt or Mnemonic.Str or Mnemonic.Smsw or Mnemonic.Lar or Mnemonic.Lsl
                or Mnemonic.Verr or Mnemonic.Verw => "shows system state",
            Mnemonic.Fxsave or Mnemonic.Fxsave64 or Mnemonic.Fxrstor or Mnemonic.Fxrstor64 => "512 bytes do not fit the window",
            Mnemonic.Rcpps or Mnemonic.Rcpss or Mnemonic.Rsqrtps or Mnemonic.Rsqrtss => "each processor approximates in its own way",
            Mnemonic.Monitor or Mnemonic.Mwait => "waits",
            _ => null,
        };
    }
}
