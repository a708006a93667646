using System.Runtime.InteropServices;

namespace KdSim.Machine.Time;

/// <summary>Something that will happen: data, never a delegate, so that the queue is part of every snapshot.</summary>
/// <param name="Due">Absolute time in ticks.</param>
/// <param name="Sequence">Order of scheduling; breaks ties between equal times.</param>
/// <param name="Owner">Who gets it: the number that the registration of the owner returned.</param>
/// <param name="Code">What it means to the owner.</param>
/// <param name="Argument">One value for the owner.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct MachineEvent(ulong Due, ulong Sequence, int Owner, int Code, ulong Argument);

/// <summary>Gets events when they are due. Called between two instructions, with no processor running.</summary>
public interface IEventOwner
{
    void OnEvent(in MachineEvent machineEvent);
}
