using System.Runtime.InteropServices;

namespace KdSim.Nt;

/// <summary>A connected interrupt. Private layout, public field names.</summary>
[NtType("_KINTERRUPT"), StructLayout(LayoutKind.Explicit, Size = 0xF8)]
public partial struct KINTERRUPT
{
    [FieldOffset(0x000)] public short Type;
    [FieldOffset(0x002)] public short Size;
    [FieldOffset(0x008)] public LIST_ENTRY InterruptListEntry;
    [FieldOffset(0x018), NtFunction] public ulong ServiceRoutine;
    [FieldOffset(0x020), NtFunction] public ulong MessageServiceRoutine;
    [FieldOffset(0x028)] public uint MessageIndex;
    [FieldOffset(0x030), NtPointer] public ulong ServiceContext;
    [FieldOffset(0x038)] public ulong SpinLock;
    [FieldOffset(0x040)] public uint TickCount;
    [FieldOffset(0x048)] public Ptr<ulong> ActualLock;
    [FieldOffset(0x050), NtFunction] public ulong DispatchAddress;
    [FieldOffset(0x058)] public uint Vector;
    [FieldOffset(0x05C)] public byte Irql;
    [FieldOffset(0x05D)] public byte SynchronizeIrql;
    [FieldOffset(0x05E)] public bool FloatingSave;
    [FieldOffset(0x05F)] public bool Connected;
    [FieldOffset(0x060)] public uint Number;
    [FieldOffset(0x064)] public bool ShareVector;
    [FieldOffset(0x065)] public bool EmulateActiveBoth;
    [FieldOffset(0x066)] public ushort ActiveCount;
    [FieldOffset(0x068)] public int InternalState;
    [FieldOffset(0x06C)] public KINTERRUPT_MODE Mode;
    [FieldOffset(0x070)] public KINTERRUPT_POLARITY Polarity;
    [FieldOffset(0x074)] public uint ServiceCount;
    [FieldOffset(0x078)] public uint DispatchCount;
    [FieldOffset(0x080), NtPointer<KEVENT>] public ulong PassiveEvent;
    [FieldOffset(0x088), NtPointer] public ulong TrapFrame;
    [FieldOffset(0x090), NtPointer] public ulong DisconnectData;
    [FieldOffset(0x098), NtPointer<KTHREAD>] public ulong ServiceThread;
    [FieldOffset(0x0A0), NtPointer] public ulong ConnectionData;
    [FieldOffset(0x0A8), NtPointer] public ulong IntTrackEntry;
    [FieldOffset(0x0B0), NtPointer] public ulong IsrDpcStats;
    [FieldOffset(0x0B8), NtPointer] public ulong RedirectObject;
    [FieldOffset(0x0C0)] public ulong TargetProcessors;
    [FieldOffset(0x0C8), NtArray(6)] public ulong Padding;
}
