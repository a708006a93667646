using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdSim.Debugger.Extensions;

/// <summary>
/// An extension's command, contained: it runs on a thread of its own while the session thread waits and serves its questions. An exception
/// becomes one line; a command that does not end after it was cancelled is abandoned with a warning, and the session goes on without it.
/// </summary>
sealed class GuardedCommand(ICommand command, string extension, ExtensionHost host) : ICommand
{
    /// <summary>Parsing is the extension's code too: it is put off until the command runs.</summary>
    public object Parse(ArgumentReader arguments) => new Line(arguments.Name, arguments.Text);

    sealed record Line(string Name, string Text);

    public IEnumerable<Node> Run(object arguments, IDebugSession session)
    {
        (string name, string text) = (Line)arguments;
        using ExtensionThread thread = new(session, host.Patience, $"!{extension}.{name.TrimStart('!')}");
        thread.Start(guarded => command.Run(command.Parse(new ArgumentReader(name, text)), guarded));
        while (thread.Next() is { } nodes)
            foreach (Node node in nodes)
                yield return node;
    }

    /// <summary>An exception on one line, without its stack.</summary>
    public static string OneLine(Exception exception) =>
        $"{exception.GetType().Name}: {exception.Message.ReplaceLineEndings(" ")}";
}
