using KdSim.Kernel.Routines;

namespace KdSim.Kernel.Ke;

/// <summary>The interrupt descriptor table and the code that its entries lead to.</summary>
public sealed class TrapEntries(NtKernel kernel) : KernelComponent(kernel)
{
    private const ulong InterruptGate = 0x8E00;

    /// <summary>Writes the 256 gates; those without an entry stay not present.</summary>
    internal void WriteIdt(ulong idt, ushort selector)
    {
        for (int vector = 0; vector < 256; vector++)
            if (EntryOf(vector) is { } entry)
                WriteGate(idt + (ulong)vector * 16, Kernel.Stubs.AddressOf(entry), selector, stack: vector == 8 ? 1u : 0, user: vector is 3 or 0x29);
    }

    private static Stub? EntryOf(int vector) => null;

    private void WriteGate(ulong gate, ulong target, ushort selector, uint stack, bool user)
    {
        ulong flags = InterruptGate | stack | (user ? 0x6000u : 0);
        Memory.WriteU64(gate, (target & 0xFFFF) | (ulong)selector << 16 | flags << 32 | (target >> 16 & 0xFFFF) << 48);
        Memory.WriteU64(gate + 8, target >> 32);
    }
}
