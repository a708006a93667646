using KdSim.Debugger.Modules;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Targets;
using KdSim.Symbols.Pe;
using KdSim.Symbols.Unwind;

namespace KdSim.Debugger.Stacks;

/// <summary>Unwinds one frame over the target's memory by its image's function table.</summary>
public static class FrameUnwinder
{
    static readonly System.Runtime.CompilerServices.ConditionalWeakTable<DebuggedModule, FunctionTable> Tables = [];

    /// <summary>The caller's registers; null when they cannot be found. A machine frame's address is given where the processor pushed one.</summary>
    public static IntegerState? Unwind(DebuggerSession session, IntegerState state, out ulong machineFrame)
    {
        machineFrame = 0;
        bool Read(ulong va, Span<byte> buffer) => session.Read(va, buffer) == buffer.Length;
        UnwindContext context = new() { Rip = state.Rip };
        for (int i = 0; i < 16; i++)
            context[(Gpr)i] = state.General[i];
        FunctionTable? table = TableAt(session, state.Rip);
        if (table?.Find(state.Rip) is not { } row)
        {
            // Outside every image there is no leaf function, but a call of a bad pointer left a return address into one behind.
            if (!Unwinder.TryUnwindLeaf(Read, context, out _) || table is null && session.Modules.At(context.Rip) is null)
                return null;
        }
        else
        {
            if (!Unwinder.TryUnwind(Read, table.ImageBase, row, context, UnwindFlags.None, out UnwoundFrame frame, out _))
                return null;
            if (frame.IsMachineFrame)
                machineFrame = frame.EstablisherFrame;
        }
        ulong[] general = new ulong[16];
        for (int i = 0; i < 16; i++)
            general[i] = context[(Gpr)i];
        return new IntegerState(general, context.Rip, state.Rflags);
    }

    /// <summary>The bounds of the function that contains an address, by unwind data and symbols; null when neither knows it.</summary>
    public static (ulong Start, ulong End)? FunctionAt(DebuggerSession session, ulong address)
    {
        if (session.Modules.At(address) is not { } module)
            return null;
        ModuleSymbol? symbol = module.Symbols.Nearest(module.Rva(address));
        if (symbol is { Size: > 0 } && module.Rva(address) - symbol.Rva < symbol.Size)
            return (module.Base + symbol.Rva, module.Base + symbol.Rva + symbol.Size);
        if (TableAt(session, address) is { } table && table.Find(address) is { } row)
        {
            RuntimeFunction primary = table.Primary(row);
            return (module.Base + primary.Begin, module.Base + Math.Max(primary.End, row.End));
        }
        if (symbol is null)
            return null;
        return (module.Base + symbol.Rva, module.Base + (module.Symbols.Next(symbol.Rva)?.Rva ?? module.Image.Size));
    }

    /// <summary>The function table row of an address, as offsets from the image's base.</summary>
    public static (uint Begin, uint End, uint Unwind)? RowAt(DebuggerSession session, ulong address) =>
        TableAt(session, address)?.Find(address) is { } row ? (row.Begin, row.End, row.UnwindRva) : null;

    static FunctionTable? TableAt(DebuggerSession session, ulong address)
    {
        if (session.Modules.At(address) is not { } module)
            return null;
        if (Tables.TryGetValue(module, out FunctionTable? known))
            return known;
        try
        {
            FunctionTable table = FunctionTable.Of(PeImage.FromMemory(session.Loader.Read, module.Base, module.Image.ImageName));
            Tables.Add(module, table);
            return table;
        }
        catch (BadImageException bad)
        {
            module.Complaint = bad.Message;
            return null;
        }
    }
}
