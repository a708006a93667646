using KdSim.Debugger.Control;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;

namespace KdSim.Debugger.Commands;

/// <summary><c>.stopview</c>: what is shown after each stop beside the location.</summary>
[Command(".stopview", ".stopview [{+|-}{registers|source|code|stack|watches} ...]", "Choose what is shown after each stop", Example = ".stopview")]
public sealed class StopView : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        StopContext context = session.Options.StopContext;
        foreach (string word in arguments.Text.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries))
            context.Set(word.TrimStart('+', '-'), word[0] != '-');
        yield return new Line(new Text(context.Shown.Count == 0 ? "Stops show their location only"
            : $"Stops show {string.Join(", ", context.Shown)}"));
    }
}

/// <summary><c>.watch</c>: C++ expressions to look at, after each stop with <c>.stopview +watches</c>.</summary>
[Command(".watch", ".watch [expression | -d {number|*}]", "Watch C++ expressions", Example = ".watch @$proc; .watch; .watch -d *")]
public sealed class Watch : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        string text = arguments.Text;
        if (text.StartsWith("-d", StringComparison.Ordinal))
        {
            string which = text[2..].Trim();
            if (which == "*")
                session.Watches.Clear();
            else if (int.TryParse(which, out int index) && index >= 0 && index < session.Watches.Count)
                session.Watches.RemoveAt(index);
            else
                throw arguments.Wrong("Syntax", text.Length);
            yield break;
        }
        if (text.Length > 0)
        {
            session.Watches.Add(text);
            yield break;
        }
        for (int i = 0; i < session.Watches.Count; i++)
        {
            string value;
            try
            {
                value = session.Capture(() => session.RunNested($"?? {session.Watches[i]}")).Split('\n')[0];
            }
            catch (CommandException problem)
            {
                value = problem.Message;
            }
            yield return new Line(new Text($"{i,2}  {session.Watches[i],-32} {value}"));
        }
    }
}

/// <summary><c>.workspace</c>: keeps paths, aliases, watches and breakpoints under a name.</summary>
[Command(".workspace", ".workspace [save|load|delete] [name]", "Keep or bring back paths, aliases, watches and breakpoints", Example = ".workspace")]
public sealed class Workspace : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        string[] words = arguments.Text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string name = words.Length > 1 ? words[1] : session.Workspaces.DefaultName;
        switch (words.FirstOrDefault(""))
        {
            case "":
                if (session.Workspaces.Names.Count == 0)
                    yield return new Line(new Text("No workspaces"));
                foreach (string known in session.Workspaces.Names)
                    yield return new Line(new Text(known == session.Workspaces.DefaultName ? $"{known} (of this machine)" : known));
                break;
            case "save":
                session.Workspaces.Save(session, name);
                yield return new Line(new Text($"Workspace '{name}' saved to {session.Workspaces.PathOf(name)}"));
                break;
            case "load":
                session.Workspaces.Load(session, name);
                yield return new Line(new Text($"Workspace '{name}' loaded"));
                break;
            case "delete" when session.Workspaces.Exists(name):
                File.Delete(session.Workspaces.PathOf(name));
                break;
            case "delete":
                throw new CommandException($"There is no workspace '{name}'");
            default:
                throw arguments.Wrong("Syntax", 1);
        }
    }
}
