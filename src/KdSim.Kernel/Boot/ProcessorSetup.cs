using KdSim.Kernel.Mm;
using KdSim.Kernel.Routines;
using KdSim.Machine.Cpu;
using KdSim.Nt;

namespace KdSim.Kernel.Boot;

/// <summary>Control region, descriptor tables, stacks and first registers of each processor.</summary>
internal sealed class ProcessorSetup(NtKernel kernel)
{
    public const ushort KernelCode = 0x10, KernelData = 0x18, UserData = 0x28 | 3, UserCode = 0x30 | 3, TaskState = 0x40, UserTeb = 0x50 | 3;
    private const int DoubleFaultStack = 1;
    private const uint TssLimit = 0x67;

    public void Initialize(Processor cpu)
    {
        ulong block = kernel.SystemMemory.Allocate(SystemLayout.SystemPtes, 8, PteBits.KernelData);
        ulong gdt = block + 0x5000, tss = block + 0x5800, idt = block + 0x6000;
        View<KPCR> pcr = new(block);
        WriteGdt(gdt, tss);
        kernel.TrapEntries.WriteIdt(idt, KernelCode);
        View<KTSS64> task = new(tss);
        task.Ist.Set(DoubleFaultStack, kernel.SystemMemory.CreateStack());
        task.IoMapBase = (ushort)(TssLimit + 1);

        ulong dpcStack = kernel.SystemMemory.CreateStack();
        ulong stack = kernel.SystemMemory.CreateStack();
        pcr.GdtBase = (Ptr<KGDTENTRY64>)gdt;
        pcr.TssBase = (Ptr<KTSS64>)tss;
        pcr.IdtBase = (Ptr<KIDTENTRY64>)idt;
        pcr.Self = pcr.Ptr;
        pcr.MajorVersion = 1;
        pcr.MinorVersion = 1;
        pcr.StallScaleFactor = 2000;
        InitializePrcb(pcr, cpu, dpcStack);
        kernel.InitialThreads.Create(cpu.Number, pcr.Prcb, stack);
        task.Rsp0 = stack;
        View<KPRCB> prcb = pcr.Prcb;
        prcb.RspBase = stack;
        SetRegisters(cpu, block, gdt, idt, tss, stack);
        Start(cpu, stack);
    }

    private void InitializePrcb(View<KPCR> pcr, Processor cpu, ulong dpcStack)
    {
        View<KPRCB> prcb = pcr.Prcb;
        pcr.CurrentPrcb = prcb.Ptr;
        prcb.MxCsr = 0x1F80;
        prcb.Number = (uint)cpu.Number;
        prcb.LegacyNumber = (byte)cpu.Number;
        prcb.MHz = 2000;
        prcb.MajorVersion = 1;
        prcb.MinorVersion = 1;
        prcb.CpuType = 6;
        prcb.CpuVendor = 1;
        prcb.TscFrequency = 2_000_000_000;
        prcb.GroupSetMember = 1UL << cpu.Number;
        prcb.SetMember = 1UL << cpu.Number;
        prcb.InitialApicId = (uint)cpu.Number;
        prcb.DpcStack = dpcStack;
        ulong array = kernel.Data(Datum.KiProcessorBlock);
        kernel.Memory.WriteU64(array + (ulong)cpu.Number * 8, prcb.Address);
        for (int i = 0; i < 2; i++)
        {
            ulong list = prcb.DpcData.At(i).Address;
            kernel.Memory.WriteU64(list, 0); // Singly linked: the first entry, and where the next one is linked.
            kernel.Memory.WriteU64(list + 8, list);
        }
        for (int i = 0; i < 32; i++)
        {
            ulong list = prcb.DispatcherReadyListHead.AddressOf(i);
            kernel.Memory.WriteU64(list, list);
            kernel.Memory.WriteU64(list + 8, list);
        }
        ulong waits = prcb.WaitListHeadView.Address;
        kernel.Memory.WriteU64(waits, waits);
        kernel.Memory.WriteU64(waits + 8, waits);
    }

    private void WriteGdt(ulong gdt, ulong tss)
    {
        void Entry(int selector, ulong value) => kernel.Memory.WriteU64(gdt + (ulong)(selector & ~7), value);
        Entry(KernelCode, 0x00209B00_00000000);
        Entry(KernelData, 0x00CF9300_0000FFFF);
        Entry(0x20, 0x00CFFB00_0000FFFF); // 32-bit user code: defined as in NT, never used.
        Entry(UserData, 0x00CFF300_0000FFFF);
        Entry(UserCode, 0x0020FB00_00000000);
        Entry(UserTeb, 0x0040F300_00003C00);
        Entry(TaskState, TssLimit | (tss & 0xFFFFFF) << 16 | 0x8BUL << 40 | (tss >> 24 & 0xFF) << 56);
        Entry(TaskState + 8, tss >> 32);
    }

    private void SetRegisters(Processor cpu, ulong block, ulong gdt, ulong idt, ulong tss, ulong stack)
    {
        ref CpuState state = ref cpu.State;
        state.Gdtr = new DescriptorTableRegister { Base = gdt, Limit = 0x6F };
        state.Idtr = new DescriptorTableRegister { Base = idt, Limit = 0xFFF };
        state.Tr = new SegmentRegister { Selector = TaskState, Attributes = 0x8B, Limit = TssLimit, Base = tss };
        state.Cs.Selector = KernelCode;
        state.Ss.Selector = KernelData;
        state.Ds.Selector = state.Es.Selector = state.Fs.Selector = state.Gs.Selector = UserData;
        state.Gs.Base = block;
        state.Star = (ulong)(0x20 | 3) << 48 | (ulong)KernelCode << 32;
        state.Cr4 |= ControlBits.Cr4SupervisorExecutionPrevention;
        state.Lstar = kernel.Stubs.AddressOf(Stub.KiSystemCall64);
        state.Fmask = RFlag.Trap | RFlag.Interrupt | RFlag.Direction | RFlag.NestedTask | RFlag.AlignmentCheck;
        state.Rsp = stack;
    }

    /// <summary>Every processor begins in its idle thread.</summary>
    private void Start(Processor cpu, ulong stack)
    {
        ref CpuState state = ref cpu.State;
        state.Rsp = stack - 0x20;
        state.Rip = kernel.Stubs.AddressOf(Stub.KiIdleLoop);
        state.RFlags |= RFlag.Interrupt;
    }
}
