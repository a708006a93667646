namespace KdSim.Debugging.Targets;

/// <summary>A recorded run that can be made again: afterwards the target is the live machine, standing where the recording stood.</summary>
public interface IReexecution
{
    /// <summary>Makes the run again up to here, comparing; the answer says how that went, a line each.</summary>
    /// <exception cref="Commands.CommandException">The recording lacks what is needed, or it was made by another kernel or with other drivers.</exception>
    IReadOnlyList<string> Reexecute();
}
