namespace KdSim.Machine.Memory;

/// <summary>Keeps caches over RAM (a processor): told when they go stale. The caches are never visible to the guest.</summary>
public interface IMemoryObserver
{
    /// <summary>Forget every cached translation and every direct pointer into RAM.</summary>
    void FlushTranslations();

    /// <summary>Forget what was decoded from these bytes of the page. True if something decoded from the page is left.</summary>
    bool DropCode(int frame, int offset, int count);
}

/// <summary>Saves the old content of held pages (a snapshot store).</summary>
public interface IPageKeeper
{
    /// <summary>Called once for each held page, before its first write. <paramref name="written"/> is false if it never was written (all zeros).</summary>
    void BeforeFirstWrite(int frame, ReadOnlySpan<byte> content, bool written);
}
