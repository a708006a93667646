using KdSim.Machine.Cpu;

namespace KdSim.Kernel.Routines;

/// <summary>Checks what guest code that a sequence called must leave as it was; a difference is a finding, not a bug check.</summary>
internal sealed class CallContracts(NtKernel kernel)
{
    public void Remember(Activation activation, ulong target)
    {
        ref CpuState cpu = ref kernel.Cpu.State;
        activation.Contract = new CallContract
        {
            Target = target,
            Rbx = cpu.Rbx,
            Rbp = activation.FrameAddress - 8,
            Rsi = cpu.Rsi,
            Rdi = cpu.Rdi,
            R12 = cpu.R12,
            R13 = cpu.R13,
            R14 = cpu.R14,
            R15 = cpu.R15,
            Irql = (byte)cpu.Cr8,
        };
    }

    /// <summary>After the return; puts RBP right, which the stub's epilog needs.</summary>
    public void Check(Activation activation)
    {
        ref CallContract before = ref activation.Contract;
        if (before.Target == 0)
            return;
        ref CpuState cpu = ref kernel.Cpu.State;
        if ((byte)cpu.Cr8 != before.Irql && before.Irql != CallContract.AnyIrql)
            kernel.Report(FindingKind.IrqlNotRestored, before.Target, before.Irql, cpu.Cr8);
        if (cpu.Rbx != before.Rbx || cpu.Rbp != before.Rbp || cpu.Rsi != before.Rsi || cpu.Rdi != before.Rdi ||
            cpu.R12 != before.R12 || cpu.R13 != before.R13 || cpu.R14 != before.R14 || cpu.R15 != before.R15)
            kernel.Report(FindingKind.RegistersNotRestored, before.Target, before.Rbp, cpu.Rbp);
        cpu.Rbp = activation.FrameAddress - 8;
        before.Target = 0;
    }
}
