namespace KdSim.Kernel.Ke;

/// <summary>The interrupt descriptor table. Its exception entries lead to <see cref="ExceptionCode"/>; interrupts are entered by their own component.</summary>
public sealed class TrapEntries(NtKernel kernel) : KernelComponent(kernel)
{
    private const ulong InterruptGate = 0x8E00;

    /// <summary>Writes the gates; a vector without an entry stays not present.</summary>
    internal void WriteIdt(ulong idt, ushort selector)
    {
        for (int vector = InterruptDispatch.FirstVector; vector <= InterruptDispatch.LastVector; vector++)
            WriteGate(idt + (ulong)vector * 16, Kernel.InterruptDispatch.ThunkOf(vector), selector, stack: 0, user: false);
        for (int vector = 0; vector < 256; vector++)
            if ((ExceptionVectors.EntryOf(vector) ?? InterruptEntries.EntryOf(vector)) is { } entry)
                WriteGate(idt + (ulong)vector * 16, Kernel.Stubs.AddressOf(entry), selector, stack: vector == 8 ? 1u : 0,
                    user: ExceptionVectors.IsForUser(vector));
    }

    private void WriteGate(ulong gate, ulong target, ushort selector, uint stack, bool user)
    {
        ulong flags = InterruptGate | stack | (user ? 0x6000u : 0);
        Memory.WriteU64(gate, (target & 0xFFFF) | (ulong)selector << 16 | flags << 32 | (target >> 16 & 0xFFFF) << 48);
        Memory.WriteU64(gate + 8, target >> 32);
    }
}
