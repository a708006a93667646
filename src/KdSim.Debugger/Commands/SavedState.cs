using System.Runtime.CompilerServices;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;

namespace KdSim.Debugger.Commands;

/// <summary>
/// <c>.push .pop</c>: keeps what is current (processor, thread, process, context, frame), and with <c>/r</c> the <c>$t</c> registers.
/// </summary>
[Command(".push", ".push [/r] [/q]", "Save what is current", Example = ".push /r; .pop /r")]
[Command(".pop", ".pop [/r] [/q]", "Restore what .push saved", Example = ".push; .pop")]
public sealed class SavedState : TextCommand
{
    const int Deepest = 256;

    static readonly ConditionalWeakTable<DebuggerSession, Stack<(SessionState State, ulong[] Registers)>> Saved = [];

    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        bool registers = false;
        foreach (string option in arguments.Text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            registers |= option is "/r" || (option is "/q" ? false : throw arguments.Wrong("Syntax", 1));
        Stack<(SessionState State, ulong[] Registers)> saved = Saved.GetOrCreateValue(session);
        if (arguments.Name == ".push")
        {
            if (saved.Count >= Deepest)
                throw new CommandException("Too many states are saved");
            saved.Push((session.State, registers ? [.. Enumerable.Range(0, 20).Select(i => session.Pseudo[i])] : []));
            yield break;
        }
        if (!saved.TryPop(out (SessionState State, ulong[] Registers) before))
            throw new CommandException("No state is saved");
        session.State = before.State;
        for (int i = 0; registers && i < before.Registers.Length; i++)
            session.Pseudo[i] = before.Registers[i];
    }
}
