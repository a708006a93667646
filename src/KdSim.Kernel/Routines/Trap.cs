using System.Runtime.CompilerServices;
using KdSim.Machine.Cpu;
using KdSim.Nt;

namespace KdSim.Kernel.Routines;

/// <summary>One trap of a stub as its thunk sees it: arguments in, result out (x64 calling convention). Lives for the call of the thunk.</summary>
public readonly ref struct Trap
{
    private readonly NtKernel _kernel;
    private readonly ref CpuState _cpu;
    private readonly ulong _frame;

    internal Trap(NtKernel kernel, ref CpuState cpu, ulong frameAddress)
    {
        _kernel = kernel;
        _cpu = ref cpu;
        _frame = frameAddress;
    }

    /// <summary>The argument as the caller's registers or stack hold it; a narrower type takes the low bytes, as compiled code does.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Argument<T>(int index) where T : unmanaged => ResultSlot.Get<T>(Raw(index));

    /// <summary>A BOOLEAN: any byte but 0 is true.</summary>
    public bool Boolean(int index) => (byte)Raw(index) != 0;

    public VarArgs VarArgs(int first) => new(_kernel, _frame, first);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Return<T>(T value) where T : unmanaged => _cpu.Rax = ResultSlot.Put(value);

    public void Finish(Outcome outcome) => _kernel.Dispatcher.FinishTail(outcome);

    public void Finish(KTask task) => _kernel.Runner.End(task.IsDone, 0);

    public void Finish<T>(KTask<T> task) where T : unmanaged => _kernel.Runner.End(task.IsDone, task.IsDone ? ResultSlot.Put(task.Value) : 0);

    private ulong Raw(int index) => index switch
    {
        0 => _cpu.Rcx,
        1 => _cpu.Rdx,
        2 => _cpu.R8,
        3 => _cpu.R9,
        _ => _kernel.Memory.ReadU64(_frame + 8 + (ulong)index * 8),
    };
}

/// <summary>
/// The arguments behind the named ones of a routine such as DbgPrint, or those of a <c>va_list</c>: all stand 8 bytes apart in memory
/// (the first four in their home slots, which the trap handler fills).
/// </summary>
public struct VarArgs
{
    private readonly GuestMemory _memory;
    private ulong _next;

    internal VarArgs(NtKernel kernel, ulong frameAddress, int first)
    {
        _memory = kernel.Memory;
        _next = frameAddress + 8 + (ulong)first * 8;
        kernel.Dispatcher.SpillHomeSlots(frameAddress);
    }

    /// <summary>The arguments that a <c>va_list</c> points to.</summary>
    public VarArgs(GuestMemory memory, ulong list)
    {
        _memory = memory;
        _next = list;
    }

    public ulong Next()
    {
        ulong value = _memory.ReadU64(_next);
        _next += 8;
        return value;
    }
}
