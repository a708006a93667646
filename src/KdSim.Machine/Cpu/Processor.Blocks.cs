namespace KdSim.Machine.Cpu;

public sealed unsafe partial class Processor
{
    void Memory.IMemoryObserver.DropCode(int frame) => _core->Epoch++;

    internal void DropBlocksAt(ulong address) => _core->Epoch++;

    private void DropAllBlocks() => _core->Epoch++;

    private void ReleaseBlocks()
    {
    }
}
