using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;

namespace KdSim.Debugger.Control;

/// <summary>What is shown before the prompt after the target moved, in this order (<c>.stopview</c>).</summary>
public sealed class StopContext
{
    const int CodeLines = 5, StackFrames = 6, SourceLines = 5;

    public static readonly IReadOnlyList<string> Parts = ["registers", "source", "code", "stack", "watches"];

    readonly HashSet<string> _shown = [];
    ulong[] _before = [];

    public IReadOnlyList<string> Shown => [.. Parts.Where(_shown.Contains)];

    /// <summary>Reads a list of parts, blanks or commas between them; names may be shortened.</summary>
    public static StopContext Parse(string list)
    {
        StopContext context = new();
        foreach (string word in list.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries))
            context.Set(word, true);
        return context;
    }

    public void Set(string part, bool on)
    {
        string name = Parts.FirstOrDefault(p => part.Length > 1 && p.StartsWith(part, StringComparison.OrdinalIgnoreCase))
            ?? throw new CommandException($"{part}: one of {string.Join(", ", Parts)} expected");
        _ = on ? _shown.Add(name) : _shown.Remove(name);
    }

    /// <summary>Emits the parts. What has nothing to say, and what the target does not have, is left out.</summary>
    public void Show(DebuggerSession session)
    {
        foreach (string part in Shown)
        {
            string text = part switch
            {
                "registers" => Registers(session),
                "source" => Answer(session, $"lsa @$ip, -{SourceLines / 2}, {SourceLines}"),
                "code" => Answer(session, $"u @$ip L{CodeLines}"),
                "stack" => Answer(session, $"kc {StackFrames}"),
                _ => string.Concat(session.Watches.Select(w => $"{w,-32} {Answer(session, $"?? {w}").Split('\n')[0]}\n")),
            };
            if (text.Length > 0)
                session.Notice($"---- {part}\n{text}");
        }
    }

    static string Answer(DebuggerSession session, string command)
    {
        try
        {
            return session.Capture(() => session.RunNested(command));
        }
        catch (CommandException problem)
        {
            return command.StartsWith("??", StringComparison.Ordinal) ? problem.Message : "";
        }
    }

    /// <summary>The general registers that have another value than at the last stop; all of them at the first.</summary>
    string Registers(DebuggerSession session)
    {
        if (session.Context.Integer is not { } integer)
            return "";
        ulong[] now = [.. integer.General, integer.Rip, (uint)integer.Rflags];
        List<string> changed = [];
        for (int i = 0; i < now.Length; i++)
            if (_before.Length == 0 || _before[i] != now[i])
                changed.Add(i < 16 ? $"{Sessions.Registers.General[i]}={now[i]:x16}" : i == 16 ? $"rip={now[i]:x16}" : $"efl={now[i]:x8}");
        _before = now;
        return string.Concat(changed.Chunk(4).Select(row => string.Join(' ', row) + "\n"));
    }
}
