using KdSim.Kernel.Routines;
using KdSim.Machine;
using KdSim.Machine.Cpu;
using KdSim.Nt;
using Xunit;

namespace KdSim.Kernel.Tests;

/// <summary>A machine with one idle processor on which a test calls nt's routines as a driver would.</summary>
internal sealed class GuestCaller : IDisposable
{
    private readonly TestMachine _machine = TestMachine.Boot(1);

    public GuestCaller()
    {
        _machine.Run();
        Assert.Null(_machine.Computer.Failure);
        Kernel.Enter(Cpu);
    }

    public NtKernel Kernel => _machine.Kernel;

    public Computer Computer => _machine.Computer;

    public Processor Cpu => _machine.Computer.Processors[0];

    public ulong Allocate(ulong size, POOL_TYPE type = POOL_TYPE.NonPagedPool) => Kernel.Pool.Allocate(type, size, 0x74736554);

    /// <summary>RAX of the routine.</summary>
    public ulong Call(Stub stub, params ReadOnlySpan<ulong> arguments) => Call(Kernel.Stubs.AddressOf(stub), arguments);

    public ulong Call(ulong routine, params ReadOnlySpan<ulong> arguments)
    {
        CpuState saved = Cpu.State;
        RunResult result = Start(routine, arguments);
        Assert.Equal((StopReason.Breakpoint, null), (result.Reason, result.Text));
        ulong rax = Cpu.State.Rax;
        ulong clock = Cpu.State.Clock, retired = Cpu.State.Steps, cr8 = Cpu.State.Cr8;
        Cpu.State = saved;
        (Cpu.State.Clock, Cpu.State.Steps, Cpu.State.Cr8) = (clock, retired, cr8);
        Kernel.Enter(Cpu);
        return rax;
    }

    /// <summary>Calls a routine, which need not come back: what stopped the machine.</summary>
    public RunResult Start(ulong routine, params ReadOnlySpan<ulong> arguments)
    {
        ulong back = Kernel.Stubs.AddressOf(Stub.KiIdleLoop);
        ulong rsp = (Cpu.State.Rsp & ~15ul) - 0x100;
        ref CpuState cpu = ref Cpu.State;
        for (int i = 4; i < arguments.Length; i++)
            Kernel.Memory.WriteU64(rsp + (ulong)i * 8, arguments[i]);
        Kernel.Memory.WriteU64(rsp - 8, back);
        cpu.Halted = 0;
        cpu.Rsp = rsp - 8;
        cpu.Rip = routine;
        cpu.Rcx = arguments.Length > 0 ? arguments[0] : 0;
        cpu.Rdx = arguments.Length > 1 ? arguments[1] : 0;
        cpu.R8 = arguments.Length > 2 ? arguments[2] : 0;
        cpu.R9 = arguments.Length > 3 ? arguments[3] : 0;
        Computer.Breakpoints.Add(back);
        RunResult result = Computer.Run(new RunRequest());
        Computer.Breakpoints.Remove(back);
        Kernel.Enter(Cpu);
        return result;
    }

    public void Dispose() => _machine.Dispose();
}
