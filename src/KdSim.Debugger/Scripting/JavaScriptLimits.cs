using Jint;

namespace KdSim.Debugger.Scripting;

/// <summary>What one call into a script may use. A script that needs more ends with an error; the session goes on.</summary>
public sealed record JavaScriptLimits
{
    public TimeSpan Time { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Statements executed.</summary>
    public int Statements { get; init; } = 500_000_000;

    /// <summary>Bytes allocated, whether or not they are still held.</summary>
    public long Memory { get; init; } = 4L << 30;

    public int Recursion { get; init; } = 2000;
}

/// <summary>Ends a script when the user cancels.</summary>
sealed class CancellationCheck(Func<CancellationToken> token) : Constraint
{
    public override void Check() => token().ThrowIfCancellationRequested();

    public override void Reset()
    {
    }
}
