using System.Security.Cryptography;
using System.Text;
using KdSim.Kernel.Routines;
using KdSim.Machine.Snapshots;
using KdSim.Machine.Time;
using KdSim.Nt;
using KdSim.Symbols.Pe;
using KdSim.Tracing.Etl.Format;
using KdSim.Tracing.Etl.Providers;
using KdSim.Tracing.Etl.Writing;

namespace KdSim.Recording;

/// <summary>The begin and the end of a recording: what is there already, what is there at last, and what the run was made of.</summary>
sealed partial class KernelRecorder
{
    const byte Start = 1, Stop = 2, DcStart = 3, DcStop = 4, ImageLoad = 10;
    const byte Extension = 5, RundownComplete = 8, EndExtension = 32;
    const uint SystemProcess = 4, KernelEventVersion = 60;
    const int RundownProcessor = 0;

    static readonly byte[] NoUser = new byte[4];

    /// <summary>What was loaded, for the end: a module that goes takes its list entry with it.</summary>
    readonly Dictionary<ulong, byte[]> _images = [];

    /// <summary>Processes that have ended, though their objects are still listed, and their last threads run.</summary>
    readonly HashSet<ulong> _ended = [];

    long Now => CounterOf(_computer.Now);

    /// <summary>Writes what a trace begins with. The machine stands still.</summary>
    public void Begin(RunInputs inputs, RecordingProfile profile)
    {
        for (int cpu = 0; cpu < _processors.Length; cpu++)
            _processors[cpu].Current = IdentityOf(_guest.U64(_guest.U64(_kernel.Data(Datum.KiProcessorBlock) + (ulong)(8 * cpu)) +
                (ulong)KPRCB.Offsets.CurrentThread));
        WriteExtension(Extension);
        WriteConfiguration();
        foreach (EventProvider provider in (EventProvider[])[KdSimProvider.Provider, KernelPnpProvider.Provider, KernelPowerProvider.Provider])
            InBandManifest.Write(_session, RundownProcessor, Now, NoThread, SystemProcess, provider);
        WriteInputs(inputs, profile);
        RundownProcesses(DcStart);
        RundownImages();
        RundownDevices();
        Short(KernelGroup.EventTrace, RundownComplete, 2, []);
        _session.Pin();
    }

    /// <summary>Writes what a trace ends with, to this session or to a copy of it.</summary>
    public void End(EtlSession? copy = null)
    {
        KernelRecorder target = copy is null ? this : new KernelRecorder(this, copy);
        target.WriteJournal();
        target.RundownProcesses(DcStop);
        foreach (byte[] image in _images.Values) target.Short(KernelGroup.Image, DcStop, 3, image);
        target.WriteExtension(EndExtension);
    }

    KernelRecorder(KernelRecorder other, EtlSession session) =>
        (_computer, _kernel, _guest, _session, _kinds, _processors, _threads, _ended) =
        (other._computer, other._kernel, other._guest, session, other._kinds, other._processors, other._threads, other._ended);

    void Short(KernelGroup group, byte opcode, byte version, ReadOnlySpan<byte> payload) =>
        _session.Kernel(RundownProcessor, Now, group, opcode, version, payload);

    void WriteExtension(byte opcode)
    {
        const uint ProcessThreadImage = 7, Switches = 4, Drivers = 0x10, Dpcs = 0x80, Dispatcher = 0x200, Interrupts = 0x4000, SpinLocks = 0x10000,
            DpcQueue = 0x40000, Timers = 0x20000;
        uint second = (Wants(RecordedKinds.Switch) ? Switches | Dispatcher : 0) | (Wants(RecordedKinds.Irp) ? Drivers : 0)
            | (Wants(RecordedKinds.Dpc) ? Dpcs : 0) | (Wants(RecordedKinds.Isr) ? Interrupts : 0) | (Wants(RecordedKinds.Lock) ? SpinLocks : 0)
            | (Wants(RecordedKinds.DpcQueue) ? DpcQueue : 0);
        uint third = Wants(RecordedKinds.Timer) ? Timers : 0;
        Short(KernelGroup.EventTrace, opcode, 2, TemplateEncoder.Encode(
            KernelEvents.Find(KernelGroup.EventTrace, opcode, 2)!.Payload, ProcessThreadImage, second, third, 0, 0, 0, 0, 0, KernelEventVersion));
    }

