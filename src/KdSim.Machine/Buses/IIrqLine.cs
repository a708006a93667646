namespace KdSim.Machine.Buses;

/// <summary>One source on an interrupt input. The level is a function of the device's state: the device sets it after every change.</summary>
public interface IIrqLine
{
    void Set(bool asserted);
}
