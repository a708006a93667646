using System.Text;
using KdSim.Kernel.Routines;
using KdSim.Machine.Memory;
using KdSim.Nt;

namespace KdSim.Kernel.Ex;

/// <summary>
/// NtQuerySystemInformation: what the machine, its modules and its processes are. Each class is put together as bytes and copied to the caller if it fits.
/// A class that this kernel does not know is a finding, and STATUS_INVALID_INFO_CLASS. PASSIVE_LEVEL.
/// </summary>
public sealed class SystemInformation(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Basic = 0, Processor = 1, TimeOfDay = 3, Process = 5, Modules = 11, KernelDebugger = 35, RangeStart = 50, CodeIntegrity = 103;
    private const int ModuleSize = 0x128, ModulePath = 0x28, ProcessSize = 0x100, ThreadSize = 0x50;

    [NtExport("NtQuerySystemInformation", MaxIrql = Irql.Passive)]
    public NtStatus NtQuerySystemInformation(uint SystemInformationClass, ulong SystemInformation, uint SystemInformationLength, Ptr<uint> ReturnLength) =>
        Query(SystemInformationClass, SystemInformation, SystemInformationLength, ReturnLength, Kernel.KernelObjects.PreviousMode);

    [NtExport("ZwQuerySystemInformation", MaxIrql = Irql.Passive)]
    public NtStatus ZwQuerySystemInformation(uint SystemInformationClass, ulong SystemInformation, uint SystemInformationLength, Ptr<uint> ReturnLength) =>
        Query(SystemInformationClass, SystemInformation, SystemInformationLength, ReturnLength, 0);

    private NtStatus Query(uint kind, ulong buffer, uint length, Ptr<uint> returned, sbyte mode)
    {
        byte[]? answer = kind switch
        {
            Basic => BasicInformation(),
            Processor => ProcessorInformation(),
            TimeOfDay => TimeInformation(),
            Process => ProcessInformation(buffer),
            Modules => ModuleInformation(),
            KernelDebugger => [Memory.ReadU8(Kernel.Data(Datum.KdDebuggerEnabled)), Memory.ReadU8(Kernel.Data(Datum.KdDebuggerNotPresent))],
            RangeStart => BitConverter.GetBytes(Memory.ReadU64(Kernel.Data(Datum.MmSystemRangeStart))),
            CodeIntegrity => [8, 0, 0, 0, 0, 0, 0, 0], // No signature is enforced.
            _ => null,
        };
        if (answer is null)
        {
            Kernel.Report(FindingKind.Other, kind, buffer, length, "NtQuerySystemInformation was asked for a class that is not implemented");
            return NtStatus.InvalidInfoClass;
        }
        if (!returned.IsNull && !Kernel.CallerMemory.TryWrite(returned, (uint)answer.Length, mode))
            return NtStatus.AccessViolation;
        if (length < answer.Length || (kind is Basic or Processor or TimeOfDay or CodeIntegrity && length != answer.Length))
            return NtStatus.InfoLengthMismatch;
        Cpu.State.Clock += Kernel.Computer.Costs.Copy((ulong)answer.Length);
        return Kernel.CallerMemory.TryWrite(buffer, answer, mode) ? NtStatus.Success : NtStatus.AccessViolation;
    }

    private byte[] BasicInformation()
    {
        var bytes = new ByteLayout(0x40);
        bytes.U32(0x04, 156_250);                                                    // TimerResolution, in 100 ns.
        bytes.U32(0x08, PhysicalMemory.PageSize);
        bytes.U32(0x0C, (uint)Kernel.Computer.Memory.PageCount);
        bytes.U32(0x10, 1);                                                          // LowestPhysicalPageNumber
        bytes.U32(0x14, (uint)Kernel.Computer.Memory.PageCount - 1);
        bytes.U32(0x18, 0x10000);                                                    // AllocationGranularity
        bytes.U64(0x20, 0x10000);                                                    // MinimumUserModeAddress
        bytes.U64(0x28, Memory.ReadU64(Kernel.Data(Datum.MmHighestUserAddress)));
        bytes.U64(0x30, Kernel.Processors.ActiveMask);
        bytes.U8(0x38, (byte)Kernel.Processors.Count);
        return bytes.Bytes;
    }

    private static byte[] ProcessorInformation()
    {
        const ushort Amd64 = 9;
        var bytes = new ByteLayout(0x0C);
        bytes.U16(0, Amd64);
        bytes.U16(2, 6);
        bytes.U16(4, 0x0101);
        bytes.U16(6, 8);                                                             // MaximumProcessors
        return bytes.Bytes;
    }

    private byte[] TimeInformation()
    {
        var bytes = new ByteLayout(0x30);
        bytes.U64(0x00, (ulong)Kernel.Options.SystemTime);
        bytes.U64(0x08, (ulong)Kernel.Clock.SystemTime);
        return bytes.Bytes;                                                          // UTC: the bias is 0.
    }

    private byte[] ModuleInformation()
    {
        var entries = new List<ulong>();
        foreach (ulong entry in Memory.Walk(Kernel.Data(Datum.PsLoadedModuleList)))
            entries.Add(entry);
        var bytes = new ByteLayout(8 + entries.Count * ModuleSize);
        bytes.U32(0, (uint)entries.Count);
        for (int i = 0; i < entries.Count; i++)
        {
            View<KLDR_DATA_TABLE_ENTRY> module = new(entries[i]);
            int at = 8 + i * ModuleSize;
            string path = Kernel.Objects.ReadName(module.FullDllName);
            bytes.U64(at + 0x10, module.DllBase);
            bytes.U32(at + 0x18, module.SizeOfImage);
            bytes.U32(at + 0x1C, module.Flags);
            bytes.U16(at + 0x20, (ushort)i);
            bytes.U16(at + 0x24, module.LoadCount);
            bytes.U16(at + 0x26, (ushort)(path.LastIndexOf('\\') + 1));
            bytes.Text(at + ModulePath, path, 255);
        }
        return bytes.Bytes;
    }

    /// <summary>One entry a process, its threads behind it and its name behind them; the names are pointers into the caller's buffer.</summary>
    private byte[] ProcessInformation(ulong buffer)
    {
        var bytes = new ByteLayout(0);
        int last = -1;
        var processes = new List<ulong> { Memory.ReadU64(Kernel.Data(Datum.PsIdleProcess)) };
        foreach (ulong link in Memory.Walk(Kernel.Data(Datum.PsActiveProcessHead)))
            processes.Add(link - EPROCESS.Offsets.ActiveProcessLinks);
        foreach (ulong address in processes)
        {
            View<EPROCESS> process = new(address);
            int at = bytes.Length;
            if (last >= 0)
                bytes.U32(last, (uint)(at - last));
            last = at;
            AppendProcess(bytes, at, process, buffer);
        }
        return bytes.Bytes;
    }

    private void AppendProcess(ByteLayout bytes, int at, View<EPROCESS> process, ulong buffer)
    {
        var threads = new List<ulong>();
        if (process.ThreadListHead.Flink != 0)
            foreach (ulong link in Memory.Walk(process.ThreadListHeadView.Address))
                threads.Add(link - ETHREAD.Offsets.ThreadListEntry);
        Span<byte> image = stackalloc byte[15];
        Memory.Read(process.Address + (ulong)EPROCESS.Offsets.ImageFileName, image);
        string name = process.UniqueProcessId == 0 ? "" : Encoding.ASCII.GetString(image).TrimEnd('\0');
        int nameAt = at + ProcessSize + threads.Count * ThreadSize;
        bytes.Grow((nameAt + name.Length * 2 + 2 + 7) & ~7);
        bytes.U32(at + 0x04, (uint)threads.Count);
        bytes.U64(at + 0x20, (ulong)process.CreateTime.QuadPart);
        if (name.Length != 0)
        {
            bytes.U16(at + 0x38, (ushort)(name.Length * 2));
            bytes.U16(at + 0x3A, (ushort)(name.Length * 2 + 2));
            bytes.U64(at + 0x40, buffer + (ulong)nameAt);
            for (int i = 0; i < name.Length; i++)
                bytes.U16(nameAt + i * 2, name[i]);
        }
        bytes.U32(at + 0x48, (uint)process.Pcb.BasePriority);
        bytes.U64(at + 0x50, process.UniqueProcessId);
        bytes.U64(at + 0x58, process.InheritedFromUniqueProcessId);
        bytes.U32(at + 0x60, process.ObjectTable.IsNull ? 0u : (uint)process.ObjectTable.View.HandleCount);
        for (int i = 0; i < threads.Count; i++)
        {
            View<ETHREAD> thread = new(threads[i]);
            int entry = at + ProcessSize + i * ThreadSize;
            bytes.U64(entry + 0x10, (ulong)thread.CreateTime.QuadPart);
            bytes.U64(entry + 0x20, thread.StartAddress);
            bytes.U64(entry + 0x28, thread.Cid.UniqueProcess);
            bytes.U64(entry + 0x30, thread.Cid.UniqueThread);
            bytes.U32(entry + 0x38, (uint)thread.Tcb.Priority);
            bytes.U32(entry + 0x3C, (uint)thread.Tcb.BasePriority);
            bytes.U32(entry + 0x44, thread.Tcb.State);
            bytes.U32(entry + 0x48, thread.Tcb.WaitReason);
        }
    }
}