    void WriteConfiguration()
    {
        const byte SystemPaths = 33, VolumeMapping = 35, Processor = 10, Version = 2;
        const uint AllocationGranularity = 0x10000;
        const ulong HighestUserAddress = 0x7FFF_FFFE_FFFF;
        void Classic(byte opcode, params ReadOnlySpan<object> values) => _session.Classic(RundownProcessor, Now, NoThread, SystemProcess,
            ClassicProviders.SysConfig, opcode, Version,
            TemplateEncoder.Encode(KernelEvents.Find(ClassicProviders.SysConfig, opcode, Version)!.Payload, values));
        Classic(SystemPaths, @"C:\Windows\system32\", @"C:\Windows\");
        Classic(VolumeMapping, @"\SystemRoot\", @"C:\Windows\");
        Classic(VolumeMapping, @"\Device\HarddiskVolume1\", @"C:\");
        KernelEvent processor = KernelEvents.Find(KernelGroup.SystemConfig, Processor, 3)!;
        _session.System(RundownProcessor, Now, NoThread, SystemProcess, KernelGroup.SystemConfig, Processor, 3, TemplateEncoder.Encode(processor.Payload,
            _session.Options.ProcessorMegahertz, _computer.Processors.Length, (uint)(_computer.Options.MemorySize >> 20), 4096, AllocationGranularity,
            "KDSIM", "", 0ul, HighestUserAddress, 9, 6, 0, 1, 0, 0));
    }

    void RundownProcesses(byte opcode)
    {
        ulong idle = _guest.U64(_kernel.Data(Datum.PsIdleProcess));
        foreach (ulong process in _guest.List(_kernel.Data(Datum.PsActiveProcessHead))
            .Select(entry => entry - (ulong)EPROCESS.Offsets.ActiveProcessLinks).Prepend(idle))
        {
            if (!_ended.Contains(process)) Short(KernelGroup.Process, opcode, 4, ProcessPayload(process, ""));
            foreach (ulong entry in _guest.List(process + (ulong)KPROCESS.Offsets.ThreadListHead))
                WriteThread(RundownProcessor, Now, entry - (ulong)KTHREAD.Offsets.ThreadListEntry, opcode);
        }
    }

    byte[] ProcessPayload(ulong process, string commandLine) => TemplateEncoder.Encode(
        KernelEvents.Find(KernelGroup.Process, DcStart, 4)!.Payload,
        process, (uint)_guest.U64(process + (ulong)EPROCESS.Offsets.UniqueProcessId),
        (uint)_guest.U64(process + (ulong)EPROCESS.Offsets.InheritedFromUniqueProcessId), 0, (int)_guest.U32(process + (ulong)EPROCESS.Offsets.ExitStatus),
        _guest.U64(process + (ulong)KPROCESS.Offsets.DirectoryTableBase), 0, NoUser, _guest.Ansi(process + (ulong)EPROCESS.Offsets.ImageFileName, 15),
        commandLine, "", "");

    void WriteThread(int cpu, long time, ulong thread, byte opcode)
    {
        ThreadIdentity identity = IdentityOf(thread), current = _processors[cpu].Current;
        ulong start = _guest.U64(thread + (ulong)ETHREAD.Offsets.StartAddress);
        _session.System(cpu, time, current.Thread, current.Process, KernelGroup.Thread, opcode, 3, TemplateEncoder.Encode(
            KernelEvents.Find(KernelGroup.Thread, opcode, 3)!.Payload,
            identity.Process, identity.Thread, _guest.U64(thread + (ulong)KTHREAD.Offsets.StackBase), _guest.U64(thread + (ulong)KTHREAD.Offsets.StackLimit),
            0ul, 0ul, start, start, _guest.U64(thread + (ulong)KTHREAD.Offsets.Teb), 0, _guest.U8(thread + (ulong)KTHREAD.Offsets.BasePriority), 0, 0, 0));
        if (opcode is Start or DcStart)
            _session.Event(cpu, time, current.Thread, current.Process, KdSimProvider.Provider.Named("ThreadObject"),
                thread, _guest.U64(thread + (ulong)KTHREAD.Offsets.Process), identity.Thread, identity.Process);
    }

    void RundownImages()
    {
        foreach (ulong entry in _guest.List(_kernel.Data(Datum.PsLoadedModuleList)))
        {
            byte[] payload = Remember(entry);
            Short(KernelGroup.Image, DcStart, 3, payload);
            WriteDebugId(RundownProcessor, entry);
        }
    }

    byte[] Remember(ulong entry)
    {
        ulong image = _guest.U64(entry + (ulong)KLDR_DATA_TABLE_ENTRY.Offsets.DllBase);
        return _images[image] = TemplateEncoder.Encode(KernelEvents.Find(KernelGroup.Image, DcStart, 3)!.Payload,
            image, (ulong)_guest.U32(entry + (ulong)KLDR_DATA_TABLE_ENTRY.Offsets.SizeOfImage), 0,
            _guest.U32(entry + (ulong)KLDR_DATA_TABLE_ENTRY.Offsets.CheckSum),
            _guest.U32(entry + (ulong)KLDR_DATA_TABLE_ENTRY.Offsets.TimeDateStamp), 0, 0, 0, image, 0, 0, 0, 0,
            _guest.Unicode(entry + (ulong)KLDR_DATA_TABLE_ENTRY.Offsets.FullDllName));
    }

    /// <summary>Which PDB belongs to an image, as a merged trace of Windows says it.</summary>
    void WriteDebugId(int cpu, ulong entry)
    {
        const byte ImageId = 0, Rsds = 36, Version = 2;
        string name = _guest.Unicode(entry + (ulong)KLDR_DATA_TABLE_ENTRY.Offsets.BaseDllName);
        ulong image = _guest.U64(entry + (ulong)KLDR_DATA_TABLE_ENTRY.Offsets.DllBase);
        if (FileOf(name) is not { } file || PeImage.Parse(file, name) is not { } pe) return;
        long time = cpu == RundownProcessor ? Now : Time(cpu);
        void Classic(byte opcode, params ReadOnlySpan<object> values) => _session.Classic(cpu, time, NoThread, SystemProcess, ClassicProviders.ImageId, opcode,
            Version, TemplateEncoder.Encode(KernelEvents.Find(ClassicProviders.ImageId, opcode, Version)!.Payload, values));
        Classic(ImageId, image, (ulong)_guest.U32(entry + (ulong)KLDR_DATA_TABLE_ENTRY.Offsets.SizeOfImage), 0, pe.TimeDateStamp, name);
        if (pe.ReadCodeView() is { } debug) Classic(Rsds, image, 0, debug.Guid, debug.Age, debug.PdbName);
    }

    ReadOnlyMemory<byte>? FileOf(string name)
    {
        if (_kernel.Images.All.FirstOrDefault(image => image.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } synthetic) return synthetic.File;
        foreach (KdSim.Kernel.Boot.BootDriver driver in _kernel.Options.Drivers)
            if ((driver.Name + ".sys").Equals(name, StringComparison.OrdinalIgnoreCase))
                return driver.File;
        foreach (KdSim.Kernel.Boot.DriverPackage package in _kernel.Options.Packages)
            if (package.Files.TryGetValue(name, out ReadOnlyMemory<byte> file))
                return file;
        return null;
    }

    void RundownDevices()
    {
        if (!Wants(RecordedKinds.Pnp)) return;
        for (ulong node = _guest.U64(_kernel.Data(Datum.IopRootDeviceNode)); node != 0; node = NextNode(node))
            Own(RundownProcessor, "NodeRundown", node, _guest.U64(node + (ulong)DEVICE_NODE.Offsets.Parent),
                _guest.U64(node + (ulong)DEVICE_NODE.Offsets.PhysicalDeviceObject), _guest.U32(node + (ulong)DEVICE_NODE.Offsets.State),
                _guest.U32(node + (ulong)DEVICE_NODE.Offsets.Problem), PathOf(node), _guest.Unicode(node + (ulong)DEVICE_NODE.Offsets.ServiceName));
        foreach (ulong driver in Drivers())
            for (ulong device = _guest.U64(driver + (ulong)DRIVER_OBJECT.Offsets.DeviceObject); device != 0;
                device = _guest.U64(device + (ulong)DEVICE_OBJECT.Offsets.NextDevice))
            {
                ulong extension = _guest.U64(device + (ulong)DEVICE_OBJECT.Offsets.DeviceObjectExtension);
                Own(RundownProcessor, "DeviceRundown", device, driver, _guest.U64(extension + (ulong)DEVOBJ_EXTENSION.Offsets.AttachedTo),
                    _guest.U64(extension + (ulong)DEVOBJ_EXTENSION.Offsets.DeviceNode), _guest.U32(device + (ulong)DEVICE_OBJECT.Offsets.DeviceType),
                    DriverName(driver), NameOf(device));
            }
    }

    ulong NextNode(ulong node)
    {
        if (_guest.U64(node + (ulong)DEVICE_NODE.Offsets.Child) is var child and not 0) return child;
        while (node != 0 && _guest.U64(node + (ulong)DEVICE_NODE.Offsets.Sibling) == 0) node = _guest.U64(node + (ulong)DEVICE_NODE.Offsets.Parent);
        return node == 0 ? 0 : _guest.U64(node + (ulong)DEVICE_NODE.Offsets.Sibling);
    }

    /// <summary>The driver objects in \Driver.</summary>
    IEnumerable<ulong> Drivers() =>
        Children(_guest.U64(_kernel.Data(Datum.ObpRootDirectoryObject))).Where(child => NameOf(child) == "Driver").SelectMany(Children);

    IEnumerable<ulong> Children(ulong directory)
    {
        const int Buckets = 37, Most = 1 << 16;
        int count = 0;
        for (int bucket = 0; bucket < Buckets; bucket++)
            for (ulong at = _guest.U64(directory + (ulong)(8 * bucket)); at != 0 && count++ < Most; at = _guest.U64(at))
                yield return _guest.U64(at + (ulong)OBJECT_DIRECTORY_ENTRY.Offsets.Object);
    }

    // What the run was made of.

    void WriteInputs(RunInputs inputs, RecordingProfile profile)
    {
        const int ChunkCharacters = 1024;
        Own(RundownProcessor, "Recording", KdSimProvider.SchemaVersion, _computer.Costs.Version, _computer.Seed, _computer.Processors.Length,
            _computer.Options.MemorySize, inputs.MachineName, profile.Name);
        for (int number = 0; number < inputs.Files.Count; number++)
        {
            EmbeddedFile file = inputs.Files[number];
            (EmbeddedEncoding encoding, string text) = Encode(file.Bytes);
            string[] chunks = [.. text.Chunk(ChunkCharacters).Select(chunk => new string(chunk))];
            Own(RundownProcessor, "EmbeddedFile", number, (uint)file.Kind, (uint)encoding, chunks.Length, file.Name, Sha256(file.Bytes));
            for (int chunk = 0; chunk < chunks.Length; chunk++) Own(RundownProcessor, "EmbeddedChunk", number, chunk, chunks[chunk]);
        }
        foreach ((string name, ReadOnlyMemory<byte> image) in inputs.Images) Own(RundownProcessor, "ImageHash", name, Sha256(image.Span));
    }

    void WriteJournal()
    {
        for (int number = 0; number < _computer.Journal.Position; number++)
        {
            JournalEntry entry = _computer.Journal.Entries[number];
            Own(RundownProcessor, "Input", number, entry.Time / Ticks.PerNanosecond, entry.Place, entry.Kind,
                Convert.ToBase64String(entry.Data.Span));
        }
    }

    /// <summary>As text, where that gives the same bytes again.</summary>
    static (EmbeddedEncoding, string) Encode(byte[] bytes)
    {
        string text = Encoding.UTF8.GetString(bytes);
        return !text.Contains('\0') && Encoding.UTF8.GetBytes(text).AsSpan().SequenceEqual(bytes)
            ? (EmbeddedEncoding.Utf8Text, text) : (EmbeddedEncoding.Base64, Convert.ToBase64String(bytes));
    }

    static string Sha256(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    // Processes, threads and images that come and go.

    public void ProcessCreated(int cpu, ulong process, string name)
    {
        _ended.Remove(process);
        _session.Kernel(cpu, Time(cpu), KernelGroup.Process, Start, 4, ProcessPayload(process, name));
    }

    public void ProcessExited(int cpu, ulong process, uint status)
    {
        _ended.Add(process);
        _session.Kernel(cpu, Time(cpu), KernelGroup.Process, Stop, 4, ProcessPayload(process, ""));
    }

    public void ThreadCreated(int cpu, ulong thread, ulong process) => WriteThread(cpu, Time(cpu), thread, Start);

    public void ThreadExited(int cpu, ulong thread, uint status)
    {
        WriteThread(cpu, Time(cpu), thread, Stop);
        _threads.Remove(thread);
    }

    public void ModuleLoaded(int cpu, string name, ulong imageBase, uint size)
    {
        ulong entry = _guest.List(_kernel.Data(Datum.PsLoadedModuleList))
            .FirstOrDefault(each => _guest.U64(each + (ulong)KLDR_DATA_TABLE_ENTRY.Offsets.DllBase) == imageBase);
        if (entry == 0) return;
        ThreadIdentity current = _processors[cpu].Current;
        _session.System(cpu, Time(cpu), current.Thread, current.Process, KernelGroup.Process, ImageLoad, 3, Remember(entry));
        WriteDebugId(cpu, entry);
    }

    public void ModuleUnloaded(int cpu, string name, ulong imageBase, uint size)
    {
        if (!_images.Remove(imageBase, out byte[]? payload)) return;
        ThreadIdentity current = _processors[cpu].Current;
        _session.System(cpu, Time(cpu), current.Thread, current.Process, KernelGroup.Image, Stop, 3, payload);
    }
}
