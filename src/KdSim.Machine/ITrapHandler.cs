using KdSim.Machine.Cpu;

namespace KdSim.Machine;

/// <summary>The one owner of what happens on the machine (a kernel). Called inside <see cref="Computer.Run"/>, between two instructions.</summary>
public interface ITrapHandler
{
    /// <summary>The guest called into C# (VMCALL). See <see cref="IProcessorHost.Trap"/>.</summary>
    void Trap(Processor cpu);

    /// <summary>CR8 changed, by guest code, by the kernel or by an interrupt's entry.</summary>
    void IrqlChanged(Processor cpu, byte oldIrql, byte newIrql);

    /// <summary>An interrupt was acknowledged and is about to enter its handler; State is still that of the interrupted code.</summary>
    void InterruptAccepted(Processor cpu, byte vector);

    /// <summary>An exception is about to enter its handler; State is still that of the fault.</summary>
    void ExceptionRaised(Processor cpu, int vector, uint errorCode);
}
