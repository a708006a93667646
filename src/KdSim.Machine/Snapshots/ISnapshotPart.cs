namespace KdSim.Machine.Snapshots;

/// <summary>
/// State above the machine that belongs to every snapshot (frame lists and immutable roots of a kernel). Parts are saved and restored in the
/// order of registration, after everything of the machine itself.
/// </summary>
public interface ISnapshotPart
{
    /// <summary>A value that nobody changes any more.</summary>
    object Save();

    /// <summary>Goes back to a value that <see cref="Save"/> returned; the same value may come many times.</summary>
    void Restore(object state);

    /// <summary>Adds the state in a fixed order.</summary>
    void AddToHash(StateHasher hasher);
}
