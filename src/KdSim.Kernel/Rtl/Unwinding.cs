using System.Runtime.Intrinsics;
using KdSim.Nt;
using KdSim.Symbols.Pe;
using KdSim.Symbols.Unwind;

namespace KdSim.Kernel.Rtl;

/// <summary>What one step of unwinding found. All addresses; 0: none.</summary>
/// <param name="FunctionEntry">The RUNTIME_FUNCTION; 0 for a leaf function.</param>
/// <param name="FunctionBegin">Where the function (this row of it) begins.</param>
public readonly record struct UnwindStep(
    bool IsGood, ulong ControlPc, ulong ImageBase, ulong FunctionEntry, ulong FunctionBegin, ulong EstablisherFrame, ulong Handler, ulong HandlerData);

/// <summary>
/// Unwinding of guest stacks by the unwind data of loaded images: what RtlVirtualUnwind and RtlLookupFunctionEntry do, over CONTEXT records in guest
/// memory. Reading never raises: a stack or table that cannot be read is a bad step. Any IRQL.
/// </summary>
public sealed class Unwinding(NtKernel kernel) : KernelComponent(kernel)
{
    private const int RowSize = RUNTIME_FUNCTION.SizeOf;

    /// <summary>Unwinds one frame: the CONTEXT becomes that of the caller. <paramref name="wanted"/>: which handlers to look for.</summary>
    public UnwindStep Unwind(View<CONTEXT> context, UnwindFlags wanted)
    {
        ulong pc = context.Rip;
        ulong entry = FindFunction(pc, out ulong imageBase);
        return Unwind(context, wanted, pc, imageBase, entry);
    }

    /// <summary>The same when the caller knows the function.</summary>
    public UnwindStep Unwind(View<CONTEXT> context, UnwindFlags wanted, ulong pc, ulong imageBase, ulong entry)
    {
        UnwindContext registers = Load(context);
        registers.Rip = pc;
        if (entry == 0)
        {
            bool popped = Unwinder.TryUnwindLeaf(Read, registers, out _);
            if (popped)
                Store(registers, context);
            return new UnwindStep(popped, pc, imageBase, 0, 0, registers.Rsp - 8, 0, 0); // Below its caller's frame: never a target.
        }
        if (ReadRow(entry) is not { } row ||
            !Unwinder.TryUnwind(Read, imageBase, row, registers, wanted, out UnwoundFrame frame, out _))
            return new UnwindStep(false, pc, imageBase, entry, 0, 0, 0, 0);
        Store(registers, context);
        return new UnwindStep(true, pc, imageBase, entry, imageBase + row.Begin, frame.EstablisherFrame, frame.HandlerVa, frame.HandlerDataVa);
    }

    /// <summary>The address of the RUNTIME_FUNCTION that covers an address, 0 for leaf functions; the image's base, 0 if no image is there.</summary>
    public ulong FindFunction(ulong pc, out ulong imageBase)
    {
        imageBase = 0;
        View<KLDR_DATA_TABLE_ENTRY> module = Kernel.ModuleList.Find(pc);
        if (module.IsNull)
            return 0;
        imageBase = module.DllBase;
        ulong table = module.ExceptionTable;
        uint rva = (uint)(pc - imageBase);
        uint low = 0, high = module.ExceptionTableSize / RowSize;
        while (low < high)
        {
            uint middle = (low + high) / 2;
            if (ReadRow(table + middle * RowSize) is not { } row)
                return 0;
            if (rva < row.Begin)
                high = middle;
            else if (rva >= row.End)
                low = middle + 1;
            else
                return table + middle * RowSize;
        }
        return 0;
    }

    private RuntimeFunction? ReadRow(ulong address) =>
        Cpu.TryRead(address, out RUNTIME_FUNCTION row) ? new RuntimeFunction(row.BeginAddress, row.EndAddress, row.UnwindInfoAddress) : null;

    private bool Read(ulong address, Span<byte> buffer) => Cpu.TryRead(address, buffer) == buffer.Length;

    private UnwindContext Load(View<CONTEXT> context)
    {
        var registers = new UnwindContext { Rip = context.Rip };
        for (int i = 0; i < 16; i++)
        {
            registers[(Gpr)i] = Memory.ReadU64(context.Address + CONTEXT.Offsets.Rax + (ulong)i * 8);
            Vector128<ulong> xmm = Memory.Load<Vector128<ulong>>(context.Address + CONTEXT.Offsets.Xmm0 + (ulong)i * 16);
            registers.Xmm[i] = new UInt128(xmm[1], xmm[0]);
        }
        return registers;
    }

    private void Store(UnwindContext registers, View<CONTEXT> context)
    {
        for (int i = 0; i < 16; i++)
        {
            Memory.WriteU64(context.Address + CONTEXT.Offsets.Rax + (ulong)i * 8, registers[(Gpr)i]);
            UInt128 xmm = registers.Xmm[i];
            Memory.Store(context.Address + CONTEXT.Offsets.Xmm0 + (ulong)i * 16, Vector128.Create((ulong)xmm, (ulong)(xmm >> 64)));
        }
        context.Rip = registers.Rip;
    }
}
