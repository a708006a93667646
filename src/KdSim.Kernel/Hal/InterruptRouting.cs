using KdSim.Kernel.Routines;
using KdSim.Machine.Apic;

namespace KdSim.Kernel.Hal;

/// <summary>
/// Which vector an IO-APIC input has: chosen when Plug and Play first assigns the line, IRQL by IRQL from 5 to 11 so that devices seldom share a level, and
/// then kept. The table is in hal's data; who connects an interrupt asks it which input to program.
/// </summary>
[NtData("HalpInputVector", IoApic.Inputs, Image = ImageNames.Hal)]
public sealed class InterruptRouting(NtKernel kernel) : KernelComponent(kernel)
{
    private const int FirstLevel = 5;
    private const int Levels = 7;

    /// <summary>The vector of an input; the first call decides it.</summary>
    public byte VectorOf(int input)
    {
        if (input is < 0 or >= IoApic.Inputs)
            throw new ArgumentOutOfRangeException(nameof(input), input, "the IO-APIC has 24 inputs");
        ulong entry = Kernel.Data(Datum.HalpInputVector) + (ulong)input;
        byte vector = Memory.ReadU8(entry);
        if (vector == 0)
            Memory.WriteU8(entry, vector = Choose());
        return vector;
    }

    /// <summary>The input whose interrupts arrive as this vector; -1 if none does.</summary>
    public int InputOf(byte vector)
    {
        for (int input = 0; input < IoApic.Inputs; input++)
            if (vector != 0 && Memory.ReadU8(Kernel.Data(Datum.HalpInputVector) + (ulong)input) == vector)
                return input;
        return -1;
    }

    private byte Choose()
    {
        int used = 0;
        for (int input = 0; input < IoApic.Inputs; input++)
            if (Memory.ReadU8(Kernel.Data(Datum.HalpInputVector) + (ulong)input) != 0)
                used++;
        return (byte)((FirstLevel + used % Levels) * 16 + 1 + used / Levels);
    }
}
