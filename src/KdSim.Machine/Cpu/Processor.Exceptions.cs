namespace KdSim.Machine.Cpu;

public sealed unsafe partial class Processor
{
    private int _faultVector;
    private uint _faultCode;

    /// <summary>For handlers: <c>return cpu.Raise(vector)</c> makes the instruction fault instead of retiring.</summary>
    internal Flow Raise(int vector, uint errorCode = 0)
    {
        _faultVector = vector;
        _faultCode = errorCode;
        return Flow.Fault;
    }
}
