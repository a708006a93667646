using KdSim.Machine.Snapshots;

namespace KdSim.Kernel.Routines;

/// <summary>A guest stack: kernel stack of a thread, DPC stack or interrupt stack. Holds the sequences suspended on it, the innermost last.</summary>
public sealed class GuestStack
{
    internal GuestStack(ulong limit, ulong top)
    {
        Limit = limit;
        Top = top;
    }

    /// <summary>Lowest address.</summary>
    public ulong Limit { get; }

    /// <summary>First address above.</summary>
    public ulong Top { get; }

    internal List<Activation> Activations { get; } = [];

    public IReadOnlyList<Activation> Suspended => Activations;

    internal bool Contains(ulong address) => address - Limit < Top - Limit;
}

/// <summary>
/// All guest stacks, by address. Who allocates a kernel stack registers it here, who frees it takes it out; suspended sequences on it are dropped with it.
/// Part of the machine's state: a snapshot holds a clone.
/// </summary>
public sealed class GuestStacks
{
    private readonly List<GuestStack> _stacks = [];
    private GuestStack? _last;

    public IReadOnlyList<GuestStack> All => _stacks;

    public void Register(ulong limit, ulong top)
    {
        if (limit >= top || ((limit | top) & 0xF) != 0)
            throw new InvalidOperationException($"a stack from {limit:x} to {top:x}: both must be 16-aligned and in order");
        int index = IndexAtOrAbove(limit);
        if (index < _stacks.Count && _stacks[index].Limit < top)
            throw new InvalidOperationException($"the stack from {limit:x} to {top:x} overlaps the one at {_stacks[index].Limit:x}");
        _stacks.Insert(index, new GuestStack(limit, top));
    }

    public void Unregister(ulong limit)
    {
        int index = IndexAtOrAbove(limit);
        if (index == _stacks.Count || _stacks[index].Limit != limit)
            throw new InvalidOperationException($"no stack starts at {limit:x}");
        _stacks.RemoveAt(index);
        _last = null;
    }

    /// <summary>The stack that an RSP lies on, or null (a user stack, a driver's own).</summary>
    public GuestStack? Find(ulong rsp)
    {
        if (_last is { } last && last.Contains(rsp))
            return last;
        int index = IndexAtOrAbove(rsp);
        if (index < _stacks.Count && _stacks[index].Contains(rsp))
            return _last = _stacks[index];
        return null;
    }

    internal GuestStacks Clone()
    {
        var copy = new GuestStacks();
        foreach (GuestStack stack in _stacks)
        {
            var other = new GuestStack(stack.Limit, stack.Top);
            foreach (Activation activation in stack.Activations)
                other.Activations.Add(activation.Clone());
            copy._stacks.Add(other);
        }
        return copy;
    }

    internal void AddToHash(StateHasher hasher)
    {
        foreach (GuestStack stack in _stacks)
        {
            hasher.Add(stack.Limit);
            hasher.Add(stack.Top);
            foreach (Activation activation in stack.Activations)
            {
                hasher.Add((ulong)activation.Stub);
                hasher.Add(activation.FrameAddress);
                hasher.Add(activation.Rsp);
                hasher.Add(activation.LocalRsp);
            }
        }
    }

    /// <summary>Index of the first stack whose top is above the address.</summary>
    private int IndexAtOrAbove(ulong address)
    {
        int low = 0, high = _stacks.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_stacks[middle].Top > address)
                high = middle;
            else
                low = middle + 1;
        }
        return low;
    }
}
