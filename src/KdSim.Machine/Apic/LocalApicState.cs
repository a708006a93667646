using System.Runtime.CompilerServices;

namespace KdSim.Machine.Apic;

/// <summary>One bit a vector.</summary>
[InlineArray(4)]
public struct VectorBits
{
    private ulong _first;

    public readonly bool Has(int vector) => (this[vector >> 6] >> (vector & 63) & 1) != 0;

    public void Set(int vector) => this[vector >> 6] |= 1UL << (vector & 63);

    public void Clear(int vector) => this[vector >> 6] &= ~(1UL << (vector & 63));

    /// <summary>The highest vector whose bit is set, or -1.</summary>
    public readonly int Highest
    {
        get
        {
            for (int word = 3; word >= 0; word--)
            {
                if (this[word] != 0)
                    return word * 64 + 63 - (int)ulong.LeadingZeroCount(this[word]);
            }

            return -1;
        }
    }

    /// <summary>32 vectors as the registers show them.</summary>
    public readonly uint Part(int index) => (uint)(this[index >> 1] >> ((index & 1) * 32));
}

/// <summary>All registers of one local APIC; the task priority is the processor's CR8.</summary>
public struct LocalApicState
{
    public VectorBits Requested;
    public VectorBits InService;
    public VectorBits LevelTriggered;

    /// <summary>When the running count of the timer began; it is a function of the time since.</summary>
    public ulong TimerStart;
    public uint Id;
    public uint LogicalDestination;
    public uint DestinationFormat;
    public uint Spurious;
    public uint Error;
    public uint CommandLow;
    public uint CommandHigh;
    public uint LvtTimer;
    public uint LvtThermal;
    public uint LvtPerformance;
    public uint LvtLint0;
    public uint LvtLint1;
    public uint LvtError;
    public uint TimerInitial;
    public uint TimerDivide;
    private readonly uint _reserved;
}
