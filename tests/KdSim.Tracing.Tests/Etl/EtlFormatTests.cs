using System.Runtime.CompilerServices;
using KdSim.Tracing.Etl.Format;
using Xunit;

namespace KdSim.Tracing.Tests.Etl;

/// <summary>The declarations of the .etl format: layouts, and the tables of kernel events.</summary>
public class EtlFormatTests
{
    [Fact]
    public void Headers_have_the_sizes_of_the_format()
    {
        Assert.Equal(BufferHeader.Length, Unsafe.SizeOf<BufferHeader>());
        Assert.Equal(SystemTraceHeader.Length, Unsafe.SizeOf<SystemTraceHeader>());
        Assert.Equal(CompactTraceHeader.Length, Unsafe.SizeOf<CompactTraceHeader>());
        Assert.Equal(PerfInfoTraceHeader.Length, Unsafe.SizeOf<PerfInfoTraceHeader>());
        Assert.Equal(FullTraceHeader.Length, Unsafe.SizeOf<FullTraceHeader>());
        Assert.Equal(InstanceTraceHeader.Length, Unsafe.SizeOf<InstanceTraceHeader>());
        Assert.Equal(EventHeader.Length, Unsafe.SizeOf<EventHeader>());
        Assert.Equal(ExtendedItemHeader.Length, Unsafe.SizeOf<ExtendedItemHeader>());
        Assert.Equal(MessageTraceHeader.Length, Unsafe.SizeOf<MessageTraceHeader>());
    }

    [Theory]
    [InlineData("PerfInfo/ISR", 67, 8, 20)]
    [InlineData("PerfInfo/ISR", 50, 8, 24)]
    [InlineData("PerfInfo/DPC", 68, 8, 16)]
    [InlineData("PerfInfo/ThreadedDPC", 66, 4, 12)]
    [InlineData("PerfInfo/DpcEnqueue", 100, 8, 24)]
    [InlineData("Thread/CSwitch", 36, 8, 24)]
    [InlineData("Thread/SpinLock", 41, 8, 56)]
    [InlineData("Dispatcher/ReadyThread", 50, 8, 8)]
    [InlineData("DiskIO/DriverMajorFunctionCall", 34, 8, 36)]
    [InlineData("DiskIO/Read", 10, 8, 52)]
    [InlineData("EventTrace/EndExtension", 32, 8, 36)]
    public void Payloads_have_the_sizes_of_the_format(string name, byte opcode, int pointerSize, int size) =>
        Assert.Equal(size, KernelEvents.Named(name, opcode).Payload.SizeOf(pointerSize));

    [Fact]
    public void The_log_file_header_has_its_documented_offsets()
    {
        PayloadTemplate header = LogFileHeader.Template;
        Assert.Equal((0x38, 0x38), (header.OffsetOf("LoggerName", 8), header.OffsetOf("LoggerName", 4)));
        Assert.Equal((0x48, 0x40), (header.OffsetOf("Bias", 8), header.OffsetOf("Bias", 4)));
        Assert.Equal((0xF8, 0xF0), (header.OffsetOf("BootTime", 8), header.OffsetOf("BootTime", 4)));
        Assert.Equal((0x118, 0x110), (header.OffsetOf("SessionName", 8), header.OffsetOf("SessionName", 4)));
    }

    [Fact]
    public void A_later_version_uses_the_last_declaration_before_it()
    {
        Assert.Equal(1, KernelEvents.Find(KernelGroup.Process, 10, 1)!.Version);
        Assert.Equal("Image/Load", KernelEvents.Find(KernelGroup.Process, 10, 9)!.FullName);
        Assert.Null(KernelEvents.Find(KernelGroup.Thread, 36, 1));
        Assert.Null(KernelEvents.Find((KernelGroup)200, 1, 1));
    }
}
