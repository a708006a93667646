using KdSim.Machine.Memory;

namespace KdSim.Machine.Snapshots;

/// <summary>
/// Versions of RAM, copy on write. A version holds only the pages in which it differs from the next version on the way to the live RAM
/// (Baker's rerooting persistent array): taking one copies nothing, the first write to a page copies that page once, and going to a version
/// swaps the pages along the way, after which every other version still reads as before. A version that nobody refers to
/// and that no other needs is collected by .NET.
/// </summary>
internal sealed class PageStore(PhysicalMemory memory) : IPageKeeper
{
    /// <summary>RAM at one moment. A null page was never written and reads as zeros.</summary>
    internal sealed class Version
    {
        internal Dictionary<int, byte[]?> Pages = [];

        /// <summary>The version these pages are laid over; null: the live RAM.</summary>
        internal Version? Next;
    }

    /// <summary>The one version whose Next is the live RAM: it gets the old content of pages that are written now.</summary>
    private Version? _tip;
    private bool _restoring;

    public Version Take()
    {
        if (_tip is { Pages.Count: 0 } unchanged)
            return unchanged;
        var version = new Version();
        Become(version);
        return version;
    }

    public void Restore(Version version)
    {
        var path = new List<Version>();
        for (Version? step = version; step is not null; step = step.Next)
            path.Add(step);
        if (path[^1] != _tip)
            throw new InvalidOperationException("a snapshot can be restored only into the machine that took it");

        _restoring = true;
        Version? passed = null;
        for (int i = path.Count - 1; i >= 0; i--)
        {
            Version step = path[i];
            Dictionary<int, byte[]?> replaced = Swap(step.Pages, keep: passed is not null);
            step.Pages = [];
            step.Next = null;
            if (passed is not null)
            {
                passed.Pages = replaced;
                passed.Next = step;
            }

            passed = step;
        }

        _restoring = false;
        _tip = version;
        memory.HoldAllPages();
    }

    void IPageKeeper.BeforeFirstWrite(int frame, ReadOnlySpan<byte> content, bool written)
    {
        if (!_restoring)
            _tip?.Pages.TryAdd(frame, written ? content.ToArray() : null);
    }

    /// <summary>The live RAM gets these pages; returns what they replaced. The order of the pages does not show in the result.</summary>
    private Dictionary<int, byte[]?> Swap(Dictionary<int, byte[]?> pages, bool keep)
    {
        var replaced = new Dictionary<int, byte[]?>(keep ? pages.Count : 0);
        foreach ((int frame, byte[]? content) in pages)
        {
            if (keep)
                replaced.Add(frame, Copy(frame));
            if (content is null)
                memory.ClearPage(frame);
            else
                memory.Write((ulong)frame << PhysicalMemory.PageShift, content);
        }

        return replaced;
    }

    private byte[]? Copy(int frame)
    {
        if ((memory.Flags(frame) & PageFlags.Written) == 0)
            return null;
        byte[] copy = new byte[PhysicalMemory.PageSize];
        memory.Read((ulong)frame << PhysicalMemory.PageShift, copy);
        return copy;
    }

    private void Become(Version version)
    {
        if (_tip is not null)
            _tip.Next = version;
        _tip = version;
        memory.HoldAllPages();
    }
}
