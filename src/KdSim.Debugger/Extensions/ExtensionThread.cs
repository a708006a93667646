using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdSim.Debugger.Extensions;

/// <summary>
/// The thread of one guarded command. It and the session thread take turns, so only one of them ever runs: the session thread waits in
/// <see cref="Next"/>, where it also carries out what the command asks of the session (<see cref="Ask{T}"/>). An abandoned thread gets no
/// more answers: its next question ends it.
/// </summary>
sealed class ExtensionThread : IDisposable
{
    const int MostNodes = 256;
    static readonly TimeSpan MostDelay = TimeSpan.FromMilliseconds(50);

    readonly IDebugSession _session;
    readonly TimeSpan _patience;
    readonly string _name;
    readonly SemaphoreSlim _toCommand = new(0), _toSession = new(0);
    Func<object?>? _question;
    object? _answer;
    Exception? _failure;
    List<Node>? _nodes;
    volatile bool _closed;
    bool _done;

    public ExtensionThread(IDebugSession session, TimeSpan patience, string name)
    {
        _session = session;
        _patience = patience;
        _name = name;
    }

    public void Start(Func<IDebugSession, IEnumerable<Node>> run)
    {
        GuardedSession guarded = new(_session, this);
        new Thread(() => Work(run, guarded)) { IsBackground = true, Name = _name }.Start();
    }

    /// <summary>The next nodes; null at the end. Throws what the command threw after its last nodes, or that it was abandoned.</summary>
    public IReadOnlyList<Node>? Next()
    {
        if (!_done)
            TakeTurn();
        if (_nodes is { Count: > 0 } nodes)
        {
            _nodes = null;
            return nodes;
        }
        return _failure switch
        {
            null => null,
            CommandException or OperationCanceledException => throw _failure,
            _ => throw new CommandException($"{GuardedCommand.OneLine(_failure)} in {_name}"),
        };
    }

    /// <summary>Lets the command's thread run until it has nodes or has ended.</summary>
    void TakeTurn()
    {
        _toCommand.Release();
        while (true)
        {
            WaitForCommand();
            if (_question is null)
                return;
            try
            {
                _answer = _question();
                _failure = null;
            }
            catch (Exception problem)
            {
                _failure = problem;
            }
            _question = null;
            _toCommand.Release();
        }
    }

    void WaitForCommand()
    {
        try
        {
            _toSession.Wait(_session.Cancellation);
        }
        catch (OperationCanceledException)
        {
            if (_toSession.Wait(_patience))
                return;
            _closed = true;
            _done = true;
            throw new CommandException($"WARNING: {_name} did not end after it was cancelled, and was abandoned: its thread goes on until the debugger ends");
        }
    }

    public void Dispose()
    {
        _closed = true;
        // Wakes a command that waits for its turn; it ends at once.
        _toCommand.Release();
    }

    /// <summary>Called by the command's thread: has the session thread do something.</summary>
    public T Ask<T>(Func<T> question)
    {
        if (_closed)
            throw new OperationCanceledException();
        _question = () => question();
        _toSession.Release();
        _toCommand.Wait();
        if (_closed)
            throw new OperationCanceledException();
        return _failure is null ? (T)_answer! : throw Again(_failure);
    }

    /// <summary>The same exception, for the other thread's stack.</summary>
    static Exception Again(Exception failure) => failure switch
    {
        OperationCanceledException => new OperationCanceledException(),
        CommandException command => new CommandException(command.Message),
        _ => new InvalidOperationException(failure.Message, failure),
    };

    void Work(Func<IDebugSession, IEnumerable<Node>> run, GuardedSession guarded)
    {
        Exception? failure = null;
        List<Node> batch = [];
        try
        {
            _toCommand.Wait();
            long since = Environment.TickCount64;
            foreach (Node node in run(guarded))
            {
                batch.Add(Settled(node, guarded));
                if (batch.Count < MostNodes && Environment.TickCount64 - since < MostDelay.TotalMilliseconds)
                    continue;
                Hand(batch, null, false);
                _toCommand.Wait();
                if (_closed)
                    return;
                batch = [];
                since = Environment.TickCount64;
            }
        }
        catch (Exception problem)
        {
            failure = problem;
        }
        if (!_closed)
            Hand(batch, failure, true);
    }

    void Hand(List<Node> nodes, Exception? failure, bool done)
    {
        (_nodes, _failure, _done, _question) = (nodes, failure, done, null);
        _toSession.Release();
    }

    /// <summary>A node without code of the extension in it: rows and children that are made while they are asked for are made here.</summary>
    static Node Settled(Node? node, GuardedSession session) => node switch
    {
        Table table => table with { Rows = [.. Watched(table.Rows, session).Select(r => r.Select(c => Settled(c, session)).ToArray())] },
        Tree tree => Settled(tree, session),
        Line line => new Line([.. line.Cells.Select(c => Settled(c, session))]),
        null => throw new InvalidOperationException("a node is null"),
        _ => node,
    };

    static Tree Settled(Tree tree, GuardedSession session) => tree with
    {
        Label = Settled(tree.Label, session),
        Children = [.. Watched(tree.Children, session).Select(t => Settled(t, session))],
    };

    static IEnumerable<T> Watched<T>(IEnumerable<T> items, GuardedSession session)
    {
        foreach (T item in items)
        {
            session.Cancellation.ThrowIfCancellationRequested();
            yield return item;
        }
    }
}
