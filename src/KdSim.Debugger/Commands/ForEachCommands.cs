using KdSim.Debugger.Modules;
using KdSim.Debugger.Sessions;
using KdSim.Debugger.Stacks;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Kernel;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdSim.Debugger.Commands;

/// <summary><c>!for_each_frame</c> and its kin: run commands for each frame, local variable, process, thread or function, with names replaced.</summary>
[Command("!for_each_frame", "!for_each_frame [\"commands\"]", "Run commands in each frame of the stack", Example = "!for_each_frame")]
[Command("!for_each_local", "!for_each_local [\"commands\"]", "Run commands for each local variable (@#Local)")]
[Command("!for_each_process", "!for_each_process [\"commands\"]", "Run commands for each process (@#Process)",
    Example = "!for_each_process \".echo @#Process nt\"")]
[Command("!for_each_thread", "!for_each_thread [\"commands\"]", "Run commands for each thread (@#Thread)",
    Example = "!for_each_thread \".echo @#Thread nt\"")]
[Command("!for_each_function", "!for_each_function -m:module -p:pattern -c:\"commands\"", "Run commands for each function (@#FunctionName, @#SymbolAddress)",
    Example = "!for_each_function -m:pulse -p:*Isr* -c:.echo @#FunctionName")]
public sealed class ForEachOfKind : TextCommand
{
    const int MostFrames = 256;

    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        if (arguments.Name == "!for_each_function")
        {
            Functions(arguments, session);
            return [];
        }
        string commands = arguments.Text is ['"', ..] quoted ? Quoted.Read(quoted).Value : arguments.Text;
        SessionState before = session.State;
        switch (arguments.Name)
        {
            case "!for_each_frame":
                foreach (StackFrame frame in session.Walker.WithInlines(session.Walker.Walk(MostFrames)).ToList())
                {
                    session.Scope = frame;
                    session.Emit(new Line(new Text("_ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _")));
                    session.Emit(new Line(new Text(StackText.Frame(session, frame, "", session.Options.LoadLines, 0))));
                    Each(session, commands);
                }
                break;
            case "!for_each_local":
                foreach (LocalVariable local in session.Walker.Locals().ToList())
                    Each(session, commands.Length == 0 ? "dv @#Local" : commands, ("Local", local.Name));
                break;
            case "!for_each_process":
                foreach (StructureValue process in ProcessNames.All(session).ToList())
                    Each(session, commands.Length == 0 ? "!process @#Process 0" : commands, ("Process", $"0x{process.Address:x16}"));
                break;
            default:
                foreach (StructureValue thread in ProcessNames.All(session).SelectMany(p => ProcessNames.Threads(session, p)).ToList())
                    Each(session, commands.Length == 0 ? "!thread @#Thread 0" : commands, ("Thread", $"0x{thread.Address:x16}"));
                break;
        }
        session.State = before;
        return [];
    }

    static void Functions(TextArguments arguments, DebuggerSession session)
    {
        string module = "*", pattern = "*", commands = ".echo @#FunctionName";
        string text = arguments.Text;
        while (text.Length > 0)
        {
            if (text.Length < 3 || text[0] is not ('-' or '/') || text[2] != ':')
                throw arguments.Wrong("Syntax", arguments.Text.Length);
            // The commands reach to the end of the line, or to their closing quote.
            int end = text[1] == 'c' ? text.Length : text.IndexOf(' ') is >= 0 and int blank ? blank : text.Length;
            string value = text[3..end];
            switch (text[1])
            {
                case 'm': module = value; break;
                case 'p': pattern = value; break;
                case 'c': commands = value is ['"', ..] ? Quoted.Read(value).Value : value; break;
                default: throw arguments.Wrong("Syntax", arguments.Text.Length);
            }
            text = text[end..].TrimStart();
        }
        foreach (DebuggedModule candidate in session.Modules.Loaded.Where(m => Language.Wildcard.Matches(module, m.Name)).ToList())
            foreach (ModuleSymbol symbol in candidate.Symbols.Matching(n => Language.Wildcard.MatchesSymbol(pattern, n))
                .Where(s => s.Kind != SymbolKind.Data).ToList())
                Each(session, commands, ("FunctionName", symbol.Name), ("ModuleName", candidate.Name),
                    ("SymbolAddress", $"0x{candidate.Base + symbol.Rva:x16}"));
    }

    static void Each(DebuggerSession session, string commands, params ReadOnlySpan<(string Name, string Value)> names)
    {
        session.Cancellation.ThrowIfCancellationRequested();
        if (commands.Length == 0)
            return;
        foreach ((string name, string value) in names)
            commands = commands.Replace($"${{@#{name}}}", value).Replace($"@#{name}", value);
        try
        {
            session.RunNested(commands);
        }
        catch (CommandException failed)
        {
            // One that has no answer does not keep the others from theirs.
            session.Emit(new Error(failed.Message));
        }
    }
}
