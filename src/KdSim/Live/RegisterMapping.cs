using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using KdSim.Debugging.Targets;
using KdSim.Machine.Cpu;

namespace KdSim.Live;

/// <summary>A processor's registers as the debugger sees them, and back.</summary>
static class RegisterMapping
{
    const int GeneralRegisters = 16;

    public static ProcessorContext Read(ref CpuState state)
    {
        ulong[] general = new ulong[GeneralRegisters];
        for (int i = 0; i < GeneralRegisters; i++) general[i] = state.Gpr(i);
        UInt128[] xmm = new UInt128[GeneralRegisters];
        for (int i = 0; i < GeneralRegisters; i++) xmm[i] = Unsafe.BitCast<Vector128<byte>, UInt128>(state.Xmm[i]);
        return new ProcessorContext
        {
            Integer = new IntegerState(general, state.Rip, state.RFlags),
            Segments = new SegmentState(
                state.Cs.Selector, state.Ss.Selector, state.Ds.Selector, state.Es.Selector, state.Fs.Selector, state.Gs.Selector,
                state.Fs.Base, state.Gs.Base, state.KernelGsBase),
            Control = new ControlState(
                state.Cr0, state.Cr2, state.Cr3, state.Cr4, state.Cr8, state.Efer, state.Gdtr.Base, state.Gdtr.Limit, state.Idtr.Base, state.Idtr.Limit,
                state.Tr.Selector, state.Ldtr.Selector),
            Xmm = new XmmState(xmm, state.Mxcsr),
            Debug = new DebugState(state.Dr0, state.Dr1, state.Dr2, state.Dr3, state.Dr6, state.Dr7),
        };
    }

    /// <summary>Writes general registers, instruction pointer, flags and XMM; the rest of the machine's state is not a debugger's to change.</summary>
    public static void Write(ref CpuState state, ProcessorContext context)
    {
        if (context.Integer is { } integer)
        {
            for (int i = 0; i < GeneralRegisters; i++) state.Gpr(i) = integer.General[i];
            state.Rip = integer.Rip;
            state.RFlags = integer.Rflags | FixedFlag;
        }
        if (context.Xmm is { } xmm)
        {
            for (int i = 0; i < GeneralRegisters; i++) state.Xmm[i] = Unsafe.BitCast<UInt128, Vector128<byte>>(xmm.Registers[i]);
            state.Mxcsr = xmm.Mxcsr & 0xFFFF;
        }
    }

    /// <summary>What <see cref="Write"/> can change, as bytes for the journal.</summary>
    public static byte[] Pack(ref CpuState state)
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        for (int i = 0; i < GeneralRegisters; i++) writer.Write(state.Gpr(i));
        writer.Write(state.Rip);
        writer.Write(state.RFlags);
        for (int i = 0; i < GeneralRegisters; i++) writer.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<Vector128<byte>>(in state.Xmm[i])));
        writer.Write(state.Mxcsr);
        return bytes.ToArray();
    }

    public static void Unpack(ref CpuState state, ReadOnlySpan<byte> bytes)
    {
        for (int i = 0; i < GeneralRegisters; i++) state.Gpr(i) = BitConverter.ToUInt64(bytes[(i * sizeof(ulong))..]);
        bytes = bytes[(GeneralRegisters * sizeof(ulong))..];
        state.Rip = BitConverter.ToUInt64(bytes);
        state.RFlags = BitConverter.ToUInt64(bytes[8..]);
        bytes = bytes[16..];
        for (int i = 0; i < GeneralRegisters; i++) state.Xmm[i] = Vector128.Create(bytes.Slice(i * 16, 16));
        state.Mxcsr = BitConverter.ToUInt32(bytes[(GeneralRegisters * 16)..]);
    }

    /// <summary>Bit 1 of EFLAGS always reads as one.</summary>
    const ulong FixedFlag = 2;
}
