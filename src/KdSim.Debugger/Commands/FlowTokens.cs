using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;

namespace KdSim.Debugger.Commands;

/// <summary>
/// The tokens of control flow, declared for help and completion. The parser of programs takes them before commands are looked for: one that
/// arrives here stands where it may not.
/// </summary>
[Command(".if", ".if (condition) { commands } [.elsif (condition) { commands }] [.else { commands }]", "Run commands if a condition holds",
    Example = ".if (1) { .echo yes } .else { .echo no }")]
[Command(".elsif", ".elsif (condition) { commands }", "Another condition of an .if")]
[Command(".else", ".else { commands }", "What runs when no condition of an .if holds")]
[Command(".for", ".for (command; condition; commands) { commands }", "Loop with a counter", Example = ".for (r $t0 = 0; @$t0 < 3; r $t0 = @$t0 + 1) { r $t0 }")]
[Command(".while", ".while (condition) { commands }", "Loop while a condition holds", Example = ".while (0) { .echo never }")]
[Command(".do", ".do { commands } (condition)", "Loop that runs at least once", Example = ".do { .echo once } (0)")]
[Command(".foreach", ".foreach [/pS n] [/ps n] (name { commands }) { commands } | /s (name \"text\") | /f (name \"file\")",
    "Run commands for each word that other commands write, or of a text or file", Example = ".foreach (m { lm1m }) { .echo m }")]
[Command(".break", ".break", "Leave a loop")]
[Command(".continue", ".continue", "Go to the next turn of a loop")]
[Command(".catch", ".catch { commands }", "Go on behind the braces after an error in them", Example = ".catch { .echo tried }; .echo after")]
[Command(".leave", ".leave", "Leave a .catch")]
[Command(".block", ".block { commands }", "Replace aliases once more at the entry of a block", Example = "aS Five 5; .block { .echo Five }; ad Five")]
[Command("j", "j condition ['commands'] ; ['commands']", "Run one of two commands", Example = "j (1) '.echo yes' ; '.echo no'")]
[Command("z", "commands ; z(condition)", "Repeat what stands before while a condition holds", Example = "r $t0 = @$t0 + 1; z(@$t0 < 3)")]
public sealed class FlowTokens : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session) => throw arguments.Wrong("Syntax", 0);
}
