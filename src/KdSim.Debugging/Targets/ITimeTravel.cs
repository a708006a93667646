namespace KdSim.Debugging.Targets;

/// <summary>
/// Going back to what the target was. A position names each moment of a run, grows with everything that happens, and is the same in every run of the
/// same machine. Running on from the past repeats what happened, inputs included; a write there makes another future, and the old one is forgotten.
/// </summary>
public interface ITimeTravel
{
    /// <summary>Where the target stands.</summary>
    ulong Position { get; }

    /// <summary>The earliest position that can be reached.</summary>
    ulong Start { get; }

    /// <summary>The latest position that was reached.</summary>
    ulong End { get; }

    /// <summary>Back to the last stop (breakpoint, data breakpoint, IRQL stop, module event...) before here, or to the start.</summary>
    StopEvent GoBack();

    /// <summary>Back to where this processor had retired one instruction less.</summary>
    StopEvent StepBack(int processor);

    /// <summary>To a position, back or forth, without stops; positions outside mean the start or the end.</summary>
    StopEvent SeekTo(ulong position);
}

/// <summary>One number for the whole state of the target: equal in equal machines, whatever the host.</summary>
public interface IStateHash
{
    /// <summary>32 hexadecimal digits.</summary>
    string StateHash { get; }
}
