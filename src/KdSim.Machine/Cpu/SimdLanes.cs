namespace KdSim.Machine.Cpu;

/// <summary>Loops over the lanes of vectors, for operations without a portable vector form.</summary>
internal static unsafe class SimdLanes
{
    public static Vec Map<T>(Vec a, delegate*<T, T> lane)
        where T : unmanaged
    {
        Vec result = default;
        for (int i = 0; i < 16 / sizeof(T); i++)
            ((T*)&result)[i] = lane(((T*)&a)[i]);
        return result;
    }

    public static Vec Map<T>(Vec a, Vec b, delegate*<T, T, T> lane)
        where T : unmanaged
    {
        Vec result = default;
        for (int i = 0; i < 16 / sizeof(T); i++)
            ((T*)&result)[i] = lane(((T*)&a)[i], ((T*)&b)[i]);
        return result;
    }

    /// <summary>Neighbours joined: first those of a, then those of b (PHADDW and its like).</summary>
    public static Vec Horizontal<T>(Vec a, Vec b, delegate*<T, T, T> lane)
        where T : unmanaged
    {
        Vec result = default;
        int half = 8 / sizeof(T);
        for (int i = 0; i < half; i++)
        {
            ((T*)&result)[i] = lane(((T*)&a)[2 * i], ((T*)&a)[2 * i + 1]);
            ((T*)&result)[half + i] = lane(((T*)&b)[2 * i], ((T*)&b)[2 * i + 1]);
        }
        return result;
    }

    /// <summary>The lanes of one half of a and b, in turns (PUNPCKLBW and its like).</summary>
    public static Vec Interleave<T>(Vec a, Vec b, bool high)
        where T : unmanaged
    {
        Vec result = default;
        int count = 8 / sizeof(T), from = high ? count : 0;
        for (int i = 0; i < count; i++)
        {
            ((T*)&result)[2 * i] = ((T*)&a)[from + i];
            ((T*)&result)[2 * i + 1] = ((T*)&b)[from + i];
        }
        return result;
    }

    /// <summary>Two bits of <paramref name="order"/> choose each lane of four, beginning at lane <paramref name="first"/> of both.</summary>
    public static Vec Shuffle4<T>(Vec source, int order, int first)
        where T : unmanaged
    {
        Vec result = source;
        for (int i = 0; i < 4; i++)
            ((T*)&result)[first + i] = ((T*)&source)[first + (order >> 2 * i & 3)];
        return result;
    }

    /// <summary>One bit of <paramref name="choice"/> per lane takes it from b instead of a.</summary>
    public static Vec Blend<T>(Vec a, Vec b, int choice)
        where T : unmanaged
    {
        for (int i = 0; i < 16 / sizeof(T); i++)
            if ((choice >> i & 1) != 0)
                ((T*)&a)[i] = ((T*)&b)[i];
        return a;
    }

    /// <summary>The low lanes of a narrow type made wide.</summary>
    public static Vec Widen<TNarrow, TWide>(Vec a, delegate*<TNarrow, TWide> lane)
        where TNarrow : unmanaged
        where TWide : unmanaged
    {
        Vec result = default;
        for (int i = 0; i < 16 / sizeof(TWide); i++)
            ((TWide*)&result)[i] = lane(((TNarrow*)&a)[i]);
        return result;
    }

    /// <summary>The lanes of a, then those of b, made narrow (PACKSSWB and its like).</summary>
    public static Vec Pack<TWide, TNarrow>(Vec a, Vec b, delegate*<TWide, TNarrow> lane)
        where TWide : unmanaged
        where TNarrow : unmanaged
    {
        Vec result = default;
        int count = 16 / sizeof(TWide);
        for (int i = 0; i < count; i++)
        {
            ((TNarrow*)&result)[i] = lane(((TWide*)&a)[i]);
            ((TNarrow*)&result)[count + i] = lane(((TWide*)&b)[i]);
        }
        return result;
    }
}
