namespace KdSim.Tracing.Etl.Format;

/// <summary>EVENT_TRACE_GROUP_*: the kernel's events carry a group and an opcode (together: the hook id) in place of a GUID.</summary>
public enum KernelGroup : byte
{
    EventTrace = 0x00,
    DiskIo = 0x01,
    PageFault = 0x02,
    Process = 0x03,
    FileIo = 0x04,
    Thread = 0x05,
    TcpIp = 0x06,
    Job = 0x07,
    UdpIp = 0x08,
    Registry = 0x09,
    DbgPrint = 0x0A,
    SystemConfig = 0x0B,
    Spare1 = 0x0C,
    Wnf = 0x0D,
    Pool = 0x0E,
    PerfInfo = 0x0F,
    Heap = 0x10,
    Object = 0x11,
    Power = 0x12,
    ModBound = 0x13,
    Image = 0x14,
    Dpc = 0x15,
    Cc = 0x16,
    CritSec = 0x17,
    StackWalk = 0x18,
    Ums = 0x19,
    Alpc = 0x1A,
    SplitIo = 0x1B,
    ThreadPool = 0x1C,
    Hypervisor = 0x1D,
    HypervisorX = 0x1E,
}

/// <summary>The task GUID that stands for each group once a record is an event.</summary>
public static class KernelGroups
{
    /// <summary>The opcode of an image load: the kernel logs it in group Process, its GUID is that of Image.</summary>
    public const byte ImageLoadOpcode = 10;

    static readonly Guid[] Guids =
    [
        new("68fdd900-4a3e-11d1-84f4-0000f80464e3"), // EventTrace
        new("3d6fa8d4-fe05-11d0-9dda-00c04fd7ba7c"), // DiskIo
        new("3d6fa8d3-fe05-11d0-9dda-00c04fd7ba7c"), // PageFault
        new("3d6fa8d0-fe05-11d0-9dda-00c04fd7ba7c"), // Process
        new("90cbdc39-4a3e-11d1-84f4-0000f80464e3"), // FileIo
        new("3d6fa8d1-fe05-11d0-9dda-00c04fd7ba7c"), // Thread
        new("9a280ac0-c8e0-11d1-84e2-00c04fb998a2"), // TcpIp
        new("3282fc76-feed-498e-8aa7-e70f459d430e"), // Job
        new("bf3a50c5-a9c9-4988-a005-2df0b7c80f80"), // UdpIp
        new("ae53722e-c863-11d2-8659-00c04fa321a1"), // Registry
        new("13976d09-a327-438c-950b-7f03192815c7"), // DbgPrint
        new("01853a65-418f-4f36-aefc-dc0f1d2fd235"), // SystemConfig
        new("99134383-5248-43fc-834b-529454e75df3"), // Spare1
        new("42695762-ea50-497a-9068-5cbbb35e0b95"), // Wnf
        new("0268a8b6-74fd-4302-9dd0-6e8f1795c0cf"), // Pool
        new("ce1dbfb4-137e-4da6-87b0-3f59aa102cbc"), // PerfInfo
        new("222962ab-6180-4b88-a825-346b75f2a24a"), // Heap
        new("89497f50-effe-4440-8cf2-ce6b1cdcaca7"), // Object
        new("e43445e0-0903-48c3-b878-ff0fccebdd04"), // Power
        new("a9152f00-3f58-4bee-92a1-70c7d079d5dd"), // ModBound
        new("2cb15d1d-5fc1-11d2-abe1-00a0c911f518"), // Image
        new("b2d14872-7c5b-463d-8419-ee9bf7d23e04"), // Dpc
        new("7687a439-f752-45b8-b741-321aec0f8df9"), // Cc
        new("3ac66736-cc59-4cff-8115-8df50e39816b"), // CritSec
        new("def2fe46-7bd6-4b80-bd94-f57fe20d0ce3"), // StackWalk
        new("9aec974b-5b8e-4118-9b92-3186d8002ce5"), // Ums
        new("45d8cccd-539f-4b72-a8b7-5c683142609a"), // Alpc
        new("d837ca92-12b9-44a5-ad6a-3a65b3578aa8"), // SplitIo
        new("c861d0e2-a2c1-4d36-9f9c-970bab943a12"), // ThreadPool
        new("7f2a405c-69b5-4bf9-a1f5-30e8f1afab5e"), // Hypervisor
        new("2ce9a149-effe-42f0-a635-a1d39e26c8f2"), // HypervisorX
    ];

    static readonly Guid None;

    /// <summary>The task GUID of a hook id; all zero for a group that is not known.</summary>
    public static ref readonly Guid GuidOf(KernelGroup group, byte opcode)
    {
        if (group == KernelGroup.Process && opcode == ImageLoadOpcode) group = KernelGroup.Image;
        if ((int)group < Guids.Length) return ref Guids[(int)group];
        return ref None;
    }

    public static Guid GuidOf(KernelGroup group) => (int)group < Guids.Length ? Guids[(int)group] : None;
}

/// <summary>GUIDs that merged traces carry beside the groups (written by KernelTraceControl, with full headers).</summary>
public static class ClassicProviders
{
    public static readonly Guid ImageId = new("b3e675d7-2554-4f18-830b-2762732560de");
    public static readonly Guid MetaData = new("bbccf6c1-6cd1-48c4-80ff-839482e37671");
    public static readonly Guid SysConfig = new("9b79ee91-b5fd-41c0-a243-4248e266e9d0");
    public static readonly Guid LostEvent = new("6a399ae0-4bc6-4de9-870b-3657f8947e7e");
}
