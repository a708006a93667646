using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Rtl;

/// <summary>
/// The language handler of C: functions with __try have a scope table in their unwind data. A row is a range of code with its filter and
/// handler (__except), or with its termination handler (__finally: no jump target).
/// </summary>
public sealed class ScopeTables(NtKernel kernel) : KernelComponent(kernel)
{
    private const int RowSize = 16;
    private const uint MaxRows = 0x10000;
    private const uint ExecuteHandler = 1;

    private readonly record struct Scope(uint Begin, uint End, uint Handler, uint Target)
    {
        public bool Holds(ulong rva) => rva >= Begin && rva < End;
    }

    [NtExport("__C_specific_handler")]
    public async KTask<uint> SpecificHandler(
        Ptr<EXCEPTION_RECORD> ExceptionRecord, ulong EstablisherFrame, Ptr<CONTEXT> ContextRecord, Ptr<DISPATCHER_CONTEXT> DispatcherContext)
    {
        View<DISPATCHER_CONTEXT> dispatcher = DispatcherContext;
        ulong imageBase = dispatcher.ImageBase, pc = dispatcher.ControlPc - imageBase, table = dispatcher.HandlerData;
        uint rows = Math.Min(Memory.ReadU32(table), MaxRows);
        if ((ExceptionRecord.View.ExceptionFlags & ExceptionFlags.AnyUnwind) == 0)
            return await Search(ExceptionRecord, EstablisherFrame, ContextRecord, dispatcher, pc, rows);

        bool isTarget = (ExceptionRecord.View.ExceptionFlags & ExceptionFlags.TargetUnwind) != 0;
        ulong target = dispatcher.TargetIp - imageBase;
        for (uint i = dispatcher.ScopeIndex; i < rows; i++)
        {
            Scope scope = Row(table, i);
            if (!scope.Holds(pc))
                continue;
            if (isTarget && (StaysWithin(table, rows, scope, target) || (scope.Target != 0 && scope.Target == target)))
                break; // This block and those around it are not left.
            if (scope.Target != 0)
                continue;
            dispatcher.ScopeIndex = i + 1; // A second exception in the termination handler must not run it again.
            await Guest.Call(imageBase + scope.Handler, 1, EstablisherFrame);
        }
        return Disposition.ContinueSearch;
    }

    /// <summary>Asks the filters of the blocks that the exception happened in, innermost first.</summary>
    private async KTask<uint> Search(
        Ptr<EXCEPTION_RECORD> record, ulong frame, Ptr<CONTEXT> context, View<DISPATCHER_CONTEXT> dispatcher, ulong pc, uint rows)
    {
        ulong imageBase = dispatcher.ImageBase, table = dispatcher.HandlerData;
        View<EXCEPTION_POINTERS> pointers = Guest.Scratch<EXCEPTION_POINTERS>();
        pointers.ExceptionRecord = record;
        pointers.ContextRecord = context;
        for (uint i = dispatcher.ScopeIndex; i < rows; i++)
        {
            Scope scope = Row(table, i);
            if (!scope.Holds(pc) || scope.Target == 0)
                continue;
            int answer = 1;
            if (scope.Handler != ExecuteHandler)
                answer = (int)(uint)(await Guest.Call(imageBase + scope.Handler, pointers.Address, frame)).Value;
            if (answer < 0)
                return Disposition.ContinueExecution;
            if (answer > 0)
                await Guest.Call(Stub.RtlUnwindEx, frame, imageBase + Row(table, i).Target, record, (uint)record.View.ExceptionCode,
                    dispatcher.ContextRecord, dispatcher.HistoryTable);
        }
        return Disposition.ContinueSearch;
    }

    /// <summary>True if the target lies in the same block; compilers split one block into several rows.</summary>
    private bool StaysWithin(ulong table, uint rows, Scope scope, ulong target)
    {
        for (uint i = 0; i < rows; i++)
            if (Row(table, i) is var other && other.Holds(target) && other.Handler == scope.Handler && other.Target == scope.Target)
                return true;
        return false;
    }

    private Scope Row(ulong table, uint index)
    {
        ulong row = table + 4 + index * RowSize;
        return new Scope(Memory.ReadU32(row), Memory.ReadU32(row + 4), Memory.ReadU32(row + 8), Memory.ReadU32(row + 12));
    }
}
