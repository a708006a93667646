namespace KdSim.Machine.Cpu;

/// <summary>The cases of the run loop's switch.</summary>
internal enum OpCode : ushort
{
    /// <summary>Call the handler in <see cref="MicroOp.Target"/>: everything that is not hot.</summary>
    Call,
}
