using KdSim.Kernel.Images;
using KdSim.Kernel.Mm;
using KdSim.Kernel.Routines;
using KdSim.Machine.Cpu;
using KdSim.Machine.Memory;
using KdSim.Nt;
using KdSim.Symbols.Pe;

namespace KdSim.Kernel.Boot;

/// <summary>
/// Builds guest memory and registers as they are when nt starts its first thread: page tables, synthetic images, shared user data, processors.
/// The first processor then runs the initial system thread at nt!Phase1Initialization; the others idle.
/// </summary>
internal sealed class Bootstrap(NtKernel kernel)
{
    private const ulong Page = PhysicalMemory.PageSize;

    public void Run()
    {
        kernel.PhysicalPages.Initialize();
        kernel.SystemRoot = kernel.PageTables.CreateSystemRoot();
        foreach (Processor cpu in kernel.Computer.Processors)
        {
            cpu.State.Cr3 = kernel.SystemRoot;
            if (kernel.Options.ForceIrqlChecking)
                cpu.HidePageable((ulong)PteBits.Pageable, Irql.Dispatch);
        }
        foreach (SyntheticImage image in kernel.Images.All)
            MapImage(image);
        MapSharedUserData();
        kernel.UserMemory.Initialize();
        kernel.KernelGlobals.Initialize();
        kernel.Pool.Initialize();
        kernel.ComponentMasks.Initialize();
        kernel.DebugPrinting.Initialize();
        kernel.PseudoRandoms.Initialize();
        kernel.SecurityExports.Initialize();
        kernel.ObjectNamespace.Initialize();
        kernel.IoStart.Initialize();
        kernel.FileSystems.Initialize();
        kernel.LegacyResources.Initialize();
        kernel.RegistryContexts.Initialize();
        kernel.DmaAdapters.Initialize();
        kernel.CallbackObjects.Initialize();
        kernel.SystemPower.Initialize();
        foreach (SyntheticImage image in kernel.Images.All)
            kernel.ModuleList.Add(PeImage.Parse(image.File, image.Name), image.Base, "\\SystemRoot\\system32\\" + image.Name, image.Name);
        kernel.Threads.Initialize();
        var processors = new ProcessorSetup(kernel);
        foreach (Processor cpu in kernel.Computer.Processors)
            processors.Initialize(cpu);
        kernel.HandleTables.Initialize();
        kernel.SystemCalls.Initialize();
        kernel.Timers.InitializeTable();
        kernel.DpcWatchdog.Initialize();
        kernel.Enter(kernel.Computer.Processors[0]);
        kernel.InterruptEntries.StartClock();
        kernel.WorkQueues.Initialize();
        kernel.SystemStart.PrepareRegistry();
        kernel.InitialThreads.StartFirst(kernel.Stubs.AddressOf(Stub.Phase1Initialization));
    }

    private void MapImage(SyntheticImage image)
    {
        PeImage pe = PeImage.Parse(image.File, image.Name);
        byte[] content = pe.Map();
        for (uint rva = 0; rva < content.Length; rva += (uint)Page)
        {
            ulong physical = kernel.PhysicalPages.Allocate();
            kernel.Computer.Memory.Write(physical, content.AsSpan((int)rva, (int)Math.Min(Page, (ulong)content.Length - rva)));
            kernel.PageTables.Map(kernel.SystemRoot, image.Base + rva, physical, SectionRights.Of(pe, rva));
        }
    }

    /// <summary>Read-only to the guest; C# writes it physically.</summary>
    private void MapSharedUserData()
    {
        ulong physical = kernel.PhysicalPages.Allocate();
        kernel.PageTables.Map(kernel.SystemRoot, SystemLayout.SharedUserData, physical, PteBits.KernelReadOnly);
        kernel.SharedUserData.Initialize(physical);
    }
}
