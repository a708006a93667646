using KdSim.Kernel.Routines;

namespace KdSim.Kernel.Rtl.Crt;

/// <summary>qsort and bsearch: they call the driver's comparison. Any IRQL where memory and comparison are resident.</summary>
public sealed class Sorting(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>Sorts in place by heap sort: no recursion, no memory, and no bad case that a driver's data could hit.</summary>
    [NtExport("qsort")]
    public async KTask qsort(ulong Base, ulong Number, ulong Width, ulong Compare)
    {
        if (Number < 2 || Width == 0)
            return;
        for (ulong root = Number / 2; root > 0; root--)
            await SiftDown(Base, root - 1, Number, Width, Compare);
        for (ulong end = Number - 1; end > 0; end--)
        {
            Swap(Base, Base + end * Width, Width);
            await SiftDown(Base, 0, end, Width, Compare);
        }
    }

    [NtExport("bsearch")]
    public async KTask<ulong> bsearch(ulong Key, ulong Base, ulong Number, ulong Width, ulong Compare)
    {
        ulong low = 0, high = Number;
        while (low < high)
        {
            ulong middle = low + (high - low) / 2;
            int order = (int)(uint)(await Guest.Call(Compare, Key, Base + middle * Width)).Value;
            if (order == 0)
                return Base + middle * Width;
            if (order < 0)
                high = middle;
            else
                low = middle + 1;
        }
        return 0;
    }

    /// <summary>Lets an element sink below its greater children, within the first <paramref name="end"/> elements.</summary>
    private async KTask SiftDown(ulong first, ulong root, ulong end, ulong width, ulong compare)
    {
        while (2 * root + 1 < end)
        {
            ulong child = 2 * root + 1;
            if (child + 1 < end && (int)(uint)(await Guest.Call(compare, first + child * width, first + (child + 1) * width)).Value < 0)
                child++;
            if ((int)(uint)(await Guest.Call(compare, first + root * width, first + child * width)).Value >= 0)
                return;
            Swap(first + root * width, first + child * width, width);
            root = child;
        }
    }

    private void Swap(ulong first, ulong second, ulong width)
    {
        if (first == second)
            return;
        for (ulong i = 0; i < width; i++)
        {
            byte b = Memory.ReadU8(first + i);
            Memory.WriteU8(first + i, Memory.ReadU8(second + i));
            Memory.WriteU8(second + i, b);
        }
    }
}
