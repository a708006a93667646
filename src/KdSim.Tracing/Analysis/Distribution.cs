using System.Collections.Immutable;

namespace KdSim.Tracing.Analysis;

/// <summary>
/// A set of durations in nanoseconds. Percentiles are by nearest rank: the smallest value that at least that part of all values does not exceed.
/// </summary>
sealed class Distribution
{
    /// <summary>Upper bounds of the histogram's classes in microseconds; a last class is open. A value belongs to the first class it does not exceed.</summary>
    public static ImmutableArray<long> Bounds { get; } = [.. Enumerable.Range(0, 17).Select(power => 1L << power)];

    readonly List<long> _values = [];
    bool _sorted = true;

    public int Count => _values.Count;

    public long Sum { get; private set; }

    public long Min => Count == 0 ? 0 : At(0);

    public long Max => Count == 0 ? 0 : At(Count - 1);

    /// <summary>Rounded down.</summary>
    public long Mean => Count == 0 ? 0 : Sum / Count;

    public void Add(long value)
    {
        _sorted &= Count == 0 || value >= _values[^1];
        _values.Add(value);
        Sum += value;
    }

    /// <param name="perMille">From 1 to 1000.</param>
    public long Percentile(int perMille) => Count == 0 ? 0 : At((int)(((long)Count * perMille + 999) / 1000) - 1);

    public int CountAbove(long limit)
    {
        Sort();
        int low = 0, high = Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_values[middle] <= limit) low = middle + 1;
            else high = middle;
        }
        return Count - low;
    }

    /// <summary>How many values fall in each class of <see cref="Bounds"/>, and above the last.</summary>
    public int[] Histogram()
    {
        int[] classes = new int[Bounds.Length + 1];
        int above = Count;
        for (int i = 0; i < Bounds.Length; i++)
        {
            int next = CountAbove(Bounds[i] * 1000);
            classes[i] = above - next;
            above = next;
        }
        classes[^1] = above;
        return classes;
    }

    long At(int index)
    {
        Sort();
        return _values[index];
    }

    void Sort()
    {
        if (_sorted) return;
        _values.Sort();
        _sorted = true;
    }
}
