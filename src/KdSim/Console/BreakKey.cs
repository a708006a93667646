using System.Diagnostics;
using System.Runtime.InteropServices;

namespace KdSim.ConsoleFront;

/// <summary>
/// Ctrl+C and SIGTERM. At a line that is typed Ctrl+C clears it; at a running target or a long command it interrupts the session; a second
/// one within two seconds while nothing has answered, or any in a session that nobody types at, leaves with 130. SIGTERM leaves like `.exit`.
/// </summary>
sealed class BreakKey : IDisposable
{
    public const int ExitCode = 130;
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    readonly PosixSignalRegistration _interrupt, _terminate;
    readonly Func<bool> _clearLine;
    readonly Action _breakIn;
    readonly Action<int> _leave;
    readonly bool _interactive;
    long _asked;

    /// <param name="clearLine">Drops the line that is typed; false when there is none.</param>
    /// <param name="breakIn">Interrupts the session.</param>
    /// <param name="leave">Flushes what is to be kept and ends the process with a code.</param>
    public BreakKey(bool interactive, Func<bool> clearLine, Action breakIn, Action<int> leave)
    {
        (_interactive, _clearLine, _breakIn, _leave) = (interactive, clearLine, breakIn, leave);
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context =>
        {
            context.Cancel = true;
            Press();
        });
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            _leave(0);
        });
    }

    public void Press()
    {
        if (!_interactive)
        {
            _leave(ExitCode);
            return;
        }
        if (_clearLine())
            return;
        long before = Interlocked.Exchange(ref _asked, Stopwatch.GetTimestamp());
        if (before != 0 && Stopwatch.GetElapsedTime(before) < Patience)
            _leave(ExitCode);
        else
            _breakIn();
    }

    /// <summary>The session has come back to its prompt: the next Ctrl+C is the first again.</summary>
    public void Answered() => Interlocked.Exchange(ref _asked, 0);

    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
    }
}
